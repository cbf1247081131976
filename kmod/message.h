/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_MESSAGE_H
#define _XARCH_MESSAGE_H

#include <linux/types.h>

#include "../include/uapi/linux/xarch.h"

struct sk_buff;
struct user_namespace;
struct xarch_rule;

/*
 * Who reads a message is a user namespace. It is told numbers that mean something
 * there: no process and user ids of the host, no inode numbers of namespaces around
 * it, and not how often others use a rule that is not its own.
 */

/**
 * xarch_rule_size() - room that xarch_rule_fill() needs at most, in bytes
 * @rule: held
 */
size_t xarch_rule_size(const struct xarch_rule *rule);

/**
 * xarch_rule_fill() - write a rule's attributes, the same for every message
 * @skb: the message
 * @rule: held
 * @generation: the generation that the answer or event stands for
 * @whole: with what only the rule's own user namespace and those around it are told
 *
 * Return: 0, or -EMSGSIZE with @skb to be cancelled.
 */
int xarch_rule_fill(struct sk_buff *skb, const struct xarch_rule *rule, u32 generation,
		    bool whole);

/**
 * xarch_exec_size() - room that xarch_exec_fill() needs at most, in bytes
 * @rule: that decided the exec
 * @path: the program's, as execve() was given it
 */
size_t xarch_exec_size(const struct xarch_rule *rule, const char *path);

/**
 * xarch_exec_fill() - write what became of an exec of the current task
 * @skb: the message
 * @rule: that decided it
 * @path: the program's, as execve() was given it
 * @twin: of a rule that names a set of twins: what became of that
 * @err: 0 or the negative errno that the exec fails with
 * @reader: the user namespace of who reads it, the task's or one around that
 *
 * Context: the task in execve(); does not sleep.
 * Return: 0, or -EMSGSIZE with @skb to be cancelled.
 */
int xarch_exec_fill(struct sk_buff *skb, const struct xarch_rule *rule, const char *path,
		    enum xarch_twin twin, int err, struct user_namespace *reader);

#endif /* _XARCH_MESSAGE_H */
