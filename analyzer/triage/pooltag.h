// SPDX-License-Identifier: Apache-2.0
/*
 * Whose pool tag is it?  Two answers: what is known about tags
 * (signatures/pooltags/tags.txt), and which drivers of this machine have the
 * four characters in their images, where a driver that allocates under a tag
 * has them in its code.
 *
 * To add a tag: a line in tags.txt.
 */
#ifndef NTR_POOLTAG_H
#define NTR_POOLTAG_H

#include "../kobj/pool.h"

struct ntr_tag_info {
	char tag[5];         /* '?' stands for any character */
	const char *module;  /* image name; NULL: nobody's in particular */
	const char *text;
};

/* The most exact line about a tag, or NULL. */
const struct ntr_tag_info *ntr_tag_lookup(u32 tag);

#define NTR_TAG_MAX_DRIVERS 16u
#define NTR_TAG_MAX_IMAGE (64u << 20)  /* bytes of one image looked at */
#define NTR_TAG_MAX_TOTAL (512u << 20) /* of all */

struct ntr_tag_drivers {
	const struct ntr_module *module[NTR_TAG_MAX_DRIVERS]; /* load order */
	u32 places[NTR_TAG_MAX_DRIVERS]; /* how often in each */
	unsigned n;
	bool more;           /* than there is room for */
	u64 looked_at;       /* bytes of images */
	u64 absent;          /* bytes that are not in the dump or not wanted */
};
/* Drivers whose images hold the tag, with or without its protection bit. */
void ntr_tag_drivers(struct ntr_target *t, u32 tag,
		     struct ntr_tag_drivers *out);
/* The file of the one driver whose tag it is: by the list, else by the one image
 * that holds it; NULL when nobody or several could be named. */
const char *ntr_tag_driver(struct ntr_target *t, u32 tag);

#endif
