// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attempts.h"
#include "lab.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000
#define MISC "xarch-test"
#define PORT 12321
#define SUID_DUMPABLE "/proc/sys/fs/suid_dumpable"

/* What the program reads, and what a user would have it read. */
#define SECRET "secret\n"
#define FORGED "forged\n"

static const char *qemu, *program, *file;

void under_misc(void)
{
	char entry[600];

	rule_clear();
	snprintf(entry, sizeof(entry), ":" MISC ":M::"
		 "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
		 "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
		 "%s:POCF", qemu);
	misc_register(entry);
}

int under_rule(uint32_t flags)
{
	misc_remove(MISC);
	return rule_emulate(ARCH, qemu, flags);
}

/* A user's, in their own directory. */
struct launch plain(const char *what)
{
	static const char *argv[3], *envp[2];
	static char variable[600];

	snprintf(variable, sizeof(variable), "FILE=%s", file);
	argv[0] = "prog";
	argv[1] = what;
	envp[0] = variable;
	return (struct launch){ .path = program, .argv = argv, .envp = envp, .uid = USER,
				.cwd = "user" };
}

static struct launch with_variables(const char *what, const char *one, const char *two)
{
	static const char *envp[4];
	struct launch launched = plain(what);

	envp[0] = launched.envp[0];
	envp[1] = one;
	envp[2] = two;
	launched.envp = envp;
	return launched;
}

bool is_done(const struct outcome *o)
{
	return !o->error && o->status == 0 && !strcmp(o->out, SECRET) && !strcmp(o->err, "");
}

/* A file of root's that the attempt was to make: there? Not any more. */
static bool made(const char *name)
{
	return !unlink(name);
}

/* The same of a core file in the user's directory; @holds: with these words in it. */
static bool made_core(const char *holds)
{
	glob_t found = { 0 };
	bool any = false;

	glob("user/*core*", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		any |= !holds || !command("grep -qaF '%s' %s", holds, found.gl_pathv[i]);
		unlink(found.gl_pathv[i]);
	}
	globfree(&found);
	return any;
}

struct seen log_file(void)
{
	char name[600];
	struct launch launched;
	struct outcome o;
	struct seen seen;

	snprintf(name, sizeof(name), "QEMU_LOG_FILENAME=%s", lab_path("root-only/log"));
	launched = with_variables(NULL, "QEMU_LOG=page", name);
	launch(&launched, &o);
	seen = (struct seen){ made("root-only/log"), is_done(&o) };
	outcome_free(&o);
	return seen;
}

/* Said to its caller: what calls it makes, or what code it has. */
struct seen tells(const char *variable, const char *want)
{
	struct launch launched = with_variables(NULL, variable, NULL);
	struct outcome o;
	struct seen seen;

	launch(&launched, &o);
	seen = (struct seen){ strstr(o.err, want) != NULL, is_done(&o) };
	outcome_free(&o);
	return seen;
}

static bool is_over(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	close(fd);
	return -1;
}

/* The head of an ELF file at the address where a static program has it. */
static bool debugger_reads(int fd)
{
	static const char question[] = "+$m400000,4#f1", kill[] = "+$k#6b";
	struct timeval patience = { .tv_sec = 10 };
	char answer[256] = "";
	size_t used = 0;
	ssize_t got;
	bool reads;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, question, strlen(question), MSG_NOSIGNAL) < 0)
		return false;
	while (!strchr(answer, '#') && used < sizeof(answer) - 1 &&
	       (got = recv(fd, answer + used, sizeof(answer) - 1 - used, 0)) > 0)
		used += got;
	reads = strstr(answer, "7f454c46");
	if (!reads)
		printf("# the debugger's answer: %s\n", answer);
	send(fd, kill, strlen(kill), MSG_NOSIGNAL);
	return reads;
}

/* The emulator waits for whoever connects, if it does at all. */
struct seen debugger(void)
{
	char port[32];
	struct launch launched;
	struct outcome o;
	struct seen seen;
	int fd = -1;

	snprintf(port, sizeof(port), "QEMU_GDB=%d", PORT);
	launched = with_variables(NULL, port, NULL);
	launch_begin(&launched, &o);
	while (fd < 0 && !is_over(o.pid)) {
		fd = dial();
		usleep(1000);
	}
	seen.harm = fd >= 0 && debugger_reads(fd);
	if (fd >= 0) {
		kill(o.pid, SIGKILL);
		close(fd);
	}
	launch_end(&o);
	seen.works = is_done(&o);
	outcome_free(&o);
	return seen;
}

