// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "faults.h"

#define FAILSLAB "/sys/kernel/debug/failslab/"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) > 0, path);
	close(fd);
}

/* Allocations of whoever is called from these addresses. */
static void faults_below(unsigned long start, unsigned long end)
{
	char text[32];

	snprintf(text, sizeof(text), "%#lx", start);
	put(FAILSLAB "require-start", text);
	snprintf(text, sizeof(text), "%#lx", end);
	put(FAILSLAB "require-end", text);
}

void faults_below_module(void)
{
	FILE *file = fopen("/proc/modules", "re");
	unsigned long size, start;
	char line[512];

	must(file, "/proc/modules");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "xarch %lu %*d %*s %*s 0x%lx", &size, &start) == 2) {
			fclose(file);
			faults_below(start, start + size);
			return;
		}
	must(false, "the module in /proc/modules");
}

void faults_below_initcall(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long at, start = 0;
	char name[256];

	must(file, "/proc/kallsyms");
	while (fscanf(file, "%lx %*c %255[^\n]", &at, name) == 2) {
		if (start && at > start)
			break;
		if (!strcmp(name, "do_one_initcall"))
			start = at;
	}
	fclose(file);
	must(start, "do_one_initcall in /proc/kallsyms");
	faults_below(start, at);
}

/*
 * Not of kmemleak and of the debugging of objects: what they keep of others'
 * allocations fails unseen, and comes at times alone, so that the Nth allocation of
 * one round is not that of the next.
 */
static void faults_of_what_is_used(void)
{
	glob_t caches;
	size_t i;

	must(!glob("/sys/kernel/slab/*/failslab", 0, NULL, &caches), "/sys/kernel/slab");
	for (i = 0; i < caches.gl_pathc; i++) {
		const char *path = caches.gl_pathv[i];

		put(path, strstr(path, "/kmemleak_") || strstr(path, "/debug_objects_") ? "0" : "1");
	}
	globfree(&caches);
	put(FAILSLAB "cache-filter", "Y");
}

bool fits(bool failed, int result, int good, int lack)
{
	return result == good || (failed && result == lack);
}

static int fault_fd = -1;

bool faults_open(void)
{
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0 || access(FAILSLAB "require-start", W_OK))
		return false;
	/* Of whatever may wait for memory, too. */
	put(FAILSLAB "ignore-gfp-wait", "N");
	put(FAILSLAB "stacktrace-depth", "32");
	faults_of_what_is_used();
	/* Of slabs alone. The kernel reports each page that it misses with a trace, and
	 * copies from and to processes are not what this is about.
	 */
	put("/sys/kernel/debug/fail_page_alloc/require-end", "1");
	put("/sys/kernel/debug/fail_usercopy/require-end", "1");
	return true;
}

void faults_close(void)
{
	close(fault_fd);
	fault_fd = -1;
}

void arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	must(pwrite(fault_fd, text, strlen(text), 0) > 0, "fail-nth");
}

bool disarm(void)
{
	char text[16] = "";

	must(pread(fault_fd, text, sizeof(text) - 1, 0) > 0, "fail-nth");
	arm(0);
	return !atoi(text);
}

int exec_with_fault(const char *path, unsigned int nth, bool *failed)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { NULL };
	char proc[64], text[16] = "";
	siginfo_t info;
	int fd;
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (!pid) {
		close(fault_fd);
		fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		arm(nth);
		execve(path, argv, envp);
		_exit(ERRNO(errno));
	}
	must(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
	snprintf(proc, sizeof(proc), "/proc/%d/fail-nth", pid);
	fd = open(proc, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, proc);
	close(fd);
	*failed = !atoi(text);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	return info.si_code == CLD_EXITED ? info.si_status : 1000 + info.si_status;
}
