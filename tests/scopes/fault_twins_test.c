// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As fault_test.c, each allocation that the module makes for twin sets: for loading one,
 * for a list of them, for a rule that names one, and for an exec. A set is the old one or
 * the new one, whole; an exec runs the twin, or is emulated, or fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "common.h"
#include "faults.h"
#include "lab.h"
#include "netlink.h"
#include "tag.h"

#define SET "fault"
/* What the twin, a tag emulator that no rule has started, ends with. */
#define TWIN_RAN TAG_MIXED

static const unsigned char known[LAB_ID_LEN] = { 1, 2, 3 };
static const char *const not_args[] = { "-v", NULL };

FIXTURE(fault_twins)
{
	struct twin twins[2];
	struct conn conn;
	int loader;
	char path[64], program[64];
};

FIXTURE_SETUP(fault_twins)
{
	static const unsigned char second[LAB_ID_LEN] = { 3, 2, 1 };
	int twin;

	if (!faults_open())
		SKIP(return, "no fault injection in this kernel");
	scopes_open();
	/* Its name ends as a tag emulator wants it. */
	lab_identified("said.prog", known, 0755);
	strcpy(self->program, lab_path("said.prog"));
	must(!mkdir("set", 0755) && !mount("set", "set", "tmpfs", 0, NULL), "set");
	lab_copy(tag_a, "set/twin");
	lab_copy(tag_a, "set/ld.so");
	must(!mount("set", "set", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), "set");
	twin = open("set/twin", O_RDONLY | O_CLOEXEC);
	self->loader = open("set/ld.so", O_RDONLY | O_CLOEXEC);
	must(twin >= 0 && self->loader >= 0, "set/twin");
	strcpy(self->path, lab_path("set/ld.so"));
	self->twins[0] = (struct twin){ .id = known, .id_len = LAB_ID_LEN, .fd = twin, .not_args = not_args };
	self->twins[1] = (struct twin){ .id = second, .id_len = LAB_ID_LEN, .fd = twin };
	conn_open(&self->conn);
	faults_below_module();
}

FIXTURE_TEARDOWN(fault_twins)
{
	if (!self->path[0])
		return;
	rule_clear();
	twins_unload(&self->conn, SET);
	conn_close(&self->conn);
	close(self->twins[0].fd);
	close(self->loader);
	/* Nothing holds a file of the set any more. */
	EXPECT_TRUE(lab_umount("set"));
	scopes_close();
	faults_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

static int load(FIXTURE_DATA(fault_twins) *self, unsigned int n)
{
	return twins_load(&self->conn, SET, self->path, self->loader, self->twins, n);
}

static int set_rule(void)
{
	struct rule rule = *tag_rule(ARCH, 1, 0);

	rule.twins = SET;
	return rule_set(NULL, &rule);
}

/* How many twins the set has, 0: there is none, or a negative errno. */
static int listed(struct conn *conn)
{
	struct reply reply = { 0 };
	struct request request;
	int n;

	request_begin(&request, conn, XARCH_CMD_TWINS_GET, NLM_F_DUMP);
	n = conn_ask(conn, &request, &reply);
	if (!n && reply.n == 1)
		n = record_u32(reply.records[0], XARCH_A_TWINS_N);
	reply_free(&reply);
	return n;
}

TEST_F_TIMEOUT(fault_twins, set_is_loaded_or_not, 600)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	for (nth = 1; failed; nth++) {
		int err;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		arm(nth);
		err = load(self, 2);
		failed = disarm();
		refused += !!err;
		EXPECT_TRUE(fits(failed, err, 0, -ENOMEM)) TH_LOG("allocation %u: %d", nth, err);
		EXPECT_EQ(err ? 0 : 2, listed(&self->conn));
		if (!err)
			ASSERT_EQ(0, twins_unload(&self->conn, SET));
	}
	figure("allocations of a twin set, each failed", "%u", nth - 2);
	EXPECT_LT(1, refused);
}

TEST_F_TIMEOUT(fault_twins, set_that_takes_a_place_is_the_old_or_the_new, 600)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	ASSERT_EQ(0, load(self, 1));
	ASSERT_EQ(0, set_rule());
	for (nth = 1; failed; nth++) {
		int err;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		ASSERT_EQ(0, load(self, 1));
		arm(nth);
		err = load(self, 2);
		failed = disarm();
		refused += !!err;
		EXPECT_TRUE(fits(failed, err, 0, -ENOMEM)) TH_LOG("allocation %u: %d", nth, err);
		EXPECT_EQ(err ? 1 : 2, listed(&self->conn));
		EXPECT_EQ(TWIN_RAN, run_program(self->program));
	}
	EXPECT_LT(1, refused);
}

TEST_F(fault_twins, to_unload_allocates_nothing)
{
	ASSERT_EQ(0, load(self, 2));
	ASSERT_EQ(0, set_rule());
	arm(1);
	EXPECT_EQ(0, twins_unload(&self->conn, SET));
	EXPECT_FALSE(disarm());
	EXPECT_EQ(1, run_program(self->program));
}

TEST_F_TIMEOUT(fault_twins, list_is_complete_or_refused, 600)
{
	bool failed = true;
	unsigned int nth;

	ASSERT_EQ(0, load(self, 2));
	for (nth = 1; failed; nth++) {
		int n;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		arm(nth);
		n = listed(&self->conn);
		failed = disarm();
		EXPECT_TRUE(fits(failed, n, 2, -ENOMEM)) TH_LOG("allocation %u: %d", nth, n);
	}
}

TEST_F_TIMEOUT(fault_twins, rule_that_names_a_set_is_there_or_not, 600)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	ASSERT_EQ(0, load(self, 1));
	for (nth = 1; failed; nth++) {
		int err;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		arm(nth);
		err = set_rule();
		failed = disarm();
		refused += !!err;
		/* EINVAL is what clone_private_mount() says when it finds no memory. */
		EXPECT_TRUE(fits(failed, err, 0, -ENOMEM) || fits(failed, err, 0, -EINVAL))
			TH_LOG("allocation %u: %d", nth, err);
		EXPECT_EQ(err ? -ENOEXEC : TWIN_RAN, run_program(self->program));
		if (!err)
			ASSERT_EQ(0, rule_del(NULL, HOST, -1));
	}
	EXPECT_LT(3, refused);
}

/* Another format is none of what an exec comes to. */
TEST_F_TIMEOUT(fault_twins, exec_is_whole_whichever_fails, 600)
{
	unsigned int nth, refused = 0;
	bool failed = true;

	ASSERT_EQ(0, load(self, 1));
	ASSERT_EQ(0, set_rule());
	for (nth = 1; failed; nth++) {
		int result;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		result = exec_with_fault(self->program, nth, &failed);
		refused += result != TWIN_RAN;
		EXPECT_TRUE(result == TWIN_RAN || (failed && (result == 1 || result == ERRNO(ENOMEM))))
			TH_LOG("allocation %u: %d", nth, result);
		EXPECT_EQ(TWIN_RAN, run_program(self->program));
	}
	figure("allocations of a twin's exec, each failed", "%u", nth - 2);
	EXPECT_LE(1, refused);
}

TEST_HARNESS_MAIN
