// SPDX-License-Identifier: Apache-2.0
/*
 * The tracepoints of the provider `ntstack`, made from event_list.h: read by
 * LTTng-UST's headers several times over, hence no guard of the usual kind.
 *
 * Every event has `machine`, `when` (ns of the machine's clock), cpu (255: the
 * clock or the host), irql and thread, then the arguments under their names;
 * those that the list calls "_" are left out.
 */
#undef TRACEPOINT_PROVIDER
#define TRACEPOINT_PROVIDER ntstack
#undef TRACEPOINT_INCLUDE
#define TRACEPOINT_INCLUDE "trace/lttng/tracepoint_list.h"

#if !defined(NTSTACK_TRACEPOINTS) || defined(TRACEPOINT_HEADER_MULTI_READ)
#define NTSTACK_TRACEPOINTS

#include <lttng/tracepoint.h>

/* NT_ARG(0, x) is a field x, NT_ARG(0, _) is nothing: NT_NONE_ and the name
 * make a macro that shifts the choice by one only for "_". */
#ifndef NT_ARG
#define NT_NONE__ ,
#define NT_SECOND_(a, b, ...) b
#define NT_SECOND(...) NT_SECOND_(__VA_ARGS__)
#define NT_CHOOSE(x) NT_SECOND(x NT_SKIP, NT_FIELD, )
#define NT_SKIP(i, name)
#define NT_FIELD(i, name) ctf_integer_hex(uint64_t, name, r->a[i])
#define NT_ARG(i, name) NT_CHOOSE(NT_NONE_##name)(i, name)
#endif

#undef EVENT
#define EVENT(group, name, a0, a1, a2, a3, what)                           \
	TRACEPOINT_EVENT(                                                  \
		ntstack, group##_##name,                                   \
		TP_ARGS(const char *, m, const struct trace_record *, r),  \
		TP_FIELDS(ctf_string(machine, m)                           \
				  ctf_integer(uint64_t, when, r->when)     \
			  ctf_integer(uint8_t, cpu, r->cpu)                \
				  ctf_integer(uint8_t, irql, r->irql)      \
			  ctf_integer(uint32_t, thread, r->thread)         \
				  NT_ARG(0, a0) NT_ARG(1, a1)              \
			  NT_ARG(2, a2) NT_ARG(3, a3)))
#include "../event_list.h"

#endif

#include <lttng/tracepoint-event.h>
