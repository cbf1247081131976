// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family; include/uapi/linux/xarch.h draws its messages. */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>

#include "compat.h"
#include "event.h"
#include "namespaces.h"
#include "native.h"
#include "netlink.h"
#include "rules.h"

#define FLAGS_ALL (XARCH_F_LAZY | XARCH_F_CREDENTIALS | XARCH_F_LOCKED | XARCH_F_TRANSPARENT)

#ifdef BINPRM_FLAGS_TRANSPARENT_INTERP
#define FEATURES XARCH_FEATURE_TRANSPARENT
#else
#define FEATURES 0
#endif

/* Writing answers */

size_t xarch_rule_size(const struct xarch_rule *rule)
{
	return 7 * nla_total_size(sizeof(u32)) + 5 * nla_total_size_64bit(sizeof(u64)) +
	       (rule->emulator ? nla_total_size(strlen(rule->emulator) + 1) : 0) +
	       rule->n_args * nla_total_size(0) + rule->args_len + rule->n_args * NLA_ALIGNTO;
}

static u64 ms_since(u64 then)
{
	u64 now = ktime_get_boottime_ns();

	/* Another CPU's clock may be a little ahead. */
	return now > then ? div_u64(now - then, NSEC_PER_MSEC) : 0;
}

static int put_u64(struct sk_buff *skb, enum xarch_attr attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, XARCH_A_PAD);
}

int xarch_rule_fill(struct sk_buff *skb, const struct xarch_rule *rule, u32 generation)
{
	const char *arg = rule->args;
	struct xarch_counters sum;
	u32 i;

	xarch_rule_counters(rule, &sum);
	if (nla_put_u32(skb, XARCH_A_ARCH, rule->arch) ||
	    nla_put_u32(skb, XARCH_A_ACTION, rule->action) ||
	    nla_put_u32(skb, XARCH_A_SCOPE, rule->scope) ||
	    nla_put_u32(skb, XARCH_A_FLAGS, rule->flags) ||
	    (rule->scope != XARCH_SCOPE_HOST &&
	     nla_put_u32(skb, XARCH_A_NS_INUM, rule->ns_inum)) ||
	    (rule->emulator && nla_put_string(skb, XARCH_A_EMULATOR, rule->emulator)))
		return -EMSGSIZE;
	for (i = 0; i < rule->n_args; i++) {
		if (nla_put_string(skb, XARCH_A_ARG, arg))
			return -EMSGSIZE;
		arg += strlen(arg) + 1;
	}
	if (put_u64(skb, XARCH_A_AGE_MS, ms_since(rule->set_at)) ||
	    nla_put_u32(skb, XARCH_A_OWNER_USERNS, rule->owner_inum) ||
	    put_u64(skb, XARCH_A_EMULATED, sum.results[XARCH_RESULT_EMULATED]) ||
	    put_u64(skb, XARCH_A_DENIED, sum.results[XARCH_RESULT_DENIED]) ||
	    put_u64(skb, XARCH_A_FAILED, sum.results[XARCH_RESULT_FAILED]) ||
	    (sum.last_used && put_u64(skb, XARCH_A_LAST_USED_MS, ms_since(sum.last_used))) ||
	    nla_put_u32(skb, XARCH_A_GENERATION, generation))
		return -EMSGSIZE;
	return 0;
}

/* Reading requests */

/* The scope that a request names; @ref is for scope_put() unless the host's. */
static int scope_get(struct nlattr **attrs, struct xarch_ns_ref *ref,
		     struct netlink_ext_ack *extack)
{
	enum xarch_scope scope = XARCH_SCOPE_HOST;
	struct nlattr *fd = attrs[XARCH_A_NS_FD];
	int err;

