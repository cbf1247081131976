/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_SCOPED_H
#define _XARCH_TEST_SCOPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule.h"

/*
 * Rules of every scope by plain netlink: ../exec/rule.h, which knows the host's
 * alone, and what is needed beyond it.
 */

/**
 * struct scope - where a rule is to apply
 * @kind: enum xarch_scope
 * @fd: descriptor of the namespace's file; -1 for the host
 */
struct scope {
	uint32_t kind;
	int fd;
};

#define HOST ((struct scope){ XARCH_SCOPE_HOST, -1 })

/**
 * struct listed - what the module says of a rule, or of a candidate
 * Numbers that it does not say are UINT32_MAX or UINT64_MAX; without a rule
 * @action is UINT32_MAX.
 */
struct listed {
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
	char arg[16];			/* the last argument */
};

/* Return: 0 or a negative errno, the kernel's; what it said is in rule_error. */
int scoped_set(struct scope scope, const struct rule *rule);

/* The same with this descriptor of the emulator; -1: by its path alone. */
int scoped_set_fd(struct scope scope, const struct rule *rule, int emulator);

/* @arch -1: all of them. */
int scoped_del(struct scope scope, int arch);

/* Send through this socket instead of one's own, until it is -1 again. */
extern int scoped_socket;
int scoped_socket_open(void);

/**
 * scoped_list() - ask for rules
 * @scope: whose, or NULL: of all scopes
 * @arch: which, -1: all
 * @out: room for @max, the rest is counted only; NULL if @max is 0
 * @max: most answers
 *
 * Return: how many there are, or a negative errno.
 */
int scoped_list(const struct scope *scope, int arch, struct listed *out, int max);

/* The chain of candidates, nearest first; @pid 0: our own. As scoped_list(). */
int scoped_resolve(uint32_t arch, uint32_t pid, struct listed *out, int max);

/**
 * scoped_each() - as scoped_list() of everything, for many rules
 * @fn: called for each
 * @data: for @fn
 *
 * Return: 0 or a negative errno.
 */
int scoped_each(void (*fn)(const struct listed *listed, void *data), void *data);

/**
 * struct batch - many requests through one socket, some on their way at a time
 * @failed: how many were refused
 * @error: the first refusal's negative errno
 */
struct batch {
	unsigned int failed;
	int error;
	/* private: */
	int fd;
	uint32_t family;
	unsigned int under_way;
	const char *emulator;
	int emulator_fd;
};

/* Return: 0 or a negative errno. batch_end() waits for the last answers. */
int batch_begin(struct batch *batch);
int batch_set(struct batch *batch, struct scope scope, const struct rule *rule);
int batch_end(struct batch *batch);

#endif /* _XARCH_TEST_SCOPED_H */