/* Any of these shows in what the program does, where the emulator sees it. */
struct seen switches(void)
{
	static const char *const some[] = {
		"QEMU_VERSION=1", "QEMU_CPU=none", "QEMU_STACK_SIZE=none", NULL
	};
	struct seen seen = { 0, true };
	struct outcome o;

	for (int i = 0; some[i]; i++) {
		struct launch launched = with_variables(NULL, some[i], NULL);

		launch(&launched, &o);
		if (!is_done(&o)) {
			seen.harm++;
			seen.works = false;
		}
		outcome_free(&o);
	}
	return seen;
}

/* Another file for each that the program opens: its loader and libraries, if it has some. */
struct seen sysroot(void)
{
	char prefix[600];
	struct launch launched;
	struct outcome o;
	struct seen seen;

	snprintf(prefix, sizeof(prefix), "QEMU_LD_PREFIX=%s", lab_path("user"));
	launched = with_variables(NULL, prefix, NULL);
	launch(&launched, &o);
	seen = (struct seen){ !strcmp(o.out, FORGED), is_done(&o) };
	outcome_free(&o);
	return seen;
}

/* LD_* too, after the emulator's own C library, which takes them away, has looked. */
struct seen set_env(void)
{
	struct launch launched = with_variables("env", "QEMU_SET_ENV=FORGED=1", NULL);
	struct outcome o;
	struct seen seen;

	launch(&launched, &o);
	seen = (struct seen){ strstr(o.out, "\n[FORGED=1]\n") != NULL,
			      !o.status && !strncmp(o.out, SECRET, strlen(SECRET)) };
	outcome_free(&o);
	return seen;
}

/* One that has plugins complains of this file. */
struct seen plugin(void)
{
	struct launch launched = with_variables(NULL, "QEMU_PLUGIN=file=/none", NULL);
	struct outcome o;
	struct seen seen;

	launch(&launched, &o);
	seen.works = is_done(&o);
	seen.harm = !seen.works;
	outcome_free(&o);
	return seen;
}

