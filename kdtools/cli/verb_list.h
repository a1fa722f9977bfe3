// SPDX-License-Identifier: Apache-2.0
/* The verbs, sorted. To add one: verb_<name>.c with a struct ntr_verb
 * ntr_verb_<name>, a line here, and a folder tests/golden/<name>/. */
NTR_VERB(analyze)
NTR_VERB(dt)
NTR_VERB(facts)
NTR_VERB(forge)
NTR_VERB(help)
NTR_VERB(hexdump)
NTR_VERB(info)
NTR_VERB(kd)
NTR_VERB(ln)
NTR_VERB(modules)
NTR_VERB(results)
NTR_VERB(sym)
NTR_VERB(translate)
NTR_VERB(version)
NTR_VERB(x)
