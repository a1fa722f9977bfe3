// SPDX-License-Identifier: Apache-2.0
/*
 * KDDEBUGGER_DATA64: the block in which a kernel tells a debugger where its
 * variables and structure members are.  All fields are 64 bits wide or two,
 * on every machine; most are addresses of variables.  The block is bounded
 * by its own Size: a field beyond it reads as 0.
 * To use another field: add its offset to the enum (facts of the format:
 * docs/formats/kdbg.md; Microsoft wdbgexts.h names the fields).
 */
#ifndef NTR_KDBG_H
#define NTR_KDBG_H

#include "../fmt/dump.h"
#include "../sym/bind.h"

#define NTR_KDBG_MIN 0x1e0u
#define NTR_KDBG_MAX 0x600u

enum ntr_kdbg_field {
	NTR_KDBG_KERN_BASE = 0x18,
	NTR_KDBG_PS_LOADED_MODULE_LIST = 0x48,
	NTR_KDBG_PS_ACTIVE_PROCESS_HEAD = 0x50,
	NTR_KDBG_PSP_CID_TABLE = 0x58,
	NTR_KDBG_EXP_SYSTEM_RESOURCES_LIST = 0x60,
	NTR_KDBG_KE_TIME_INCREMENT = 0x78,
	NTR_KDBG_KI_BUGCHECK_DATA = 0x88,
	NTR_KDBG_OBP_ROOT_DIRECTORY_OBJECT = 0x98,
	NTR_KDBG_KI_PROCESSOR_BLOCK = 0x218,
	NTR_KDBG_MM_UNLOADED_DRIVERS = 0x220,
	NTR_KDBG_MM_LAST_UNLOADED_DRIVER = 0x228,
	NTR_KDBG_CM_NT_CSD_VERSION = 0x268,
	NTR_KDBG_SIZE_EPROCESS = 0x2a8, /* u16 */
	NTR_KDBG_SIZE_PRCB = 0x2b0,     /* u16 */
	NTR_KDBG_SIZE_ETHREAD = 0x2c0,  /* u16 */
};

struct ntr_kdbg {
	bool present;
	u32 size;
	unsigned ptr_size;
	u8 raw[NTR_KDBG_MAX];
};

/* The block at va. BAD when what is there is not a block: no tag, an
 * impossible size, a kernel base that is none. */
NTR_MUST enum ntr_st ntr_kdbg_read(struct ntr_kdbg *k,
				   const struct ntr_space *s, u64 va,
				   unsigned ptr_size, struct ntr_err *e);

/* A field, 0 beyond the end; 32-bit targets: the upper half is dropped. */
u64 ntr_kdbg_u64(const struct ntr_kdbg *k, unsigned off);
u16 ntr_kdbg_u16(const struct ntr_kdbg *k, unsigned off);

/* A hook for struct ntr_types (ctx: the block): members whose offsets the
 * block gives, for this very kernel. */
bool ntr_kdbg_member(void *ctx, const char *name, struct ntr_type_hit *hit);

/*
 * Undo the encoding of Windows 8 and later (x64), which a kernel that is
 * being debugged or dumped by itself does not use.  The three keys come from
 * the kernel's variables KiWaitNever and KiWaitAlways and from the address
 * of KdpDataBlockEncoded, so symbols are needed to have them.  len is a
 * multiple of 8; returns whether the tag came out.
 */
struct ntr_kdbg_keys {
	u64 wait_never, wait_always, encoded_va;
};
/* One quadword. */
u64 ntr_kdbg_unscramble(const struct ntr_kdbg_keys *k, u64 v);
bool ntr_kdbg_decode(const struct ntr_kdbg_keys *k, void *block, size_t len);

#endif
