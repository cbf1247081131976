// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each allocation in turn fails: of a change of a rule, of a list, of an exec, of
 * the module's loading. A change is then whole or not there at all, and an exec
 * that its rule cannot serve fails; it never goes on to another format, which
 * would be a deny that memory pressure lifts. What is left behind is kmemleak's to
 * find (tests/vm/guest/job).
 *
 * Needs a kernel with CONFIG_FAILSLAB, such as the one of make check-debug.
 * Documentation/fault-injection/fault-injection.rst of the kernel has fail-nth:
 * the Nth allocation of this task from now on fails; 0 means that it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "tag.h"


/* More than that and it does not end by itself. */
#define MOST_ALLOCATIONS 3000

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	close(fd);
}

static int fault_fd;

static void arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	must(pwrite(fault_fd, text, strlen(text), 0) > 0, "fail-nth");
}

/* Return: whether an allocation has failed since arm(). */
static bool disarm(void)
{
	char text[16] = "";

	must(pread(fault_fd, text, sizeof(text) - 1, 0) > 0, "fail-nth");
	arm(0);
	return !atoi(text);
}

/*
 * What the lack of memory may come to. The kernel's own code says E2BIG of
 * argv's pages, and where the answer's memory lacks ENOBUFS: all else is done.
 */
static bool is_lack(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -E2BIG;
}

FIXTURE(fault)
{
	struct box box;
	struct scope pid;
};

FIXTURE_SETUP(fault)
{
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0)
		SKIP(return, "no fault injection in this kernel");
	/* Of whatever may wait for memory, too, but of slabs alone: the kernel
	 * reports each page that it misses with a trace.
	 */
	put("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	put("/sys/kernel/debug/fail_page_alloc/min-order", "20");
	scopes_open();
	self->box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	self->pid = box_scope(&self->box, XARCH_SCOPE_PID);
}

FIXTURE_TEARDOWN(fault)
{
	if (fault_fd < 0)
		return;
	box_close(&self->box);
	scopes_close();
	close(fault_fd);
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

/* The tag of the scope's only rule, 0 for none. */
static int tag_of(struct scope scope)
{
	struct listed listed = { .arg = "" };
	int n = scoped_list(&scope, -1, &listed, 1);

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
		if (err)
			refused++;
		EXPECT_TRUE(!err || is_lack(err)) TH_LOG("allocation %u: %d", nth, err);
		/* Where the answer is what failed, the change may have been made. */
		EXPECT_TRUE(tag == (err ? old : 2) || (tag == 2 && err == -ENOBUFS))
			TH_LOG("allocation %u: %d, tag %d", nth, err, tag);
		EXPECT_EQ(tag ? tag : -ENOEXEC, box_exec(box, prog));
		if (!old && tag)
			ASSERT_EQ(0, scoped_del(scope, -1));
	}
	figure("allocations of a rule that failed", "%u, of %u tries %u were refused", nth - 2,
	       nth - 1, refused);
	/* Or none of them was the module's. */
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

TEST_F_TIMEOUT(fault, removal_is_whole_or_not_done, 600)
{
	unsigned int nth;
	bool failed = true;

	for (nth = 1; failed; nth++) {
		int err, tag;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 1, 0)));
		arm(nth);
		err = scoped_del(self->pid, -1);
		failed = disarm();
		tag = tag_of(self->pid);
		EXPECT_TRUE(!err || is_lack(err)) TH_LOG("allocation %u: %d", nth, err);
		EXPECT_TRUE(err || !tag) TH_LOG("allocation %u: removed, but there", nth);
		EXPECT_EQ(tag ? tag : -ENOEXEC, box_exec(&self->box, prog));
	}
}

TEST_F_TIMEOUT(fault, lists_and_chains_are_complete_or_refused, 600)
{
	unsigned int nth, round;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 2, 0)));
	for (round = 0; round < 2; round++) {
		int want = round ? scoped_resolve(ARCH, 0, NULL, 0) : 2;
		bool failed = true;

		for (nth = 1; failed; nth++) {
			int got;

			ASSERT_GT(MOST_ALLOCATIONS, nth);
			arm(nth);
			got = round ? scoped_resolve(ARCH, 0, NULL, 0) :
				      scoped_list(NULL, -1, NULL, 0);
			failed = disarm();
			EXPECT_TRUE(got == want || is_lack(got))
				TH_LOG("allocation %u: %d", nth, got);
		}
	}
}

