/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_COMPAT_H
#define _XARCH_COMPAT_H

/*
 * The one place that knows kernels other than the newest. Each shim is guarded
 * by a probe for the thing itself (Kbuild) and goes when its kernel goes.
 * Oldest supported: 5.12, the first whose ns_common holds the reference count
 * and which can tell an emulator that argv[0] is preserved.
 */
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/ns_common.h>
#include <linux/proc_ns.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

/*
 * Denial of writes to a running program. Before the exe_file_ pair the plain
 * one did the same. Between 6.11 and the pair the kernel denied nothing and
 * undid nothing, so a denial of ours would never be taken back. The gap shows
 * in no header, hence the version.
 */
#ifndef XARCH_HAVE_EXE_FILE_WRITE_DENIAL
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define exe_file_deny_write_access(file)	deny_write_access(file)
#define exe_file_allow_write_access(file)	allow_write_access(file)
#else
#define exe_file_deny_write_access(file)	0
#define exe_file_allow_write_access(file)	do { } while (0)
#endif
#endif

/* The unbound queue has had this name since 6.18. */
#ifndef XARCH_HAVE_DFL_WQ
#define system_dfl_wq	system_unbound_wq
#endif

/* CLONE_NEW* of a namespace: in its operations up to 6.17. */
static inline u32 xarch_ns_clone_flag(const struct ns_common *ns)
{
#ifdef XARCH_HAVE_NS_COMMON_TYPE
	return ns->ns_type;
#else
	return ns->ops->type;
#endif
}

/*
 * References that let somebody enter a namespace; ours (one nsfs inode) among
 * them. Where those have no count of their own there are others in it: a user
 * namespace is held by a mm that an idle CPU has not let go of, for one.
 */
static inline unsigned int xarch_ns_references(const struct ns_common *ns)
{
#if defined(XARCH_HAVE_NS_ACTIVE_REF)
	return __ns_ref_active_read(ns);
#elif defined(XARCH_HAVE_NS_COMMON_REF)
	return refcount_read(&ns->__ns_ref);
#else
	return refcount_read(&ns->count);
#endif
}

/*
 * Initial namespaces are never freed. Since 7.0 nobody counts the references to
 * them; before, their tasks do.
 */
static inline bool xarch_ns_is_initial(const struct ns_common *ns)
{
#ifdef XARCH_HAVE_NS_INIT_ID
	return is_ns_init_id(ns);
#else
	return false;
#endif
}

/* One page of another mm, mmap_lock held; the vmas argument went in 6.5. */
static inline long xarch_get_page_remote(struct mm_struct *mm, unsigned long at,
					 unsigned int flags, struct page **page)
{
#ifdef XARCH_HAVE_GUP_REMOTE_VMAS
	return get_user_pages_remote(mm, at, 1, flags, page, NULL, NULL);
#else
	return get_user_pages_remote(mm, at, 1, flags, page, NULL);
#endif
}

/*
 * Kernels that cannot ask for CAP_SYS_ADMIN when a socket joins a group (the
 * flag came with 6.7 and its stable siblings) would show execs to everyone:
 * there the groups are not offered.
 */
#ifdef GENL_MCAST_CAP_SYS_ADMIN
#define XARCH_GROUPS_OFFERED	1
#define XARCH_GROUP(_name)	{ .name = (_name), .flags = GENL_MCAST_CAP_SYS_ADMIN }
#else
#define XARCH_GROUPS_OFFERED	0
#define XARCH_GROUP(_name)	{ .name = (_name) }
#endif

/* What this kernel has, as XARCH_A_FEATURES tells it. */
#ifdef BINPRM_FLAGS_TRANSPARENT_INTERP
#define XARCH_FEATURES	XARCH_FEATURE_TRANSPARENT
#else
#define XARCH_FEATURES	0
#endif

#endif /* _XARCH_COMPAT_H */
