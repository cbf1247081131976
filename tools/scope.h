/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_SCOPE_H
#define _XARCHCTL_SCOPE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rule.h"

/*
 * What the options say of the scope, in nsenter's words: nothing (the host),
 * -t PID with or without --pid, --mount or --user, or one of these with =FILE;
 * --container NAME is -t with the pid of that container.
 */
struct scope {
	bool given;			/* any of the options */
	pid_t target;			/* 0: none */
	const char *container;		/* whose pid is the target; NULL: none */
	uint32_t kind;			/* enum xarch_scope; HOST: not said */
	const char *file;		/* namespace file, or NULL */
	int fd;				/* the namespace; -1: the host */
};

/* Their values; those below 256 are short options as well. */
enum {
	OPT_TARGET = 't',
	OPT_PID = 256,
	OPT_MOUNT,
	OPT_USER,
	OPT_CONTAINER,
	OPT_SCOPE_END,
};

extern const struct option scope_options[];	/* a zero entry ends them */

#define SCOPE_INIT { .fd = -1 }
#define SCOPE_SYNOPSIS "[{-t PID | --container NAME} [--pid|--mount|--user] | --pid=FILE | --mount=FILE | --user=FILE]"
#define SCOPE_HELP \
	"Scope (default: the host):\n" \
	"  -t, --target PID      a namespace of this process: its pid namespace, where that\n" \
	"                        is the host's its mount, then its user namespace\n" \
	"      --container NAME  the same of this container of podman or docker\n" \
	"      --pid[=FILE]      the pid namespace of PID, or of this namespace file\n" \
	"      --mount[=FILE]    the same, mount namespace\n" \
	"      --user[=FILE]     the same, user namespace\n"

/**
 * scope_option() - take one option
 * @scope: from SCOPE_INIT
 * @opt: OPT_TARGET, OPT_CONTAINER, OPT_PID, OPT_MOUNT or OPT_USER
 * @arg: its argument, or NULL; must outlive @scope
 *
 * Return: true, or false after an error message: a usage error.
 */
bool scope_option(struct scope *scope, int opt, const char *arg);

/**
 * scope_complete() - whether the options make a scope together
 * @scope: after all options
 *
 * Return: true, or false after an error message: a usage error.
 */
bool scope_complete(const struct scope *scope);

/**
 * scope_open() - find the namespace
 * @scope: after scope_complete(); scope_close() gives the namespace back
 * @verb: begins the error message
 *
 * Return: true, or false after an error message: no such process, say.
 */
bool scope_open(struct scope *scope, const char *verb);

/**
 * scope_open_container() - find the namespace of a container that is being made
 * @scope: from SCOPE_INIT; scope_close() gives the namespace back
 * @verb: begins the error message
 * @pid: first process of the container
 *
 * Its pid namespace where that is its own, not the host's or that of another
 * container; else its mount namespace.
 *
 * Return: true, or false after an error message.
 */
bool scope_open_container(struct scope *scope, const char *verb, pid_t pid);

/**
 * scope_is_hosts() - whether a namespace is the host's, which the kernel knows
 * @scope: after scope_open(), of a namespace
 * @verb: begins the error message
 *
 * Return: 1 or 0, or -1 after an error message: the module is not there, say.
 */
int scope_is_hosts(const struct scope *scope, const char *verb);

/**
 * scope_apply() - give a rule this scope
 * @scope: after scope_open(), which must stay open while the rule is sent
 * @rule: the rule
 */
void scope_apply(const struct scope *scope, struct rule *rule);

/**
 * scope_close() - give the namespace back
 * @scope: the scope
 */
void scope_close(struct scope *scope);

#endif /* _XARCHCTL_SCOPE_H */
