// SPDX-License-Identifier: GPL-2.0-or-later
/* What it costs others that somebody listens. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "netlink.h"
#include "rule.h"

#define NETWORKS 1000

FIXTURE(listen)
{
	int unused;
};

FIXTURE_SETUP(listen)
{
	struct rlimit limit = { NETWORKS + 1000, NETWORKS + 1000 };

	must(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	scopes_open();
}

FIXTURE_TEARDOWN(listen)
{
	scopes_close();
}

/* In a box: network namespaces, each held by a descriptor. */
static long open_networks(const void *n)
{
	int i;

	for (i = 0; i < *(const int *)n; i++)
		if (unshare(CLONE_NEWNET) || open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) < 0)
			return -errno;
	return 0;
}

static long listen_to_rules(const void *unused __attribute__((unused)))
{
	/* Until the box goes. */
	static struct conn conn;

	conn_open(&conn);
	return conn_join(&conn, conn.config);
}

/*
 * Seconds that it takes to remove all rules of a scope, each of which is told: the
 * quickest of many, as if nobody else ran.
 */
static double cost(struct scope scope)
{
	struct rule rule = deny_rule;
	double best = 1e9, began;
	int i;

	for (i = 0; i < 50; i++) {
		for (rule.arch = 0; rule.arch <= XARCH_ARCH_MAX; rule.arch++)
			must(rule.arch == XARCH_ARCH_X86_64 || !scoped_set(scope, &rule),
			     rule_error);
		began = now();
		must(!rule_del(NULL, scope, -1), rule_error);
		best = now() - began < best ? now() - began : best;
	}
	return best;
}

/*
 * A user may have as many network namespaces as they like, and listen in them: those who
 * are no business of theirs do not pay for how many there are. An exec's message takes
 * the same way as those of rules, of which one request makes enough to measure.
 */
TEST_F_TIMEOUT(listen, costs_others_the_same_however_many_networks, 200)
{
	struct box user = box_open_as(1000);
	struct box box = box_open(&user, CLONE_NEWUSER | CLONE_NEWNET, 1000);
	struct box other = box_open(NULL, CLONE_NEWPID, 0);
	struct scope scope = box_scope(&other, XARCH_SCOPE_PID);
	int n = NETWORKS;
	double one, many;

	ASSERT_EQ(0, box_call(&box, listen_to_rules, NULL, 0));
	one = cost(scope);
	ASSERT_EQ(0, box_call(&box, open_networks, &n, sizeof(n)));
	many = cost(scope);
	figure("rules of a scope removed, while a user listens",
	       "%.0f us with one network namespace of theirs, %.0f us with %d", one * 1e6,
	       many * 1e6, NETWORKS + 1);
	EXPECT_GT(1.5 * one, many);
	box_scopes_close();
	box_close(&other);
	box_close(&box);
	box_close(&user);
}

TEST_HARNESS_MAIN
