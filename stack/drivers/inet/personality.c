// SPDX-License-Identifier: Apache-2.0
/* NT as it appears on the wire; public documentation of the registry's values
 * and what fingerprinting tools print of these systems. */
#include "inet.h"

#include <string.h>

static const struct inet_personality all[] = {
	{ .name = "nt4", .ttl = 128, .window = 8760, .syn_options = "M",
	  .ip_id = 2, .isn = 0, .initial_rto_ms = 3000, .delack_ms = 200,
	  .max_data_retrans = 5, .max_syn_retrans = 3, .time_wait_s = 240,
	  .initial_cwnd = 2, .slow_start = 1, .rst_ack_zero_window = true },
	{ .name = "nt5", .ttl = 128, .window = 65535, .window_scale = true,
	  .timestamps = true, .sack = true, .syn_options = "MNWNNTNNS",
	  .ip_id = 0, .isn = 1, .initial_rto_ms = 3000, .delack_ms = 200,
	  .max_data_retrans = 5, .max_syn_retrans = 2, .time_wait_s = 240,
	  .initial_cwnd = 2, .slow_start = 1, .rst_ack_zero_window = true },
	{ .name = "modern", .ttl = 128, .window = 1048576,
	  .window_scale = true, .timestamps = true, .sack = true,
	  .syn_options = "MNWST", .ip_id = 1, .isn = 2,
	  .initial_rto_ms = 1000, .delack_ms = 40, .max_data_retrans = 8,
	  .max_syn_retrans = 4, .time_wait_s = 120, .initial_cwnd = 10,
	  .slow_start = 2, .rst_ack_zero_window = true },
};

const struct inet_personality *inet_personality(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}
