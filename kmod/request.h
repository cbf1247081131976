/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_REQUEST_H
#define _XARCH_REQUEST_H

#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

/* XARCH_CMD_RULE_SET and RULE_DEL, for the family's table. */
extern const struct nla_policy xarch_rule_set_policy[XARCH_A_MAX + 1];
extern const struct nla_policy xarch_rule_del_policy[XARCH_A_MAX + 1];
int xarch_rule_set_doit(struct sk_buff *skb, struct genl_info *info);
int xarch_rule_del_doit(struct sk_buff *skb, struct genl_info *info);

#endif /* _XARCH_REQUEST_H */