	if (attrs[XARCH_A_SCOPE])
		scope = nla_get_u32(attrs[XARCH_A_SCOPE]);
	ref->file = NULL;
	if (scope == XARCH_SCOPE_HOST) {
		if (!fd)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, fd, "the host scope takes no namespace file");
		return -EINVAL;
	}
	if (!fd) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_SCOPE],
				    "this scope needs the descriptor of a namespace file");
		return -EINVAL;
	}
	err = xarch_ns_ref_get(nla_get_u32(fd), scope, ref, extack);
	if (err)
		NL_SET_BAD_ATTR(extack, fd);
	return err;
}

static void scope_put(struct xarch_ns_ref *ref)
{
	if (ref->file)
		xarch_ns_ref_put(ref);
}

static const struct user_namespace *scope_owner(const struct xarch_ns_ref *ref)
{
	return ref->file ? ref->owner : &init_user_ns;
}

/*
 * CAP_SYS_ADMIN of the opener of the socket and of the caller, so that a
 * privileged program cannot be made to write somebody else's message.
 * CAP_NET_ADMIN, which the flags of genl_ops ask for, is handed out too freely.
 */
static bool admin(struct sk_buff *skb, const struct user_namespace *ns)
{
	return netlink_ns_capable(skb, (struct user_namespace *)ns, CAP_SYS_ADMIN);
}

static int may_change(struct sk_buff *skb, const struct xarch_ns_ref *ref, u32 flags,
		      struct netlink_ext_ack *extack)
{
	if (!admin(skb, scope_owner(ref))) {
		if (ref->file)
			NL_SET_ERR_MSG(extack, "changing this scope's rules needs CAP_SYS_ADMIN in the user namespace that owns it");
		else
			NL_SET_ERR_MSG(extack, "changing the host's rules needs CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}
	if (flags & (XARCH_F_LOCKED | XARCH_F_CREDENTIALS) && !admin(skb, &init_user_ns)) {
		NL_SET_ERR_MSG(extack,
			       "a locked rule or one with credentials needs CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}
	return 0;
}

/*
 * Whose rule it is: the caller's user namespace's. A caller who has no rights
 * in its own, but owns the container's, sets rules as the container's root
 * would: they must not steer whoever else enters the container.
 */
static const struct user_namespace *rule_owner(struct sk_buff *skb,
					       const struct xarch_ns_ref *ref)
{
	return admin(skb, current_user_ns()) ? current_user_ns() : scope_owner(ref);
}

/* The policy wants a NUL at the end and leaves what stands before it. */
static int check_string(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (strlen(nla_data(attr)) + 1 == nla_len(attr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "a string must end with its first NUL");
	return -EINVAL;
}

static int read_args(struct genl_info *info, struct xarch_rule_request *request, char *args)
{
	struct nlattr *attr;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		size_t len = nla_len(attr);
		int err;

		if (nla_type(attr) != XARCH_A_ARG)
			continue;
		err = check_string(attr, info->extack);
		if (err)
			return err;
		if (request->n_args == XARCH_ARGS_MAX ||
		    request->args_len + len > XARCH_ARGS_LEN) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "too many emulator arguments, or too long");
			return -E2BIG;
		}
		memcpy(args + request->args_len, nla_data(attr), len);
		request->args_len += len;
		request->n_args++;
	}
	request->args = args;
	return 0;
}

/* What can be told wrong from the request alone. */
static int check_request(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	u32 flags = attrs[XARCH_A_FLAGS] ? nla_get_u32(attrs[XARCH_A_FLAGS]) : 0;
	const struct nlattr *emulator = attrs[XARCH_A_EMULATOR];

	if (!attrs[XARCH_A_ARCH] || !attrs[XARCH_A_ACTION]) {
		NL_SET_ERR_MSG(extack, "a rule needs an arch and an action");
		return -EINVAL;
	}

	if (nla_get_u32(attrs[XARCH_A_ARCH]) == XARCH_ARCH_NATIVE) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_ARCH],
				    "this is the machine's own arch: it needs no rule and takes none");
		return -EINVAL;
	}
	if (nla_get_u32(attrs[XARCH_A_ACTION]) == XARCH_ACTION_EMULATE) {
		if (!emulator) {
			NL_SET_ERR_MSG(extack, "an emulate rule needs an emulator");
			return -EINVAL;
		}
		if (*(char *)nla_data(emulator) != '/') {
			NL_SET_ERR_MSG_ATTR(extack, emulator,
					    "the emulator's path must be absolute");
			return -EINVAL;
		}
		if (check_string(emulator, extack))
			return -EINVAL;
	} else {
		const struct nlattr *extra = emulator ?: attrs[XARCH_A_EMULATOR_FD] ?:
					     attrs[XARCH_A_ARG];

		if (extra) {
			NL_SET_ERR_MSG_ATTR(extack, extra,
					    "only an emulate rule has an emulator and arguments");
			return -EINVAL;
		}
		if (flags & ~XARCH_F_LOCKED) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
					    "only an emulate rule has flags other than locked");
			return -EINVAL;
		}
	}
	if (flags & XARCH_F_LAZY && flags & XARCH_F_CREDENTIALS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
				    "a rule with credentials cannot be lazy: whoever owns the file system would choose the emulator");
		return -EINVAL;
	}
	if (flags & XARCH_F_LAZY && attrs[XARCH_A_EMULATOR_FD]) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_EMULATOR_FD],
				    "a lazy rule's emulator is opened at exec time: it takes no descriptor");
		return -EINVAL;
	}
	if (flags & XARCH_F_TRANSPARENT) {
		if (!(FEATURES & XARCH_FEATURE_TRANSPARENT)) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
					    "this kernel has no transparent contract (7.3 and later do)");
			return -EOPNOTSUPP;
		}
		if (attrs[XARCH_A_ARG]) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_ARG],
					    "a transparent emulator's argv is the program's own: it takes no arguments");
			return -EINVAL;
		}
	}
	return 0;
}

