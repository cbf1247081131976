// SPDX-License-Identifier: GPL-2.0-only
/* Messages to whoever listens: rules that change, execs that rules decide. */
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "event.h"
#include "family.h"
#include "message.h"
#include "namespaces.h"
#include "networks.h"
#include "rules.h"
#include "twins.h"

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

/**
 * struct message - what a message is made of
 * @make: makes it for a reader, as message.h says; NULL where it cannot
 * @rule: what it is about, and so on
 * @path: of an exec
 * @twin: of an exec
 * @err: of an exec
 * @cmd: of a change
 */
struct message {
	struct sk_buff *(*make)(const struct message *message, struct user_namespace *reader);
	const struct xarch_rule *rule;
	const char *path;
	enum xarch_twin twin;
	int err;
	enum xarch_cmd cmd;
};

/**
 * struct sending - a message on its way
 * @message: what it is made of
 * @group: to whom
 * @reader: whom @skb is made for
 * @skb: the last that was made; NULL where it could not be
 */
struct sending {
	const struct message *message;
	enum xarch_group group;
	struct user_namespace *reader;
	struct sk_buff *skb;
};

/* In RCU's hands, and a slow listener makes no exec wait: nothing here sleeps. */
static void send_to(struct net *net, void *arg)
{
	struct sending *sending = arg;
	struct sk_buff *skb;

	if (sending->reader != net->user_ns) {
		kfree_skb(sending->skb);
		sending->reader = net->user_ns;
		sending->skb = sending->message->make(sending->message, net->user_ns);
	}
	skb = sending->skb ? skb_clone(sending->skb, GFP_ATOMIC) : NULL;
	if (skb)
		genlmsg_multicast_netns(&xarch_family, net, skb, 0, sending->group, GFP_ATOMIC);
}

/*
 * To every network namespace whose administrator administers what the message is about:
 * its owner is @subject or an ancestor; those of others cost nothing. NULL: about
 * everybody.
 */
static void send(const struct message *message, enum xarch_group group,
		 const struct user_namespace *subject)
{
	struct sending sending = { .message = message, .group = group };

	do {
		xarch_networks_each(subject, send_to, &sending);
		subject = subject ? subject->parent : NULL;
	} while (subject);
	kfree_skb(sending.skb);
}

static struct sk_buff *make_exec(const struct message *message, struct user_namespace *reader)
{
	struct sk_buff *skb = genlmsg_new(xarch_exec_size(message->rule, message->path),
					  GFP_ATOMIC);
	void *head;

	if (!skb)
		return NULL;
	head = genlmsg_put(skb, 0, 0, &xarch_family, 0, XARCH_CMD_EXEC_NTF);
	if (!head || WARN_ON_ONCE(xarch_exec_fill(skb, message->rule, message->path, message->twin,
						  message->err, reader))) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, head);
	return skb;
}

static struct sk_buff *make_change(const struct message *message, struct user_namespace *reader)
{
	struct sk_buff *skb = genlmsg_new(xarch_rule_size(message->rule), GFP_ATOMIC);
	void *head;

	if (!skb)
		return NULL;
	head = genlmsg_put(skb, 0, 0, &xarch_family, 0, message->cmd);
	if (!head || WARN_ON_ONCE(xarch_rule_fill(skb, message->rule, xarch_rules_generation(),
						  xarch_userns_contains(reader, message->rule->owner)))) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, head);
	return skb;
}

void xarch_event_exec(const struct xarch_rule *rule, const char *path, enum xarch_twin twin,
		      int err)
{
	struct message message = {
		.make = make_exec, .rule = rule, .path = path, .twin = twin, .err = err,
	};

	if (anybody_listens(XARCH_GROUP_EXEC))
		send(&message, XARCH_GROUP_EXEC, current_user_ns());
}

/*
 * Which set the group "native" was told of for which mount namespace: a hash of the
 * two, and the time in jiffies. Two that share a place make each other forgotten, and
 * are told more often; whoever listens must bear that.
 */
#define TOLD_BITS 10
static atomic64_t told[1 << TOLD_BITS];

/* Of execs that ask this at the same time one is told to go on. */
static bool is_due(const struct xarch_rule *rule)
{
	u64 key = hash_64((unsigned long)current->nsproxy->mnt_ns, 64) ^
		  (unsigned long)rule->twins;
	u32 hash = hash_64(key, 32), now = jiffies;
	atomic64_t *place = &told[hash_32(hash, TOLD_BITS)];
	u64 last = atomic64_read(place);

	if (last >> 32 == hash && now - (u32)last < HZ)
		return false;
	return atomic64_cmpxchg(place, last, (u64)hash << 32 | now) == last;
}

/*
 * To the initial network namespace alone: who joins the group in another one may be
 * its own user namespace's administrator and nothing more.
 */
void xarch_event_no_loader(const struct xarch_rule *rule)
{
	const char *set = xarch_twins_name(rule->twins);
	struct sk_buff *skb;
	void *head;

	if (!anybody_listens(XARCH_GROUP_NATIVE) || !is_due(rule))
		return;
	skb = genlmsg_new(nla_total_size(strlen(set) + 1) + nla_total_size(sizeof(u32)) +
			  nla_total_size_64bit(sizeof(u64)), GFP_KERNEL);
	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &xarch_family, 0, XARCH_CMD_NATIVE_NTF);
	if (!head || WARN_ON_ONCE(nla_put_string(skb, XARCH_A_TWINS, set) ||
				  nla_put_u32(skb, XARCH_A_PID, task_tgid_nr(current)) ||
				  nla_put_u64_64bit(skb, XARCH_A_STARTED_NS,
						    current->group_leader->start_boottime,
						    XARCH_A_PAD))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	/* Atomic: a listener that is slow makes no exec wait. */
	genlmsg_multicast_netns(&xarch_family, &init_net, skb, 0, XARCH_GROUP_NATIVE,
				GFP_ATOMIC);
}

void xarch_event_rule(const struct xarch_rule *rule, const struct xarch_ns *ns,
		      enum xarch_cmd cmd)
{
	struct message message = { .make = make_change, .rule = rule, .cmd = cmd };

	if (anybody_listens(XARCH_GROUP_CONFIG))
		send(&message, XARCH_GROUP_CONFIG, ns ? ns->owner : NULL);
}

void xarch_rule_del_and_tell(struct xarch_ns *ns, enum xarch_arch arch)
{
	struct xarch_rule *rule = xarch_rule_del(ns, arch);

	if (rule)
		xarch_event_rule(rule, ns, XARCH_CMD_RULE_DEL);
	xarch_rule_release(rule);
}
