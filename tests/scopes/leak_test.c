// SPDX-License-Identifier: GPL-2.0-or-later
/* Namespaces and rules by the hundred come and go, and leave nothing in use. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "usage.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)

FIXTURE(leak)
{
};

FIXTURE_SETUP(leak)
{
	scopes_open();
}

FIXTURE_TEARDOWN(leak)
{
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

/* Every other one is as containers are, the rest have one namespace each. */
static int flags_of(unsigned int i)
{
	static const int flags[] = {
		ALL, CLONE_NEWPID, ALL, CLONE_NEWNS, CLONE_NEWPID | CLONE_NEWNS, CLONE_NEWUSER,
	};

	return flags[i % 6];
}

static unsigned int n_refused;

/* A namespace or three, a rule for each, the end. Return: how many namespaces. */
static unsigned int live_and_die(struct batch *batch, unsigned int i)
{
	static const char *const names[] = { "pid", "mnt", "user" };
	static const uint32_t kinds[] = { XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT, XARCH_SCOPE_USER };
	int flags = flags_of(i), type, n = 0;
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0) {
		n_refused++;
		nap_ms(20);
		return 0;
	}
	if (!pid)
		for (;;)
			pause();
	for (type = 0; type < N_TYPES; type++) {
		struct scope scope = { .kind = kinds[type] };
		char path[64];

		if (!(flags & ns_types[type].flag))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, names[type]);
		scope.fd = open(path, O_RDONLY | O_CLOEXEC);
		must(scope.fd >= 0, path);
		must(!batch_set(batch, scope, i % 2 ? &deny_rule : tag_rule(ARCH, 1, 0)), "rule");
		close(scope.fd);
		n++;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return n;
}

static unsigned int churn(unsigned int namespaces)
{
	struct batch batch;
	unsigned int n = 0, i;

	must(!batch_begin(&batch), "batch");
	for (i = 0; n < namespaces; i++)
		n += live_and_die(&batch, i);
	must(!batch_end(&batch), rule_error);
	return n;
}

/* What stays in use although nobody uses it, by cache. */
struct cache {
	char name[64];
	long objects;
	long size;
};

#define MAX_CACHES 512
static int read_caches(struct cache *caches)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[512];
	int n = 0;

	must(file, "/proc/slabinfo");
	while (fgets(line, sizeof(line), file) && n < MAX_CACHES)
		if (sscanf(line, "%63s %ld %*d %ld", caches[n].name, &caches[n].objects,
			   &caches[n].size) == 3)
			n++;
	fclose(file);
	return n;
}

/* Hand back the free objects that lie about in each CPU's share and count as used. */
static void shrink(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;

	must(dir, "/sys/kernel/slab");
	while ((entry = readdir(dir))) {
		char path[512];

		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", entry->d_name);
		if (entry->d_name[0] != '.' && !access(path, W_OK))
			put_number(path, 1);
	}
	closedir(dir);
}

static void settle(void)
{
	nap_ms(500);
	put_number("/proc/sys/vm/drop_caches", 3);
	nap_ms(300);
	shrink();
	/* The first time its own files' dentries and inodes are new, and fill shares anew. */
	nap_ms(100);
	shrink();
}

struct memory {
	struct cache caches[MAX_CACHES];
	int n;
	long slab_kb;
	long percpu_kb;
};

static void measure(struct memory *memory)
{
	settle();
	memory->n = read_caches(memory->caches);
	memory->slab_kb = meminfo_kb("Slab");
	memory->percpu_kb = meminfo_kb("Percpu");
}

static long growth(const struct memory *before, const struct memory *after, int i)
{
	int k;

	for (k = 0; k < before->n; k++)
		if (!strcmp(before->caches[k].name, after->caches[i].name))
			return after->caches[i].objects - before->caches[k].objects;
	return after->caches[i].objects;
}

/*
 * One object left behind by each rule or namespace would make its cache grow by
 * as many objects as there were in a round, in every round; one by each tenth is
 * told as well. Less than that the rest of the system may do meanwhile.
 */
