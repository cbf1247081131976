// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "native_run.h"
#include "util.h"

#define TICK_MS 250
#define OUTPUT_MAX (256ul << 20)

static sigset_t interrupts(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void native_hold_signals(sigset_t *old)
{
	sigset_t set = interrupts();

	sigprocmask(SIG_BLOCK, &set, old);
}

void native_release_signals(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

bool native_interrupted(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
	       sigismember(&set, SIGHUP);
}

static void be_child(const struct native_run *run, const char *const argv[],
		     int output, int errors, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	/* A group of its own, so that all of it can be ended. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Messages are looked for the words that they are known by. */
	setenv("LC_ALL", "C.UTF-8", 1);
	if (run->variable)
		putenv(run->variable);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0 ||
	    (run->dir && chdir(run->dir))) {
		perror(run->dir);
		_exit(127);
	}
	execvp(argv[0], (char *const *)argv);
	perror(argv[0]);
	_exit(127);
}

/* Until the child has ended; an interrupt ends it, all of its group. */
static int wait_for(const struct native_run *run, pid_t pid, bool *interrupted)
{
	sigset_t set = interrupts();
	struct pollfd fds[] = {
		{ .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
		{ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN },
	};
	int status, n;

	*interrupted = false;
	do {
		n = poll(fds, ARRAY_SIZE(fds), run->tick ? TICK_MS : -1);
		if (run->tick)
			run->tick(run->arg);
		if (n > 0 && fds[1].revents) {
			*interrupted = true;
			fds[1].fd = -1 - fds[1].fd;	/* poll skips it */
			kill(-pid, SIGTERM);
		}
	} while (n >= 0 && !(n > 0 && fds[0].revents));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(fds[0].fd);
	close(fds[1].fd < 0 ? -1 - fds[1].fd : fds[1].fd);
	return status;
}

/* All that was written to a memory file. */
static char *written(int fd)
{
	char *text, *why;
	size_t len;

	lseek(fd, 0, SEEK_SET);
	text = read_fd(fd, OUTPUT_MAX, &len, &why);
	close(fd);
	return text ?: why;
}

/*
 * The one line of what a program said that tells most: an error of apt's, else
 * the last.
 */
static char *gist(const char *text)
{
	const char *line = text, *best = NULL;
	bool error = false;
	size_t len;

	for (; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (!len || error)
			continue;
		error = !strncmp(line, "E: ", 3);
		best = error ? line + 3 : line;
	}
	return best ? xasprintf("%.*s", (int)strcspn(best, "\n"), best) : NULL;
}

bool native_run(const struct native_run *run, const char *const argv[],
		char **why)
{
	int output = memfd_create("output", MFD_CLOEXEC);
	int errors = memfd_create("errors", MFD_CLOEXEC);
	pid_t pid, parent = getpid();
	char *printed, *said;
	bool interrupted;
	int status;

	pid = fork();
	if (!pid)
		be_child(run, argv, output, errors, parent);
	if (pid < 0) {
		*why = xasprintf("%s: %s", argv[0], strerror(errno));
		close(output);
		close(errors);
		if (run->output)
			*run->output = xstrdup("");
		return false;
	}
	status = wait_for(run, pid, &interrupted);
	printed = written(output);
	said = written(errors);
	if (interrupted) {
		*why = xstrdup("interrupted");
	} else if (status) {
		*why = gist(said);
		if (!*why && WIFEXITED(status))
			*why = xasprintf("%s: exit status %d", argv[0],
					 WEXITSTATUS(status));
		else if (!*why)
			*why = xasprintf("%s: %s", argv[0],
					 strsignal(WTERMSIG(status)));
	}
	free(said);
	if (run->output)
		*run->output = printed;
	else
		free(printed);
	return !interrupted && !status;
}

bool native_find_program(const char *name)
{
	const char *dir = getenv("PATH") ?: "/usr/sbin:/usr/bin";
	bool found = false;
	size_t len;

	for (; *dir && !found; dir += len + (dir[len] == ':')) {
		char *path;

		len = strcspn(dir, ":");
		path = xasprintf("%.*s/%s", (int)len, dir, name);
		found = !access(path, X_OK);
		free(path);
	}
	return found;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void native_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
