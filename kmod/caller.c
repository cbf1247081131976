// SPDX-License-Identifier: GPL-2.0-only
/* Who asks, and about which scope. */
#include <linux/cred.h>
#include <net/genetlink.h>

#include "../include/uapi/linux/xarch.h"

#include "caller.h"
#include "namespaces.h"

int xarch_scope_get(struct nlattr **attrs, struct xarch_ns_ref *ref,
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

void xarch_scope_put(struct xarch_ns_ref *ref)
{
	if (ref->file)
		xarch_ns_ref_put(ref);
}

const struct user_namespace *xarch_scope_owner(const struct xarch_ns_ref *ref)
{
	return ref->file ? ref->owner : &init_user_ns;
}

/*
 * CAP_SYS_ADMIN of the opener of the socket and of the caller, so that a
 * privileged program cannot be made to write somebody else's message.
 * CAP_NET_ADMIN, which the flags of genl_ops ask for, is handed out too freely.
 */
bool xarch_is_admin(struct sk_buff *skb, const struct user_namespace *ns)
{
	return netlink_ns_capable(skb, (struct user_namespace *)ns, CAP_SYS_ADMIN);
}

bool xarch_is_admin_noaudit(struct sk_buff *skb, const struct user_namespace *ns)
{
	return ns_capable_noaudit((struct user_namespace *)ns, CAP_SYS_ADMIN) &&
	       xarch_is_admin(skb, ns);
}
