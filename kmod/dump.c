// SPDX-License-Identifier: GPL-2.0-only
/* Which rules there are, and which of them decides an exec: answers of many messages. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

#include "caller.h"
#include "dump.h"
#include "family.h"
#include "message.h"
#include "namespaces.h"
#include "rules.h"

/*
 * An answer takes many messages, and rules change meanwhile: the answer
 * is what stood when the dump began, kept in one array of held rules. So it is
 * complete and consistent however busy the writers are, and nobody retries.
 *
 * .start makes it, always in the requester's system call: the first .dumpit runs in
 * whoever reads the socket where the requester left its receive buffer full. What is
 * wrong with a request is told by .dumpit, since .start has no extack before 6.2.
 */
struct answer {
	u32 n;
	u32 next;
	u32 generation;
	struct xarch_candidate items[];
};

/* What .start leaves in cb->args: an answer, or why there is none. */
struct dump {
	struct answer *answer;
	long err;
	const char *message;
	const struct nlattr *bad_attr;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->args));
	return (struct dump *)cb->args;
}

static struct answer *answer_alloc(u32 room)
{
	return kvzalloc(struct_size((struct answer *)NULL, items, room), GFP_KERNEL_ACCOUNT);
}

int xarch_dump_done(struct netlink_callback *cb)
{
	struct answer *answer = dump_of(cb)->answer;
	u32 i;

	if (!answer)
		return 0;
	for (i = 0; i < answer->n; i++)
		xarch_rule_release(answer->items[i].rule);
	kvfree(answer);
	return 0;
}

static int candidate_fill(struct sk_buff *skb, const struct xarch_candidate *item,
			  u32 generation, bool verdict)
{
	if (verdict && nla_put_u32(skb, XARCH_A_VERDICT, item->verdict))
		return -EMSGSIZE;
	if (item->rule)
		return xarch_rule_fill(skb, item->rule, generation, item->whole);
	if (nla_put_u32(skb, XARCH_A_SCOPE, item->scope) ||
	    (item->ns_inum && nla_put_u32(skb, XARCH_A_NS_INUM, item->ns_inum)))
		return -EMSGSIZE;
	return 0;
}

static int answer_dump(struct sk_buff *skb, struct netlink_callback *cb, enum xarch_cmd cmd)
{
	const struct dump *dump = dump_of(cb);
	struct answer *answer = dump->answer;
	u32 first;

	if (!answer) {
		cb->extack->_msg = dump->message;
		cb->extack->bad_attr = dump->bad_attr;
		return dump->err;
	}
	first = answer->next;

	for (; answer->next < answer->n; answer->next++) {
		void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					 &xarch_family, NLM_F_MULTI, cmd);

		if (!head)
			break;
		if (candidate_fill(skb, &answer->items[answer->next], answer->generation,
				   cmd == XARCH_CMD_RESOLVE)) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	if (answer->next == first && answer->next < answer->n)
		return -EMSGSIZE;
	return skb->len;
}

/* Room for the longest rule there can be, so that a dump always gets on. */
#define DUMP_ALLOC \
	(XARCH_PATH_LEN + XARCH_ARGS_LEN + XARCH_ARGS_MAX * 2 * NLA_HDRLEN + 1024)

static int answer_start(struct netlink_callback *cb,
			struct answer *(*make)(struct netlink_callback *cb))
{
	struct netlink_ext_ack extack = { }, *theirs = cb->extack;
	struct dump *dump = dump_of(cb);
	struct answer *answer;

	cb->min_dump_alloc = DUMP_ALLOC;
	cb->extack = &extack;
	answer = make(cb);
	cb->extack = theirs;
	if (IS_ERR(answer))
		*dump = (struct dump) {
			.err = PTR_ERR(answer),
			.message = extack._msg,
			.bad_attr = extack.bad_attr,
		};
	else
		dump->answer = answer;
	return 0;
}

static int parse_dump(struct netlink_callback *cb, const struct nla_policy *policy,
		      struct nlattr **attrs)
{
	return nlmsg_parse(cb->nlh, GENL_HDRLEN, attrs, XARCH_A_MAX, policy, cb->extack);
}

const struct nla_policy xarch_rule_get_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
};

static void answer_add_rule(struct answer *answer, struct xarch_rule *rule)
{
	struct xarch_candidate *item = &answer->items[answer->n];

	if (!rule)
		return;
	item->rule = xarch_rule_hold(rule);
	item->whole = xarch_userns_contains(current_user_ns(), rule->owner);
	answer->n++;
}

/* The entries of one scope, of one arch or all. */
static void answer_add_scope(struct answer *answer, struct xarch_ns *ns,
			     const struct nlattr *only)
{
	unsigned int arch;

	if (only) {
		answer_add_rule(answer, xarch_rule_peek(ns, nla_get_u32(only)));
		return;
	}
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
		answer_add_rule(answer, xarch_rule_peek(ns, arch));
}

static bool may_see(struct netlink_callback *cb, const struct xarch_task *reader,
		    const struct xarch_ns *ns)
{
	return xarch_task_in(reader, ns->ns) || xarch_is_admin_noaudit(cb->skb, ns->owner);
}

static struct xarch_task task_of_caller(void)
{
	return (struct xarch_task) {
		.mnt_ns = current->nsproxy->mnt_ns,
		.pid_ns = task_active_pid_ns(current),
		.user_ns = current_user_ns(),
	};
}

