// SPDX-License-Identifier: Apache-2.0
/* The list of tags, and tags in the images of forged drivers. */
#include "triage/pooltag.h"

#include "pool_forge.h"

static void known(void)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(tag4("AfdB"));

	CHECK(i != NULL);
	CHECK_STR(i ? i->module : NULL, "afd.sys");
	CHECK_STR(i ? i->text : NULL, "data buffer of a socket");
	/* a wildcard loses against the exact line, and wins against none */
	i = ntr_tag_lookup(tag4("NbL3"));
	CHECK_STR(i ? i->text : NULL, "lower connection");
	i = ntr_tag_lookup(tag4("Nbzz"));
	CHECK_STR(i ? i->module : NULL, "netbt.sys");
	i = ntr_tag_lookup(tag4("Afdy"));
	CHECK_STR(i ? i->module : NULL, "afd.sys");
	CHECK(!ntr_tag_lookup(tag4("zQx1")));
	CHECK(!ntr_tag_lookup(0));
	/* nobody's: known, and of no module */
	i = ntr_tag_lookup(tag4("Ddk "));
	CHECK(i && !i->module);
	/* a tag of three characters ends in a zero or a blank */
	CHECK(ntr_tag_lookup(tag4("Irp ")) != NULL);
	CHECK(ntr_tag_lookup(0x00707249) != NULL);
}

static void images(void)
{
	struct forged f;
	struct ntr_tag_drivers d;
	char text[512];
	uint64_t va = 0;

	f = forged_open("machine x64 7\nmodule \"leaky.sys\"\nmodule \"calm.sys\"\n");
	if (f.t && ntr_target_module_named(f.t, "leaky"))
		va = ntr_target_module_named(f.t, "leaky")->base;
	CHECK(va != 0);
	forged_close(&f);
	/* one across the end of a chunk's page, one protected */
	snprintf(text, sizeof(text), "machine x64 7\n"
		 "module \"leaky.sys\"\nmodule \"calm.sys\"\n"
		 "poke 0x%" PRIx64 " 5a713178\npoke 0x%" PRIx64 " 5a7131f8\n",
		 va + 0x103d, va + 0x1101);
	f = forged_open(text);
	if (!f.t)
		return;
	ntr_tag_drivers(f.t, tag4("Zq1x"), &d);
	CHECK_EQ(d.n, 1);
	CHECK_STR(d.n ? d.module[0]->name : NULL, "leaky");
	CHECK_EQ(d.n ? d.places[0] : 0, 2);
	CHECK(d.looked_at > 0x10000);
	ntr_tag_drivers(f.t, tag4("Zq1y"), &d);
	CHECK_EQ(d.n, 0);
	forged_close(&f);
}

int main(void)
{
	RUN(known);
	RUN(images);
	return test_done();
}
