/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_RULE_H
#define _XARCHCTL_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "../include/uapi/linux/xarch.h"
#include "nl.h"

/*
 * A rule, and whatever else a message of the protocol says of one: a verdict,
 * an exec. Made to set a rule, to name those that are wanted, or by the kernel.
 */
struct rule {
	uint64_t has;			/* bit per enum xarch_attr */
	uint32_t arch, action, scope, flags;
	uint32_t ns_fd, ns_inum, owner_userns, generation, emulator_fd;
	uint32_t pid_ns_inum;
	uint64_t age_ms, emulated, denied, failed, last_used_ms;
	uint32_t emulator_dev;
	uint64_t emulator_ino;
	uint64_t twins_run, twins_no_loader, twins_preload, twins_argument;
	uint32_t pid, uid, error, verdict, twin;
	char *emulator;
	char *twins;			/* name of a twin set */
	char *comm, *path;
	char **args;
	size_t nargs;
};

struct rules {
	struct rule *rule;
	size_t n;
	size_t room;
};

/* A flag of a rule, and its word in records and in the config file. */
struct rule_flag {
	const char *name;
	uint32_t bit;
};

extern const struct rule_flag rule_flags[];	/* one without name ends them */

#define RULE_BIT(attr) (1ULL << (attr))

/**
 * rule_has() - whether a rule has an attribute
 * @rule: the rule
 * @attr: enum xarch_attr
 */
static inline bool rule_has(const struct rule *rule, enum xarch_attr attr)
{
	return rule->has & RULE_BIT(attr);
}

/**
 * rule_set_u32() - give a rule an attribute
 * @rule: the rule
 * @attr: enum xarch_attr, one of type u32
 * @value: its value
 */
void rule_set_u32(struct rule *rule, enum xarch_attr attr, uint32_t value);

/**
 * rule_set_emulator() - give a rule its emulator
 * @rule: the rule
 * @path: absolute path; the rule takes a copy
 */
void rule_set_emulator(struct rule *rule, const char *path);

/**
 * rule_set_twins() - name a rule's twin set
 * @rule: the rule
 * @name: the set; the rule takes a copy. NULL: none
 */
void rule_set_twins(struct rule *rule, const char *name);

/**
 * rule_add_arg() - give a rule one more argument of its emulator
 * @rule: the rule
 * @arg: the argument; the rule takes a copy
 */
void rule_add_arg(struct rule *rule, const char *arg);

/**
 * rule_check() - whether a rule is one that can be asked for at all
 * @rule: arch, action and the rest
 * @why: set to what is wrong, a new string for the caller to free
 *
 * What needs no knowledge of this machine: an emulator where the action has
 * one and nowhere else, and lengths.
 *
 * Return: true, or false with @why.
 */
bool rule_check(const struct rule *rule, char **why);

/**
 * rule_clear() - free what a rule holds and make it empty
 * @rule: the rule
 */
void rule_clear(struct rule *rule);

/**
 * rules_add() - one more rule
 * @rules: the rules
 *
 * Return: empty rule at the end, valid until the next call.
 */
struct rule *rules_add(struct rules *rules);

/**
 * rules_clear() - free all rules
 * @rules: the rules
 */
void rules_clear(struct rules *rules);

/**
 * rule_message() - request that says all that a rule has
 * @conn: connection
 * @cmd: enum xarch_cmd
 * @flags: NLM_F_ACK, NLM_F_DUMP
 * @rule: the rule
 *
 * Return: message, for conn_batch() or conn_dump() to free.
 */
struct nl_msg *rule_message(struct conn *conn, int cmd, int flags,
			    const struct rule *rule);

/**
 * rule_parse() - take in a message
 * @rule: empty rule
 * @header: message of the family
 *
 * Return: true, or false where it is malformed.
 */
bool rule_parse(struct rule *rule, const struct nlmsghdr *header);

/**
 * rules_set() - set rules, as many as there are
 * @conn: connection
 * @rules: the rules
 * @label: makes the beginning of an error message about rule @i, a new string
 * @arg: for @label
 * @accepted: array of the rules' number, set to whether the kernel took each
 *
 * Each emulator that the kernel is to keep open is opened here, unless the rule
 * has a descriptor of it, so that it is found where the caller finds it, with the
 * caller's rights. Each refusal gets
 * an error message; the other rules are set nonetheless.
 *
 * Return: whether all were accepted.
 */
bool rules_set(struct conn *conn, const struct rules *rules,
	       char *(*label)(const void *arg, size_t i), const void *arg,
	       bool *accepted);

/**
 * rules_get() - ask for rules
 * @conn: connection
 * @cmd: XARCH_CMD_RULE_GET or XARCH_CMD_RESOLVE
 * @wanted: attributes that narrow the answer
 * @rules: gets the answer; empty before, rules_clear() frees it
 * @reply: the kernel's word
 *
 * Return: 0 with @reply set, or -1 after an error message.
 */
int rules_get(struct conn *conn, int cmd, const struct rule *wanted,
	      struct rules *rules, struct conn_reply *reply);

/**
 * rule_json() - a rule as a record
 * @rule: the rule
 * @attrs: RULE_BIT() of each attribute that the record shall have; one that
 *	the rule lacks is null
 *
 * Return: new JSON object.
 */
json_t *rule_json(const struct rule *rule, uint64_t attrs);

/* The attributes of a rule that its setting decides. */
#define RULE_SETTING (RULE_BIT(XARCH_A_ARCH) | RULE_BIT(XARCH_A_ACTION) | \
		      RULE_BIT(XARCH_A_SCOPE) | RULE_BIT(XARCH_A_FLAGS) | \
		      RULE_BIT(XARCH_A_EMULATOR) | RULE_BIT(XARCH_A_ARG) | \
		      RULE_BIT(XARCH_A_TWINS))

/*
 * Cells of a table from the members of a record: "pid:[4026532201]", and the
 * emulator with its arguments. New strings.
 */
char *text_scope(json_t *record);
char *text_emulator(json_t *record);

/**
 * action_parse() - action of its name
 * @name: "emulate", "deny" or "pass"
 *
 * Return: enum xarch_action, or -1.
 */
int action_parse(const char *name);

/**
 * action_name() - name of an action
 * @action: enum xarch_action
 *
 * Return: static string, or NULL.
 */
const char *action_name(uint32_t action);

#endif /* _XARCHCTL_RULE_H */
