/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_CALLER_H
#define _XARCH_CALLER_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct user_namespace;
struct xarch_ns_ref;

/**
 * xarch_scope_get() - the scope that a request names
 * @attrs: its attributes
 * @ref: the answer, for xarch_scope_put(); its file is NULL for the host
 * @extack: takes the reason of a refusal
 *
 * Return: 0, -EINVAL or what xarch_ns_ref_get() says.
 */
int xarch_scope_get(struct nlattr **attrs, struct xarch_ns_ref *ref,
		    struct netlink_ext_ack *extack);
void xarch_scope_put(struct xarch_ns_ref *ref);

/* The user namespace whose administrator rules over a scope. */
const struct user_namespace *xarch_scope_owner(const struct xarch_ns_ref *ref);

/**
 * xarch_is_admin() - may the caller do there what CAP_SYS_ADMIN allows?
 * @skb: the request
 * @ns: where
 *
 * Context: the requester's system call.
 */
bool xarch_is_admin(struct sk_buff *skb, const struct user_namespace *ns);

/* The same of somebody who only looks: most may not, and that is nothing to audit. */
bool xarch_is_admin_noaudit(struct sk_buff *skb, const struct user_namespace *ns);

#endif /* _XARCH_CALLER_H */
