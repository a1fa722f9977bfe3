// SPDX-License-Identifier: Apache-2.0
/*
 * Names as people write them: C++ names of MSVC and of the Itanium ABI, Rust
 * names, and the C decoration of x86 (_Func@12, @Func@8, _func).  The work is
 * done by LLVM's demangler; a name it does not understand stays as it is.
 */
#ifndef NTR_DEMANGLE_H
#define NTR_DEMANGLE_H

#include "../base/ntr_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longer names are left alone: bounds what a hostile symbol file can cost. */
#define NTR_DEMANGLE_MAX 2048u

/* The name for display, in out: C++ names demangled without argument list and
 * access words, as WinDbg shows them ("FxPkgPnp::Dispatch"); x86 decoration
 * removed. Cut to size. machine: enum ntr_machine. */
void ntr_demangle(u32 machine, const char *name, char *out, size_t size);

/* LLVM's whole rendering of a C++ or Rust name, malloc'd, or NULL: not such a
 * name. short_form: no access, no return type, no arguments' list. */
char *ntr_demangle_llvm(const char *name, bool short_form);

#ifdef __cplusplus
}
#endif
#endif
