// SPDX-License-Identifier: GPL-2.0-or-later
/* How many rules a user may have the kernel keep, by however many user namespaces. */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "rule.h"

#define OWN_SCOPE(kind) ((struct scope){ kind, OWN })

FIXTURE(limit)
{
	int unused;
};

FIXTURE_SETUP(limit)
{
	scopes_open();
}

FIXTURE_TEARDOWN(limit)
{
	scopes_close();
}

/* In a box with a mount namespace of its own: one rule an arch. Return: how many. */
static long fill(const void *arg __attribute__((unused)))
{
	struct rule rule = deny_rule;
	struct scope scope = { .kind = XARCH_SCOPE_USER };
	int n = 0, err = 0;

	scope.fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	for (rule.arch = 0; rule.arch <= XARCH_ARCH_MAX; rule.arch++) {
		if (rule.arch == XARCH_ARCH_X86_64)
			continue;
		err = scoped_set(scope, &rule);
		if (err)
			break;
		n++;
	}
	close(scope.fd);
	return err && err != -ENOSPC ? err : n;
}

TEST_F_TIMEOUT(limit, of_a_user_with_many_namespaces, 90)
{
	enum { N = 60 };
	struct box user = box_open_as(1000), boxes[N], other_user, other;
	long n, sum = 0;
	int i;

	for (i = 0; i < N; i++) {
		boxes[i] = box_open(&user, CLONE_NEWUSER, 1000);
		n = box_call(&boxes[i], fill, NULL, 0);
		ASSERT_LE(0, n);
		sum += n;
	}
	/* Without a limit there would be more. */
	ASSERT_LT(XARCH_USERNS_RULES_MAX, N * XARCH_ARCH_MAX);
	EXPECT_EQ(XARCH_USERNS_RULES_MAX, sum);
	EXPECT_EQ(XARCH_USERNS_RULES_MAX, rule_count(NULL));
	EXPECT_EQ(-ENOSPC, box_set(&boxes[N - 1], OWN_SCOPE(XARCH_SCOPE_USER), &deny_rule));
	EXPECT_STREQ("this user has set as many rules as they may in user namespaces",
		     rule_error);

	/* Nobody else has less room by it, the host's administrator least of all. */
	other_user = box_open_as(1001);
	other = box_open(&other_user, CLONE_NEWUSER, 1001);
	EXPECT_EQ(0, box_set(&other, OWN_SCOPE(XARCH_SCOPE_USER), &deny_rule));
	EXPECT_EQ(0, scoped_set(box_scope(&boxes[N - 2], XARCH_SCOPE_USER), &deny_rule));
	/* To take that rule over would be one more. */
	EXPECT_EQ(-ENOSPC, box_set(&boxes[N - 2], OWN_SCOPE(XARCH_SCOPE_USER), &deny_rule));
	box_scopes_close();

	/* What one of the namespaces gives up is room for the others. */
	EXPECT_EQ(0, box_del(&boxes[0], OWN_SCOPE(XARCH_SCOPE_USER), -1));
	EXPECT_EQ(0, box_set(&boxes[N - 1], OWN_SCOPE(XARCH_SCOPE_USER),
			     &(struct rule){ .arch = XARCH_ARCH_MAX, .action = XARCH_ACTION_PASS }));
	for (i = 0; i < N; i++)
		box_close(&boxes[i]);
	box_close(&other);
	box_close(&other_user);
	box_close(&user);
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

TEST_HARNESS_MAIN
