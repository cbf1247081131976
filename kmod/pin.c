// SPDX-License-Identifier: GPL-2.0-only
/* Emulators that rules keep open: which may be kept, how, and until when. */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "emulator.h"
#include "pin.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342 /* linux/magic.h has it since 6.2 */
#endif

/* Mounts whose pins are gone: taking one away waits for a grace period. */
static LLIST_HEAD(gone);

static void unmount(struct work_struct *work)
{
	struct llist_node *first = llist_del_all(&gone);
	struct vfsmount *mounts[32];
	struct xarch_pin *pin, *next;
	unsigned int n = 0;

	llist_for_each_entry_safe(pin, next, first, gone) {
		mounts[n++] = pin->mount;
		kfree(pin);
		if (n == ARRAY_SIZE(mounts)) {
			kern_unmount_array(mounts, n);
			n = 0;
		}
	}
	if (n)
		kern_unmount_array(mounts, n);
}

static DECLARE_WORK(unmount_work, unmount);

/* extack takes literals only. */
static void complain(struct netlink_ext_ack *extack, int err)
{
	switch (err) {
	case -ENOENT:
		NL_SET_ERR_MSG(extack, "there is no such emulator");
		break;
	case -ELIBBAD:
		NL_SET_ERR_MSG(extack, "the emulator is not a native ELF program: a script or a foreign program would need an emulator itself");
		break;
	case -EACCES:
		NL_SET_ERR_MSG(extack, "the emulator is not an executable regular file, or its mount is noexec, or the caller may not execute it");
		break;
	case -EPERM:
		NL_SET_ERR_MSG(extack, "the emulator has set-id bits or capabilities: every program of its arch would get them");
		break;
	case -ETXTBSY:
		NL_SET_ERR_MSG(extack, "the emulator is open for writing");
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(extack, "somebody holds a lease on the emulator's file");
		break;
	case -EXDEV:
		NL_SET_ERR_MSG(extack, "the emulator is on a file system that cannot be kept open: one mounted in a user namespace, an idmapped mount or, for a user namespace's rule, one that is not known to be local; use another one, or a lazy rule");
		break;
	case -EINVAL:
		NL_SET_ERR_MSG(extack, "the emulator's mount cannot be cloned: it is unbindable, of another mount namespace than the caller's, or there is no memory");
		break;
	default:
		NL_SET_ERR_MSG(extack, "the emulator cannot be opened");
	}
}

/* One that asks no daemon and no other machine, however long its answer takes. */
static bool is_local(const struct file *file)
{
	/* Of an overlay, the file system that the file lies on. */
	switch (d_real_inode(file->f_path.dentry)->i_sb->s_magic) {
	case BTRFS_SUPER_MAGIC:
	case EROFS_SUPER_MAGIC_V1:
	case EXT4_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case RAMFS_MAGIC:
	case SQUASHFS_MAGIC:
	case TMPFS_MAGIC:
	case XFS_SUPER_MAGIC:
		return true;
	}
	return false;
}

/*
 * A super block holds the user namespace that mounted it, an idmapped mount the one
 * that its mapping is of. Pinning one from inside a container would keep the
 * container's user namespace, and so the rule itself, for ever.
 */
static int check_place(const struct file *file, bool trusted)
{
	if (file_inode(file)->i_sb->s_user_ns != &init_user_ns ||
	    is_idmapped_mnt(file->f_path.mnt) || (!trusted && !is_local(file)))
		return -EXDEV;
	return 0;
}

/* A program of any user would run with the rights of the emulator's file. */
static int check_rights(const struct file *file)
{
	if (file_inode(file)->i_mode & (S_ISUID | S_ISGID) || xarch_has_capabilities(file))
		return -EPERM;
	return 0;
}

static struct vfsmount *clone_mount(const struct file *opened)
{
	struct path root = {
		.mnt = opened->f_path.mnt,
		.dentry = opened->f_path.mnt->mnt_root,
	};
	struct vfsmount *mount = clone_private_mount(&root);

	/* Nobody else has it yet. */
	if (!IS_ERR(mount))
		mount->mnt_flags |= MNT_READONLY | MNT_NOSUID | MNT_NODEV;
	return mount;
}

void xarch_pin_put(struct xarch_pin *pin)
{
	if (!pin)
		return;
	if (pin->file)
		xarch_emulator_close(pin->file);
	kfree(pin->loader);
	if (!pin->mount) {
		kfree(pin);
		return;
	}
	if (llist_add(&pin->gone, &gone))
		schedule_work(&unmount_work);
}

static int fill(struct xarch_pin *pin, struct file *opened, bool trusted)
{
	struct path path = opened->f_path;
	struct kstat stat;
	int err;

	err = check_rights(opened);
	if (err)
		return err;
	if (trusted) {
		struct vfsmount *mount = clone_mount(opened);

		if (IS_ERR(mount))
			return PTR_ERR(mount);
		pin->mount = mount;
		path.mnt = mount;
	}
	pin->file = xarch_emulator_reopen_as_kernel(&path);
	if (IS_ERR(pin->file)) {
		err = PTR_ERR(pin->file);
		pin->file = NULL;
		return err;
	}
	/* Not the inode's own numbers: overlayfs and btrfs tell others. */
	err = vfs_getattr(&pin->file->f_path, &stat, STATX_INO, AT_STATX_SYNC_AS_STAT);
	if (err)
		return err;
	pin->dev = new_encode_dev(stat.dev);
	pin->ino = stat.ino;
	pin->loader = xarch_emulator_loader(pin->file);
	if (IS_ERR(pin->loader)) {
		err = PTR_ERR(pin->loader);
		pin->loader = NULL;
	}
	return err;
}

/* Before anything that a daemon of the caller's could answer late comes its place. */
static int judge(struct file *opened, bool trusted)
{
	return check_place(opened, trusted) ?: xarch_emulator_check(opened);
}

struct xarch_pin *xarch_pin_new(const char *path, struct file *opened, bool trusted,
				struct netlink_ext_ack *extack)
{
	struct xarch_pin *pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	struct file *file = opened;
	int err;

	if (!pin)
		return ERR_PTR(-ENOMEM);
	if (!opened)
		file = xarch_emulator_open(path);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out;
	}
	err = opened ? judge(file, trusted) : check_place(file, trusted);
	if (!err)
		err = fill(pin, file, trusted);
	if (!opened)
		xarch_emulator_close(file);
out:
	if (!err)
		return pin;
	xarch_pin_put(pin);
	complain(extack, err);
	return ERR_PTR(err);
}

void xarch_pins_exit(void)
{
	flush_work(&unmount_work);
}
