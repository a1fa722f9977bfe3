// SPDX-License-Identifier: Apache-2.0
/* What a rule may ask of a trace. Without a trace all of it is unknown. */
#include "schema.h"

#define E "trace.events[]"

static const struct ntr_fact_row rows[] = {
	{ "trace.duration", NTR_FT_DURATION, NULL, "Time that the trace covers.",
	  NULL, 0 },
	{ "trace.lost", NTR_FT_INT, NULL, "Events that were lost in recording.",
	  NULL, 0 },
	{ "trace.events", NTR_FT_LIST, NULL, "Events, oldest first.", NULL, 0 },
	{ E, NTR_FT_RECORD, NULL, "An event.", NULL, 0 },
	{ E ".time", NTR_FT_DURATION, NULL, "When, since the trace began.", NULL,
	  0 },
	{ E ".cpu", NTR_FT_INT, NULL, "Its processor.", NULL, 0 },
	{ E ".irql", NTR_FT_INT, NULL, "IRQL of that processor.", NULL, 0 },
	{ E ".kind", NTR_FT_STRING, NULL, "What happened: lock_acquire, "
	  "pool_alloc, dpc_enter.", NULL, 0 },
	{ E ".driver", NTR_FT_STRING, NULL, "Driver that it is of: tcpip.", NULL,
	  0 },
	{ E ".function", NTR_FT_STRING, NULL, "Function that it is of.", NULL,
	  0 },
	{ E ".object", NTR_FT_ADDRESS, NULL, "Lock, block, request or connection "
	  "that it is of.", NULL, 0 },
	{ E ".thread", NTR_FT_ADDRESS, NULL, "Thread that ran.", NULL, 0 },
	{ E ".tag", NTR_FT_STRING, "tag", "Pool tag.", NULL, 0 },
	{ E ".bytes", NTR_FT_SIZE, NULL, "Bytes that it is about.", NULL, 0 },
	{ E ".capacity", NTR_FT_SIZE, NULL, "Room that there was for them.", NULL,
	  0 },
	{ E ".depth", NTR_FT_INT, NULL, "Calls of the same routine that have not "
	  "returned on this processor.", NULL, 0 },
	{ E ".peer", NTR_FT_STRING, NULL, "Address of the other side.", NULL, 0 },
};

static const struct sig_series_field fields[] = {
	{ "growth", false, "Last value less the first." },
	{ "slope", false, "Growth in a second, by least squares." },
	{ "first", false, "First value." },
	{ "last", false, "Last value." },
	{ "lowest", false, "Smallest value." },
	{ "highest", false, "Largest value." },
	{ "monotonic", true, "It never falls." },
	{ "plateau", true, "It has stopped growing." },
};

const struct ntr_fact_row *sig_trace_row(size_t i)
{
	return i < NTR_COUNT(rows) ? &rows[i] : NULL;
}

bool sig_is_trace(const struct ntr_fact_row *row)
{
	return row >= rows && row < rows + NTR_COUNT(rows);
}

const struct sig_series_field *sig_series_field(size_t i)
{
	return i < NTR_COUNT(fields) ? &fields[i] : NULL;
}
