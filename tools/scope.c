// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "container.h"
#include "scope.h"
#include "util.h"

/* In the order in which --target alone looks for one that is not the host's. */
static const struct {
	int opt;
	uint32_t kind;
	const char *option;
	const char *proc;		/* name in /proc/PID/ns */
} kinds[] = {
	{ OPT_PID,	XARCH_SCOPE_PID,	"--pid",	"pid" },
	{ OPT_MOUNT,	XARCH_SCOPE_MOUNT,	"--mount",	"mnt" },
	{ OPT_USER,	XARCH_SCOPE_USER,	"--user",	"user" },
};

bool scope_option(struct scope *scope, int opt, const char *arg)
{
	size_t i;

	scope->given = true;
	if (opt == OPT_TARGET) {
		scope->target = parse_pid(arg);
		if (scope->target)
			return true;
		error("--target: \"%s\" is not a process id", arg);
		return false;
	}
	if (opt == OPT_CONTAINER) {
		scope->container = arg;
		return true;
	}
	for (i = 0; kinds[i].opt != opt; i++)
		;
	if (scope->kind) {
		error("%s: one namespace at a time", kinds[i].option);
		return false;
	}
	scope->kind = kinds[i].kind;
	scope->file = arg;
	return true;
}

bool scope_complete(const struct scope *scope)
{
	if (!!scope->target + !!scope->container + !!scope->file > 1) {
		error("--target names a process, --container one in a container, and =FILE a namespace file: one of them");
		return false;
	}
	if (scope->kind && !scope->target && !scope->container &&
	    !scope->file) {
		error("say whose namespace: --target PID, --container NAME, or --pid=FILE, --mount=FILE, --user=FILE");
		return false;
	}
	return true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Process 1 has the host's namespaces. Where it may not be looked at, which is
 * so for everyone but the administrator, our own stand for them.
 */
static bool is_hosts(int fd, const char *proc)
{
	struct stat theirs, ours;
	char path[32];
	bool known;

	snprintf(path, sizeof(path), "/proc/1/ns/%s", proc);
	known = !stat(path, &ours);
	if (!known) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", proc);
		known = !stat(path, &ours);
	}
	return known && !fstat(fd, &theirs) && same_file(&theirs, &ours);
}

bool scope_is_hosts(const struct scope *scope)
{
	size_t i;

	for (i = 0; kinds[i].kind != scope->kind; i++)
		;
	return is_hosts(scope->fd, kinds[i].proc);
}

/* Through a descriptor of /proc/PID, so that a recycled PID is no danger. */
static bool open_target(struct scope *scope, const char *verb)
{
	char path[32];
	int dir;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/ns", scope->target);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		error("%s: process %d: %s", verb, scope->target,
		      errno == ENOENT ? "there is no such process" :
					strerror(errno));
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (scope->kind && scope->kind != kinds[i].kind)
			continue;
		scope->fd = openat(dir, kinds[i].proc, O_RDONLY | O_CLOEXEC);
		if (scope->fd < 0) {
			error("%s: process %d: its %s namespace: %s", verb,
			      scope->target, kinds[i].proc, strerror(errno));
			break;
		}
		if (scope->kind)
			break;
		if (!is_hosts(scope->fd, kinds[i].proc)) {
			scope->kind = kinds[i].kind;
			break;
		}
		close(scope->fd);
		scope->fd = -1;
	}
	close(dir);
	if (i == ARRAY_SIZE(kinds))
		error("%s: process %d has the host's pid, mount and user namespaces: a rule for it would be a rule for the host (leave --target out)",
		      verb, scope->target);
	return scope->fd >= 0;
}

bool scope_open(struct scope *scope, const char *verb)
{
	if (scope->container) {
		scope->target = container_pid(verb, scope->container);
		if (!scope->target)
			return false;
	}
	if (scope->target)
		return open_target(scope, verb);
	if (!scope->file)
		return true;
	/* Not waiting for a writer, should it be a pipe. */
	scope->fd = open(scope->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (scope->fd < 0) {
		error("%s: %s: %s", verb, scope->file, strerror(errno));
		return false;
	}
	return true;
}

/* Whether a process is the first of its pid namespace. */
static bool is_init(int proc)
{
	int fd = openat(proc, "status", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL, *last;
	size_t room = 0;
	bool first = false;

	while (file && getline(&line, &room, file) > 0)
		if (!strncmp(line, "NSpid:", 6)) {
			last = strrchr(line, '\t');
			first = last && !strcmp(last, "\t1\n");
		}
	free(line);
	if (file)
		fclose(file);
	return first;
}

/* Whether it is a namespace of this very process. */
static bool is_ours(int fd, const char *proc)
{
	struct stat theirs, ours;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", proc);
	return stat(path, &ours) || fstat(fd, &theirs) ||
	       same_file(&ours, &theirs);
}

bool scope_open_container(struct scope *scope, const char *verb, pid_t pid)
{
	char path[32];
	const char *name;
	int proc;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0) {
		error("%s: the container's process %d: %s", verb, pid,
		      errno == ENOENT ? "is gone" : strerror(errno));
		return false;
	}
	scope->given = true;
	scope->kind = is_init(proc) ? XARCH_SCOPE_PID : XARCH_SCOPE_MOUNT;
	name = scope->kind == XARCH_SCOPE_PID ? "ns/pid" : "ns/mnt";
	scope->fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	if (scope->fd < 0) {
		error("%s: the container's process %d: %s: %s", verb, pid, name,
		      errno == ENOENT ? "is gone" : strerror(errno));
	} else if (is_ours(scope->fd, name + 3) ||
		   is_hosts(scope->fd, name + 3)) {
		error("%s: process %d has no pid or mount namespace of its own: a rule for it would be a rule for others", verb,
		      pid);
		scope_close(scope);
	}
	close(proc);
	return scope->fd >= 0;
}

void scope_apply(const struct scope *scope, struct rule *rule)
{
	rule_set_u32(rule, XARCH_A_SCOPE, scope->kind);
	if (scope->fd >= 0)
		rule_set_u32(rule, XARCH_A_NS_FD, scope->fd);
}

void scope_close(struct scope *scope)
{
	if (scope->fd >= 0)
		close(scope->fd);
	scope->fd = -1;
}