static int publish(struct sk_buff *skb, const struct xarch_ns_ref *ref, struct xarch_rule *rule,
		   struct netlink_ext_ack *extack)
{
	struct xarch_ns *ns = NULL;
	struct xarch_rule *old;
	int err;

	lockdep_assert_held(&xarch_rules_lock);
	if (ref->file) {
		ns = xarch_ns_create(ref, extack);
		if (IS_ERR(ns))
			return PTR_ERR(ns);
	}
	old = xarch_rule_peek(ns, rule->arch);
	err = may_change(skb, ref, old ? old->flags & XARCH_F_LOCKED : 0, extack);
	if (!err)
		err = xarch_rule_publish(ns, rule, extack);
	if (ns)
		xarch_ns_drop_unused(ns);
	return err;
}

/* The emulator that the caller has open; @file is for fput() unless NULL. */
static int emulator_get(struct nlattr **attrs, const struct user_namespace *owner, u32 flags,
			struct file **file, struct netlink_ext_ack *extack)
{
	const struct nlattr *fd = attrs[XARCH_A_EMULATOR_FD];

	*file = NULL;
	if (fd) {
		*file = fget(nla_get_u32(fd));
		if (*file)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, fd,
				    "the emulator's descriptor is not open in the calling process");
		return -EBADF;
	}
	/*
	 * Looking a path up can take as long as the file systems on it please,
	 * with the lock of all generic netlink families held: not for everyone.
	 */
	if (attrs[XARCH_A_EMULATOR] && !(flags & XARCH_F_LAZY) && owner != &init_user_ns) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_EMULATOR],
				    "a user namespace's rule needs its emulator's descriptor");
		return -EINVAL;
	}
	return 0;
}

