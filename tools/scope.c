// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "container.h"
#include "nl.h"
#include "scope.h"
#include "util.h"

const struct option scope_options[] = {
	{ "target",	required_argument,	NULL, OPT_TARGET },
	{ "pid",	optional_argument,	NULL, OPT_PID },
	{ "mount",	optional_argument,	NULL, OPT_MOUNT },
	{ "user",	optional_argument,	NULL, OPT_USER },
	{ "container",	required_argument,	NULL, OPT_CONTAINER },
	{ 0 }
};

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

static void read_info(void *initial, const struct nlmsghdr *header)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];

	if (!genlmsg_parse((struct nlmsghdr *)header, 0, attrs, XARCH_A_MAX, NULL))
		*(bool *)initial = attrs[XARCH_A_NS_INITIAL];
}

static void forget_info(void *initial)
{
	*(bool *)initial = false;
}

/*
 * The kernel is asked which namespaces are the host's: in a container process 1
 * is the container's, and it may not be looked at by everybody.
 */
static int is_hosts(int fd, uint32_t kind, const char *verb)
{
	struct conn_reply reply = { 0 };
	struct conn conn = { 0 };
	bool initial = false;
	struct nl_msg *msg;
	int err;

	if (conn_open(&conn))
		return -1;
	msg = conn_message(&conn, XARCH_CMD_INFO_GET, NLM_F_ACK,
			   2 * nla_total_size(sizeof(uint32_t)));
	nla_put_u32(msg, XARCH_A_SCOPE, kind);
	nla_put_u32(msg, XARCH_A_NS_FD, fd);
	err = conn_dump(&conn, msg, read_info, forget_info, &initial, &reply);
	conn_close(&conn);
	if (!err && reply.error) {
		error("%s: asking whether a namespace is the host's: %s", verb,
		      reply.message);
		err = -1;
	}
	return err ? -1 : initial;
}

int scope_is_hosts(const struct scope *scope, const char *verb)
{
	return is_hosts(scope->fd, scope->kind, verb);
}

/* Through a descriptor of /proc/PID, so that a recycled PID is no danger. */
static bool open_target(struct scope *scope, const char *verb)
{
	char path[32];
	int dir, hosts;
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
		hosts = is_hosts(scope->fd, kinds[i].kind, verb);
		if (!hosts) {
			scope->kind = kinds[i].kind;
			break;
		}
		scope_close(scope);
		if (hosts < 0)
			break;
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
	int proc, hosts;

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
	} else {
		hosts = is_ours(scope->fd, name + 3) ? 1 :
			is_hosts(scope->fd, scope->kind, verb);
		if (hosts > 0)
			error("%s: process %d has no pid or mount namespace of its own: a rule for it would be a rule for others",
			      verb, pid);
		if (hosts)
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
