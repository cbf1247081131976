// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an exec costs, in instructions: to be run in a machine whose clock
 * counts them (tests/vm/run --icount), where a nanosecond is one. Prints TAP.
 *
 *	exec_cost RULES
 *
 * Each figure is the median of many vfork, execve, exit and wait, with files
 * that lie in memory: what a timer's interrupt or the first use of something
 * adds is not in it.
 */
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "common.h"
#include "crowd.h"
#include "lab.h"

#define ROUNDS 301

struct costs {
	double native;
	double redirected;
};

static struct costs *results;		/* boxes have it, too */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median_of(const char *path, char *const *argv, int want)
{
	static double costs[ROUNDS];
	char *envp[] = { NULL };
	int i, status;
	pid_t pid;

	for (i = 0; i < ROUNDS; i++) {
		double began = now();

		must(!posix_spawn(&pid, path, NULL, NULL, argv, envp), path);
		must(waitpid(pid, &status, 0) == pid, "waitpid");
		costs[i] = (now() - began) * 1e9;
		must(WIFEXITED(status) && WEXITSTATUS(status) == want, "exit status");
	}
	qsort(costs, ROUNDS, sizeof(costs[0]), by_value);
	return costs[ROUNDS / 2];
}

static struct costs measure(int tag)
{
	/* As the rule starts it, but directly. */
	char one[] = "a1";
	char *native[] = { tag_a, one, prog, prog, NULL }, *redirected[] = { prog, NULL };

	return (struct costs){
		.native = median_of(tag_a, native, 1),
		.redirected = median_of(prog, redirected, tag),
	};
}

struct errand {
	struct costs *found;
	int tag;
};

/*
 * In a box: its process stays as it is while this one comes to hold thousands
 * of namespaces, and a fork copies what a process holds.
 */
static long measure_here(const void *arg)
{
	const struct errand *errand = arg;

	/* Twice: at first pages and caches are cold. */
	measure(errand->tag);
	*errand->found = measure(errand->tag);
	return 0;
}

static struct costs measure_in(const struct box *box, int tag)
{
	struct errand errand = { results, tag };

	box_call(box, measure_here, &errand, sizeof(errand));
	return *results;
}

static int n_tests, n_failed;

static void compare(const char *name, double one, double many)
{
	double percent = (many / one - 1) * 100;
	/* An exec may be cheaper by luck; the claim is that it is not dearer. */
	bool good = percent < 1 && percent > -1;

	n_failed += !good;
	printf("%sok %d %s\n", good ? "" : "not ", ++n_tests, name);
	printf("# figure: instructions, %s: %.0f with one rule, %.0f with all (%+.2f %%)\n", name,
	       one, many, percent);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned int rules = argc > 1 ? atoi(argv[1]) : 3000;
	struct costs host_one, box_one, many;
	struct box host, box;
	struct crowd crowd;
	double began;

	results = shared_memory(sizeof(*results));
	must(!command("modprobe xarch"), "modprobe xarch");
	scopes_open();
	host = box_open(NULL, 0, 0);
	box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	printf("TAP version 13\n1..5\n");
	/* The namespaces are there from the start: the rules are the difference. */
	crowd_open(&crowd, rules);

	must(!scoped_set(HOST, tag_rule(ARCH, 1, 0)), "host rule");
	host_one = measure_in(&host, 1);
	/* The one rule is the container's own. */
	must(!rule_clear(), "clear");
	must(!scoped_set(box_scope(&box, XARCH_SCOPE_PID), tag_rule(ARCH, 2, 0)), "rule");
	box_one = measure_in(&box, 2);

	must(!scoped_set(HOST, tag_rule(ARCH, 1, 0)), "host rule");
	began = now();
	must(!crowd_set(&crowd, 0, crowd.rules), "rules");
	printf("# figure: setting a rule, instructions: %.0f each of %u\n",
	       (now() - began) * 1e9 / crowd.rules, crowd.rules);
	must(rule_count(NULL) == (int)crowd.rules + 2, "count");
	printf("ok %d %d rules are there\n", ++n_tests, rule_count(NULL));
	many = measure_in(&host, 1);
	compare("native exec on the host", host_one.native, many.native);
	compare("redirected exec on the host", host_one.redirected, many.redirected);
	many = measure_in(&box, 2);
	compare("native exec in a container", box_one.native, many.native);
	compare("redirected exec in a container", box_one.redirected, many.redirected);
	box_close(&box);
	box_close(&host);
	crowd_close(&crowd);
	scopes_close();
	return n_failed > 0;
}
