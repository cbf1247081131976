// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module comes and goes under all that can be inside it, while binfmt_misc, which it
 * stays ahead of, does the same. An exec meets one whole rule or no module, an asker an
 * answer or no family, and when all is over nothing is held.
 *
 *	loader		load, set rules, wait for what the others do, unload
 *	runners		execs, by the host's rule and, in a container, by its own
 *	askers		dumps of the rules, and of what decides
 *	listener	joins the groups while they are there
 *	binfmt_misc	loaded and mounted, unmounted and unloaded
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "netlink.h"

#define HOSTS	11
#define BOXES	22
#define MISC	"/proc/sys/fs/binfmt_misc"

/* What the others saw, all told; each counts before it begins anew. */
struct seen {
	volatile bool stop;
	volatile unsigned int hosts, boxes, unknown, answers, no_family, joined, events, misc;
	volatile unsigned int bad;
	volatile int first_bad;
};

static struct seen *seen;

static void count(volatile unsigned int *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static void bad(int result)
{
	if (!seen->bad)
		seen->first_bad = result;
	count(&seen->bad);
}

static void run(void)
{
	int result = run_program_fast(prog);

	if (result == HOSTS)
		count(&seen->hosts);
	else if (result == BOXES)
		count(&seen->boxes);
	else if (result == -ENOEXEC)
		count(&seen->unknown);
	else
		bad(10000 + result);
	/* What comes is of more interest than how often it was not there. */
	if (result == -ENOEXEC)
		nap_ms(3);
}

static void ask(void)
{
	struct rule_state listed[16];
	static bool other;
	int n = (other = !other) ? rule_list(NULL, NULL, -1, listed, 16) :
				   rule_resolve(NULL, ARCH, 0, listed, 16);

	if (n >= 0)
		count(&seen->answers);
	else if (n == -ENOENT || n == -EPROTONOSUPPORT)
		/* Not there, or about to go. */
		count(&seen->no_family);
	else
		bad(20000 + n);
	/* Askers are quick: the processor is for execs, too. */
	nap_ms(1);
}

static void hear(void)
{
	struct nlmsghdr *event;
	struct conn conn;
	int err = events_open(&conn), n;

	if (err == -ENOENT) {
		sched_yield();
		return;
	}
	if (err) {
		if (err != -EOPNOTSUPP)
			bad(30000 + err);
		return;
	}
	count(&seen->joined);
	for (n = 0; n < 8 && (event = conn_event(&conn, 5)); n++) {
		free(event);
		count(&seen->events);
	}
	conn_close(&conn);
}

static int misc_ko;

static void toggle_misc(void)
{
	while (!umount(MISC))
		;
	/* An exec may be asking it. */
	while (syscall(SYS_delete_module, "binfmt_misc", O_NONBLOCK)) {
		if (errno != EAGAIN || seen->stop)
			return bad(40000 + errno);
		sched_yield();
	}
	if (syscall(SYS_finit_module, misc_ko, "", 0) ||
	    mount("binfmt_misc", MISC, "binfmt_misc", 0, NULL))
		bad(50000 + errno);
	count(&seen->misc);
	nap_ms(20);
}

static pid_t keep_doing(void (*fn)(void))
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!seen->stop)
			fn();
		_exit(0);
	}
	return pid;
}

static long run_in_box(const void *arg __attribute__((unused)))
{
	return keep_doing(run);
}

static long collect(const void *arg)
{
	return waitpid(*(const pid_t *)arg, NULL, 0);
}

/* A module's file, as insmod would load it. */
static int open_module(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.ko", name);
	must(!command("m=$(modinfo -n %s); case $m in *.xz) xz -dc \"$m\" ;; "
		      "*.zst) zstd -dc \"$m\" ;; *) cat \"$m\" ;; esac >%s", name, file), name);
	return open(file, O_RDONLY | O_CLOEXEC);
}

FIXTURE(unload)
{
	int ko;
};

