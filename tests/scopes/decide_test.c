// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which rule decides: an exec in a box is held against what the module says of
 * the box (RESOLVE), at every step.
 *
 *	host
 *	 `- outer	user, pid, mount namespace
 *	     `- inner	the same, in outer
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define MAX_CHAIN 70

/* The tag of the candidate that wins; -EACCES and -ENOEXEC as an exec has it. */
static int resolved(const struct box *box, uint32_t arch)
{
	struct rule_state chain[MAX_CHAIN];
	int n = rule_resolve(NULL, arch, box->pid, chain, MAX_CHAIN);
	int i, result = -ENOEXEC;

	if (n < 0)
		return -10000 + n;
	for (i = 0; i < n; i++) {
		if (chain[i].verdict != XARCH_VERDICT_WINS)
			continue;
		switch (chain[i].action) {
		case XARCH_ACTION_EMULATE:
			result = atoi(chain[i].arg + 1) + (chain[i].arg[0] == 'b' ? 250 : 0);
			break;
		case XARCH_ACTION_DENY:
			result = -EACCES;
			break;
		}
	}
	return result;
}

/* The verdict on the n-th candidate of a kind, nearest first; -1: none there. */
static int verdict(const struct box *box, uint32_t kind, int nth)
{
	struct rule_state chain[MAX_CHAIN];
	int n = rule_resolve(NULL, ARCH, box->pid, chain, MAX_CHAIN);
	int i;

	for (i = 0; i < n; i++)
		if (chain[i].scope == kind && !nth--)
			return chain[i].verdict;
	return -1;
}

#define EXPECT_RUNS(want, box) do {				\
	EXPECT_EQ(want, box_exec(box, prog));			\
	EXPECT_EQ(want, resolved(box, ARCH));			\
} while (0)

FIXTURE(decide)
{
	struct box outer, inner;
};

FIXTURE_SETUP(decide)
{
	scopes_open();
	self->outer = box_open(NULL, ALL, 100000);
	self->inner = box_open(&self->outer, ALL, 0);
}

FIXTURE_TEARDOWN(decide)
{
	box_kill(&self->inner);
	box_close(&self->outer);
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

TEST_F(decide, chain_is_nearest_first)
{
	static const uint32_t kinds[] = {
		XARCH_SCOPE_MOUNT, XARCH_SCOPE_PID, XARCH_SCOPE_PID, XARCH_SCOPE_PID,
		XARCH_SCOPE_USER, XARCH_SCOPE_USER, XARCH_SCOPE_USER, XARCH_SCOPE_HOST,
	};
	uint32_t inums[] = {
		0, box_inum(&self->inner, XARCH_SCOPE_PID), box_inum(&self->outer, XARCH_SCOPE_PID),
		box_inum(NULL, XARCH_SCOPE_PID), box_inum(&self->inner, XARCH_SCOPE_USER),
		box_inum(&self->outer, XARCH_SCOPE_USER), box_inum(NULL, XARCH_SCOPE_USER), 0,
	};
	struct rule_state chain[MAX_CHAIN];
	unsigned int i;

	ASSERT_EQ(8, rule_resolve(NULL, ARCH, self->inner.pid, chain, MAX_CHAIN));
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(kinds[i], chain[i].scope);
		if (inums[i])
			EXPECT_EQ(inums[i], chain[i].ns_inum);
		EXPECT_EQ(XARCH_VERDICT_NONE, chain[i].verdict);
		EXPECT_EQ(UINT32_MAX, chain[i].action);
	}
}

/* Rules come one by one, the farthest first, and each is nearer than the last. */
TEST_F(decide, nearest_wins_mount_pid_ancestors_user_ancestors_host)
{
	const struct {
		const struct box *box;
		uint32_t kind;
	} scopes[] = {
		{ NULL, XARCH_SCOPE_USER },
		{ &self->outer, XARCH_SCOPE_USER },
		{ &self->inner, XARCH_SCOPE_USER },
		{ NULL, XARCH_SCOPE_PID },
		{ &self->outer, XARCH_SCOPE_PID },
		{ &self->inner, XARCH_SCOPE_PID },
		{ &self->inner, XARCH_SCOPE_MOUNT },
	};
	const int n = sizeof(scopes) / sizeof(scopes[0]);
	int i;

	EXPECT_RUNS(-ENOEXEC, &self->inner);
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	EXPECT_RUNS(1, &self->inner);
	for (i = 0; i < n; i++) {
		struct scope scope = box_scope(scopes[i].box, scopes[i].kind);

		ASSERT_EQ(0, scoped_set(scope, tag_rule(ARCH, 10 + i, 0)));
		EXPECT_RUNS(10 + i, &self->inner);
	}
	/* Another mount namespace than this inherits nothing of it. */
	EXPECT_RUNS(14, &self->outer);
	EXPECT_EQ(13, box_exec(NULL, prog));
	for (i = n - 1; i >= 0; i--) {
		struct scope scope = box_scope(scopes[i].box, scopes[i].kind);

		EXPECT_RUNS(10 + i, &self->inner);
		ASSERT_EQ(0, rule_del(NULL, scope, ARCH));
		EXPECT_EQ(-ENOENT, rule_del(NULL, scope, ARCH));
	}
	EXPECT_RUNS(1, &self->inner);
	ASSERT_EQ(0, rule_del(NULL, HOST, ARCH));
	EXPECT_RUNS(-ENOEXEC, &self->inner);
}

