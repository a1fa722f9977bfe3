// SPDX-License-Identifier: Apache-2.0
/*
 * Names as people write them: C++ names of MSVC and of the Itanium ABI, Rust
 * names, and the C decoration of x86 (_Func@12, @Func@8, _func).  The work is
 * done by LLVM's demangler; a name it does not understand stays as it is.
 *
 * LLVM bounds neither how deep it recurses nor what it writes: a name may
 * refer back to its own parts, and 170 bytes become gigabytes.  So names are
 * refused by length, which bounds the depth, and by what their references can
 * make of them at worst.  What is refused stays as it is too.
 */
#ifndef NTR_DEMANGLE_H
#define NTR_DEMANGLE_H

#include "../base/ntr_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longer names are left alone. Each level of nesting takes a byte at least;
 * 2,048 levels were measured to need less than 1 MiB of stack. */
#define NTR_DEMANGLE_MAX 2048u
/* Names that may become longer than this are left alone. */
#define NTR_DEMANGLE_COST (UINT64_C(1) << 22)

/* The name for display, in out: C++ names demangled without argument list and
 * access words, as WinDbg shows them ("FxPkgPnp::Dispatch"); x86 decoration
 * removed. Cut to size. machine: enum ntr_machine. */
void ntr_demangle(u32 machine, const char *name, char *out, size_t size);

/* LLVM's whole rendering of a C++ or Rust name, malloc'd, or NULL: not such a
 * name, or refused. short_form: no access, no return type, no types of
 * variables, no argument list where LLVM can leave it out (Itanium). */
char *ntr_demangle_llvm(const char *name, bool short_form);

/* An upper bound, up to a small factor, of what demangling a name writes. Who
 * demangles all names of a file keeps a budget with it. */
u64 ntr_demangle_cost(const char *name);

#ifdef __cplusplus
}
#endif
#endif
