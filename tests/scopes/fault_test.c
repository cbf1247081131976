// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each allocation that the module makes fails in turn: for a change of a rule, for
 * a list, for an exec, for its own loading. A change is then whole or not there at
 * all, and an exec that its rule cannot serve fails; it never goes on to another
 * format, which would be a deny that memory pressure lifts.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "faults.h"
#include "lab.h"
#include "tag.h"

FIXTURE(fault)
{
	struct box box;
	struct scope pid;
};

FIXTURE_SETUP(fault)
{
	if (!faults_open())
		SKIP(return, "no fault injection in this kernel");
	scopes_open();
	self->box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	self->pid = box_scope(&self->box, XARCH_SCOPE_PID);
	faults_below_module();
}

FIXTURE_TEARDOWN(fault)
{
	if (!self->box.pid)
		return;
	box_close(&self->box);
	scopes_close();
	faults_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

/* The tag of the scope's only rule, 0 for none. */
static int tag_of(struct scope scope)
{
	struct rule_state listed = { .arg = "" };
	int n = rule_list(NULL, &scope, -1, &listed, 1);

	must(n >= 0 && n <= 1, "list");
	return n ? atoi(listed.arg + 1) : 0;
}

/* The rule changes from @old (0: there is none) to tag 2, or stays whole. */
static void change(struct __test_metadata *_metadata, const struct box *box, struct scope scope,
		   int old)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	for (nth = 1; failed; nth++) {
		int err, tag;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		if (old)
			ASSERT_EQ(0, scoped_set(scope, tag_rule(ARCH, old, 0)));
		arm(nth);
		err = scoped_set(scope, tag_rule(ARCH, 2, 0));
		failed = disarm();
		tag = tag_of(scope);
		refused += !!err;
		/* EINVAL is what clone_private_mount() says when it finds no memory. */
		EXPECT_TRUE(fits(failed, err, 0, -ENOMEM) || fits(failed, err, 0, -EINVAL))
			TH_LOG("allocation %u: %d", nth, err);
		EXPECT_EQ(err ? old : 2, tag) TH_LOG("allocation %u: %d", nth, err);
		EXPECT_EQ(tag ? tag : -ENOEXEC, box_exec(box, prog));
		if (!old && tag)
			ASSERT_EQ(0, rule_del(NULL, scope, -1));
	}
	figure("allocations of a rule, each failed", "%u", nth - 2);
	/* Or the faults are not where they ought to be. */
	EXPECT_LT(3, refused);
}

TEST_F_TIMEOUT(fault, first_rule_is_there_or_not, 600)
{
	change(_metadata, &self->box, self->pid, 0);
}

TEST_F_TIMEOUT(fault, first_rule_of_a_mount_namespace_is_there_or_not, 600)
{
	change(_metadata, &self->box, box_scope(&self->box, XARCH_SCOPE_MOUNT), 0);
}

TEST_F_TIMEOUT(fault, replaced_rule_is_one_or_the_other, 600)
{
	change(_metadata, &self->box, self->pid, 1);
}

/* Nothing stands in the way of taking a rule back. */
TEST_F(fault, removal_allocates_nothing)
{
	ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 1, 0)));
	arm(1);
	EXPECT_EQ(0, rule_del(NULL, self->pid, -1));
	EXPECT_FALSE(disarm());
	EXPECT_EQ(-ENOEXEC, box_exec(&self->box, prog));
}

TEST_F_TIMEOUT(fault, lists_and_chains_are_complete_or_refused, 600)
{
	unsigned int nth, round, refused = 0;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 2, 0)));
	for (round = 0; round < 2; round++) {
		int want = round ? rule_resolve(NULL, ARCH, 0, NULL, 0) : 2;
		bool failed = true;

		for (nth = 1; failed; nth++) {
			int got;

			ASSERT_GT(MOST_ALLOCATIONS, nth);
			arm(nth);
			got = round ? rule_resolve(NULL, ARCH, 0, NULL, 0) :
				      rule_list(NULL, NULL, -1, NULL, 0);
			failed = disarm();
			refused += got < 0;
			EXPECT_TRUE(fits(failed, got, want, -ENOMEM))
				TH_LOG("allocation %u: %d", nth, got);
		}
	}
	EXPECT_LT(1, refused);
}

static void register_misc(const char *emulator)
{
	char line[256];

	misc_mount();
	snprintf(line, sizeof(line), ":xarch-fault:M:18:\\xb7\\x00::%s:", emulator);
	misc_register(line);
}

TEST_F_TIMEOUT(fault, exec_never_goes_on_to_another_format, 600)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	/* What binfmt_misc would start shows. */
	register_misc(tag_b);
	EXPECT_EQ(TAG_MIXED, run_program(prog));
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	for (nth = 1; failed; nth++) {
		int result;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		result = exec_with_fault(prog, nth, &failed);
		refused += result != 1;
		EXPECT_EQ(failed ? ERRNO(ENOMEM) : 1, result)
			TH_LOG("allocation %u: %d", nth, result);
		EXPECT_EQ(1, run_program(prog));
	}
	figure("allocations of an exec, each failed", "%u", nth - 2);
	EXPECT_LE(3, refused);
	misc_remove("xarch-fault");
}

TEST_F(fault, deny_and_pass_allocate_nothing)
{
	bool failed;

	register_misc(tag_b);
	ASSERT_EQ(0, scoped_set(HOST, &deny_rule));
	EXPECT_EQ(ERRNO(EACCES), exec_with_fault(prog, 1, &failed));
	EXPECT_FALSE(failed);
	ASSERT_EQ(0, scoped_set(HOST, &pass_rule));
	EXPECT_EQ(TAG_MIXED, exec_with_fault(prog, 1, &failed));
	EXPECT_FALSE(failed);
	misc_remove("xarch-fault");
}

/* Return: descriptor of the module's file. */
static int open_module(void)
{
	char path[512] = "";
	FILE *pipe = popen("modinfo -n xarch", "re");
	int fd;

	must(pipe && fscanf(pipe, "%511s", path) == 1 && !pclose(pipe), "modinfo");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	return fd;
}

TEST_F_TIMEOUT(fault, module_is_loaded_or_not, 600)
{
	int module = open_module();
	bool failed = true;
	unsigned int nth, refused = 0;
	char which[256] = "";

	faults_below_initcall();
	must(!syscall(SYS_delete_module, "xarch", O_NONBLOCK), "delete_module");
	for (nth = 1; failed; nth++) {
		int err;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		arm(nth);
		err = syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
		failed = disarm();
		refused += !!err;
		EXPECT_TRUE(fits(failed, err, 0, -ENOMEM)) TH_LOG("allocation %u: %d", nth, err);
		if (err) {
			snprintf(which + strlen(which), sizeof(which) - strlen(which), " %u", nth);
			EXPECT_EQ(-ENOEXEC, run_program(prog));
		} else {
			ASSERT_EQ(0, syscall(SYS_delete_module, "xarch", O_NONBLOCK));
		}
	}
	figure("allocations of the module's init, each failed", "%u, refused:%s", nth - 2, which);
	/* At least the inode, dentry and file by which it finds the nsfs mount. */
	EXPECT_LE(3, refused);
	close(module);
	ASSERT_EQ(0, command("modprobe xarch"));
	/* A box knows none of what it was. */
	ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 3, 0)));
	EXPECT_EQ(3, box_exec(&self->box, prog));
}

TEST_HARNESS_MAIN
