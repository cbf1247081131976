/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NETLINK_H
#define _XARCH_NETLINK_H

#include <linux/types.h>

struct genl_family;
struct sk_buff;
struct xarch_rule;

/* Groups in the order of the family's table. */
enum xarch_group {
	XARCH_GROUP_CONFIG,
	XARCH_GROUP_EXEC,
};

extern struct genl_family xarch_family;

/**
 * xarch_rule_size() - room that xarch_rule_fill() needs at most, in bytes
 * @rule: held
 */
size_t xarch_rule_size(const struct xarch_rule *rule);

/**
 * xarch_rule_fill() - write a rule's attributes, the same for every message
 * @skb: the message
 * @rule: held
 * @generation: the xarch_generation that the answer or event stands for
 *
 * Return: 0, or -EMSGSIZE with @skb to be cancelled.
 */
int xarch_rule_fill(struct sk_buff *skb, const struct xarch_rule *rule, u32 generation);

/**
 * xarch_netlink_init() - answer requests from now on
 * xarch_netlink_exit() - answer none
 */
int xarch_netlink_init(void);
void xarch_netlink_exit(void);

#endif /* _XARCH_NETLINK_H */
