// SPDX-License-Identifier: Apache-2.0
/*
 * NT as it appears on the wire.  Every value has its source:
 *
 *  [4]  nmap-os-db, "Microsoft Windows NT 4.0 SP5 - SP6a"
 *  [5]  nmap-os-db, "Microsoft Windows XP SP2 or SP3, or Windows Server 2003"
 *       and "... 2000 SP2 - SP4, Windows XP SP2 - SP3, or Windows Server 2003
 *       SP0 - SP2": the same but for the window
 *  [10] nmap-os-db, "Microsoft Windows 10 1511", "... 1703": what they share
 *  [reg] Microsoft on the registry's values: "Windows 2000 TCP/IP
 *       Implementation Details", KB 120642, 170359, 224829, 263088, 328890
 *  [p0f] p0f's list of SYNs, "Windows 2000 SP3+, XP SP1+" with T0
 *
 * Where RFC 9293 or 7323 says something else, modern does that.
 */
#include "inet.h"

#include <string.h>

static const struct inet_personality all[] = {
	{ .name = "nt4",
	  .ttl = 128,                 /* [4] TG=80 */
	  .window = 8192,             /* [reg] TcpWindowSize: rounded up to */
	  .window_of_mss = true,      /* segments; [4] W1=2238 ... W6=2017 */
	  .syn_options = "M",         /* [4] O1=M5B4 */
	  .ip_id = IP_ID_SWAPPED,     /* [4] TI=BI II=BI SS=S */
	  .isn = ISN_STEPS,           /* [4] SP=20-90 ISR=30-A1 */
	  .refuses_stray = true,      /* [4] T2 F=AR S=Z A=S */
	  .rst_ack_field = true,      /* [4] T4, T6 F=R S=A A=O */
	  .rst_df = false,            /* [4] T4-T7 DF=N */
	  .icmp_quote = 8,            /* [4] U1 IPL=38; RFC 792 */
	  .echo_df = true,            /* [4] IE DFI=S */
	  .ts_tick_ms = 100,          /* has no timestamps: [4] TS=U */
	  .initial_rto_ms = 3000,     /* [reg], RFC 1122 4.2.3.1 */
	  .delack_ms = 200,           /* [reg] TcpDelAckTicks */
	  .max_data_retrans = 5,      /* [reg] TcpMaxDataRetransmissions */
	  .max_syn_retrans = 3,       /* [reg] TcpMaxConnectRetransmissions */
	  .time_wait_s = 240,         /* [reg] TcpTimedWaitDelay */
	  .slow_start = 1,            /* RFC 5681 3.1 */
	  .initial_cwnd = 2 },        /* [reg] */
	{ .name = "nt5",
	  .ttl = 128,                 /* [5] TG=80 */
	  .window = 65535,            /* [5] W1=FFFF */
	  .window_scale = true, .timestamps = true, .sack = true,
	  .syn_options = "MNWNNTNNS", /* [5] O1=M5B4NW0NNT00NNS */
	  .syn_ts_zero = true,        /* [5] T00, [p0f] */
	  .ts_tick_ms = 100,          /* [reg] as TcpDelAckTicks */
	  .ip_id = IP_ID_COUNTS,      /* [5] TI=I CI=I II=I SS=S */
	  .isn = ISN_RFC6528,         /* [5] SP=E5-10E ISR=9E-112 */
	  .refuses_stray = true,      /* [5] T2 F=AR S=Z A=S */
	  .rst_ack_field = true,      /* [5] T4, T6 F=R S=A A=O */
	  .rst_df = false,            /* [5] T4-T7 DF=N */
	  .icmp_quote = 128,          /* [5] U1 IPL=B0 */
	  .echo_df = true,            /* [5] IE DFI=S */
	  .initial_rto_ms = 3000,     /* [reg] TcpInitialRTT */
	  .delack_ms = 200,           /* [reg] TcpDelAckTicks */
	  .max_data_retrans = 5,      /* [reg] TcpMaxDataRetransmissions */
	  .max_syn_retrans = 2,       /* [reg] TcpMaxConnectRetransmissions */
	  .time_wait_s = 240,         /* [reg] TcpTimedWaitDelay */
	  .slow_start = 1,            /* RFC 5681 3.1 */
	  .initial_cwnd = 2 },        /* RFC 2581 3.1 */
	{ .name = "modern",
	  .ttl = 128,                 /* [10] TG=80 */
	  .window = 1048576,
	  .window_scale = true, .timestamps = true, .sack = true,
	  .least_wscale = 8,          /* [10] NW8 */
	  .syn_options = "MNWST",     /* [10] O1=M5B4NW8ST11 */
	  .ts_tick_ms = 1,            /* [10] TS=A */
	  .ts_offset = true,          /* RFC 7323 5.4 */
	  .ip_id = IP_ID_OF_PATH,     /* [10] TI=I CI=I II=I; RFC 7739 5.3 */
	  .isn = ISN_RFC6528,         /* [10] SP=103-10D */
	  .refuses_stray = false,     /* RFC 9293 3.10.7.2 */
	  .rst_ack_field = true,      /* [10] T4, T6 F=R S=A A=O */
	  .rst_df = true,             /* [10] T4-T7 DF=Y */
	  .icmp_quote = 528,          /* RFC 1812 4.3.2.3; [10] U1 IPL=164 */
	  .echo_df = false,           /* [10] IE DFI=N */
	  .initial_rto_ms = 1000,     /* RFC 6298 2 */
	  .delack_ms = 40, .max_data_retrans = 8, .max_syn_retrans = 4,
	  .time_wait_s = 120,
	  .slow_start = 2,            /* RFC 3465 2.3 */
	  .initial_cwnd = 10 },       /* RFC 6928 */
};

const struct inet_personality *inet_personality(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}
