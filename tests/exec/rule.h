/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_RULE_H
#define _XARCH_TEST_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../include/uapi/linux/xarch.h"

/*
 * Host rules by plain netlink, so that a test of the module can fail by the
 * module alone: neither xarchctl nor a netlink library is in the way.
 */

/**
 * struct rule - a host rule to be set
 * @arch: enum xarch_arch
 * @action: enum xarch_action
 * @flags: enum xarch_flag
 * @emulator: absolute path, or NULL
 * @args: the emulator's arguments, NULL after the last, or NULL
 */
struct rule {
	uint32_t arch;
	uint32_t action;
	uint32_t flags;
	const char *emulator;
	const char *const *args;
};

/**
 * struct rule_state - what the module says of a host rule
 * @action: enum xarch_action
 * @emulated: execs, as the three counters are named
 * @denied:
 * @failed:
 * @used: whether it was used at all
 * @last_used_ms: how long ago, if so
 */
struct rule_state {
	uint32_t action;
	uint64_t emulated;
	uint64_t denied;
	uint64_t failed;
	bool used;
	uint64_t last_used_ms;
};

/**
 * struct exec_event - a message of the group "exec"
 * Missing numbers are UINT32_MAX, missing strings empty.
 */
struct exec_event {
	uint32_t arch;
	uint32_t action;
	uint32_t scope;
	uint32_t pid;
	uint32_t uid;
	uint32_t error;
	char comm[16];
	char path[4096];
	char emulator[4096];
};

/* Return: 0 or a negative errno, the kernel's; what it said is in rule_error. */
int rule_set(const struct rule *rule);
extern char rule_error[256];

/* Shorthands for rule_set(). */
int rule_emulate(uint32_t arch, const char *emulator, uint32_t flags);
int rule_deny(uint32_t arch);
int rule_pass(uint32_t arch);

/* Return: 0, -ENOENT for no such rule, or another negative errno. */
int rule_del(uint32_t arch);
int rule_get(uint32_t arch, struct rule_state *state);

/* Remove every host rule. Return: 0 or a negative errno; none there is 0. */
int rule_clear(void);

/* Return: how many rules there are in all scopes, or a negative errno. */
int rule_count(void);

/**
 * events_open() - listen to the group "exec"
 *
 * Return: descriptor for events_next() and close(), -EOPNOTSUPP where the
 * module does not offer the group on this kernel, or another negative errno.
 */
int events_open(void);

/**
 * events_next() - take one event
 * @fd: from events_open()
 * @event: the answer
 * @timeout_ms: how long to wait
 *
 * Return: 1, 0 if none came, or a negative errno.
 */
int events_next(int fd, struct exec_event *event, int timeout_ms);

#endif /* _XARCH_TEST_RULE_H */