static void check_growth(struct __test_metadata *_metadata, const struct memory *memory,
			 unsigned int round)
{
	int k;

	for (k = 0; k < memory[2].n; k++) {
		long first = growth(&memory[0], &memory[1], k);
		long last = growth(&memory[1], &memory[2], k);

		/* Of kernel stacks and the like; freed when there are thousands. */
		if (!strcmp(memory[2].caches[k].name, "vmap_area"))
			continue;
		EXPECT_FALSE(first >= (long)round / 10 && last >= (long)round / 10)
			TH_LOG("%s grew by %ld, then by %ld objects", memory[2].caches[k].name,
			       first, last);
	}
	/* Half of what the counters of as many rules take: 32 bytes a CPU, two CPUs. */
	EXPECT_GT((long)round * 32 / 1024 + 64, memory[2].percpu_kb - memory[1].percpu_kb);
}

TEST_F_TIMEOUT(leak, namespaces_rules_and_memory_go, 3000)
{
	unsigned int warm_up = scaled(60, 2000), round = scaled(120, 4000), total, i;
	static struct memory memory[3];
	int before[N_TYPES], type;
	double began = now(), ended, took;

	for (type = 0; type < N_TYPES; type++)
		before[type] = in_use(type);
	total = churn(warm_up);
	EXPECT_EQ(0, rules_left(0, 10000));
	measure(&memory[0]);
	for (i = 1; i < 3; i++) {
		total += churn(round);
		ended = now();
		EXPECT_EQ(0, rules_left(0, 10000));
		for (type = 0; type < N_TYPES; type++) {
			EXPECT_EQ(0, too_many(type, before[type], ended + 10))
				TH_LOG("%s, %d before", ns_types[type].limit, before[type]);
		}
		took = now() - ended;
		EXPECT_GT(10.0, took);
		measure(&memory[i]);
	}
	figure("namespaces with a rule, gone", "%u in %.1f s, nothing left %.1f s after the last",
	       total, now() - began, took);
	figure("slab growth", "%ld kB, percpu %ld kB over the last %u namespaces",
	       memory[2].slab_kb - memory[1].slab_kb, memory[2].percpu_kb - memory[1].percpu_kb,
	       round);
	check_growth(_metadata, memory, round);
	EXPECT_EQ(0, n_refused);
}

/* The same told by the limits themselves: a handful are enough for ever. */
TEST_F_TIMEOUT(leak, low_limits_are_not_used_up, 600)
{
	int usual[N_TYPES], before[N_TYPES], type;
	unsigned int i, n = scaled(90, 1000);
	struct batch batch;

	/* As many as can die unnoticed in the time that it takes to notice them. */
	for (type = 0; type < N_TYPES; type++) {
		usual[type] = get_number(ns_types[type].limit);
		before[type] = in_use(type);
		put_number(ns_types[type].limit, before[type] + 40);
	}
	n_refused = 0;
	ASSERT_EQ(0, batch_begin(&batch));
	for (i = 0; i < n; i++) {
		double until = now() + 10;

		while (!live_and_die(&batch, 0) && now() < until)
			;
		if (now() >= until)
			break;
	}
	EXPECT_EQ(0, batch_end(&batch));
	for (type = 0; type < N_TYPES; type++)
		put_number(ns_types[type].limit, usual[type]);
	EXPECT_EQ(n, i) TH_LOG("stuck: %u refused", n_refused);
	EXPECT_EQ(0, rules_left(0, 10000));
	for (type = 0; type < N_TYPES; type++)
		EXPECT_EQ(0, too_many(type, before[type], now() + 10));
}

static void replace(struct scope scope, unsigned int n)
{
	struct batch batch;
	unsigned int i;

	must(!batch_begin(&batch), "batch");
	for (i = 0; i < n; i++)
		must(!batch_set(&batch, scope, i % 3 ? tag_rule(ARCH, 1 + i % 200, 0) : &deny_rule),
		     "rule");
	must(!batch_end(&batch), rule_error);
}

/* Rules by the thousand in one namespace that stays: what is left of the old ones? */
TEST_F_TIMEOUT(leak, replaced_rules_leave_nothing, 300)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	unsigned int round = scaled(5000, 50000), i;
	static struct memory memory[3];

	replace(pid, round);
	measure(&memory[0]);
	for (i = 1; i < 3; i++) {
		replace(pid, round);
		measure(&memory[i]);
	}
	EXPECT_EQ(1, rule_count(NULL));
	figure("slab growth by replaced rules", "%ld kB, percpu %ld kB over the last %u",
	       memory[2].slab_kb - memory[1].slab_kb, memory[2].percpu_kb - memory[1].percpu_kb,
	       round);
	check_growth(_metadata, memory, round);
	box_close(&box);
}

TEST_HARNESS_MAIN
