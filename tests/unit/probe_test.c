// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tiny programs of tools/probe.c: the matcher has to know each for what it
 * is, and each has to run under the emulator of its arch, where PATH has one:
 *
 *	PATH=/some/other/qemu/bin:$PATH build/tests/unit/probe_test
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "../../kmod/match.h"
#include "../../tools/probe.h"

/* "A few hundred bytes", so that all of them fit anywhere. */
#define LONGEST 256
/* Seconds; these programs take milliseconds. */
#define TIMEOUT 20

/* Look for qemu-NAME-static or qemu-NAME, directory by directory. */
static int find_emulator(const char *name, char *path, size_t size)
{
	static const char *const suffixes[] = { "-static", "" };
	const char *dir = getenv("PATH");
	size_t i, len;

	for (; dir && *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
			int printed = snprintf(path, size, "%.*s/qemu-%s%s", (int)len, dir, name,
					       suffixes[i]);

			if (printed > 0 && (size_t)printed < size && !access(path, X_OK))
				return 1;
		}
	}
	return 0;
}

static int write_file(const char *path, const unsigned char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, bytes, len);
	return close(fd) || written != (ssize_t)len ? -1 : 0;
}

/* Exit status of EMULATOR PROGRAM, or 256 plus the signal that killed it. */
static int run(const char *emulator, const char *program)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		alarm(TIMEOUT);
		execl(emulator, emulator, program, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void test_arch(enum xarch_arch arch, const char *dir)
{
	char emulator[PATH_MAX], program[PATH_MAX];
	const char *name = xarch_arch_name(arch);
	const unsigned char *bytes;
	size_t len;
	int got;

	bytes = probe_program(arch, &len);
	if (!bytes) {
		ksft_test_result(!len, "%s: there is no program\n", name);
		ksft_test_result_skip("%s runs: there is no program\n", name);
		return;
	}
	got = len <= LONGEST ? xarch_match(bytes, len) : -1;
	if (got != (int)arch)
		ksft_print_msg("matched as %s, %zu bytes\n", got < 0 ? "none" : xarch_arch_name(got),
			       len);
	ksft_test_result(got == (int)arch, "%s is recognised\n", name);

	if (!find_emulator(name, emulator, sizeof(emulator))) {
		ksft_test_result_skip("%s runs: no qemu-%s in PATH\n", name, name);
		return;
	}
	snprintf(program, sizeof(program), "%s/%s", dir, name);
	if (write_file(program, bytes, len)) {
		ksft_perror(program);
		ksft_test_result_error("%s runs under %s\n", name, emulator);
		return;
	}
	got = run(emulator, program);
	unlink(program);
	if (got != PROBE_EXIT)
		ksft_print_msg("exit status %d, not %d\n", got, PROBE_EXIT);
	ksft_test_result(got == PROBE_EXIT, "%s runs under %s\n", name, emulator);
}

int main(void)
{
	char dir[] = "/tmp/probe_test.XXXXXX";
	const unsigned char *first;
	size_t len = 1, again;
	int arch;

	ksft_print_header();
	ksft_set_plan(2 + 2 * __XARCH_ARCH_MAX);
	if (!mkdtemp(dir))
		ksft_exit_fail_msg("%s: %s\n", dir, strerror(errno));

	ksft_test_result(!probe_program(__XARCH_ARCH_MAX, &len) && !len,
			 "an arch that is not there has no program\n");
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
		test_arch(arch, dir);

	/* What was returned before the others were built still stands. */
	first = probe_program(XARCH_ARCH_AARCH64, &len);
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
		probe_program(arch, &again);
	ksft_test_result(first == probe_program(XARCH_ARCH_AARCH64, &again) && len == again &&
			 xarch_match(first, len) == XARCH_ARCH_AARCH64,
			 "programs keep their place\n");

	rmdir(dir);
	ksft_finished();
}