TEST_F(decide, verdicts)
{
	struct scope pid = box_scope(&self->outer, XARCH_SCOPE_PID);
	struct scope user = box_scope(&self->outer, XARCH_SCOPE_USER);
	struct scope mount = box_scope(&self->inner, XARCH_SCOPE_MOUNT);

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(user, tag_rule(ARCH, 2, XARCH_F_LOCKED)));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 3, 0)));
	ASSERT_EQ(0, scoped_set(mount, tag_rule(ARCH, 4, 0)));
	EXPECT_EQ(XARCH_VERDICT_OVERRIDDEN, verdict(&self->inner, XARCH_SCOPE_MOUNT, 0));
	EXPECT_EQ(XARCH_VERDICT_NONE, verdict(&self->inner, XARCH_SCOPE_PID, 0));
	EXPECT_EQ(XARCH_VERDICT_OVERRIDDEN, verdict(&self->inner, XARCH_SCOPE_PID, 1));
	EXPECT_EQ(XARCH_VERDICT_WINS, verdict(&self->inner, XARCH_SCOPE_USER, 1));
	EXPECT_EQ(XARCH_VERDICT_FARTHER, verdict(&self->inner, XARCH_SCOPE_HOST, 0));
	EXPECT_RUNS(2, &self->inner);
	ASSERT_EQ(0, rule_del(NULL, user, -1));
	EXPECT_EQ(XARCH_VERDICT_WINS, verdict(&self->inner, XARCH_SCOPE_MOUNT, 0));
	EXPECT_EQ(XARCH_VERDICT_FARTHER, verdict(&self->inner, XARCH_SCOPE_PID, 1));
	EXPECT_RUNS(4, &self->inner);
}

TEST_F(decide, farthest_locked_wins_wherever_it_is)
{
	struct scope scopes[] = {
		box_scope(&self->inner, XARCH_SCOPE_MOUNT),
		box_scope(&self->inner, XARCH_SCOPE_PID),
		box_scope(&self->outer, XARCH_SCOPE_PID),
		box_scope(&self->inner, XARCH_SCOPE_USER),
		box_scope(&self->outer, XARCH_SCOPE_USER),
		HOST,
	};
	const int n = sizeof(scopes) / sizeof(scopes[0]);
	int i;

	for (i = 0; i < n; i++)
		ASSERT_EQ(0, scoped_set(scopes[i], tag_rule(ARCH, 20 + i, 0)));
	EXPECT_RUNS(20, &self->inner);
	/* Lock them from near to far: each time the new one wins. */
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, scoped_set(scopes[i], tag_rule(ARCH, 20 + i, XARCH_F_LOCKED)));
		EXPECT_RUNS(20 + i, &self->inner);
	}
	/* A nearer one, locked or not, changes nothing. */
	ASSERT_EQ(0, scoped_set(scopes[0], &locked_deny_rule));
	ASSERT_EQ(0, scoped_set(scopes[1], &deny_rule));
	EXPECT_RUNS(20 + n - 1, &self->inner);
	for (i = n - 1; i > 1; i--) {
		ASSERT_EQ(0, rule_del(NULL, scopes[i], ARCH));
		if (i > 2)
			EXPECT_RUNS(20 + i - 1, &self->inner);
	}
	EXPECT_RUNS(-EACCES, &self->inner);
}

TEST_F(decide, locked_deny_and_pass_lock_too)
{
	struct scope mount = box_scope(&self->inner, XARCH_SCOPE_MOUNT);
	struct scope pid = box_scope(&self->outer, XARCH_SCOPE_PID);
	const struct rule locked_pass = {
		.arch = ARCH, .action = XARCH_ACTION_PASS, .flags = XARCH_F_LOCKED,
	};

	ASSERT_EQ(0, scoped_set(mount, tag_rule(ARCH, 30, 0)));
	ASSERT_EQ(0, scoped_set(pid, &locked_deny_rule));
	EXPECT_RUNS(-EACCES, &self->inner);
	ASSERT_EQ(0, scoped_set(pid, &locked_pass));
	EXPECT_RUNS(-ENOEXEC, &self->inner);
}

