// SPDX-License-Identifier: Apache-2.0
/* Symbol file formats in probing order. A line NTR_SYMSRC(name) names a struct
 * ntr_symsrc_ops ntr_symsrc_<name> in source_<name>.c. */
NTR_SYMSRC(pdb)
NTR_SYMSRC(dbg)
NTR_SYMSRC(breakpad)
NTR_SYMSRC(isf)
NTR_SYMSRC(elf)
NTR_SYMSRC(pedwarf)
NTR_SYMSRC(pe)
