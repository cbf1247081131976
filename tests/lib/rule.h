/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_RULE_H
#define _XARCH_TEST_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../include/uapi/linux/xarch.h"

struct conn;
struct reply;
struct request;

/*
 * Rules of every scope by netlink.h, so that a test of the module can fail by the module
 * alone: xarchctl is not in the way.
 *
 * @conn is through which connection to ask; NULL: through one of its own, for this request
 * alone. Each returns 0, or how many where it says so, or a negative errno, the kernel's.
 */

/* What the kernel said to the last of these that it answered, or "". */
extern char rule_error[256];

/**
 * struct scope - where a rule is to apply
 * @kind: enum xarch_scope
 * @fd: descriptor of the namespace's file; 0: none
 */
struct scope {
	uint32_t kind;
	int fd;
};

#define HOST ((struct scope){ XARCH_SCOPE_HOST, 0 })

/**
 * struct rule - a rule to be set; what is not said is left out of the message
 * @arch: enum xarch_arch
 * @action: enum xarch_action
 * @flags: enum xarch_flag
 * @scope: the host's, if it is not said
 * @emulator: absolute path, or NULL
 * @emulator_fd: descriptor of that, 0: none
 * @args: the emulator's arguments, NULL after the last, or NULL
 * @twins: name of a set of twins, or NULL
 */
struct rule {
	uint32_t arch;
	uint32_t action;
	uint32_t flags;
	struct scope scope;
	const char *emulator;
	int emulator_fd;
	const char *const *args;
	const char *twins;
};

void request_rule(struct request *request, const struct conn *conn, const struct rule *rule);

int rule_set(struct conn *conn, const struct rule *rule);

/* In this scope, and as a program would: with its emulator opened, but for a lazy rule's. */
int scoped_set(struct scope scope, const struct rule *rule);

/* Shorthands for rule_set() of the host's. */
int rule_emulate(uint32_t arch, const char *emulator, uint32_t flags);
int rule_deny(uint32_t arch);
int rule_pass(uint32_t arch);

/* @arch -1: all. */
int rule_del(struct conn *conn, struct scope scope, int arch);

/* Remove every host rule; none there is 0. */
int rule_clear(void);

/* Return: how many rules there are in all scopes; -EPROTO where that is not told. */
int rule_count(struct conn *conn);

/* A number that changes with every change of any rule. */
uint32_t generation(struct conn *conn);
/* enum xarch_feature */
uint32_t features(struct conn *conn);

/* Rules of all scopes, or of the host, as messages; a refusal ends the program. */
void rules_get(struct conn *conn, bool host_only, struct reply *reply);

/**
 * struct rule_state - what the module says of a rule, or of a candidate
 * @arg: the last argument, cut
 * @twins: name of its set of twins, or ""
 * @twins_run: execs that ran a twin; the next three: that had one and did not
 *
 * The others are named as the attributes. Numbers that the module does not say are
 * UINT32_MAX or UINT64_MAX: last_used_ms of a rule that was never used, action of a
 * candidate without a rule.
 */
struct rule_state {
	uint32_t arch;
	uint32_t action;
	uint32_t scope;
	uint32_t flags;
	uint32_t ns_inum;
	uint32_t owner;
	uint32_t verdict;
	uint64_t emulated;
	uint64_t denied;
	uint64_t failed;
	uint64_t last_used_ms;
	uint64_t twins_run;
	uint64_t twins_no_loader;
	uint64_t twins_preload;
	uint64_t twins_argument;
	char arg[16];
	char twins[XARCH_TWINS_NAME_LEN + 1];
};

/* A rule of the host's; -ENOENT: there is none. */
int rule_get(uint32_t arch, struct rule_state *state);

/**
 * rule_list() - ask for rules
 * @conn: connection
 * @scope: whose, or NULL: of all scopes
 * @arch: which, -1: all
 * @out: room for @max, the rest is counted only; NULL if @max is 0
 * @max: most answers
 *
 * Return: how many there are.
 */
int rule_list(struct conn *conn, const struct scope *scope, int arch, struct rule_state *out,
	      int max);

/* The chain of candidates, nearest first; @pid 0: our own. As rule_list(). */
int rule_resolve(struct conn *conn, uint32_t arch, uint32_t pid, struct rule_state *out, int max);

/* As rule_list() of everything, for many rules: calls @fn for each. */
int rule_each(void (*fn)(const struct rule_state *state, void *data), void *data);

/**
 * struct twin - one twin of a set to be loaded
 * @id: build-id of the foreign program
 * @id_len: its length, 0: leave it out
 * @fd: descriptor of the twin, -1: leave it out
 * @not_args: arguments that rule it out, NULL after the last, or NULL
 * @only_args: arguments of which one must be there, the same
 */
struct twin {
	const void *id;
	size_t id_len;
	int fd;
	const char *const *not_args;
	const char *const *only_args;
};

/**
 * twins_load() - load a set
 * @conn: connection
 * @name: its name, NULL: leave it out, as with @loader
 * @loader: path of its loader
 * @loader_fd: descriptor of that, -1: leave it out
 * @twins: @n of them
 * @n: how many
 */
int twins_load(struct conn *conn, const char *name, const char *loader, int loader_fd,
	       const struct twin *twins, unsigned int n);
int twins_unload(struct conn *conn, const char *name);

/* Listen to the group "exec"; -EOPNOTSUPP where the module does not offer it. */
int events_open(struct conn *conn);

/**
 * struct batch - many requests through one socket, some on their way at a time
 * @failed: how many were refused
 * @error: the first refusal's negative errno
 */
struct batch {
	unsigned int failed;
	int error;
	/* private: */
	struct conn *conn;
	unsigned int under_way;
	const char *emulator;
	int emulator_fd;
};

/* As scoped_set() each. batch_end() waits for the last answers. */
int batch_begin(struct batch *batch);
int batch_set(struct batch *batch, struct scope scope, const struct rule *rule);
int batch_end(struct batch *batch);

#endif /* _XARCH_TEST_RULE_H */