TEST_F(decide, rules_of_one_arch_leave_the_others_inherited)
{
	struct scope pid = box_scope(&self->inner, XARCH_SCOPE_PID);

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(XARCH_ARCH_RISCV64, 2, 0)));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(XARCH_ARCH_RISCV64, 3, 0)));
	EXPECT_EQ(1, box_exec(&self->inner, prog));
	EXPECT_EQ(3, box_exec(&self->inner, other_prog));
	EXPECT_EQ(2, box_exec(&self->outer, other_prog));
	/* A locked one is for its arch alone, too. */
	ASSERT_EQ(0, scoped_set(HOST, &locked_deny_rule));
	EXPECT_EQ(-EACCES, box_exec(&self->inner, prog));
	EXPECT_EQ(3, box_exec(&self->inner, other_prog));
	/* All of a scope's rules go, and no other's. */
	ASSERT_EQ(0, rule_del(NULL, pid, -1));
	EXPECT_EQ(2, box_exec(&self->inner, other_prog));
}

/* Siblings that share the host's user namespace, as rootful containers do. */
TEST_F(decide, siblings_differ_without_user_namespaces)
{
	struct box a = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct box b = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct box c = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct box d = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(box_scope(&a, XARCH_SCOPE_PID), tag_rule(ARCH, 2, 0)));
	ASSERT_EQ(0, scoped_set(box_scope(&b, XARCH_SCOPE_MOUNT), tag_rule(ARCH, 253, 0)));
	ASSERT_EQ(0, scoped_set(box_scope(&c, XARCH_SCOPE_PID), &deny_rule));
	EXPECT_RUNS(2, &a);
	/* Exit statuses have one byte; tag_b ran this: it would exit 255 otherwise. */
	EXPECT_EQ(3, box_exec(&b, prog));
	EXPECT_EQ(253, resolved(&b, ARCH));
	EXPECT_RUNS(-EACCES, &c);
	EXPECT_RUNS(1, &d);
	box_close(&a);
	box_close(&b);
	box_close(&c);
	box_close(&d);
}

TEST_F(decide, nested_pid_namespace_inherits_until_it_has_its_own)
{
	struct box container = box_open(NULL, CLONE_NEWPID, 0);
	struct box nested = box_open(&container, CLONE_NEWPID, 0);
	struct box deeper = box_open(&nested, CLONE_NEWPID, 0);

	ASSERT_EQ(0, scoped_set(box_scope(&container, XARCH_SCOPE_PID), tag_rule(ARCH, 5, 0)));
	EXPECT_RUNS(5, &container);
	EXPECT_RUNS(5, &nested);
	EXPECT_RUNS(5, &deeper);
	ASSERT_EQ(0, scoped_set(box_scope(&nested, XARCH_SCOPE_PID), &deny_rule));
	EXPECT_RUNS(5, &container);
	EXPECT_RUNS(-EACCES, &nested);
	EXPECT_RUNS(-EACCES, &deeper);
	ASSERT_EQ(0, scoped_set(box_scope(&deeper, XARCH_SCOPE_PID), &pass_rule));
	EXPECT_RUNS(-ENOEXEC, &deeper);
	ASSERT_EQ(0, rule_del(NULL, box_scope(&nested, XARCH_SCOPE_PID), -1));
	EXPECT_RUNS(5, &nested);
	EXPECT_EQ(-ENOEXEC, box_exec(NULL, prog));
	box_close(&container);
}

TEST_F(decide, nested_user_namespace_inherits_until_it_has_its_own)
{
	struct box container = box_open(NULL, CLONE_NEWUSER, 100000);
	struct box nested = box_open(&container, CLONE_NEWUSER, 0);
	struct box deeper = box_open(&nested, CLONE_NEWUSER, 0);

	ASSERT_EQ(0, scoped_set(box_scope(&container, XARCH_SCOPE_USER), tag_rule(ARCH, 5, 0)));
	EXPECT_RUNS(5, &container);
	EXPECT_RUNS(5, &nested);
	EXPECT_RUNS(5, &deeper);
	ASSERT_EQ(0, scoped_set(box_scope(&nested, XARCH_SCOPE_USER), &deny_rule));
	EXPECT_RUNS(5, &container);
	EXPECT_RUNS(-EACCES, &nested);
	EXPECT_RUNS(-EACCES, &deeper);
	ASSERT_EQ(0, rule_del(NULL, box_scope(&nested, XARCH_SCOPE_USER), -1));
	EXPECT_RUNS(5, &deeper);
	EXPECT_EQ(-ENOEXEC, box_exec(NULL, prog));
	box_close(&container);
}

