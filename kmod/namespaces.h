/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NAMESPACES_H
#define _XARCH_NAMESPACES_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/rcupdate.h>

#include "../include/uapi/linux/xarch.h"

struct netlink_ext_ack;
struct ns_common;
struct user_namespace;
struct xarch_rule;

/**
 * struct xarch_ns - a namespace that has rules
 * @node: in the table of all, by @ns
 * @ns: identity; @file keeps it from being freed, so it is never reused
 * @scope: what kind of namespace
 * @inum: its number, a label
 * @owner: the user namespace that owns it; pinned by @ns
 * @file: nsfs file, opened with the kernel's credentials on the kernel's own
 *	mount of nsfs, so that it pins neither an opener's user namespace nor
 *	the mount that a bind-mounted namespace file stands on
 * @list: in the list of all
 * @n_rules: how many of @rules are there
 * @rules: by arch; readers hold the RCU read lock
 * @rcu: for call_rcu()
 *
 * Writers hold xarch_rules_lock. An entry exists while it has rules and while
 * anybody but us holds the namespace.
 */
struct xarch_ns {
	struct rhash_head node;
	struct ns_common *ns;
	enum xarch_scope scope;
	u32 inum;
	struct user_namespace *owner;
	struct file *file;
	struct list_head list;
	u32 n_rules;
	struct xarch_rule __rcu *rules[__XARCH_ARCH_MAX];
	struct rcu_head rcu;
};

/**
 * struct xarch_ns_ref - a namespace that a request names by its descriptor
 * @file: the caller's nsfs file, held
 * @ns: what it stands for
 * @scope: its kind
 * @owner: the user namespace that owns it
 */
struct xarch_ns_ref {
	struct file *file;
	struct ns_common *ns;
	enum xarch_scope scope;
	struct user_namespace *owner;
};

/**
 * xarch_ns_ref_get() - look at a descriptor of the calling process
 * @fd: the descriptor
 * @scope: the kind that it must be of
 * @ref: the answer, for xarch_ns_ref_put()
 * @extack: takes the reason of a refusal
 *
 * Return: 0, -EBADF for no descriptor, -EINVAL for no such namespace's.
 */
int xarch_ns_ref_get(unsigned int fd, enum xarch_scope scope, struct xarch_ns_ref *ref,
		     struct netlink_ext_ack *extack);
void xarch_ns_ref_put(struct xarch_ns_ref *ref);

/**
 * xarch_ns_ref_is_initial() - whether a namespace is the one the machine began with
 * @ref: the namespace
 *
 * Context: may sleep.
 */
bool xarch_ns_ref_is_initial(const struct xarch_ns_ref *ref);

/**
 * xarch_ns_lookup() - the entry of a namespace
 * @ns: compared only
 *
 * Context: RCU read lock or xarch_rules_lock held for as long as the answer is used.
 * Return: the entry, or NULL where the namespace has no rules.
 */
struct xarch_ns *xarch_ns_lookup(const struct ns_common *ns);

/**
 * xarch_ns_create() - the entry of a namespace, made where there is none
 * @ref: the namespace
 * @extack: takes the reason of a refusal
 *
 * Context: xarch_rules_lock held; may sleep. An entry that ends up without
 * rules goes with xarch_ns_drop_unused().
 * Return: the entry or an ERR_PTR.
 */
struct xarch_ns *xarch_ns_create(const struct xarch_ns_ref *ref,
				 struct netlink_ext_ack *extack);

/**
 * xarch_ns_drop_unused() - remove an entry that has no rules
 * @entry: the entry
 *
 * Context: xarch_rules_lock held.
 */
void xarch_ns_drop_unused(struct xarch_ns *entry);

/**
 * xarch_ns_of_mnt() - the ns_common of a mount namespace, to compare with
 * @mnt_ns: struct mnt_namespace, which is private to the kernel
 *
 * Return: the address, or NULL while no mount namespace has had a rule: then
 * there is nothing to find.
 */
const struct ns_common *xarch_ns_of_mnt(const void *mnt_ns);

/* Is there any entry at all? For lookups; no lock. */
bool xarch_ns_any(void);

/**
 * xarch_ns_next() - walk over all entries
 * @entry: the one before, NULL: the first
 *
 * Context: xarch_rules_lock held.
 * Return: the next one, or NULL.
 */
struct xarch_ns *xarch_ns_next(const struct xarch_ns *entry);

#define xarch_for_each_ns(ns) \
	for (ns = xarch_ns_next(NULL); ns; ns = xarch_ns_next(ns))
/* The entry may go meanwhile. */
#define xarch_for_each_ns_safe(ns, next) \
	for (ns = xarch_ns_next(NULL); ns && ((next) = xarch_ns_next(ns), true); ns = (next))

/**
 * xarch_ns_init() - set the table up
 *
 * Context: a process with room for one more descriptor, such as modprobe's.
 * Return: 0 or a negative errno.
 */
int xarch_ns_init(void);

/**
 * xarch_ns_exit() - undo xarch_ns_init(), after the last entry has gone
 */
void xarch_ns_exit(void);

#endif /* _XARCH_NAMESPACES_H */
