// SPDX-License-Identifier: Apache-2.0
/* The parts of the fact tree, in the order of the reference. A line
 * NTR_FACTS(name) names a struct ntr_fact_part ntr_fact_part_<name>. */
NTR_FACTS(system)
NTR_FACTS(bugcheck)
NTR_FACTS(stack)
NTR_FACTS(blame)
NTR_FACTS(module)
NTR_FACTS(thread)
NTR_FACTS(hold)
NTR_FACTS(waits)
NTR_FACTS(queue)
NTR_FACTS(pool)
NTR_FACTS(net)
NTR_FACTS(handle)
NTR_FACTS(growth)
NTR_FACTS(poolblock)
NTR_FACTS(cookie)
NTR_FACTS(corruption)