static void as_user(void (*fn)(pid_t pid), pid_t pid)
{
	pid_t child = fork();

	if (!child) {
		if (setregid(USER, USER) || setreuid(USER, USER))
			_exit(1);
		fn(pid);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* Whatever the second may be in which it falls. */
void lay_links(pid_t pid)
{
	const char *name = strrchr(program, '/') + 1, *target = lab_path("root-only/core");
	time_t now = time(NULL);
	char stamp[32], link[200];

	for (time_t at = now; at < now + 60; at++) {
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", localtime(&at));
		snprintf(link, sizeof(link), "user/qemu_%s_%s_%d.core", name, stamp, pid);
		if (symlink(target, link))
			_exit(1);
	}
}

void raise_limit(pid_t pid)
{
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_CORE, NULL, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	prlimit(pid, RLIMIT_CORE, &limit, NULL);
}

void raise_limit_and_lay_links(pid_t pid)
{
	raise_limit(pid);
	lay_links(pid);
}

/* It is the emulator that writes the program's core, where links lead. */
struct seen core(void (*prepare)(pid_t pid))
{
	struct launch launched = plain("crash");
	struct outcome o;
	struct seen seen;

	launch_begin(&launched, &o);
	as_user(prepare, o.pid);
	launch_end(&o);
	seen.harm = made("root-only/core");
	made_core(NULL);
	seen.works = WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGABRT &&
		     !strcmp(o.out, SECRET);
	outcome_free(&o);
	return seen;
}

/* What the program holds, to be read by whoever may not read the program. */
struct seen core_of_text(void (*prepare)(pid_t pid))
{
	struct launch launched = plain("crash");
	struct outcome o;
	struct seen seen;

	launch_begin(&launched, &o);
	if (prepare)
		as_user(prepare, o.pid);
	launch_end(&o);
	seen.harm = made_core("held by the program");
	seen.works = WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGABRT &&
		     !strcmp(o.out, SECRET);
	outcome_free(&o);
	return seen;
}

/*
 * The emulator's idea of /proc/self/exe is a path, which the caller may make another's.
 * Later qemus resolve it when they start: the swap has to come before.
 */
struct seen swapped_link(void)
{
	struct launch launched = plain("again");
	struct seen seen = { 0, true };
	struct outcome o;

	launched.path = "./link";
	for (int tries = 0; tries < 3 && !seen.harm; tries++) {
		unlink("user/link");
		if (symlink(program, "user/link") || symlink("evil", "user/next"))
			abort();
		launch_begin(&launched, &o);
		if (rename("user/next", "user/link"))
			abort();
		launch_end(&o);
		seen.harm = strstr(o.out, "evil") != NULL;
		seen.works &= !o.status && !strcmp(o.out, SECRET SECRET);
		outcome_free(&o);
	}
	return seen;
}

/* An emulator takes the path for one of its options, and argv[0] for that one's value. */
struct seen option_for_name(void)
{
	struct launch launched = plain(NULL);
	struct outcome o;
	struct seen seen;

	unlink("user/-D");
	if (symlink(program, "user/-D"))
		abort();
	launched.path = "-D";
	launched.argv = STRINGS(lab_path("root-only/log"), "-d", "page", program, "prog");
	launch(&launched, &o);
	seen = (struct seen){ made("root-only/log"), is_done(&o) };
	outcome_free(&o);
	return seen;
}

struct seen empty_argv(void)
{
	struct launch launched = plain(NULL);
	struct outcome o;
	struct seen seen;

	launched.null_argv = true;
	launch(&launched, &o);
	seen.works = is_done(&o);
	seen.harm = !seen.works;
	outcome_free(&o);
	return seen;
}

/* What it opens must not become what it, or the emulator, writes messages to. */
struct seen closed_descriptors(void)
{
	static const char want[] = "by right\n";
	struct launch launched = plain("write");
	char have[300] = "";
	struct outcome o;
	struct seen seen;
	FILE *written;

	lab_write("root-only/secret", "", 0, 0600);
	launched.close_standard = true;
	launch(&launched, &o);
	written = fopen("root-only/secret", "r");
	if (written) {
		have[fread(have, 1, sizeof(have) - 1, written)] = '\0';
		fclose(written);
	}
	seen.works = WIFSIGNALED(o.status) && !strncmp(have, want, strlen(want));
	seen.harm = strlen(have) > strlen(want);
	if (seen.harm)
		printf("# written: %s\n", have);
	outcome_free(&o);
	return seen;
}

/* Whole or not at all, and nothing of root's left behind in the user's directory. */
struct seen small_limits(void)
{
	static const struct {
		int resource;
		rlim_t limit;
	} limits[] = {
		{ RLIMIT_AS, 16 << 20 }, { RLIMIT_DATA, 1 << 20 }, { RLIMIT_STACK, 16384 },
		{ RLIMIT_NOFILE, 4 }, { RLIMIT_FSIZE, 0 },
	};
	struct seen seen = { 0, false };
	struct outcome o;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = { limits[i].limit, limits[i].limit };
		struct launch launched = plain(NULL);
		bool whole, none, left;

		launched.resource = limits[i].resource;
		launched.limit = &limit;
		launch(&launched, &o);
		whole = is_done(&o);
		none = !strcmp(o.out, "") && (o.error || o.status);
		left = made_core(NULL);
		if ((!whole && !none) || left) {
			seen.harm++;
			printf("# limit %d of %lu: error %d, status %x, %s%s%s\n",
			       limits[i].resource, (unsigned long)limits[i].limit, o.error,
			       o.status, left ? "a core file, " : "", o.out, o.err);
		}
		seen.works |= whole;
		outcome_free(&o);
	}
	return seen;
}

static void put(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	if (!to || fputs(text, to) < 0 || fclose(to))
		abort();
}

void attempts_open(const char *emulator)
{
	static const char evil[] = "#!/bin/sh -p\nread x <../root-only/secret && echo evil\n";
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char path[4200];

	qemu = emulator;
	lab_open();
	misc_mount();
	misc_remove(MISC);
	/* As systemd has it where it takes the cores. */
	put(SUID_DUMPABLE, "2");
	setrlimit(RLIMIT_CORE, &limit);
	snprintf(path, sizeof(path), "%s/gain", lab_bin());
	lab_copy(path, "prog");
	program = strdup(lab_path("prog"));
	if (mkdir("root-only", 0700) || mkdir("user", 0777) || chmod("user", 0777) ||
	    command("mkdir -p user/%s/root-only", lab_path("")))
		abort();
	lab_write("root-only/secret", SECRET, strlen(SECRET), 0600);
	lab_write("user/evil", evil, strlen(evil), 0755);
	file = strdup(lab_path("root-only/secret"));
	snprintf(path, sizeof(path), "user/%s", file);
	lab_write(path, FORGED, strlen(FORGED), 0644);
}

void attempts_read(const char *name)
{
	lab_write(name, SECRET, strlen(SECRET), 0644);
	file = strdup(lab_path(name));
}

void attempts_close(void)
{
	put(SUID_DUMPABLE, "0");
	misc_remove(MISC);
	lab_close();
}

