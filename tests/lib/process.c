// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

#define USER 1000

void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "# %s: %s\n", what, strerror(errno));
	abort();
}

bool kernel_since(unsigned int major, unsigned int minor)
{
	unsigned int is_major, is_minor;
	struct utsname name;

	must(!uname(&name) && sscanf(name.release, "%u.%u", &is_major, &is_minor) == 2, "uname");
	return is_major > major || (is_major == major && is_minor >= minor);
}

int ns_own(const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	return fd;
}

int ns_new(const char *kind)
{
	long flag = !strcmp(kind, "user") ? CLONE_NEWUSER : CLONE_NEWPID;
	pid_t pid = syscall(SYS_clone, flag | SIGCHLD, NULL, NULL, NULL, NULL);
	char path[64];
	int fd;

	must(pid >= 0, "clone");
	if (!pid)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

bool become_user(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(USER, USER, USER) ||
	    setresuid(USER, USER, USER))
		return false;
	if (capability >= 0) {
		data[capability / 32].permitted = 1U << capability % 32;
		data[capability / 32].effective = 1U << capability % 32;
	}
	return !syscall(SYS_capset, &header, data);
}

int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	must(pid >= 0, "fork");
	if (!pid) {
		status = fn(arg);
		fflush(NULL);
		_exit(status);
	}
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? (signed char)WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int exec_program(void *path)
{
	execl(path, path, NULL);
	return -errno;
}

int run_arch(enum xarch_arch arch)
{
	char path[] = "/tmp/xarch-tool.XXXXXX";
	const unsigned char *program;
	int fd = mkstemp(path), status;
	size_t len;

	program = probe_program(arch, &len);
	must(program && fd >= 0 && write(fd, program, len) == (ssize_t)len, path);
	fchmod(fd, 0755);
	close(fd);
	status = in_child(exec_program, path);
	unlink(path);
	return status;
}
