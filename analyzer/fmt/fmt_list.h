// SPDX-License-Identifier: Apache-2.0
/* Dump formats in probing order; raw is last, for it claims what is left. */
NTR_FMT(dmp64)
NTR_FMT(dmp32)
NTR_FMT(mdmp)
NTR_FMT(elf)
NTR_FMT(kdump)
NTR_FMT(lime)
NTR_FMT(raw)
