// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many rules: how long they take to be set, and that a list of them is complete
 * and of one moment while they change. ./cost has what they cost an exec.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "crowd.h"
#include "lab.h"

FIXTURE(scale)
{
	struct crowd crowd;
};

FIXTURE_SETUP(scale)
{
	scopes_open();
	crowd_open(&self->crowd, scaled(10000, 100000));
}

FIXTURE_TEARDOWN(scale)
{
	crowd_close(&self->crowd);
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 60000));
}

TEST_F_TIMEOUT(scale, setting_is_linear, 900)
{
	enum { SLICES = 10 };
	unsigned int n = self->crowd.rules, i;
	double least[2] = { 1e9, 1e9 }, sum = 0, began;

	/* The quickest tenth of each half: whatever else the machine does is in the others. */
	for (i = 0; i < SLICES; i++) {
		double *half = &least[2 * i / SLICES], took;

		began = now();
		ASSERT_EQ(0, crowd_set(&self->crowd, n / SLICES * i, n / SLICES * (i + 1)))
			TH_LOG("%s", rule_error);
		took = now() - began;
		sum += took;
		*half = took < *half ? took : *half;
	}
	EXPECT_EQ(n, rule_count(NULL));
	figure("rules set", "%u in %.2f s, %.1f us each (quickest tenth of each half %.3f s, %.3f s)",
	       n, sum, sum * 1e6 / n, least[0], least[1]);
	/* Quadratic would be many times as long. */
	EXPECT_GT(2 * least[0] + 0.02, least[1]);
	/* Once more: each is replaced. */
	began = now();
	ASSERT_EQ(0, crowd_set(&self->crowd, 0, n)) TH_LOG("%s", rule_error);
	figure("rules set again", "%u in %.2f s, %.1f us each", n, now() - began,
	       (now() - began) * 1e6 / n);
	EXPECT_EQ(n, rule_count(NULL));
	/* That is without anybody's rule having changed its place. */
	EXPECT_EQ(n, rule_list(NULL, NULL, -1, NULL, 0));
}

/*
 * The token: one rule that goes from namespace to namespace, set in the next
 * before it is removed from the last. So at any moment there are one or two of
 * them, and a list that is not of one moment can have none or three. Before and
 * behind it in the list other rules are replaced all the time.
 */
static const struct rule token = { .arch = XARCH_ARCH_XTENSAEB, .action = XARCH_ACTION_PASS };

static void __attribute__((noreturn)) move_token(const struct crowd *crowd)
{
	unsigned int at = 0, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; ; i++) {
		unsigned int next = (at + 7) % crowd->namespaces;
		const struct rule other = {
			.arch = i % XARCH_ARCH_X86_64,
			.action = i / 3 % 2 ? XARCH_ACTION_DENY : XARCH_ACTION_PASS,
		};

		if (scoped_set(crowd->scopes[next], &token) ||
		    rule_del(NULL, crowd->scopes[at], token.arch) ||
		    scoped_set(crowd->scopes[i % crowd->namespaces], &other))
			_exit(1);
		at = next;
	}
}

struct census {
	const struct crowd *crowd;
	unsigned int tokens;
	unsigned int others;
	unsigned int twice;
	unsigned int strange;
	uint64_t *seen;			/* a bit an arch, for each namespace */
};

static void take_census(const struct rule_state *listed, void *data)
{
	struct census *census = data;
	int i = crowd_find(census->crowd, listed->ns_inum);

	if (i < 0 || listed->scope != XARCH_SCOPE_MOUNT || listed->arch > XARCH_ARCH_MAX) {
		census->strange++;
		return;
	}
	census->twice += census->seen[i] >> listed->arch & 1;
	census->seen[i] |= 1ULL << listed->arch;
	if (listed->arch == token.arch)
		census->tokens++;
	else
		census->others++;
}

TEST_F_TIMEOUT(scale, list_is_complete_and_of_one_moment_while_rules_change, 1200)
{
	struct crowd *crowd = &self->crowd;
	unsigned int i, n = 0, different = 0, tokens = 0, dumps = scaled(20, 60);
	struct census census;
	FILE *pipe;
	double began;
	pid_t writer;
	int status;

	/* The last arch is the token's: one in all, instead of one each. */
	crowd->archs--;
	crowd->rules = crowd->namespaces * crowd->archs;
	ASSERT_EQ(0, crowd_set(crowd, 0, crowd->rules)) TH_LOG("%s", rule_error);
	ASSERT_EQ(0, scoped_set(crowd->scopes[0], &token));
	ASSERT_EQ(crowd->rules + 1, rule_count(NULL));
	writer = fork();
	if (!writer)
		move_token(crowd);

	began = now();
	for (i = 0; i < dumps; i++) {
		census = (struct census){
			.crowd = crowd,
			.seen = calloc(crowd->namespaces, sizeof(uint64_t)),
		};
		ASSERT_EQ(0, rule_each(take_census, &census));
		EXPECT_EQ(crowd->rules, census.others);
		EXPECT_TRUE(census.tokens == 1 || census.tokens == 2)
			TH_LOG("%u tokens", census.tokens);
		EXPECT_EQ(0, census.twice);
		EXPECT_EQ(0, census.strange);
		free(census.seen);
	}
	figure("list of rules while they change", "%u rules, %.0f ms each, %u of %u complete",
	       crowd->rules, (now() - began) * 1000 / dumps, i, dumps);

	/* The same by the tool: "N of them, N different, tokens". */
	began = now();
	pipe = popen("xarchctl show --json | jq -r '"
		     "\"\\(length) \\(map(\"\\(.scope) \\(.namespace) \\(.arch)\") | unique | length) "
		     "\\(map(select(.arch == \"xtensaeb\")) | length)\"'", "r");
	ASSERT_NE(NULL, pipe);
	EXPECT_EQ(3, fscanf(pipe, "%u %u %u", &n, &different, &tokens));
	EXPECT_EQ(0, pclose(pipe));
	EXPECT_EQ(crowd->rules + tokens, n);
	EXPECT_EQ(n, different);
	EXPECT_TRUE(tokens == 1 || tokens == 2) TH_LOG("%u tokens", tokens);
	figure("xarchctl show --json | jq", "%u rules in %.1f s", n, now() - began);
	/* It was at it all the time. */
	EXPECT_EQ(0, waitpid(writer, &status, WNOHANG));
	kill(writer, SIGKILL);
	waitpid(writer, &status, 0);
}

TEST_HARNESS_MAIN
