// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a container learns of the host by asking: the rules that apply to it, and not how
 * often others use them, nor the numbers of namespaces around it.
 */
#include <sched.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "rule.h"

#define CONTAINER (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define OWN_SCOPE(kind) ((struct scope){ kind, OWN })
#define MOST 80

FIXTURE(leak)
{
	struct box box;
	struct rule_state *seen;
};

FIXTURE_SETUP(leak)
{
	self->seen = shared_memory(MOST * sizeof(*self->seen));
	scopes_open();
	self->box = box_open(NULL, CONTAINER, 100000);
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(1, run_program(prog));
}

FIXTURE_TEARDOWN(leak)
{
	box_close(&self->box);
	scopes_close();
}

static long list_here(const void *arg)
{
	return rule_list(NULL, NULL, -1, *(struct rule_state *const *)arg, MOST);
}

static long resolve_here(const void *arg)
{
	return rule_resolve(NULL, ARCH, 0, *(struct rule_state *const *)arg, MOST);
}

static long count_here(const void *arg __attribute__((unused)))
{
	return rule_count(NULL);
}

TEST_F(leak, not_how_often_others_use_a_rule)
{
	struct rule_state own;

	/* The host's administrator sees it, */
	ASSERT_EQ(1, rule_list(NULL, &HOST, ARCH, &own, 1));
	EXPECT_EQ(1, own.emulated);
	EXPECT_NE(UINT32_MAX, own.owner);
	/* and a container that it is there. */
	ASSERT_EQ(1, box_call(&self->box, list_here, &self->seen, sizeof(self->seen)));
	EXPECT_EQ(ARCH, self->seen[0].arch);
	EXPECT_EQ(XARCH_SCOPE_HOST, self->seen[0].scope);
	EXPECT_EQ(UINT64_MAX, self->seen[0].emulated);
	EXPECT_EQ(UINT64_MAX, self->seen[0].denied);
	EXPECT_EQ(UINT64_MAX, self->seen[0].failed);
	EXPECT_EQ(UINT64_MAX, self->seen[0].last_used_ms);
	EXPECT_EQ(UINT32_MAX, self->seen[0].owner);

	/* Of its own rules it sees all, and so does the host. */
	ASSERT_EQ(0, box_set(&self->box, OWN_SCOPE(XARCH_SCOPE_USER), tag_rule(ARCH, 2, 0)));
	EXPECT_EQ(2, box_exec(&self->box, prog));
	ASSERT_EQ(2, box_call(&self->box, list_here, &self->seen, sizeof(self->seen)));
	EXPECT_EQ(XARCH_SCOPE_USER, self->seen[1].scope);
	EXPECT_EQ(1, self->seen[1].emulated);
	EXPECT_EQ(box_inum(&self->box, XARCH_SCOPE_USER), self->seen[1].ns_inum);
	box_scopes_close();
}

TEST_F(leak, not_how_many_rules_there_are)
{
	EXPECT_EQ(1, rules_left(1, 3 * GONE_MS));
	EXPECT_GT(0, box_call(&self->box, count_here, NULL, 0));
}

TEST_F(leak, not_the_numbers_of_namespaces_around_it)
{
	uint32_t pid = box_inum(NULL, XARCH_SCOPE_PID), user = box_inum(NULL, XARCH_SCOPE_USER);
	bool own_pid = false, own_user = false;
	int n, i;

	n = box_call(&self->box, resolve_here, &self->seen, sizeof(self->seen));
	/* Mount, two pid namespaces, two user namespaces, the host. */
	ASSERT_EQ(6, n);
	for (i = 0; i < n; i++) {
		EXPECT_NE(pid, self->seen[i].ns_inum);
		EXPECT_NE(user, self->seen[i].ns_inum);
		own_pid |= self->seen[i].ns_inum == box_inum(&self->box, XARCH_SCOPE_PID);
		own_user |= self->seen[i].ns_inum == box_inum(&self->box, XARCH_SCOPE_USER);
	}
	EXPECT_TRUE(own_pid);
	EXPECT_TRUE(own_user);
	box_scopes_close();
}

TEST_HARNESS_MAIN
