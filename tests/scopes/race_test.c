// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that change while execs run: each exec has one whole rule, the old one
 * or the new one, and no errno but those that the rules at hand have. And
 * counters, which must be exact however many CPUs count.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "tag.h"

#define RUNNERS 2
#define OWN_SCOPE(kind) ((struct scope){ kind, OWN })

/* What the runners have seen, by exit status; shared with them. */
struct seen {
	volatile unsigned int statuses[256];
	volatile unsigned int denied;
	volatile unsigned int unknown;		/* ENOEXEC */
	volatile unsigned int unexpected;
	volatile int first_unexpected;
	volatile unsigned int done;
};

FIXTURE(race)
{
	struct seen *seen;
};

FIXTURE_SETUP(race)
{
	scopes_open();
	self->seen = shared_memory(sizeof(*self->seen));
}

FIXTURE_TEARDOWN(race)
{
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	must(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

static void note(struct seen *seen, int result)
{
	if (result >= 0 && result < 256 && result != TAG_MIXED) {
		__atomic_add_fetch(&seen->statuses[result], 1, __ATOMIC_RELAXED);
	} else if (result == -EACCES) {
		__atomic_add_fetch(&seen->denied, 1, __ATOMIC_RELAXED);
	} else if (result == -ENOEXEC) {
		__atomic_add_fetch(&seen->unknown, 1, __ATOMIC_RELAXED);
	} else {
		if (!__atomic_fetch_add(&seen->unexpected, 1, __ATOMIC_RELAXED))
			seen->first_unexpected = result;
	}
	__atomic_add_fetch(&seen->done, 1, __ATOMIC_RELAXED);
}

struct errand {
	struct seen *seen;
	unsigned int execs;
};

/* In a box or not; returns when done. */
static long run_many(const void *arg)
{
	const struct errand *errand = arg;
	int cpu;

	for (cpu = 0; cpu < RUNNERS; cpu++) {
		unsigned int i;

		if (fork())
			continue;
		on_cpu(cpu);
		for (i = 0; i < errand->execs / RUNNERS; i++)
			note(errand->seen, run_program_fast(prog));
		_exit(0);
	}
	return 0;
}

/* Waits for them in their opener: they are its children. */
static long collect(const void *arg __attribute__((unused)))
{
	while (wait(NULL) > 0)
		;
	return 0;
}

static void tell(const char *what, const struct seen *seen, unsigned int changes, double took)
{
	unsigned int emulated = 0, i;

	for (i = 0; i < 255; i++)
		emulated += seen->statuses[i];
	figure(what, "%u execs (%u emulated, %u denied, %u no rule) against %u changes in %.1f s, %u wrong",
	       seen->done, emulated, seen->denied, seen->unknown, changes, took, seen->unexpected);
}

/* There is always a rule, so nobody may ever see the host's behind it. */
TEST_F_TIMEOUT(race, rules_are_replaced_while_execs_run, 1800)
{
	struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	struct errand errand = { self->seen, scaled(1000, 50000) };
	unsigned int changes = 0, a = 0, b = 0, i;
	double began = now();

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 100, 0)));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, box_call(&box, run_many, &errand, sizeof(errand)));
	while (self->seen->done < errand.execs) {
		unsigned int n = 1 + changes % 9;
		int err;

		ASSERT_GT(began + 1700, now());
		switch (changes++ % 4) {
		case 0: err = scoped_set(pid, tag_rule(ARCH, n, 0)); break;
		case 1: err = scoped_set(pid, tag_rule(ARCH, 260 + n, XARCH_F_LAZY)); break;
		case 2: err = scoped_set(pid, &deny_rule); break;
		default: err = scoped_set(pid, tag_rule(ARCH, 260 + n, XARCH_F_LOCKED)); break;
		}
		ASSERT_EQ(0, err) TH_LOG("%s", rule_error);
	}
	box_call(&box, collect, NULL, 0);
	tell("rules replaced", self->seen, changes, now() - began);
	EXPECT_EQ(0, self->seen->unexpected) TH_LOG("first: %d", self->seen->first_unexpected);
	EXPECT_EQ(0, self->seen->unknown);
	EXPECT_EQ(0, self->seen->statuses[100]);
	EXPECT_EQ(errand.execs, self->seen->done);
	/* Each kind of rule was seen, or this shows nothing. */
	for (i = 1; i < 10; i++) {
		a += self->seen->statuses[i];
		b += self->seen->statuses[10 + i];
	}
	EXPECT_LT(0, a);
	EXPECT_LT(0, b);
	EXPECT_LT(0, self->seen->denied);
	box_close(&box);
}

