// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family; include/uapi/linux/xarch.h draws its messages. */
#include <net/genetlink.h>

#include "compat.h"
#include "caller.h"
#include "dump.h"
#include "event.h"
#include "family.h"
#include "namespaces.h"
#include "netlink.h"
#include "request.h"
#include "rules.h"
#include "twins_request.h"

static const struct nla_policy info_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
};

static int info_get(struct sk_buff *skb, struct genl_info *info)
{
	struct xarch_ns_ref ref;
	struct sk_buff *answer;
	bool initial;
	void *head;
	int err;

	err = xarch_scope_get(info->attrs, &ref, info->extack);
	if (err)
		return err;
	initial = ref.file && xarch_ns_ref_is_initial(&ref);
	xarch_scope_put(&ref);
	answer = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	head = genlmsg_put_reply(answer, info, &xarch_family, 0, XARCH_CMD_INFO_GET);
	if (!head ||
	    nla_put_string(answer, XARCH_A_VERSION, XARCH_VERSION) ||
	    nla_put_u32(answer, XARCH_A_FEATURES, XARCH_FEATURES) ||
	    nla_put_u32(answer, XARCH_A_GENERATION, xarch_rules_generation()) ||
	    (xarch_is_admin_noaudit(skb, &init_user_ns) &&
	     nla_put_u32(answer, XARCH_A_RULES, xarch_rules_count())) ||
	    (initial && nla_put_flag(answer, XARCH_A_NS_INITIAL))) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

/* With .maxattr 0 attributes would go unchecked instead of refused. */
static const struct nla_policy no_attrs_policy[XARCH_A_MAX + 1];

/*
 * One table of ops with a policy each, and neither flags nor callbacks before
 * and after: the form that all supported kernels take. .validate stays 0,
 * which is strict.
 */
static const struct genl_ops xarch_ops[] = {
	{
		.cmd = XARCH_CMD_INFO_GET,
		.policy = info_policy,
		.maxattr = XARCH_A_MAX,
		.doit = info_get,
	},
	{
		.cmd = XARCH_CMD_RULE_SET,
		.policy = xarch_rule_set_policy,
		.maxattr = XARCH_A_MAX,
		.doit = xarch_rule_set_doit,
	},
	{
		.cmd = XARCH_CMD_RULE_DEL,
		.policy = xarch_rule_del_policy,
		.maxattr = XARCH_A_MAX,
		.doit = xarch_rule_del_doit,
	},
	{
		.cmd = XARCH_CMD_RULE_GET,
		.policy = xarch_rule_get_policy,
		.maxattr = XARCH_A_MAX,
		.start = xarch_rule_get_start,
		.dumpit = xarch_rule_get_dumpit,
		.done = xarch_dump_done,
	},
	{
		.cmd = XARCH_CMD_RESOLVE,
		.policy = xarch_resolve_policy,
		.maxattr = XARCH_A_MAX,
		.start = xarch_resolve_start,
		.dumpit = xarch_resolve_dumpit,
		.done = xarch_dump_done,
	},
	{
		.cmd = XARCH_CMD_TWINS_LOAD,
		.policy = xarch_twins_load_policy,
		.maxattr = XARCH_A_MAX,
		.doit = xarch_twins_load_doit,
	},
	{
		.cmd = XARCH_CMD_TWINS_UNLOAD,
		.policy = xarch_twins_unload_policy,
		.maxattr = XARCH_A_MAX,
		.doit = xarch_twins_unload_doit,
	},
	{
		.cmd = XARCH_CMD_TWINS_GET,
		.policy = no_attrs_policy,
		.maxattr = XARCH_A_MAX,
		.start = xarch_twins_get_start,
		.dumpit = xarch_twins_get_dumpit,
	},
};

static const struct genl_multicast_group xarch_groups[] = {
	[XARCH_GROUP_CONFIG] = XARCH_GROUP(XARCH_MCGRP_CONFIG),
	[XARCH_GROUP_EXEC] = XARCH_GROUP(XARCH_MCGRP_EXEC),
	[XARCH_GROUP_NATIVE] = XARCH_GROUP(XARCH_MCGRP_NATIVE),
};

int __init xarch_netlink_init(void)
{
	xarch_family.ops = xarch_ops;
	xarch_family.n_ops = ARRAY_SIZE(xarch_ops);
	xarch_family.mcgrps = xarch_groups;
	xarch_family.n_mcgrps = XARCH_GROUPS_OFFERED ? ARRAY_SIZE(xarch_groups) : 0;
	return genl_register_family(&xarch_family);
}

void xarch_netlink_exit(void)
{
	mutex_lock(&xarch_rules_lock);
	xarch_events_off();
	mutex_unlock(&xarch_rules_lock);
	genl_unregister_family(&xarch_family);
}
