/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_TWINS_REQUEST_H
#define _XARCH_TWINS_REQUEST_H

#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

/* The commands XARCH_CMD_TWINS_*, for the family's table. */
extern const struct nla_policy xarch_twins_load_policy[XARCH_A_MAX + 1];
extern const struct nla_policy xarch_twins_unload_policy[XARCH_A_MAX + 1];
int xarch_twins_load_doit(struct sk_buff *skb, struct genl_info *info);
int xarch_twins_unload_doit(struct sk_buff *skb, struct genl_info *info);
int xarch_twins_get_start(struct netlink_callback *cb);
int xarch_twins_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _XARCH_TWINS_REQUEST_H */