/* In several scopes; the host's rule shows where there is no nearer one. */
TEST_F_TIMEOUT(race, rules_come_and_go_while_execs_run, 1800)
{
	struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	struct scope mount = box_scope(&box, XARCH_SCOPE_MOUNT);
	struct errand errand = { self->seen, scaled(1000, 50000) };
	unsigned int changes = 0;
	double began = now();

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 100, 0)));
	ASSERT_EQ(0, box_call(&box, run_many, &errand, sizeof(errand)));
	while (self->seen->done < errand.execs) {
		unsigned int n = 1 + changes % 9;
		int err;

		ASSERT_GT(began + 1700, now());
		switch (changes++ % 6) {
		case 0: err = scoped_set(pid, tag_rule(ARCH, n, 0)); break;
		case 1: err = scoped_set(mount, tag_rule(ARCH, 280 + n, XARCH_F_LAZY)); break;
		case 2: err = rule_del(NULL, mount, ARCH); break;
		case 3: err = scoped_set(mount, &deny_rule); break;
		case 4: err = rule_del(NULL, pid, -1); break;
		default: err = rule_del(NULL, mount, -1); break;
		}
		ASSERT_EQ(0, err) TH_LOG("%s", rule_error);
	}
	box_call(&box, collect, NULL, 0);
	tell("rules removed and set", self->seen, changes, now() - began);
	EXPECT_EQ(0, self->seen->unexpected) TH_LOG("first: %d", self->seen->first_unexpected);
	EXPECT_EQ(0, self->seen->unknown);
	EXPECT_LT(0, self->seen->statuses[100]);
	EXPECT_LT(0, self->seen->denied);
	EXPECT_EQ(errand.execs, self->seen->done);
	box_close(&box);
}

/* Between its unloading and its return nobody knows the programs. */
TEST_F_TIMEOUT(race, module_comes_and_goes_while_execs_run, 1800)
{
	struct errand errand = { self->seen, scaled(2000, 100000) };
	struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	unsigned int loads = 0, busy = 0;
	double began = now();

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 100, 0)));
	ASSERT_EQ(0, box_call(&box, run_many, &errand, sizeof(errand)));
	while (self->seen->done < errand.execs) {
		struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
		unsigned int enough;

		ASSERT_GT(began + 1700, now());
		/* Some by the host's rule alone: as many as may have begun before it, and more. */
		enough = self->seen->done + 3 * RUNNERS;
		while (self->seen->done < enough && self->seen->done < errand.execs)
			nap_ms(1);
		ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1 + loads % 9, 0)));
		ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 261 + loads % 9, 0)));
		box_scopes_close();
		/* Loading takes long; execs without a rule are not what this is about. */
		enough = self->seen->done + 100;
		while (self->seen->done < enough && self->seen->done < errand.execs)
			nap_ms(1);
		/* A task that is in the module keeps it: EAGAIN, for a moment. */
		while (syscall(SYS_delete_module, "xarch", O_NONBLOCK)) {
			ASSERT_EQ(EAGAIN, errno);
			busy++;
			ASSERT_GT(began + 1700, now());
		}
		ASSERT_EQ(0, command("modprobe xarch"));
		EXPECT_EQ(0, rule_count(NULL));
		ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 100, 0)));
		loads++;
	}
	box_call(&box, collect, NULL, 0);
	tell("module unloaded", self->seen, loads, now() - began);
	printf("# unloaded %u times, refused %u times because it was busy\n", loads, busy);
	EXPECT_EQ(0, self->seen->unexpected) TH_LOG("first: %d", self->seen->first_unexpected);
	EXPECT_EQ(0, self->seen->denied);
	EXPECT_LT(0, self->seen->statuses[100]);
	EXPECT_LT(0, self->seen->unknown);
	EXPECT_LT(1, loads);
	box_close(&box);
}

