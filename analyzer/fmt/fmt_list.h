// SPDX-License-Identifier: Apache-2.0
/* Dump formats in probing order; raw is last, for it claims what is left.
 * A line NTR_FMT(name) names a struct ntr_fmt_ops ntr_fmt_<name>. */
NTR_FMT(dmp64)
NTR_FMT(dmp32)
NTR_FMT(mdmp)
NTR_FMT(elf)
NTR_FMT(kdump)
NTR_FMT(lime)
NTR_FMT(raw)
