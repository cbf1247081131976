// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module comes and goes: under programs that it started, with rules set,
 * under a storm of execs, and when it cannot start.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"

FIXTURE(module)
{
	const char *emulator;
};

FIXTURE_SETUP(module)
{
	command("modprobe xarch");
	lab_open();
	lab_emulator("emulator");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
}

FIXTURE_TEARDOWN(module)
{
	command("modprobe xarch");
	lab_close();
}

static bool loaded(void)
{
	return !access("/sys/module/xarch", F_OK);
}

static int error_of_exec(void)
{
	struct outcome o;
	int error;

	launch(&(struct launch){ .path = "./prog" }, &o);
	error = o.error;
	if (!error && WEXITSTATUS(o.status) != EMULATOR_EXIT)
		error = -1;
	outcome_free(&o);
	return error;
}

/* An exec may be inside at any one moment, so that it says "in use". */
static bool unload(void)
{
	int i;

	for (i = 0; i < 200; i++) {
		if (!command("rmmod xarch 2>/dev/null"))
			return true;
		usleep(10000);
	}
	return false;
}

TEST_F(module, unloads_under_a_running_program)
{
	struct outcome o;
	char inside[4200], text[256] = "";
	int in[2];

	snprintf(inside, sizeof(inside), "%s/inside", lab_bin());
	lab_copy(inside, "inside");
	ASSERT_EQ(0, rule_emulate(ARCH, QEMU, 0));
	ASSERT_EQ(0, pipe2(in, O_CLOEXEC));
	/* It reads from descriptor 0 until this test closes the other end. */
	ASSERT_EQ(0, dup2(in[0], 0));
	launch_begin(&(struct launch){
		.path = "./inside",
		.argv = STRINGS("inside", "hold", lab_path("prog")),
	}, &o);
	ASSERT_EQ(0, o.error);
	while (!strstr(text, "ready")) {
		ASSERT_LE(0, pread(o.out_fd, text, sizeof(text) - 1, 0));
		usleep(10000);
	}
	ASSERT_EQ(0, command("rmmod xarch"));
	EXPECT_FALSE(loaded());
	EXPECT_EQ(0, kill(o.pid, 0));
	/* It goes on, and what it runs now meets a kernel without the module. */
	close(in[1]);
	launch_end(&o);
	EXPECT_EQ(7, WEXITSTATUS(o.status));
	EXPECT_STREQ("ready\nExec format error\n", o.out);
	outcome_free(&o);
}

TEST_F(module, unloads_with_rules)
{
	unsigned int arch;

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, command("mount -t tmpfs tmpfs mnt"));
	lab_emulator("mnt/emulator");
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
		if (arch != XARCH_ARCH_X86_64)
			ASSERT_EQ(0, rule_emulate(arch, lab_path("mnt/emulator"), 0));
	EXPECT_EQ(__XARCH_ARCH_MAX - 1, rule_count(NULL));
	EXPECT_EQ(0, error_of_exec());
	ASSERT_EQ(0, command("rmmod xarch"));
	EXPECT_EQ(ENOEXEC, error_of_exec());
	EXPECT_TRUE(lab_writable("mnt/emulator", true));
	EXPECT_TRUE(lab_umount("mnt"));
	ASSERT_EQ(0, command("modprobe xarch"));
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_F_TIMEOUT(module, loads_twenty_times, 120)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, i % 2 ? XARCH_F_LAZY : 0));
		EXPECT_EQ(0, error_of_exec());
		ASSERT_EQ(0, command("rmmod xarch"));
		EXPECT_EQ(ENOEXEC, error_of_exec());
		ASSERT_EQ(0, command("modprobe xarch"));
	}
	EXPECT_TRUE(lab_writable("emulator", false));
}

/* The family's name is enough: nobody has to load the module by hand. */
TEST_F(module, loads_on_first_use)
{
	ASSERT_EQ(0, command("rmmod xarch"));
	ASSERT_FALSE(loaded());
	EXPECT_EQ(0, rule_count(NULL));
	EXPECT_TRUE(loaded());
}

TEST_F(module, unloads_after_binfmt_misc_went_and_came)
{
	int i;

	for (i = 0; i < 3; i++) {
		misc_unload();
		misc_load();
	}
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, error_of_exec());
	ASSERT_EQ(0, command("rmmod xarch"));
	EXPECT_EQ(ENOEXEC, error_of_exec());
	misc_unload();
	ASSERT_EQ(0, command("modprobe xarch"));
	misc_load();
}