/*
 * In a child, whose allocations from the exec on fail, the emulator's among them.
 * *@failed: whether one did.
 */
static int exec_with_fault(unsigned int nth, bool *failed)
{
	char *argv[] = { prog, NULL }, *envp[] = { NULL };
	char path[64], text[16] = "";
	siginfo_t info;
	int fd;
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid) {
		close(fault_fd);
		fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		arm(nth);
		execve(prog, argv, envp);
		_exit(errno == ENOEXEC ? 250 : errno == EACCES ? 251 : is_lack(-errno) ? 252 : 253);
	}
	must(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, path);
	close(fd);
	*failed = !atoi(text);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	return info.si_code == CLD_EXITED ? info.si_status : 1000 + info.si_status;
}

static void register_misc(const char *emulator)
{
	char line[256];

	misc_mount();
	snprintf(line, sizeof(line), ":xarch-fault:M:18:\\xb7\\x00::%s:", emulator);
	misc_register(line);
}

TEST_F_TIMEOUT(fault, exec_never_goes_on_to_another_format, 900)
{
	unsigned int nth, emulated = 0, lack = 0, killed = 0;
	bool failed = true;
	int result;

	/* What binfmt_misc would start shows. */
	register_misc(tag_b);
	EXPECT_EQ(TAG_MIXED, run_program(prog));
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	for (nth = 1; failed; nth++) {
		ASSERT_GT(MOST_ALLOCATIONS, nth);
		result = exec_with_fault(nth, &failed);
		emulated += result == 1;
		lack += result == 252;
		killed += result > 1000;
		/*
		 * 250: the kernel's own ELF loader says so where the emulator's
		 * headers cannot be read; by then it is the emulator's exec.
		 */
		EXPECT_TRUE(result == 1 || result == 250 || result == 252 || result > 1000)
			TH_LOG("allocation %u: %d", nth, result);
		EXPECT_EQ(1, run_program(prog));
	}
	figure("allocations of an exec that failed",
	       "%u: it ran all the same %u times, was refused %u, was killed %u", nth - 2,
	       emulated - 1, lack, killed);
	EXPECT_LT(3, lack);
	misc_remove("xarch-fault");
}

TEST_F_TIMEOUT(fault, denied_stays_denied, 600)
{
	bool failed = true;
	unsigned int nth;

	register_misc(tag_b);
	ASSERT_EQ(0, scoped_set(HOST, &deny_rule));
	for (nth = 1; failed; nth++) {
		int result;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		result = exec_with_fault(nth, &failed);
		EXPECT_TRUE(result == 251 || result == 252) TH_LOG("allocation %u: %d", nth, result);
	}
	misc_remove("xarch-fault");
}

/* Return: descriptor of the module's file, uncompressed or as the kernel takes it. */
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

TEST_F_TIMEOUT(fault, module_is_loaded_or_not, 1200)
{
	int module = open_module();
	bool failed = true;
	unsigned int nth, refused = 0;

	must(!syscall(SYS_delete_module, "xarch", O_NONBLOCK), "delete_module");
	for (nth = 1; failed; nth++) {
		int err;

		ASSERT_GT(MOST_ALLOCATIONS, nth);
		arm(nth);
		err = syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
		failed = disarm();
		refused += !!err;
		if (err) {
			EXPECT_EQ(-ENOEXEC, run_program(prog));
		} else {
			ASSERT_EQ(0, syscall(SYS_delete_module, "xarch", O_NONBLOCK));
		}
	}
	figure("allocations of the module's loading that failed", "%u, refused %u", nth - 2, refused);
	EXPECT_LT(3, refused);
	close(module);
	ASSERT_EQ(0, command("modprobe xarch"));
	/* A box knows none of what it was. */
	ASSERT_EQ(0, scoped_set(self->pid, tag_rule(ARCH, 3, 0)));
	EXPECT_EQ(3, box_exec(&self->box, prog));
}

TEST_HARNESS_MAIN
