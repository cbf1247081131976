// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules take the memory of whoever sets them: it is charged to the setter's control
 * group, so that a container pays for its own out of its own limit.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"

#define SPACES 20
#define LONG 3900

FIXTURE(charge)
{
	struct box boxes[SPACES];
	struct scope scopes[SPACES];
};

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	must(file && fputs(text, file) >= 0 && !fclose(file), path);
}

FIXTURE_SETUP(charge)
{
	int i;

	scopes_open();
	must(!mkdir("cgroup", 0755) && !mount("cgroup2", "cgroup", "cgroup2", 0, NULL), "cgroup2");
	put("cgroup/cgroup.subtree_control", "+memory");
	must(!mkdir("cgroup/xarch-charge", 0755), "a control group");
	/* What a namespace itself takes is there before. */
	for (i = 0; i < SPACES; i++) {
		struct rule rule = pass_rule;

		rule.arch = XARCH_ARCH_MAX;
		self->boxes[i] = box_open(NULL, CLONE_NEWPID, 0);
		self->scopes[i] = box_scope(&self->boxes[i], XARCH_SCOPE_PID);
		must(!scoped_set(self->scopes[i], &rule), rule_error);
	}
}

FIXTURE_TEARDOWN(charge)
{
	int i;

	for (i = 0; i < SPACES; i++)
		box_close(&self->boxes[i]);
	box_scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
	rmdir("cgroup/xarch-charge");
	umount2("cgroup", MNT_DETACH);
	scopes_close();
}

/*
 * Bytes of slabs that are charged to the group. The kernel adds up what its CPUs have
 * counted every two seconds; a reader alone gets it to only once there is enough, which
 * may be as much as all that is measured here.
 */
static long charged(void)
{
	char name[64];
	long value, slab = -1;
	FILE *file;

	nap_ms(2500);
	file = fopen("cgroup/xarch-charge/memory.stat", "re");
	must(file, "memory.stat");
	while (slab < 0 && fscanf(file, "%63s %ld", name, &value) == 2)
		if (!strcmp(name, "slab"))
			slab = value;
	fclose(file);
	must(slab >= 0, "slab in memory.stat");
	return slab;
}

/* Its rules of each arch in each namespace; how many bytes a rule, on average. */
static int bytes_a_rule(const struct scope *scopes, const struct rule *like)
{
	struct rule rule = *like;
	long before;
	int n = 0, i;

	put("cgroup/xarch-charge/cgroup.procs", "0");
	/* The first one of this process allocates what the next ones use again. */
	rule.arch = XARCH_ARCH_MAX;
	must(!scoped_set(scopes[0], &rule), rule_error);
	before = charged();
	for (i = 0; i < SPACES; i++) {
		for (rule.arch = 0; rule.arch < XARCH_ARCH_MAX; rule.arch++) {
			if (rule.arch == XARCH_ARCH_X86_64)
				continue;
			must(!scoped_set(scopes[i], &rule), rule_error);
			n++;
		}
	}
	return (charged() - before) / n;
}

/* In a child, which ends: what it was charged stays with the rules. */
static int measure(const struct scope *scopes, const struct rule *like)
{
	int *bytes = shared_memory(sizeof(*bytes)), status;
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid) {
		*bytes = bytes_a_rule(scopes, like);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && !status, "measuring");
	figure("charged a rule", "%d bytes of slabs", *bytes);
	return *bytes;
}

/* A slab of 256 bytes for the rule, or more with a kernel's checks; a little beside it. */
TEST_F(charge, rule)
{
	EXPECT_LE(200, measure(self->scopes, &deny_rule));
}

static const char *of_length(size_t len)
{
	char *text = malloc(len + 1);

	must(text, "malloc");
	memset(text, '/', len);
	text[len] = '\0';
	return text;
}

TEST_F(charge, name_of_the_emulator)
{
	struct rule rule = {
		.action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY, .emulator = of_length(LONG),
	};

	EXPECT_LE(LONG, measure(self->scopes, &rule));
}

TEST_F(charge, arguments)
{
	const char *args[] = { of_length(LONG), NULL };
	struct rule rule = {
		.action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY, .emulator = "/e",
		.args = args,
	};

	EXPECT_LE(LONG, measure(self->scopes, &rule));
}

TEST_HARNESS_MAIN