/* Its rules keep nothing alive either, and it leaves without waiting for them. */
TEST_F(race, module_goes_with_rules_of_live_and_dead_namespaces)
{
	struct box dead = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER, 100000);
	struct box live = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER, 200000);
	struct scope scope = box_scope(&live, XARCH_SCOPE_PID);
	double began;
	uint32_t kind;

	for (kind = XARCH_SCOPE_USER; kind <= XARCH_SCOPE_MOUNT; kind++) {
		ASSERT_EQ(0, scoped_set(box_scope(&dead, kind), tag_rule(ARCH, 1, 0)));
		ASSERT_EQ(0, scoped_set(box_scope(&live, kind), tag_rule(ARCH, 2, 0)));
	}
	EXPECT_EQ(2, box_exec(&live, prog));
	box_close(&dead);
	began = now();
	/* modprobe -r would try to unload binfmt_misc as well, which is in use. */
	ASSERT_EQ(0, syscall(SYS_delete_module, "xarch", O_NONBLOCK));
	EXPECT_GT(5.0, now() - began);
	EXPECT_EQ(-ENOEXEC, box_exec(&live, prog));
	ASSERT_EQ(0, command("modprobe xarch"));
	EXPECT_EQ(0, rule_count(NULL));
	EXPECT_EQ(-ENOEXEC, box_exec(&live, prog));
	ASSERT_EQ(0, scoped_set(scope, &deny_rule));
	EXPECT_EQ(-EACCES, box_exec(&live, prog));
	box_close(&live);
}

/* In a box: held by being in it and by a descriptor, by turns; now on each CPU. */
static long come_and_go(const void *home)
{
	int fd, i;

	if (fork())
		return 0;
	for (i = 0;; i++) {
		on_cpu(i);
		fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		must(fd >= 0 && !setns(*(const int *)home, 0), "setns");
		nap_ms(1);
		must(!setns(fd, 0), "setns");
		close(fd);
		nap_ms(1);
	}
}

/* The box's own process leaves the namespace to those who come and go. */
static long leave(const void *home)
{
	return setns(*(const int *)home, 0) ? -errno : 0;
}

/*
 * Whether a namespace is dead is asked in two numbers, and somebody may go from the one
 * to the other between them.
 */
TEST_F(race, namespace_that_is_held_by_turns_is_alive)
{
	int home = open("/proc/self/ns/mnt", O_RDONLY), i;
	struct box box = box_open(NULL, CLONE_NEWNS | CLONE_NEWPID, 0);

	ASSERT_LE(0, home);
	ASSERT_EQ(0, box_set(&box, OWN_SCOPE(XARCH_SCOPE_MOUNT), &deny_rule));
	ASSERT_EQ(0, box_call(&box, come_and_go, &home, sizeof(home)));
	ASSERT_EQ(0, box_call(&box, leave, &home, sizeof(home)));
	for (i = 0; i < 80; i++) {
		nap_ms(100);
		ASSERT_EQ(1, rule_count(NULL)) TH_LOG("after %d00 ms", i + 1);
	}
	/* With its pid namespace all in there go. */
	box_close(&box);
	close(home);
}

static void __attribute__((noreturn)) write_rules(struct scope scope, int letter, int n)
{
	int i;

	on_cpu(letter == 'b');
	for (i = 0; i < n; i++)
		if (scoped_set(scope, tag_rule(ARCH, (letter == 'b' ? 250 : 0) + 1 + i % 200, 0)))
			_exit(1);
	_exit(0);
}

TEST_F_TIMEOUT(race, two_writers_on_one_rule, 120)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	int n = scaled(200, 5000), status, i, ended = 0;
	struct rule_state listed;

	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	for (i = 0; i < 2; i++) {
		if (!fork())
			write_rules(pid, "ab"[i], n);
	}
	while (ended < 2) {
		int result = box_exec(&box, prog);

		EXPECT_TRUE(result > 0 && result <= 200) TH_LOG("%d", result);
		EXPECT_EQ(1, rule_list(NULL, &pid, ARCH, &listed, 1));
		EXPECT_EQ(1, rule_count(NULL));
		while (waitpid(-1, &status, WNOHANG) > 0) {
			EXPECT_EQ(0, status);
			ended++;
		}
	}
	EXPECT_EQ(1, rule_list(NULL, &pid, -1, &listed, 1));
	EXPECT_EQ(1 + (n - 1) % 200, atoi(listed.arg + 1));
	EXPECT_EQ(0, rule_del(NULL, pid, -1));
	EXPECT_EQ(-ENOENT, rule_del(NULL, pid, -1));
	box_close(&box);
}