static int rule_set(struct sk_buff *skb, struct genl_info *info)
{
	struct xarch_rule_request request = { };
	struct nlattr **attrs = info->attrs;
	struct xarch_rule *rule;
	struct xarch_ns_ref ref;
	char *args = NULL;
	int err;

	err = check_request(attrs, info->extack);
	if (err)
		return err;
	request.arch = nla_get_u32(attrs[XARCH_A_ARCH]);
	request.action = nla_get_u32(attrs[XARCH_A_ACTION]);
	if (attrs[XARCH_A_FLAGS])
		request.flags = nla_get_u32(attrs[XARCH_A_FLAGS]);
	if (attrs[XARCH_A_EMULATOR])
		request.emulator = nla_data(attrs[XARCH_A_EMULATOR]);
	if (attrs[XARCH_A_ARG]) {
		args = kmalloc(XARCH_ARGS_LEN, GFP_KERNEL);
		if (!args)
			return -ENOMEM;
		err = read_args(info, &request, args);
		if (err)
			goto out_args;
	}
	err = scope_get(attrs, &ref, info->extack);
	if (err)
		goto out_args;
	if (ref.file) {
		request.scope = ref.scope;
		request.ns_inum = ref.ns->inum;
	}
	/* Before anything is made or opened in the caller's name. */
	err = may_change(skb, &ref, request.flags, info->extack);
	if (err)
		goto out_scope;
	request.owner = rule_owner(skb, &ref);
	err = emulator_get(attrs, request.owner, request.flags, &request.emulator_file,
			   info->extack);
	if (err)
		goto out_scope;

	rule = xarch_rule_new(&request, info->extack);
	if (IS_ERR(rule)) {
		err = PTR_ERR(rule);
		if (err != -ENOMEM)
			NL_SET_BAD_ATTR(info->extack, attrs[XARCH_A_EMULATOR_FD] ?:
						      attrs[XARCH_A_EMULATOR]);
		goto out_emulator;
	}
	err = mutex_lock_killable(&xarch_rules_lock);
	if (!err) {
		err = publish(skb, &ref, rule, info->extack);
		mutex_unlock(&xarch_rules_lock);
	}
	if (err)
		xarch_rule_discard(rule);

out_emulator:
	if (request.emulator_file)
		fput(request.emulator_file);
out_scope:
	scope_put(&ref);
out_args:
	kfree(args);
	return err;
}

/* Of one arch or of all; refused whole where one of them is out of reach. */
static int rule_del_locked(struct sk_buff *skb, const struct xarch_ns_ref *ref,
			   const struct nlattr *only, struct netlink_ext_ack *extack)
{
	unsigned int first = only ? nla_get_u32(only) : 0;
	unsigned int last = only ? first : XARCH_ARCH_MAX;
	struct xarch_ns *ns = NULL;
	unsigned int arch;
	bool any = false;
	u32 flags = 0;
	int err;

	if (ref->file)
		ns = xarch_ns_lookup(ref->ns);
	if (ref->file && !ns)
		goto none;
	for (arch = first; arch <= last; arch++) {
		struct xarch_rule *rule = xarch_rule_peek(ns, arch);

		if (rule) {
			any = true;
			flags |= rule->flags & XARCH_F_LOCKED;
		}
	}
	if (!any)
		goto none;
	err = may_change(skb, ref, flags, extack);
	if (err)
		return err;
	for (arch = first; arch <= last; arch++)
		xarch_rule_del(ns, arch);
	if (ns)
		xarch_ns_drop_unused(ns);
	return 0;

none:
	NL_SET_ERR_MSG(extack, "there is no such rule");
	return -ENOENT;
}

static int rule_del(struct sk_buff *skb, struct genl_info *info)
{
	struct xarch_ns_ref ref;
	int err;

	err = scope_get(info->attrs, &ref, info->extack);
	if (err)
		return err;
	err = may_change(skb, &ref, 0, info->extack);
	if (!err)
		err = mutex_lock_killable(&xarch_rules_lock);
	if (!err) {
		err = rule_del_locked(skb, &ref, info->attrs[XARCH_A_ARCH], info->extack);
		mutex_unlock(&xarch_rules_lock);
	}
	scope_put(&ref);
	return err;
}

