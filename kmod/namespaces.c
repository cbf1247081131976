// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces that have rules: naming them, finding them.
 *
 * An entry holds an nsfs file of its namespace, so that the identity by which
 * lookups find it cannot be reused. reaper.c notices when nobody else does.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/rhashtable.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "namespaces.h"
#include "rules.h"

static LIST_HEAD(all);

static struct rhashtable ns_table;
static const struct rhashtable_params ns_table_params = {
	.key_len = sizeof_field(struct xarch_ns, ns),
	.key_offset = offsetof(struct xarch_ns, ns),
	.head_offset = offsetof(struct xarch_ns, node),
	.automatic_shrinking = true,
};

/* The kernel's own mount of nsfs, which no mount namespace holds. */
static struct vfsmount *nsfs_mount;

/*
 * struct mnt_namespace is private and its ns_common may be anywhere in it
 * (__randomize_layout). The first mount namespace that gets a rule tells:
 * where ns_common stands relative to what nsproxy points to. 0 by luck is as
 * good as any, hence the second variable.
 */
static ptrdiff_t mnt_ns_offset;
static bool mnt_ns_offset_known;

static enum xarch_scope scope_of(const struct ns_common *ns)
{
	switch (xarch_ns_clone_flag(ns)) {
	case CLONE_NEWNS:
		return XARCH_SCOPE_MOUNT;
	case CLONE_NEWPID:
		return XARCH_SCOPE_PID;
	case CLONE_NEWUSER:
		return XARCH_SCOPE_USER;
	default:
		return XARCH_SCOPE_HOST;
	}
}

int xarch_ns_ref_get(unsigned int fd, enum xarch_scope scope, struct xarch_ns_ref *ref,
		     struct netlink_ext_ack *extack)
{
	struct inode *inode;

	ref->file = fget(fd);
	if (!ref->file) {
		NL_SET_ERR_MSG(extack, "the namespace's descriptor is not open in the calling process");
		return -EBADF;
	}
	inode = file_inode(ref->file);
	if (inode->i_sb->s_magic != NSFS_MAGIC) {
		NL_SET_ERR_MSG(extack, "the descriptor is not of a namespace file (/proc/PID/ns/mnt, pid or user)");
		goto err_put;
	}
	ref->ns = get_proc_ns(inode);
	ref->scope = scope_of(ref->ns);
	if (ref->scope == XARCH_SCOPE_HOST) {
		NL_SET_ERR_MSG(extack, "rules are for mount, pid and user namespaces; this one is of another type");
		goto err_put;
	}
	if (ref->scope != scope) {
		NL_SET_ERR_MSG(extack, "the namespace file is of another type (mount, pid, user) than the scope asked for");
		goto err_put;
	}
	/* A user namespace's root rules it; its ops name the parent as owner. */
	if (ref->scope == XARCH_SCOPE_USER)
		ref->owner = container_of(ref->ns, struct user_namespace, ns);
	else
		ref->owner = ref->ns->ops->owner(ref->ns);
	return 0;

err_put:
	fput(ref->file);
	return -EINVAL;
}

void xarch_ns_ref_put(struct xarch_ns_ref *ref)
{
	fput(ref->file);
}

bool xarch_ns_ref_is_initial(const struct xarch_ns_ref *ref)
{
	struct ns_common *initial;

	switch (ref->scope) {
	case XARCH_SCOPE_USER:
		return ref->ns == &init_user_ns.ns;
	case XARCH_SCOPE_PID:
		return ref->ns == &init_pid_ns.ns;
	case XARCH_SCOPE_MOUNT:
		/* No symbol names it; the first task never leaves it. */
		initial = ref->ns->ops->get(&init_task);
		if (!initial)
			return false;
		initial->ops->put(initial);
		return ref->ns == initial;
	default:
		return false;
	}
}

bool xarch_ns_any(void)
{
	return !list_empty(&all);
}

struct xarch_ns *xarch_ns_next(const struct xarch_ns *entry)
{
	const struct list_head *at = entry ? &entry->list : &all;

	lockdep_assert_held(&xarch_rules_lock);
	return at->next == &all ? NULL : list_entry(at->next, struct xarch_ns, list);
}

struct xarch_ns *xarch_ns_lookup(const struct ns_common *ns)
{
	struct xarch_ns *entry;

