// SPDX-License-Identifier: GPL-2.0-only
/* The requests that change rules: what they say, who may, and doing it. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

#include "caller.h"
#include "compat.h"
#include "event.h"
#include "namespaces.h"
#include "native.h"
#include "reaper.h"
#include "request.h"
#include "rules.h"
#include "twins.h"

#define FLAGS_ALL (XARCH_F_LAZY | XARCH_F_CREDENTIALS | XARCH_F_LOCKED | \
		   XARCH_F_TRANSPARENT | XARCH_F_PLAIN)

const struct nla_policy xarch_rule_set_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_ACTION] = NLA_POLICY_MAX(NLA_U32, XARCH_ACTION_MAX),
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
	[XARCH_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, FLAGS_ALL),
	[XARCH_A_EMULATOR] = { .type = NLA_NUL_STRING, .len = XARCH_PATH_LEN },
	[XARCH_A_EMULATOR_FD] = { .type = NLA_U32 },
	[XARCH_A_ARG] = { .type = NLA_NUL_STRING, .len = XARCH_ARGS_LEN - 1 },
	[XARCH_A_TWINS] = { .type = NLA_NUL_STRING, .len = XARCH_TWINS_NAME_LEN },
};

const struct nla_policy xarch_rule_del_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_ARCH] = NLA_POLICY_MAX(NLA_U32, XARCH_ARCH_MAX),
	[XARCH_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, XARCH_SCOPE_MAX),
	[XARCH_A_NS_FD] = { .type = NLA_U32 },
};

static int may_change(struct sk_buff *skb, const struct xarch_ns_ref *ref, u32 flags,
		      struct netlink_ext_ack *extack)
{
	if (!xarch_is_admin(skb, xarch_scope_owner(ref))) {
		if (ref->file)
			NL_SET_ERR_MSG(extack, "changing this scope's rules needs CAP_SYS_ADMIN in the user namespace that owns it");
		else
			NL_SET_ERR_MSG(extack, "changing the host's rules needs CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}
	if (flags & (XARCH_F_LOCKED | XARCH_F_CREDENTIALS) && !xarch_is_admin(skb, &init_user_ns)) {
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
	return xarch_is_admin(skb, current_user_ns()) ? current_user_ns() : xarch_scope_owner(ref);
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
					     attrs[XARCH_A_ARG] ?: attrs[XARCH_A_TWINS];

		if (extra) {
			NL_SET_ERR_MSG_ATTR(extack, extra,
					    "only an emulate rule has an emulator, arguments and twins");
			return -EINVAL;
		}
		if (flags & ~XARCH_F_LOCKED) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
					    "only an emulate rule has flags other than locked");
			return -EINVAL;
		}
	}
	if (attrs[XARCH_A_TWINS] && check_string(attrs[XARCH_A_TWINS], extack))
		return -EINVAL;
	if (flags & XARCH_F_LAZY && flags & XARCH_F_CREDENTIALS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
				    "a rule with credentials cannot be lazy: whoever owns the file system would choose the emulator");
		return -EINVAL;
	}
	if (flags & XARCH_F_PLAIN && flags & XARCH_F_CREDENTIALS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
				    "a rule with credentials cannot be plain: the emulator opens a path that its caller may lead elsewhere");
		return -EINVAL;
	}
	if (flags & XARCH_F_PLAIN && flags & XARCH_F_TRANSPARENT) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_FLAGS],
				    "a rule is plain or transparent, not both");
		return -EINVAL;
	}
	if (flags & XARCH_F_LAZY && attrs[XARCH_A_EMULATOR_FD]) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[XARCH_A_EMULATOR_FD],
				    "a lazy rule's emulator is opened at exec time: it takes no descriptor");
		return -EINVAL;
	}
	if (flags & XARCH_F_TRANSPARENT) {
		if (!(XARCH_FEATURES & XARCH_FEATURE_TRANSPARENT)) {
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
	if (!err)
		xarch_event_rule(rule, ns, XARCH_CMD_RULE_SET);
	if (ns)
		xarch_ns_drop_unused(ns);
	if (!err && ns)
		xarch_reaper_wake();
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

/* The set that the rule names; @twins is for xarch_twins_put(). */
static int twins_get(struct nlattr **attrs, const struct user_namespace *owner,
		     struct xarch_twins **twins, struct netlink_ext_ack *extack)
{
	const struct nlattr *name = attrs[XARCH_A_TWINS];

	*twins = NULL;
	if (!name)
		return 0;
	*twins = xarch_twins_get(nla_data(name), owner != &init_user_ns, extack);
	if (!IS_ERR(*twins))
		return 0;
	NL_SET_BAD_ATTR(extack, name);
	return PTR_ERR(*twins);
}

int xarch_rule_set_doit(struct sk_buff *skb, struct genl_info *info)
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
	err = xarch_scope_get(attrs, &ref, info->extack);
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
	err = twins_get(attrs, request.owner, &request.twins, info->extack);
	if (err)
		goto out_emulator;

	rule = xarch_rule_new(&request, info->extack);
	if (IS_ERR(rule)) {
		err = PTR_ERR(rule);
		if (err != -ENOMEM)
			NL_SET_BAD_ATTR(info->extack, attrs[XARCH_A_EMULATOR_FD] ?:
						      attrs[XARCH_A_EMULATOR]);
		goto out_twins;
	}
	err = mutex_lock_killable(&xarch_rules_lock);
	if (!err) {
		err = publish(skb, &ref, rule, info->extack);
		mutex_unlock(&xarch_rules_lock);
	}
	if (err)
		xarch_rule_discard(rule);

out_twins:
	xarch_twins_put(request.twins);
out_emulator:
	if (request.emulator_file)
		fput(request.emulator_file);
out_scope:
	xarch_scope_put(&ref);
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
		xarch_rule_del_and_tell(ns, arch);
	if (ns)
		xarch_ns_drop_unused(ns);
	return 0;

none:
	NL_SET_ERR_MSG(extack, "there is no such rule");
	return -ENOENT;
}

int xarch_rule_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct xarch_ns_ref ref;
	int err;

	err = xarch_scope_get(info->attrs, &ref, info->extack);
	if (err)
		return err;
	err = may_change(skb, &ref, 0, info->extack);
	if (!err)
		err = mutex_lock_killable(&xarch_rules_lock);
	if (!err) {
		err = rule_del_locked(skb, &ref, info->attrs[XARCH_A_ARCH], info->extack);
		mutex_unlock(&xarch_rules_lock);
	}
	xarch_scope_put(&ref);
	return err;
}
