// SPDX-License-Identifier: Apache-2.0
/* APC queues and states of forged threads. */
#include "kobj/apc.h"
#include "kobj/process.h"

#include "objects.h"

static const char *const machines[] = {
	"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003", "x64 2003",
	"x64 7", "x64 10",
};
enum { FIRST_SPECIAL = 4 }; /* SpecialApcDisable came with Server 2003 */

static bool open_machine(struct machine *m, unsigned g)
{
	char text[1024];

	snprintf(text, sizeof(text), "machine %s\nmemory 32MiB\n"
		 "module \"ndis.sys\"\n"
		 "process \"app.exe\" pid 0x200 {\n"
		 "	thread tid 0x204 wait UserRequest\n"
		 "	thread tid 0x208 wait UserRequest\n}\n"
		 "apc tid 0x204 kernel \"nt!KiSuspendNop\" normal "
		 "\"nt!KiSuspendThread\" rundown \"ndis!Away\" context 0x55\n"
		 "apc tid 0x204 kernel \"ndis!Special\"\n"
		 "apc tid 0x204 kernel \"ndis!Free\" normal \"ndis!User\" "
		 "user\n"
		 "apcstate tid 0x204 disabled 2 %s kernelpending userpending "
		 "inprogress\napcstate tid 0x208 attached\n", machines[g],
		 g >= FIRST_SPECIAL ? "special 1" : "");
	return machine_open(m, text, "full");
}

/* The threads of app.exe, in the order of the scenario. */
static uint64_t thread_at(struct machine *m, unsigned nth)
{
	struct ntr_process_list p;
	struct ntr_thread_list t;
	uint64_t va = 0;

	CHECK_EQ(ntr_process_list(m->t, &p, NULL), NTR_OK);
	for (size_t i = 0; i < p.p.n; i++) {
		if (strcmp(p.p.v[i].name, "app.exe"))
			continue;
		CHECK_EQ(ntr_thread_list(m->t, p.p.v[i].va, &t, NULL), NTR_OK);
		CHECK_EQ(t.va.n, 2);
		va = t.va.v[nth];
		ntr_thread_list_fini(&t);
	}
	ntr_process_list_fini(&p);
	return va;
}

static void queues(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_thread_apcs a;
		const struct ntr_apc *x;
		struct machine m;
		uint64_t th;
		char name[64];

		if (!open_machine(&m, g))
			return;
		th = thread_at(&m, 0);
		CHECK_EQ(ntr_thread_apcs(m.t, th, &a, NULL), NTR_OK);
		CHECK_EQ(a.now.queue[NTR_APC_KERNEL].n, 2);
		CHECK_EQ(a.now.queue[NTR_APC_USER].n, 1);
		x = &a.now.queue[NTR_APC_KERNEL].v[0];
		CHECK_STR(name_of(&m, x->kernel, name), "nt!KiSuspendNop");
		CHECK_STR(name_of(&m, x->normal, name), "nt!KiSuspendThread");
		CHECK_STR(name_of(&m, x->rundown, name), "ndis!Away");
		CHECK_EQ(x->context, 0x55);
		CHECK_EQ(x->thread, th);
		CHECK(!x->special && !x->user && x->inserted && !x->note);
		x = &a.now.queue[NTR_APC_KERNEL].v[1];
		CHECK_STR(name_of(&m, x->kernel, name), "ndis!Special");
		CHECK(x->special);
		x = &a.now.queue[NTR_APC_USER].v[0];
		CHECK_STR(name_of(&m, x->normal, name), "ndis!User");
		CHECK(x->user && !x->special);
		ntr_thread_apcs_fini(&a);
		machine_close(&m);
	}
}

static void states(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_thread_apcs a;
		struct machine m;

		if (!open_machine(&m, g))
			return;
		CHECK_EQ(ntr_thread_apcs(m.t, thread_at(&m, 0), &a, NULL),
			 NTR_OK);
		CHECK(a.now.in_progress && a.now.kernel_pending &&
		      a.now.user_pending);
		CHECK(!a.now.special_in_progress &&
		      !a.now.special_user_pending);
		CHECK(a.has_disable && a.disable == -2);
		CHECK_EQ(a.has_special, g >= FIRST_SPECIAL);
		CHECK_EQ(a.special_disable, g >= FIRST_SPECIAL ? -1 : 0);
		CHECK(a.has_attached && !a.attached && !a.saved.known);
		ntr_thread_apcs_fini(&a);
		CHECK_EQ(ntr_thread_apcs(m.t, thread_at(&m, 1), &a, NULL),
			 NTR_OK);
		CHECK(a.attached && a.saved.known);
		CHECK_EQ(a.saved.process, a.now.process);
		CHECK(!a.now.in_progress && !a.now.kernel_pending &&
		      !a.now.user_pending);
		CHECK_EQ(a.disable, 0);
		ntr_thread_apcs_fini(&a);
		machine_close(&m);
	}
}

/* The last kernel APC leads back to the first; the user one names another
 * thread. */
static void damage(void)
{
	for (unsigned g = 0; g < NTR_COUNT(machines); g++) {
		struct ntr_thread_apcs a;
		struct machine m;
		uint64_t entry, th;

		if (!open_machine(&m, g))
			return;
		th = thread_at(&m, 0);
		entry = m.t->ptr_size == 4 ? 0xc : 0x10;
		CHECK_EQ(ntr_thread_apcs(m.t, th, &a, NULL), NTR_OK);
		machine_patch(&m, a.now.queue[0].v[1].va + entry,
			      a.now.queue[0].v[0].va + entry, m.t->ptr_size);
		machine_patch(&m, a.now.queue[1].v[0].va + 8,
			      thread_at(&m, 1), m.t->ptr_size);
		ntr_thread_apcs_fini(&a);
		CHECK_EQ(ntr_thread_apcs(m.t, th, &a, NULL), NTR_OK);
		CHECK_EQ(a.now.queue[0].n, 2);
		CHECK_HAS(a.now.why[0], "but Blink of that is");
		CHECK_EQ(a.now.queue[1].n, 1);
		CHECK_STR(a.now.queue[1].v[0].note, "it names another thread");
		ntr_thread_apcs_fini(&a);
		machine_close(&m);
	}
}

static void no_thread(void)
{
	struct ntr_thread_apcs a;
	struct ntr_apc one;
	struct ntr_err e = { "" };
	struct machine m;

	if (!open_machine(&m, 3))
		return;
	CHECK_EQ(ntr_thread_apcs(m.t, 0x1000, &a, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "no thread was read at 0x1000");
	CHECK_EQ(ntr_apc_read(m.t, thread_at(&m, 0), &one, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "is no APC: its type is 6");
	machine_close(&m);
}

int main(void)
{
	RUN(queues);
	RUN(states);
	RUN(damage);
	RUN(no_thread);
	return test_done();
}