static long leave_mount_namespace(const void *arg __attribute__((unused)))
{
	return unshare(CLONE_NEWNS) ? -errno : 0;
}

static long ask_for_pid_namespace(const void *arg __attribute__((unused)))
{
	return unshare(CLONE_NEWPID) ? -errno : 0;
}

TEST_F(decide, new_mount_namespace_leaves_the_rule_new_pid_namespace_does_not)
{
	struct box a = box_open(NULL, CLONE_NEWNS, 0);
	struct box b = box_open(NULL, CLONE_NEWPID, 0);

	ASSERT_EQ(0, scoped_set(box_scope(&a, XARCH_SCOPE_MOUNT), &deny_rule));
	ASSERT_EQ(0, scoped_set(box_scope(&b, XARCH_SCOPE_PID), &deny_rule));
	EXPECT_RUNS(-EACCES, &a);
	ASSERT_EQ(0, box_call(&a, leave_mount_namespace, NULL, 0));
	EXPECT_RUNS(-ENOEXEC, &a);
	/* Its children will be in another one, it is not: resolved() is about it. */
	ASSERT_EQ(0, box_call(&b, ask_for_pid_namespace, NULL, 0));
	EXPECT_RUNS(-EACCES, &b);
	box_close(&a);
	box_close(&b);
}

static long chroot_to_nothing(const void *arg)
{
	if (mkdir(arg, 0755) && errno != EEXIST)
		return -errno;
	return chroot(arg) || chdir("/") ? -errno : 0;
}

/* The emulator is pinned: neither chroot nor a mount namespace takes it away. */
TEST_F(decide, chroot_changes_no_rule)
{
	struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);

	ASSERT_EQ(0, scoped_set(box_scope(&box, XARCH_SCOPE_PID), tag_rule(ARCH, 7, 0)));
	ASSERT_EQ(0, mkdir("root", 0755));
	lab_program("root/prog", ARCH, 0755);
	ASSERT_EQ(0, box_call(&box, chroot_to_nothing, lab_path("root"), 300));
	EXPECT_EQ(7, box_exec(&box, "/prog"));
	box_close(&box);
}

struct entering {
	struct scope scopes[3];
	char path[64];
};

/* As nsenter does it: into the namespaces, then a child, then the exec. */
static long enter_and_run(const void *arg)
{
	const struct entering *entering = arg;
	int i;

	for (i = 0; i < 3 && entering->scopes[i].fd > 0; i++)
		if (setns(entering->scopes[i].fd, 0))
			return -10000 - errno;
	return run_program(entering->path);
}

static int run_inside(struct scope a, struct scope b)
{
	struct entering entering = { .scopes = { a, b } };
	struct box visitor;
	int result;

	snprintf(entering.path, sizeof(entering.path), "%s", prog);
	visitor = box_open(NULL, 0, 0);
	result = box_call(&visitor, enter_and_run, &entering, sizeof(entering));
	box_close(&visitor);
	return result;
}

#define NO_SCOPE ((struct scope){ 0, 0 })

/* The host administrator's rules apply to whoever is in there. */
TEST_F(decide, whoever_enters_gets_the_hosts_rules_for_the_place)
{
	struct scope pid = box_scope(&self->outer, XARCH_SCOPE_PID);
	struct scope mount = box_scope(&self->outer, XARCH_SCOPE_MOUNT);
	struct scope user = box_scope(&self->outer, XARCH_SCOPE_USER);

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(user, tag_rule(ARCH, 2, 0)));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 3, 0)));
	ASSERT_EQ(0, scoped_set(mount, tag_rule(ARCH, 4, 0)));
	EXPECT_EQ(3, run_inside(pid, NO_SCOPE));
	EXPECT_EQ(4, run_inside(mount, NO_SCOPE));
	EXPECT_EQ(4, run_inside(mount, pid));
	EXPECT_EQ(2, run_inside(user, NO_SCOPE));
	EXPECT_EQ(1, box_exec(NULL, prog));
}

TEST_F(decide, same_answer_on_every_cpu)
{
	struct scope pid = box_scope(&self->inner, XARCH_SCOPE_PID);
	cpu_set_t old, one;
	long cpu;

	ASSERT_EQ(0, scoped_set(HOST, &deny_rule));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 9, 0)));
	ASSERT_EQ(0, sched_getaffinity(self->inner.pid, sizeof(old), &old));
	for (cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		ASSERT_EQ(0, sched_setaffinity(self->inner.pid, sizeof(one), &one));
		EXPECT_RUNS(9, &self->inner);
	}
}

TEST_HARNESS_MAIN
