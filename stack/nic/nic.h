// SPDX-License-Identifier: Apache-2.0
/*
 * Miniports: a link between two machines, a wire whose other end is the host (into
 * which a capture is played), a TAP device of the host.  Loopback is IP's own
 * and needs none.
 *
 * Each gives adapters to NDIS and takes them back; frames begin with the MAC
 * header.  To add one: a file here with its functions.
 *
 * They receive on CPU 0 and are sent to on all CPUs at once.  Who takes an adapter
 * back waits until nobody is in it (ndis/gate.h).
 */
#ifndef NIC_H
#define NIC_H

#include "../ndis/ndis.h"

#include <stdio.h>

/* --- pair: a link ---------------------------------------------------------------- */

struct nic_pair_config {
	u64 seed;
	double loss, duplicate, corrupt, reorder; /* of frames, 0..1 */
	u64 delay_ns, jitter_ns;
	u64 bps;                     /* 0: no limit */
	u32 queue;                   /* frames of a direction; 0: 1000 */
	u64 down_ns;                 /* nothing arrives that is sent later; 0: it
					stays up */
};
struct nic_pair_counters {
	u64 frames, lost, dropped, duplicated, corrupted, reordered;
};
struct nic_pair;
/* Adapters ia on xa and ib on xb. The same seed: the same faults. */
struct nic_pair *nic_pair_new(struct ex *xa, const struct ndis_adapter_info *ia,
			      struct ex *xb, const struct ndis_adapter_info *ib,
			      const struct nic_pair_config *c);
void nic_pair_free(struct nic_pair *p); /* after both machines have ended, or
					   with the adapters removed */
/* Of the frames that this end sends; each number by itself while they do. */
const struct nic_pair_counters *nic_pair_counters(const struct nic_pair *p,
						  unsigned end);
/* NULL: it was removed. */
struct ndis_adapter *nic_pair_adapter(const struct nic_pair *p, unsigned end);
/* What both ends send, when they send it, lost or not; NULL: no more. c is there
 * until nothing is sent any more. */
struct nic_capture;
void nic_pair_capture(struct nic_pair *p, struct nic_capture *c);

/* --- wire: the other end is the host ------------------------------------------------ */

struct nic_wire;
/* A frame that the machine sends goes to out (on the host's stack), one at a
 * time. */
struct nic_wire *nic_wire_new(struct ex *x, const struct ndis_adapter_info *i,
			      void (*out)(void *ctx, const u8 *frame, u32 n,
					  u64 when), void *ctx);
void nic_wire_free(struct nic_wire *w);
struct ndis_adapter *nic_wire_adapter(struct nic_wire *w);
bool nic_wire_inject(struct nic_wire *w, const void *frame, u32 n);

/* --- tap ------------------------------------------------------------------------------- */

struct nic_tap;
/* Opens the TAP device of this name (made before, or made now as root); live
 * scheduling only. NULL: text in why. offloads: with a virtio header. */
struct nic_tap *nic_tap_new(struct ex *x, const struct ndis_adapter_info *i,
			    const char *device, bool offloads, char *why,
			    size_t why_size);
void nic_tap_free(struct nic_tap *t);

/* --- captures -------------------------------------------------------------------------- */

/* What an adapter sends and receives, as pcap (nanoseconds, Ethernet). Whichever
 * host threads write, a frame is whole. */
struct nic_capture *nic_capture_new(FILE *to); /* owned */
void nic_capture_frame(struct nic_capture *c, u64 when, const u8 *frame,
		       u32 n);
void nic_capture_free(struct nic_capture *c);

/* A pcap file of Ethernet frames into a wire: each as long after the first as the
 * file says, the first now. What the capture has only a part of, or is no frame,
 * is passed over. NULL: text in why. from: owned, in any case. */
struct nic_replay;
struct nic_replay_counters {
	u64 frames, passed;
	const char *why;             /* NULL: it goes on; "": all was played */
};
struct nic_replay *nic_replay_new(struct nic_wire *to, FILE *from, char *why,
				  size_t why_size);
struct nic_replay_counters nic_replay_state(struct nic_replay *r);
/* The machine has ended, or it is over. */
void nic_replay_free(struct nic_replay *r);

#endif
