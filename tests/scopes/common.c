// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "box.h"
#include "common.h"
#include "lab.h"

char prog[64], other_prog[64], tag_a[64], tag_b[64];

const struct rule deny_rule = { .arch = ARCH, .action = XARCH_ACTION_DENY };
const struct rule pass_rule = { .arch = ARCH, .action = XARCH_ACTION_PASS };
const struct rule locked_deny_rule = {
	.arch = ARCH, .action = XARCH_ACTION_DENY, .flags = XARCH_F_LOCKED,
};

bool stress(void)
{
	const char *value = getenv("XARCH_STRESS");

	return value && !strcmp(value, "1");
}

void figure(const char *name, const char *format, ...)
{
	va_list args;

	printf("# figure: %s: ", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void *shared_memory(size_t len)
{
	void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	return memory;
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * An idle CPU keeps the mm of what it ran last, and before Linux 7 a user
 * namespace that is held so cannot be told from one in use: its rule stays until
 * the CPU runs something else, which on a machine with work to do is soon. Later
 * kernels can tell, and there nothing may depend on it.
 */
static bool idle_cpus_hold_namespaces(void)
{
	static int hold = -1;

	if (hold < 0)
		hold = !kernel_since(7, 0);
	return hold;
}

static void keep_cpus_busy(void)
{
	cpu_set_t all, one;
	int cpu;

	if (!idle_cpus_hold_namespaces() || sched_getaffinity(0, sizeof(all), &all))
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

void nap_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
	keep_cpus_busy();
}

static int outcome_of(pid_t pid, int error)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (error)
		return -error;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int run_program(const char *path)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { NULL };
	int ends[2], error = 0;
	pid_t pid;

	must(!pipe2(ends, O_CLOEXEC), "pipe2");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		execve(path, argv, envp);
		error = errno;
		_exit(write(ends[1], &error, sizeof(error)) > 0 ? 127 : 126);
	}
	close(ends[1]);
	must(read(ends[0], &error, sizeof(error)) >= 0, "read");
	close(ends[0]);
	return outcome_of(pid, error);
}

int run_program_fast(const char *path)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { NULL };
	pid_t pid = 0;
	int error = posix_spawn(&pid, path, NULL, NULL, argv, envp);

	/* It has collected the child itself if the exec failed. */
	return error ? -error : outcome_of(pid, 0);
}

static void path_of(char *out, const char *name)
{
	snprintf(out, sizeof(prog), "%s", lab_path(name));
}

void scopes_open(void)
{
	char from[4200];

	lab_open();
	lab_program("prog", ARCH, 0755);
	lab_program("other.prog", XARCH_ARCH_RISCV64, 0755);
	snprintf(from, sizeof(from), "%s/tag_a", lab_bin());
	lab_copy(from, "tag_a");
	snprintf(from, sizeof(from), "%s/tag_b", lab_bin());
	lab_copy(from, "tag_b");
	path_of(prog, "prog");
	path_of(other_prog, "other.prog");
	path_of(tag_a, "tag_a");
	path_of(tag_b, "tag_b");
	modprobe_helper(false);
	box_setup();
}

void scopes_close(void)
{
	modprobe_helper(true);
	box_scopes_close();
	lab_close();
}

const struct rule *tag_rule(uint32_t arch, int tag, uint32_t flags)
{
	static struct {
		struct rule rule;
		char text[16];
		const char *args[2];
	} rules[8];
	static unsigned int next;
	unsigned int i = next++ % 8;

	snprintf(rules[i].text, sizeof(rules[i].text), "%c%d", tag < 250 ? 'a' : 'b', tag % 250);
	rules[i].args[0] = rules[i].text;
	rules[i].rule = (struct rule){
		.arch = arch,
		.action = XARCH_ACTION_EMULATE,
		.flags = flags,
		.emulator = tag < 250 ? tag_a : tag_b,
		.args = rules[i].args,
	};
	return &rules[i].rule;
}

int rules_left(int want, unsigned int ms)
{
	double until = now() + ms / 1000.0;
	int n;

	for (;;) {
		n = rule_count(NULL);
		if (n == want || now() > until)
			return n;
		nap_ms(50);
	}
}

/* '\0': there is no such process. */
static char state_of(pid_t pid)
{
	char path[64], line[256], *at = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file))
		at = strrchr(line, ')');
	if (file)
		fclose(file);
	return at ? at[2] : '\0';
}

bool is_alive(pid_t pid)
{
	char state = state_of(pid);

	return state && state != 'Z' && state != 'X';
}

bool wait_for_state(pid_t pid, char state)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (state_of(pid) == state)
			return true;
		nap_ms(20);
	}
	return false;
}

void modprobe_helper(bool on)
{
	int fd = open("/proc/sys/kernel/modprobe", O_WRONLY | O_CLOEXEC);
	const char *path = on ? "/sbin/modprobe\n" : "\n";

	must(fd >= 0 && write(fd, path, strlen(path)) > 0, "/proc/sys/kernel/modprobe");
	close(fd);
}
