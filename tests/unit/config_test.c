// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tools/config.c: what it does not read, whom it waits for, and what it is that
 * survives a crash. What stands in the file is for tests/tool/config_test.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"

#include "../../tools/config.h"

/* Seconds; a config file is read in no time. */
#define TIMEOUT 5
/* As long as config.c waits for the lock. */
#define LOCK_SECONDS 10

static const char good[] = "[arm]\naction = deny\n";

/* What config.c did that matters to a file, one letter a call. */
static char calls[16];

static void note(char letter)
{
	size_t n = strlen(calls);

	if (n + 1 < sizeof(calls))
		calls[n] = letter;
}

/* In place of the C library's. */
int fsync(int fd)
{
	struct stat st;

	note(!fstat(fd, &st) && S_ISDIR(st.st_mode) ? 'd' : 'f');
	return syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	note('r');
	return syscall(SYS_rename, from, to);
}

/* What was said on standard error since the last call. */
static const char *said(void)
{
	static char text[4096];
	ssize_t len = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	if (ftruncate(STDERR_FILENO, 0) || lseek(STDERR_FILENO, 0, SEEK_SET))
		ksft_exit_fail_perror("standard error");
	return text;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		ksft_exit_fail_perror(path);
}

static bool has(const char *path, const char *text)
{
	char got[256];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(got, 1, sizeof(got) - 1, file) : 0;

	if (file)
		fclose(file);
	got[len] = '\0';
	return file && !strcmp(got, text);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* One line that ends so. */
static bool complains(const char *got, const char *path, const char *why)
{
	char want[256];
	int len = snprintf(want, sizeof(want), "%s: %s\n", path, why);
	size_t n = strlen(got);

	ksft_print_msg("%s", got);
	return n > (size_t)len && !strcmp(got + n - len, want) && strchr(got, '\n') == got + n - 1;
}

/* To read it and to change it is refused at once. */
static void test_refused(const char *name, const char *path, const char *why)
{
	struct config config;
	const char *name_alone = strrchr(path, '/');
	bool taken;

	alarm(TIMEOUT);
	taken = config_read(&config, path, "verb");
	ksft_test_result(complains(said(), path, why) && !taken, "%s: not read\n", name);
	if (strcmp(path, "-")) {
		/* A link is followed then, and the file called by its own name. */
		taken = config_begin(&config, path, "verb");
		ksft_test_result(complains(said(), name_alone ? name_alone : path, why) && !taken,
				 "%s: not changed\n", name);
	}
	alarm(0);
}

/* With standard input in place of a file. */
static void test_refused_input(const char *name, const char *from, const char *why)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC), before = dup(STDIN_FILENO);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		ksft_exit_fail_perror(from);
	test_refused(name, "-", why);
	dup2(before, STDIN_FILENO);
	close(before);
	close(fd);
}

static void test_input(void)
{
	struct config config;
	FILE *file;
	int i;

	if (mkfifo("pipe", 0600) || mkdir("directory", 0700))
		ksft_exit_fail_perror("mkfifo, mkdir");
	test_refused("a pipe", "pipe", "is not a regular file");
	test_refused("a device", "/dev/full", "is not a regular file");
	test_refused("a directory", "directory", strerror(EISDIR));
	/* A regular file that cannot be read at its beginning. */
	test_refused("a failed read", "/proc/self/mem", strerror(EIO));
	test_refused_input("standard input without end", "/dev/zero",
			   "is longer than 1048576 bytes");
	test_refused_input("standard input that cannot be read", "directory", strerror(EISDIR));

	file = fopen("long", "we");
	for (i = 0; file && i < (1 << 20) - 1; i++)
		putc(i % 64 ? '#' : '\n', file);
	if (!file || fflush(file))
		ksft_exit_fail_perror("long");
	ksft_test_result(config_read(&config, "long", "verb"), "as long as it may be: read\n");
	ksft_test_result(config.n == (1 << 14) + 1, "and whole\n");
	config_end(&config);
	fputs("##", file);
	fclose(file);
	test_refused("a byte too long", "long", "is longer than 1048576 bytes");
}

/* A process that has the lock, until it is killed or so long. */
static pid_t hold(const char *path, unsigned int ms)
{
	int ready[2], fd;
	pid_t pid;
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		ksft_exit_fail_perror("pipe");
	pid = fork();
	if (pid < 0)
		ksft_exit_fail_perror("fork");
	if (!pid) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || flock(fd, LOCK_EX) || write(ready[1], "", 1) != 1)
			_exit(1);
		usleep(ms * 1000);
		unlink(path);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		ksft_exit_fail_msg("the lock was not to be had\n");
	close(ready[0]);
	return pid;
}

static void test_lock(void)
{
	struct config config;
	double began, took;
	const char *got;
	bool taken;
	pid_t holder;

	write_file("locked", good);
	alarm(4 * LOCK_SECONDS);
	holder = hold("locked.new", 4 * LOCK_SECONDS * 1000);
	began = now();
	taken = config_begin(&config, "locked", "verb");
	took = now() - began;
	got = said();
	ksft_test_result(!taken && took >= LOCK_SECONDS && took < 2 * LOCK_SECONDS,
			 "a lock that stays is waited for so long, and no longer\n");
	ksft_test_result(strstr(got, "config_test: warning: verb: ") == got &&
			 strstr(got, "locked: waiting for another xarchctl") &&
			 strstr(got, "locked: another xarchctl has been changing it for 10 seconds: nothing is done"),
			 "both is said\n");
	ksft_print_msg("%s", got);
	ksft_test_result(!access("locked.new", F_OK) && has("locked", good),
			 "and what is the other's left alone\n");
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);

	holder = hold("locked.new", 500);
	began = now();
	taken = config_begin(&config, "locked", "verb");
	took = now() - began;
	got = said();
	ksft_test_result(taken && took >= 0.4 && took < LOCK_SECONDS && strstr(got, "waiting for another"),
			 "a lock that goes is waited for\n");
	waitpid(holder, NULL, 0);
	if (taken)
		config_end(&config);
	taken = config_begin(&config, "locked", "verb");
	got = said();
	ksft_test_result(taken && !*got, "where there is none nothing is said\n");
	if (taken)
		config_end(&config);
	alarm(0);
}

/* The new file is on the disk before it takes the name of the old one. */
static void test_commit(void)
{
	struct config config;
	struct rule rule = { 0 };

	write_file("kept", good);
	if (!config_begin(&config, "kept", "verb"))
		ksft_exit_fail_msg("%s", said());
	rule_set_u32(&rule, XARCH_A_ARCH, XARCH_ARCH_ARM);
	rule_set_u32(&rule, XARCH_A_ACTION, XARCH_ACTION_PASS);
	config_set(&config, &rule);
	memset(calls, 0, sizeof(calls));
	ksft_test_result(!config_commit(&config) && has("kept", "[arm]\naction = pass\n"),
			 "a change is written\n");
	config_end(&config);
	ksft_test_result(!strcmp(calls, "frd"), "to the disk, renamed, and that to the disk (%s)\n",
			 calls);
}

int main(void)
{
	char dir[] = "/tmp/xarch-config.XXXXXX";
	char command[64];
	int err = memfd_create("stderr", MFD_CLOEXEC);

	ksft_print_header();
	ksft_set_plan(21);
	if (!mkdtemp(dir) || chdir(dir) || err < 0 || dup2(err, STDERR_FILENO) < 0)
		ksft_exit_fail_perror("setup");
	test_input();
	test_lock();
	test_commit();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		ksft_exit_fail_msg("%s stays\n", dir);
	ksft_finished();
}