/* Load the module where @spare descriptors are to be had. Its errno. */
static int load(unsigned int spare)
{
	struct rlimit limit;
	int status, fd;
	pid_t pid = fork();

	if (!pid) {
		fd = open("xarch.ko", O_RDONLY | O_CLOEXEC);
		dup2(fd, 3);
		close_range(4, ~0U, 0);
		limit.rlim_cur = limit.rlim_max = 4 + spare;
		setrlimit(RLIMIT_NOFILE, &limit);
		_exit(syscall(SYS_finit_module, 3, "", 0) ? errno : 0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Loading takes a descriptor for a moment: without one it fails, and wholly. */
TEST_F(module, fails_to_load_cleanly)
{
	int i;

	ASSERT_EQ(0, command("m=$(modinfo -n xarch); case $m in *.xz) xz -dc \"$m\" ;; "
			     "*.zst) zstd -dc \"$m\" ;; *) cat \"$m\" ;; esac >xarch.ko"));
	ASSERT_EQ(0, command("rmmod xarch"));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(EMFILE, load(0));
		EXPECT_FALSE(loaded());
		EXPECT_EQ(ENOEXEC, error_of_exec());
	}
	ASSERT_EQ(0, load(1));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, error_of_exec());
	/* There is only one of it. */
	EXPECT_EQ(EEXIST, load(1));
	EXPECT_EQ(0, error_of_exec());
}

/* What the execs of a storm came to. */
struct tally {
	volatile bool stop;
	volatile unsigned int emulated, not_executable, denied, bad;
	volatile int bad_error;
};

/* The fake emulator ends with 1, for want of a descriptor to report to. */
static void storm(struct tally *tally)
{
	while (!tally->stop) {
		int status, error = 0;
		pid_t pid = vfork();

		if (!pid) {
			execl("./prog", "prog", NULL);
			_exit(errno == ENOEXEC ? 101 : errno == EACCES ? 102 : 103);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			error = 1;
		else if (WIFSIGNALED(status))
			error = 1000 + WTERMSIG(status);
		else if (WEXITSTATUS(status) == 1)
			__sync_fetch_and_add(&tally->emulated, 1);
		else if (WEXITSTATUS(status) == 101)
			__sync_fetch_and_add(&tally->not_executable, 1);
		else if (WEXITSTATUS(status) == 102)
			__sync_fetch_and_add(&tally->denied, 1);
		else
			error = 2000 + WEXITSTATUS(status);
		if (error) {
			tally->bad_error = error;
			__sync_fetch_and_add(&tally->bad, 1);
		}
	}
}

static struct tally *storm_begin(pid_t *pids, int n)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			storm(tally);
			_exit(0);
		}
	}
	return tally;
}

static void storm_end(struct tally *tally, pid_t *pids, int n)
{
	int i;

	tally->stop = true;
	for (i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	printf("# %u emulated, %u not executable, %u denied, %u bad (%d)\n", tally->emulated,
	       tally->not_executable, tally->denied, tally->bad, tally->bad_error);
}

#define STORMERS 3

TEST_F_TIMEOUT(module, comes_and_goes_under_execs, 200)
{
	pid_t pids[STORMERS];
	struct tally *tally = storm_begin(pids, STORMERS);
	int i;

	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, i % 4 == 3 ? rule_deny(ARCH) :
			     rule_emulate(ARCH, self->emulator, i % 2 ? XARCH_F_LAZY : 0));
		usleep(100000);
		EXPECT_TRUE(unload());
		usleep(50000);
		EXPECT_EQ(0, command("modprobe xarch"));
	}
	storm_end(tally, pids, STORMERS);
	EXPECT_EQ(0, tally->bad);
	EXPECT_LT(0, tally->emulated);
	EXPECT_LT(0, tally->denied);
	EXPECT_LT(0, tally->not_executable);
	EXPECT_TRUE(lab_writable("prog", true));
	EXPECT_TRUE(lab_writable("emulator", true));
}

TEST_F_TIMEOUT(module, rules_change_under_execs, 100)
{
	pid_t pids[STORMERS];
	struct tally *tally = storm_begin(pids, STORMERS);
	int i;

	for (i = 0; i < 300; i++) {
		EXPECT_EQ(0, i % 5 == 4 ? rule_deny(ARCH) : i % 5 == 3 ? rule_del(NULL, HOST, ARCH) :
			     rule_emulate(ARCH, self->emulator, i % 2 ? XARCH_F_LAZY : 0));
		usleep(10000);
	}
	storm_end(tally, pids, STORMERS);
	EXPECT_EQ(0, tally->bad);
	EXPECT_LT(0, tally->emulated);
	EXPECT_LT(0, tally->denied);
	EXPECT_LT(0, tally->not_executable);
	ASSERT_EQ(0, rule_clear());
	EXPECT_TRUE(lab_writable("emulator", true));
}

/* No exec may slip past the rule while binfmt_misc comes and goes. */
TEST_F_TIMEOUT(module, binfmt_misc_comes_and_goes_under_execs, 100)
{
	pid_t pids[STORMERS];
	struct tally *tally;
	int i;

	ASSERT_EQ(0, rule_deny(ARCH));
	tally = storm_begin(pids, STORMERS);
	for (i = 0; i < 10; i++) {
		misc_unload();
		usleep(50000);
		misc_load();
		usleep(50000);
	}
	storm_end(tally, pids, STORMERS);
	EXPECT_EQ(0, tally->bad + tally->emulated + tally->not_executable);
	EXPECT_LT(0, tally->denied);
}

TEST_HARNESS_MAIN