static int info_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	void *head;

	answer = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	head = genlmsg_put_reply(answer, info, &xarch_family, 0, XARCH_CMD_INFO_GET);
	if (!head ||
	    nla_put_string(answer, XARCH_A_VERSION, XARCH_VERSION) ||
	    nla_put_u32(answer, XARCH_A_FEATURES, FEATURES) ||
	    nla_put_u32(answer, XARCH_A_GENERATION, READ_ONCE(xarch_generation)) ||
	    nla_put_u32(answer, XARCH_A_RULES, READ_ONCE(xarch_rules_n))) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

/*
 * Dumps. An answer takes many messages, and rules change meanwhile: the answer
 * is what stood when the dump began, kept in one array of held rules. So it is
 * complete and consistent however busy the writers are, and nobody retries.
 *
 * The first call of .dumpit makes it, still in the requester's system call.
 * .start would be the natural place, but has no extack before 6.2.
 */
struct answer {
	u32 n;
	u32 next;
	u32 generation;
	struct xarch_candidate items[];
};

static struct answer **answer_of(struct netlink_callback *cb)
{
	return (struct answer **)&cb->args[0];
}

static struct answer *answer_alloc(u32 room)
{
	return kvzalloc(struct_size((struct answer *)NULL, items, room), GFP_KERNEL_ACCOUNT);
}

static int answer_done(struct netlink_callback *cb)
{
	struct answer *answer = *answer_of(cb);
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
		return xarch_rule_fill(skb, item->rule, generation);
	if (nla_put_u32(skb, XARCH_A_SCOPE, item->scope) ||
	    (item->ns_inum && nla_put_u32(skb, XARCH_A_NS_INUM, item->ns_inum)))
		return -EMSGSIZE;
	return 0;
}

static int answer_dump(struct sk_buff *skb, struct netlink_callback *cb, enum xarch_cmd cmd,
		       struct answer *(*make)(struct netlink_callback *cb))
{
	struct answer *answer = *answer_of(cb);
	u32 first;

	if (!answer) {
		answer = make(cb);
		if (IS_ERR(answer))
			return PTR_ERR(answer);
		*answer_of(cb) = answer;
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

static int dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = DUMP_ALLOC;
	return 0;
}

static int parse_dump(struct netlink_callback *cb, const struct nla_policy *policy,
		      struct nlattr **attrs)
{
	return nlmsg_parse(cb->nlh, GENL_HDRLEN, attrs, XARCH_A_MAX, policy, cb->extack);
}

/* Also RULE_DEL's. */
static const struct nla_policy rule_get_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
};

static void answer_add_rule(struct answer *answer, struct xarch_rule *rule)
{
	if (rule)
		answer->items[answer->n++].rule = xarch_rule_hold(rule);
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
	return xarch_task_in(reader, ns->ns) || admin(cb->skb, ns->owner);
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
	answer->generation = xarch_generation;
	if (ref->file) {
		ns = xarch_ns_lookup(ref->ns);
		if (ns && may_see(cb, &reader, ns))
			answer_add_scope(answer, ns, attrs[XARCH_A_ARCH]);
		return;
	}
	answer_add_scope(answer, NULL, attrs[XARCH_A_ARCH]);
	if (attrs[XARCH_A_SCOPE])
		return;
	list_for_each_entry(ns, &xarch_ns_all, list)
		if (may_see(cb, &reader, ns))
			answer_add_scope(answer, ns, attrs[XARCH_A_ARCH]);
}

static struct answer *rule_get_make(struct netlink_callback *cb)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];
	struct answer *answer;
	struct xarch_ns_ref ref;
	int err;

	err = parse_dump(cb, rule_get_policy, attrs);
	if (err)
		return ERR_PTR(err);
	err = scope_get(attrs, &ref, cb->extack);
	if (err)
		return ERR_PTR(err);
	err = mutex_lock_killable(&xarch_rules_lock);
	if (err) {
		answer = ERR_PTR(err);
		goto out;
	}
	answer = answer_alloc(xarch_rules_n);
	if (answer)
		collect_rules(cb, attrs, &ref, answer);
	else
		answer = ERR_PTR(-ENOMEM);
	mutex_unlock(&xarch_rules_lock);
