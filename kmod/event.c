// SPDX-License-Identifier: GPL-2.0-only
/* Messages to whoever listens: rules that change, execs that rules decide. */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "event.h"
#include "namespaces.h"
#include "netlink.h"
#include "rules.h"

static bool off;

void xarch_events_off(void)
{
	lockdep_assert_held(&xarch_rules_lock);
	off = true;
}

/* Listeners of all network namespaces share one bitmap, whichever is asked. */
static bool anybody_listens(enum xarch_group group)
{
	return XARCH_GROUPS_OFFERED && !off && genl_has_listeners(&xarch_family, &init_net, group);
}

/*
 * To every network namespace whose administrator administers what the message
 * is about: its owner is @subject or an ancestor. NULL: about everybody.
 * Consumes @skb.
 */
static void send(struct sk_buff *skb, enum xarch_group group,
		 const struct user_namespace *subject)
{
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net) {
		struct sk_buff *copy;

		if (subject && !xarch_userns_contains(net->user_ns, subject))
			continue;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (copy)
			genlmsg_multicast_netns(&xarch_family, net, copy, 0, group, GFP_ATOMIC);
	}
	rcu_read_unlock();
	nlmsg_free(skb);
}

static int exec_fill(struct sk_buff *skb, const struct xarch_rule *rule, const char *path,
		     int err)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, current);
	if (nla_put_u32(skb, XARCH_A_ARCH, rule->arch) ||
	    nla_put_u32(skb, XARCH_A_ACTION, rule->action) ||
	    nla_put_u32(skb, XARCH_A_SCOPE, rule->scope) ||
	    (rule->scope != XARCH_SCOPE_HOST &&
	     nla_put_u32(skb, XARCH_A_NS_INUM, rule->ns_inum)) ||
	    nla_put_u32(skb, XARCH_A_PID, task_tgid_nr(current)) ||
	    nla_put_u32(skb, XARCH_A_PID_NS_INUM, task_active_pid_ns(current)->ns.inum) ||
	    nla_put_u32(skb, XARCH_A_UID, from_kuid(&init_user_ns, current_uid())) ||
	    nla_put_string(skb, XARCH_A_COMM, comm) ||
	    nla_put_string(skb, XARCH_A_PATH, path) ||
	    (rule->emulator && nla_put_string(skb, XARCH_A_EMULATOR, rule->emulator)) ||
	    (err && nla_put_u32(skb, XARCH_A_ERROR, -err)))
		return -EMSGSIZE;
	return 0;
}

static size_t exec_size(const struct xarch_rule *rule, const char *path)
{
	return 8 * nla_total_size(sizeof(u32)) + nla_total_size(TASK_COMM_LEN) +
	       nla_total_size(strlen(path) + 1) +
	       (rule->emulator ? nla_total_size(strlen(rule->emulator) + 1) : 0);
}

void xarch_event_exec(const struct xarch_rule *rule, const char *path, int err)
{
	struct sk_buff *skb;
	void *head;

	if (!anybody_listens(XARCH_GROUP_EXEC))
		return;
	skb = genlmsg_new(exec_size(rule, path), GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &xarch_family, 0, XARCH_CMD_EXEC_NTF);
	if (!head || WARN_ON_ONCE(exec_fill(skb, rule, path, err))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	send(skb, XARCH_GROUP_EXEC, current_user_ns());
}

void xarch_event_rule(const struct xarch_rule *rule, const struct xarch_ns *ns,
		      enum xarch_cmd cmd)
{
	struct sk_buff *skb;
	void *head;

	if (!anybody_listens(XARCH_GROUP_CONFIG))
		return;
	skb = genlmsg_new(xarch_rule_size(rule), GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &xarch_family, 0, cmd);
	if (!head || WARN_ON_ONCE(xarch_rule_fill(skb, rule, xarch_generation))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	send(skb, XARCH_GROUP_CONFIG, ns ? ns->owner : NULL);
}
