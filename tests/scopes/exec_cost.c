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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "common.h"
#include "crowd.h"
#include "lab.h"
#include "set.h"

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

/* The claim is that the second is not dearer; @by_luck percent cheaper it may be. */
static void compare(const char *name, const char *first_name, double first,
		    const char *second_name, double second, double by_luck)
{
	double percent = (second / first - 1) * 100;
	bool good = percent < 1 && percent > -by_luck;

	n_failed += !good;
	printf("%sok %d %s\n", good ? "" : "not ", ++n_tests, name);
	printf("# figure: instructions, %s: %.0f %s, %.0f %s (%+.2f %%)\n", name, first, first_name,
	       second, second_name, percent);
	fflush(stdout);
}

static void compare_rules(const char *name, double one, double many)
{
	compare(name, "with one rule", one, "with all", many, 1);
}

/*
 * binfmt_misc has no arguments of its own, so the tag's is the program's path, and what
 * comes behind them is what the caller gives it.
 */
#define BARE "a1"

static long measure_bare(const void *arg)
{
	struct costs *found = *(struct costs *const *)arg;
	char prog_name[] = "prog", more[] = "more", bare[] = BARE;
	char *native[] = { tag_a, bare, prog_name, more, NULL };
	char *redirected[] = { prog_name, more, NULL };
	int i;

	/* Twice: at first pages and caches are cold. */
	for (i = 0; i < 2; i++)
		*found = (struct costs){
			.native = median_of(tag_a, native, 1),
			.redirected = median_of(BARE, redirected, 1),
		};
	return 0;
}

static struct costs measure_bare_in(const struct box *box)
{
	box_call(box, measure_bare, &results, sizeof(results));
	return *results;
}

static void register_with_binfmt_misc(void)
{
	char entry[256];

	/* The first bytes and the machine, as Debian's entry has them; P, O, C and F. */
	snprintf(entry, sizeof(entry), ":cost:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:%s:POCF",
		 tag_a);
	misc_register(entry);
}

/* The ways to one emulator, without arguments: a rule, with a set as well, binfmt_misc. */
static void compare_with_binfmt_misc(const struct box *host)
{
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = tag_a };
	struct costs plain, set, misc;

	lab_copy(prog, BARE);
	must(!scoped_set(HOST, &rule), "rule");
	plain = measure_bare_in(host);
	must(!mkdir("set", 0755) && set_load(NULL, "cost", lab_path("set")), "set");
	rule.twins = "cost";
	must(!scoped_set(HOST, &rule), "rule with a set");
	set = measure_bare_in(host);
	must(!rule_clear() && set_unload(NULL, "cost", lab_path("set")), "unloading the set");

	must(!command("rmmod xarch"), "rmmod xarch");
	register_with_binfmt_misc();
	misc = measure_bare_in(host);
	misc_remove("cost");
	must(!command("modprobe xarch"), "modprobe xarch");
	compare("native exec and the module", "without", misc.native, "with", plain.native, 1);
	compare("redirected exec by binfmt_misc and by xarch", "by binfmt_misc's POCF",
		misc.redirected, "by a rule", plain.redirected, 100);
	compare("redirected exec of a program without a twin", "without a set", plain.redirected,
		"with one", set.redirected, 1);
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
	printf("TAP version 13\n1..8\n");
	compare_with_binfmt_misc(&host);
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
	compare_rules("native exec on the host", host_one.native, many.native);
	compare_rules("redirected exec on the host", host_one.redirected, many.redirected);
	many = measure_in(&box, 2);
	compare_rules("native exec in a container", box_one.native, many.native);
	compare_rules("redirected exec in a container", box_one.redirected, many.redirected);
	box_close(&box);
	box_close(&host);
	crowd_close(&crowd);
	scopes_close();
	return n_failed > 0;
}