out:
	scope_put(&ref);
	return answer;
}

static int rule_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return answer_dump(skb, cb, XARCH_CMD_RULE_GET, rule_get_make);
}

static const struct nla_policy resolve_policy[XARCH_A_MAX + 1] = {
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
	answer->generation = xarch_generation;
	rcu_read_lock();
	task_lock(target);
	task.pid_ns = task_active_pid_ns(target);
	if (target->nsproxy)
		task.mnt_ns = target->nsproxy->mnt_ns;
	if (task.mnt_ns && task.pid_ns)
		answer->n = xarch_rule_explain(&task, arch, answer->items);
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

	if (!same_thread_group(target, current) && !admin(cb->skb, cred->user_ns)) {
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

	err = parse_dump(cb, resolve_policy, attrs);
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

static int resolve_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return answer_dump(skb, cb, XARCH_CMD_RESOLVE, resolve_make);
}

static const struct nla_policy rule_set_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_ACTION] = NLA_POLICY_MAX(NLA_U32, XARCH_ACTION_MAX),
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
	[XARCH_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, FLAGS_ALL),
	[XARCH_A_EMULATOR] = { .type = NLA_NUL_STRING, .len = XARCH_PATH_LEN },
	[XARCH_A_EMULATOR_FD] = { .type = NLA_U32 },
	[XARCH_A_ARG] = { .type = NLA_NUL_STRING, .len = XARCH_ARGS_LEN - 1 },
};

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
		.policy = no_attrs_policy,
		.maxattr = XARCH_A_MAX,
		.doit = info_get,
	},
	{
		.cmd = XARCH_CMD_RULE_SET,
		.policy = rule_set_policy,
		.maxattr = XARCH_A_MAX,
		.doit = rule_set,
	},
	{
		.cmd = XARCH_CMD_RULE_DEL,
		.policy = rule_get_policy,
		.maxattr = XARCH_A_MAX,
		.doit = rule_del,
	},
	{
		.cmd = XARCH_CMD_RULE_GET,
		.policy = rule_get_policy,
		.maxattr = XARCH_A_MAX,
		.start = dump_start,
		.dumpit = rule_get_dump,
		.done = answer_done,
	},
	{
		.cmd = XARCH_CMD_RESOLVE,
		.policy = resolve_policy,
		.maxattr = XARCH_A_MAX,
		.start = dump_start,
		.dumpit = resolve_dump,
		.done = answer_done,
	},
};

static const struct genl_multicast_group xarch_groups[] = {
	[XARCH_GROUP_CONFIG] = XARCH_GROUP(XARCH_MCGRP_CONFIG),
	[XARCH_GROUP_EXEC] = XARCH_GROUP(XARCH_MCGRP_EXEC),
};

struct genl_family xarch_family __ro_after_init = {
	.name = XARCH_GENL_NAME,
	.version = XARCH_GENL_VERSION,
	.netnsok = true,
	/* xarch_rules_lock is all that requests need; genl_lock is everybody's. */
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = xarch_ops,
	.n_ops = ARRAY_SIZE(xarch_ops),
	.mcgrps = xarch_groups,
	.n_mcgrps = XARCH_GROUPS_OFFERED ? ARRAY_SIZE(xarch_groups) : 0,
};

int __init xarch_netlink_init(void)
{
	return genl_register_family(&xarch_family);
}

void xarch_netlink_exit(void)
{
	mutex_lock(&xarch_rules_lock);
	xarch_events_off();
	mutex_unlock(&xarch_rules_lock);
	genl_unregister_family(&xarch_family);
}