/* The rules that the reader may see, narrowed by the request's attributes. */
static void collect_rules(struct netlink_callback *cb, struct nlattr **attrs,
			  const struct xarch_ns_ref *ref, struct answer *answer)
{
	struct xarch_task reader = task_of_caller();
	struct xarch_ns *ns;

	lockdep_assert_held(&xarch_rules_lock);
	answer->generation = xarch_rules_generation();
	if (ref->file) {
		ns = xarch_ns_lookup(ref->ns);
		if (ns && may_see(cb, &reader, ns))
			answer_add_scope(answer, ns, attrs[XARCH_A_ARCH]);
		return;
	}
	answer_add_scope(answer, NULL, attrs[XARCH_A_ARCH]);
	if (attrs[XARCH_A_SCOPE])
		return;
	xarch_for_each_ns(ns)
		if (may_see(cb, &reader, ns))
			answer_add_scope(answer, ns, attrs[XARCH_A_ARCH]);
}

static struct answer *rule_get_make(struct netlink_callback *cb)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];
	struct answer *answer;
	struct xarch_ns_ref ref;
	int err;

	err = parse_dump(cb, xarch_rule_get_policy, attrs);
	if (err)
		return ERR_PTR(err);
	err = xarch_scope_get(attrs, &ref, cb->extack);
	if (err)
		return ERR_PTR(err);
	err = mutex_lock_killable(&xarch_rules_lock);
	if (err) {
		answer = ERR_PTR(err);
		goto out;
	}
	answer = answer_alloc(xarch_rules_count());
	if (answer)
		collect_rules(cb, attrs, &ref, answer);
	else
		answer = ERR_PTR(-ENOMEM);
	mutex_unlock(&xarch_rules_lock);
out:
	xarch_scope_put(&ref);
	return answer;
}

int xarch_rule_get_start(struct netlink_callback *cb)
{
	return answer_start(cb, rule_get_make);
}

int xarch_rule_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return answer_dump(skb, cb, XARCH_CMD_RULE_GET);
}

const struct nla_policy xarch_resolve_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/*
 * The chain of @target, whose credentials are @cred. task_lock() keeps its
 * namespaces in place for as long as the walk takes.
 */
static int explain_task(struct task_struct *target, const struct cred *cred,
			enum xarch_arch arch, struct answer *answer)
{
	struct xarch_task task = { .user_ns = cred->user_ns };
	u32 i;

	lockdep_assert_held(&xarch_rules_lock);
	answer->generation = xarch_rules_generation();
	rcu_read_lock();
	task_lock(target);
	task.pid_ns = task_active_pid_ns(target);
	if (target->nsproxy)
		task.mnt_ns = target->nsproxy->mnt_ns;
	if (task.mnt_ns && task.pid_ns)
		answer->n = xarch_rule_explain(&task, arch, current_user_ns(), answer->items);
	task_unlock(target);
	rcu_read_unlock();
	for (i = 0; i < answer->n; i++)
		if (answer->items[i].rule)
			xarch_rule_hold(answer->items[i].rule);
	return answer->n ? 0 : -ESRCH;
}

static struct task_struct *target_get(const struct nlattr *pid)
{
	struct task_struct *target;

	rcu_read_lock();
	target = pid ? pid_task(find_vpid(nla_get_u32(pid)), PIDTYPE_PID) : current;
	if (target)
		get_task_struct(target);
	rcu_read_unlock();
	return target;
}

static struct answer *resolve_task(struct netlink_callback *cb, struct nlattr **attrs,
				   struct task_struct *target, const struct cred *cred)
{
	struct answer *answer;
	int err;

	if (!same_thread_group(target, current) && !xarch_is_admin_noaudit(cb->skb, cred->user_ns)) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[XARCH_A_PID],
				    "asking about another process needs CAP_SYS_ADMIN in its user namespace");
		return ERR_PTR(-EPERM);
	}
	answer = answer_alloc(XARCH_CANDIDATES_MAX);
	if (!answer)
		return ERR_PTR(-ENOMEM);
	err = mutex_lock_killable(&xarch_rules_lock);
	if (!err) {
		err = explain_task(target, cred, nla_get_u32(attrs[XARCH_A_ARCH]), answer);
		mutex_unlock(&xarch_rules_lock);
		if (err)
			NL_SET_ERR_MSG_ATTR(cb->extack, attrs[XARCH_A_PID],
					    "the process is ending");
	}
	if (err) {
		kvfree(answer);
		return ERR_PTR(err);
	}
	return answer;
}

static struct answer *resolve_make(struct netlink_callback *cb)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];
	struct task_struct *target;
	struct answer *answer;
	const struct cred *cred;
	int err;

	err = parse_dump(cb, xarch_resolve_policy, attrs);
	if (err)
		return ERR_PTR(err);
	if (!attrs[XARCH_A_ARCH]) {
		NL_SET_ERR_MSG(cb->extack, "the question needs an arch");
		return ERR_PTR(-EINVAL);
	}
	target = target_get(attrs[XARCH_A_PID]);
	if (!target) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[XARCH_A_PID], "there is no such process");
		return ERR_PTR(-ESRCH);
	}
	cred = get_task_cred(target);
	answer = resolve_task(cb, attrs, target, cred);
	put_cred(cred);
	put_task_struct(target);
	return answer;
}

int xarch_resolve_start(struct netlink_callback *cb)
{
	return answer_start(cb, resolve_make);
}

int xarch_resolve_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return answer_dump(skb, cb, XARCH_CMD_RESOLVE);
}
