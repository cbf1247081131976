/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_DUMP_H
#define _XARCH_DUMP_H

#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

/* XARCH_CMD_RULE_GET and RESOLVE, for the family's table. */
extern const struct nla_policy xarch_rule_get_policy[XARCH_A_MAX + 1];
extern const struct nla_policy xarch_resolve_policy[XARCH_A_MAX + 1];
int xarch_rule_get_start(struct netlink_callback *cb);
int xarch_rule_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int xarch_resolve_start(struct netlink_callback *cb);
int xarch_resolve_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int xarch_dump_done(struct netlink_callback *cb);

#endif /* _XARCH_DUMP_H */