FIXTURE_SETUP(unload)
{
	scopes_open();
	seen = shared_memory(sizeof(*seen));
	self->ko = open_module("xarch");
	misc_ko = open_module("binfmt_misc");
	ASSERT_LE(0, self->ko);
	ASSERT_LE(0, misc_ko);
	misc_mount();
	/* Who asks for the family, or runs what no format knows, would load modules. */
	modprobe_helper(false);
}

FIXTURE_TEARDOWN(unload)
{
	modprobe_helper(true);
	command("modprobe binfmt_misc; modprobe xarch; mountpoint -q " MISC
		" || mount -t binfmt_misc binfmt_misc " MISC);
	scopes_close();
}

/* Until everybody has done something while the module is there. */
static bool wait_for_all(const struct seen *before, bool listening)
{
	double until = now() + 20;

	while (seen->hosts == before->hosts || seen->boxes == before->boxes ||
	       seen->answers == before->answers ||
	       (listening && seen->joined == before->joined)) {
		if (now() > until)
			return false;
		nap_ms(1);
	}
	return true;
}

/* An emulated processor takes ten times as long for each. */
static unsigned int quick_rounds(void)
{
	return command("grep -q 'User Mode Linux' /proc/cpuinfo") ? 20 : 100;
}

TEST_F_TIMEOUT(unload, comes_and_goes_under_everything, 3000)
{
	/* With a mount namespace of its own it would keep binfmt_misc mounted. */
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	unsigned int rounds = scaled(quick_rounds(), 10000), i, busy = 0, n = 0;
	struct conn ears;
	bool listening = !events_open(&ears);
	double began = now();
	pid_t pids[4], in_box;

	if (listening)
		conn_close(&ears);
	ASSERT_EQ(0, syscall(SYS_delete_module, "xarch", O_NONBLOCK));
	in_box = box_call(&box, run_in_box, NULL, 0);
	pids[n++] = keep_doing(run);
	pids[n++] = keep_doing(ask);
	pids[n++] = keep_doing(hear);
	pids[n++] = keep_doing(toggle_misc);

	for (i = 0; i < rounds && !seen->bad; i++) {
		struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
		struct seen before;

		ASSERT_EQ(0, syscall(SYS_finit_module, self->ko, "", 0)) TH_LOG("%m");
		ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, HOSTS, 0)));
		ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, BOXES, i % 2 ? XARCH_F_LAZY : 0)));
		box_scopes_close();
		before = *seen;
		ASSERT_TRUE(wait_for_all(&before, listening));
		/* A task that is in the module keeps it, for a moment. */
		while (syscall(SYS_delete_module, "xarch", O_NONBLOCK)) {
			ASSERT_EQ(EAGAIN, errno);
			busy++;
			nap_ms(1);
		}
	}
	seen->stop = true;
	box_call(&box, collect, &in_box, sizeof(in_box));
	while (n)
		waitpid(pids[--n], NULL, 0);
	box_close(&box);

	printf("# %u rounds in %.1f s, %u times busy: %u and %u execs by the two rules, %u without; %u answers, %u without; joined %u times, %u events; binfmt_misc %u times\n",
	       i, now() - began, busy, seen->hosts, seen->boxes, seen->unknown, seen->answers,
	       seen->no_family, seen->joined, seen->events, seen->misc);
	EXPECT_EQ(0, seen->bad) TH_LOG("first: %d", seen->first_bad);
	EXPECT_EQ(rounds, i);
	EXPECT_LT(0, seen->unknown);
	EXPECT_LT(0, seen->no_family);
	EXPECT_LT(0, seen->misc);
	/* Without the module nothing holds what it held. */
	EXPECT_TRUE(lab_writable("tag_a", true));
	EXPECT_TRUE(lab_writable("prog", true));
	ASSERT_EQ(0, syscall(SYS_finit_module, self->ko, "", 0));
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_HARNESS_MAIN