/* Removing what another is setting: whoever comes last, no half of it stays. */
TEST_F_TIMEOUT(race, one_sets_and_another_removes, 120)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	int n = scaled(300, 5000), status, i;
	pid_t remover = fork();

	if (!remover) {
		for (i = 0; i < n; i++) {
			int err = rule_del(NULL, pid, i % 2 ? -1 : (int)ARCH);

			if (err && err != -ENOENT)
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	waitpid(remover, &status, 0);
	EXPECT_EQ(0, status);
	rule_del(NULL, pid, -1);
	EXPECT_EQ(0, rule_count(NULL));
	EXPECT_EQ(-ENOEXEC, box_exec(&box, prog));
	box_close(&box);
}

struct counting {
	unsigned int execs;
	const char *path;
};

/* As many as it is told, on each CPU at once. */
static long exec_on_both(const void *arg)
{
	const struct counting *counting = arg;
	int cpu, status, bad = 0;
	pid_t runners[RUNNERS];

	for (cpu = 0; cpu < RUNNERS; cpu++) {
		unsigned int i;

		runners[cpu] = fork();
		if (runners[cpu])
			continue;
		on_cpu(cpu);
		for (i = 0; i < counting->execs; i++)
			run_program_fast(counting->path);
		_exit(0);
	}
	/* Not just any child: a box may be one. */
	for (cpu = 0; cpu < RUNNERS; cpu++) {
		must(waitpid(runners[cpu], &status, 0) > 0, "waitpid");
		bad |= status;
	}
	return bad;
}

static void counters(struct scope scope, uint32_t arch, struct rule_state *listed)
{
	memset(listed, 0, sizeof(*listed));
	must(rule_list(NULL, &scope, arch, listed, 1) == 1, "no rule to count");
}

#define EXPECT_COUNTS(_scope, _emulated, _denied, _failed) do {		\
	struct rule_state _listed;						\
	counters(_scope, ARCH, &_listed);				\
	EXPECT_EQ((uint64_t)(_emulated), _listed.emulated);		\
	EXPECT_EQ((uint64_t)(_denied), _listed.denied);			\
	EXPECT_EQ((uint64_t)(_failed), _listed.failed);			\
} while (0)

TEST_F_TIMEOUT(race, counters_are_exact, 600)
{
	struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	struct counting counting = { scaled(150, 5000), prog };
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	struct scope mount = box_scope(&box, XARCH_SCOPE_MOUNT);
	struct rule missing = *tag_rule(ARCH, 3, XARCH_F_LAZY);
	unsigned int n = RUNNERS * counting.execs;
	struct rule_state listed;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 2, 0)));
	counters(pid, ARCH, &listed);
	EXPECT_EQ(UINT64_MAX, listed.last_used_ms);
	EXPECT_EQ(0, box_call(&box, exec_on_both, &counting, sizeof(counting)));
	EXPECT_COUNTS(pid, n, 0, 0);
	EXPECT_COUNTS(HOST, 0, 0, 0);

	/* The one that decides counts, and no other. */
	ASSERT_EQ(0, scoped_set(mount, &deny_rule));
	EXPECT_EQ(0, box_call(&box, exec_on_both, &counting, sizeof(counting)));
	EXPECT_COUNTS(mount, 0, n, 0);
	EXPECT_COUNTS(pid, n, 0, 0);

	missing.emulator = "/does/not/exist/a";
	ASSERT_EQ(0, scoped_set(mount, &missing));
	/* A new rule begins at nothing. */
	EXPECT_COUNTS(mount, 0, 0, 0);
	EXPECT_EQ(-ENOENT, box_exec(&box, prog));
	EXPECT_EQ(0, box_call(&box, exec_on_both, &counting, sizeof(counting)));
	EXPECT_COUNTS(mount, 0, 0, n + 1);

	/* Who passes counts nothing; nor does an exec of another arch. */
	ASSERT_EQ(0, scoped_set(mount, &pass_rule));
	EXPECT_EQ(-ENOEXEC, box_exec(&box, prog));
	EXPECT_EQ(-ENOEXEC, box_exec(&box, other_prog));
	EXPECT_COUNTS(mount, 0, 0, 0);

	ASSERT_EQ(0, rule_del(NULL, mount, ARCH));
	EXPECT_EQ(0, exec_on_both(&counting));
	EXPECT_COUNTS(HOST, n, 0, 0);
	EXPECT_COUNTS(pid, n, 0, 0);
	box_close(&box);
}

TEST_F(race, last_use)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);
	struct rule_state listed;
	double began;

	ASSERT_EQ(0, scoped_set(pid, &deny_rule));
	began = now();
	EXPECT_EQ(-EACCES, box_exec(&box, prog));
	nap_ms(700);
	counters(pid, ARCH, &listed);
	EXPECT_LE(700, listed.last_used_ms);
	EXPECT_GE((now() - began) * 1000 + 1, listed.last_used_ms);
	/* On either CPU. */
	EXPECT_EQ(0, box_call(&box, exec_on_both,
			      &(struct counting){ 1, prog }, sizeof(struct counting)));
	began = now();
	counters(pid, ARCH, &listed);
	EXPECT_GT(700, listed.last_used_ms);
	EXPECT_EQ(3, listed.denied);
	box_close(&box);
}

TEST_HARNESS_MAIN
