// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "process.h"
#include "report.h"

static void fill_table(bool last_closes)
{
	struct rlimit limit = { 64, 64 };
	int fd, last = -1;

	must(!setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	while ((fd = dup(1)) >= 0)
		last = fd;
	must(errno == EMFILE && last >= 0, "dup");
	if (last_closes)
		must(!fcntl(last, F_SETFD, FD_CLOEXEC), "fcntl");
}

static void prepare(const struct launch *launch)
{
	struct rlimit limit = { launch->stack_limit, launch->stack_limit };
	cpu_set_t cpus;

	if (launch->cpu) {
		CPU_ZERO(&cpus);
		CPU_SET(launch->cpu - 1, &cpus);
		must(!sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
	}
	if (launch->stack_limit)
		must(!setrlimit(RLIMIT_STACK, &limit), "setrlimit");
	if (launch->root)
		must(!chroot(launch->root) && !chdir("/"), launch->root);
	if (launch->cwd)
		must(!chdir(launch->cwd), launch->cwd);
	if (launch->uid)
		must(!setgroups(0, NULL) &&
		     !setresgid(launch->uid, launch->uid, launch->uid) &&
		     !setresuid(launch->uid, launch->uid, launch->uid), "setresuid");
	if (launch->no_new_privs)
		must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	if (launch->limit)
		must(!setrlimit(launch->resource, launch->limit), "setrlimit");
	if (launch->close_stdin || launch->close_standard)
		close(0);
	if (launch->close_standard) {
		close(1);
		close(2);
	}
	if (launch->files)
		fill_table(launch->files == FILES_CLOSED);
}

/* Only the exec's errno, and nothing else of ours, goes to @error_fd. */
static void __attribute__((noreturn)) child(const struct launch *launch, int error_fd)
{
	const char *const *argv = launch->argv ?: STRINGS(launch->path);
	const char *const *envp = launch->envp ?: STRINGS();
	char *const *plain_argv = launch->null_argv ? NULL : (char *const *)argv;
	int error;

	prepare(launch);
	if (launch->at)
		syscall(SYS_execveat, launch->dirfd, launch->path, plain_argv, envp,
			launch->at_flags);
	else
		syscall(SYS_execve, launch->path, plain_argv, envp);
	error = errno;
	must(write(error_fd, &error, sizeof(error)) == sizeof(error), "write");
	_exit(127);
}

static void make_pipe(int ends[2])
{
	int i, high;

	must(!pipe2(ends, O_CLOEXEC), "pipe2");
	/* Clear of the numbers that the test counts on. */
	for (i = 0; i < 2; i++) {
		high = fcntl(ends[i], F_DUPFD_CLOEXEC, 300);
		must(high >= 0, "fcntl");
		close(ends[i]);
		ends[i] = high;
	}
}

static int make_file(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC);
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 300);

	must(high >= 0, "memfd_create");
	close(fd);
	return high;
}

void launch_begin(const struct launch *launch, struct outcome *outcome)
{
	int report[2], error[2], hold[2];
	ssize_t got;

	memset(outcome, 0, sizeof(*outcome));
	make_pipe(report);
	make_pipe(error);
	make_pipe(hold);
	outcome->out_fd = make_file();
	outcome->err_fd = make_file();
	fflush(NULL);
	outcome->pid = fork();
	must(outcome->pid >= 0, "fork");
	if (!outcome->pid) {
		must(dup2(report[1], REPORT_FD) >= 0 && dup2(hold[0], HOLD_FD) >= 0 &&
		     dup2(outcome->out_fd, 1) >= 0 && dup2(outcome->err_fd, 2) >= 0, "dup2");
		child(launch, error[1]);
	}
	close(report[1]);
	close(error[1]);
	close(hold[0]);
	outcome->report_fd = report[0];
	outcome->hold_fd = hold[1];
	got = read(error[0], &outcome->error, sizeof(outcome->error));
	must(got == 0 || got == sizeof(outcome->error), "read");
	close(error[0]);
}

static char *read_all(int fd, size_t *len)
{
	size_t room = 65536, used = 0;
	char *buf = malloc(room);
	ssize_t got;

	must(buf, "malloc");
	while ((got = read(fd, buf + used, room - used - 1)) > 0) {
		used += got;
		if (room - used < 4096) {
			room *= 2;
			buf = realloc(buf, room);
			must(buf, "realloc");
		}
	}
	must(got == 0, "read");
	buf[used] = '\0';
	close(fd);
	if (len)
		*len = used;
	return buf;
}

void launch_end(struct outcome *outcome)
{
	close(outcome->hold_fd);
	outcome->report = read_all(outcome->report_fd, &outcome->report_len);
	must(waitpid(outcome->pid, &outcome->status, 0) == outcome->pid, "waitpid");
	must(!lseek(outcome->out_fd, 0, SEEK_SET) && !lseek(outcome->err_fd, 0, SEEK_SET),
	     "lseek");
	outcome->out = read_all(outcome->out_fd, NULL);
	outcome->err = read_all(outcome->err_fd, NULL);
}

void launch(const struct launch *launch, struct outcome *outcome)
{
	launch_begin(launch, outcome);
	launch_end(outcome);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->report);
	free(outcome->out);
	free(outcome->err);
	memset(outcome, 0, sizeof(*outcome));
}

const char *report_get(const struct outcome *outcome, const char *key, unsigned int n)
{
	const char *at = outcome->report, *end = at + outcome->report_len;
	size_t len = strlen(key);

	for (; at < end; at += strlen(at) + 1)
		if (!strncmp(at, key, len) && at[len] == '=' && !n--)
			return at + len + 1;
	return NULL;
}

bool report_list_is(const struct outcome *outcome, const char *key, const char *const *want)
{
	unsigned int i;

	for (i = 0; ; i++) {
		const char *have = report_get(outcome, key, i);

		if (!have && !want[i])
			return true;
		if (have && want[i] && !strcmp(have, want[i]))
			continue;
		printf("# %s %u: have %s%s%s, want %s%s%s\n", key, i,
		       have ? "\"" : "", have ?: "none", have ? "\"" : "",
		       want[i] ? "\"" : "", want[i] ?: "none", want[i] ? "\"" : "");
		return false;
	}
}

bool report_is(const struct outcome *outcome, const char *key, const char *want)
{
	const char *have = report_get(outcome, key, 0);

	if (have && want ? !strcmp(have, want) : have == want)
		return true;
	printf("# %s: have %s, want %s\n", key, have ?: "none", want ?: "none");
	return false;
}