	rcu_read_lock();
	entry = rhashtable_lookup(&ns_table, &ns, ns_table_params);
	rcu_read_unlock();
	return entry;
}

const struct ns_common *xarch_ns_of_mnt(const void *mnt_ns)
{
	/* Pairs with the release in learn_mnt_ns_offset(). */
	if (!smp_load_acquire(&mnt_ns_offset_known) || !mnt_ns)
		return NULL;
	return mnt_ns + mnt_ns_offset;
}

static int learn_mnt_ns_offset(const struct ns_common *any_mnt_ns)
{
	struct ns_common *own;

	if (mnt_ns_offset_known)
		return 0;
	own = any_mnt_ns->ops->get(current);
	if (!own)
		return -ESRCH;
	mnt_ns_offset = (void *)own - (void *)current->nsproxy->mnt_ns;
	own->ops->put(own);
	/* The offset before the word that it is known; xarch_ns_of_mnt() reads. */
	smp_store_release(&mnt_ns_offset_known, true);
	return 0;
}

/* The namespace's file once more, held by nobody's namespace but its own. */
static struct file *reopen(struct file *file)
{
	struct path path = {
		.mnt = nsfs_mount,
		.dentry = file->f_path.dentry,
	};
	struct cred *cred = prepare_kernel_cred(&init_task);
	struct file *again;

	if (!cred)
		return ERR_PTR(-ENOMEM);
	again = dentry_open(&path, O_RDONLY, cred);
	put_cred(cred);
	return again;
}

struct xarch_ns *xarch_ns_create(const struct xarch_ns_ref *ref,
				 struct netlink_ext_ack *extack)
{
	struct xarch_ns *entry;
	int err;

	lockdep_assert_held(&xarch_rules_lock);
	entry = xarch_ns_lookup(ref->ns);
	if (entry)
		return entry;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->ns = ref->ns;
	entry->scope = ref->scope;
	entry->inum = ref->ns->inum;
	entry->owner = ref->owner;

	if (entry->scope == XARCH_SCOPE_MOUNT) {
		err = learn_mnt_ns_offset(ref->ns);
		if (err)
			goto err_free;
	}
	entry->file = reopen(ref->file);
	if (IS_ERR(entry->file)) {
		err = PTR_ERR(entry->file);
		NL_SET_ERR_MSG(extack, "the namespace cannot be held");
		goto err_free;
	}
	err = rhashtable_insert_fast(&ns_table, &entry->node, ns_table_params);
	if (err)
		goto err_fput;
	list_add_tail(&entry->list, &all);
	return entry;

err_fput:
	fput(entry->file);
err_free:
	kfree(entry);
	return ERR_PTR(err);
}

static void entry_retire(struct rcu_head *rcu)
{
	struct xarch_ns *entry = container_of(rcu, struct xarch_ns, rcu);

	fput(entry->file);
	kfree(entry);
}

void xarch_ns_drop_unused(struct xarch_ns *entry)
{
	lockdep_assert_held(&xarch_rules_lock);
	if (entry->n_rules)
		return;
	rhashtable_remove_fast(&ns_table, &entry->node, ns_table_params);
	list_del(&entry->list);
	call_rcu(&entry->rcu, entry_retire);
}

static struct ns_common *get_init_user_ns(struct ns_common *unused)
{
	return &get_user_ns(&init_user_ns)->ns;
}

/*
 * Nothing exported names the nsfs mount, but the kernel opens a namespace's
 * relatives on it: borrow a descriptor for a moment.
 */
static int find_nsfs_mount(void)
{
	struct file *file;
	int fd;

	fd = open_related_ns(&init_user_ns.ns, get_init_user_ns);
	if (fd < 0)
		return fd;
	file = fget(fd);
	if (file) {
		nsfs_mount = mntget(file->f_path.mnt);
		fput(file);
	}
	close_fd(fd);
	return file ? 0 : -EBADF;
}

int xarch_ns_init(void)
{
	int err = find_nsfs_mount();

	if (err)
		return err;
	err = rhashtable_init(&ns_table, &ns_table_params);
	if (err)
		mntput(nsfs_mount);
	return err;
}

void xarch_ns_exit(void)
{
	rhashtable_destroy(&ns_table);
	mntput(nsfs_mount);
}
