// SPDX-License-Identifier: GPL-2.0-only
/* The emulator's file: opening, judging, keeping, giving back. */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>

#include "../include/uapi/linux/xarch.h"

#include "compat.h"
#include "emulator.h"
#include "match.h"
#include "native.h"

/* Never an ERR_PTR(-ENOEXEC): to an exec that means "ask the next format". */
static struct file *refusal(int err)
{
	return ERR_PTR(err == -ENOEXEC ? -ELIBBAD : err);
}

/* A script or a foreign program would need an emulator of its own. */
static int check_native(struct file *file)
{
	unsigned char head[XARCH_MATCH_LEN];
	loff_t pos = 0;
	ssize_t len;

	len = kernel_read(file, head, sizeof(head), &pos);
	if (len < 0)
		return len;
	return xarch_match(head, len) == XARCH_ARCH_NATIVE ? 0 : -ELIBBAD;
}

struct file *xarch_emulator_open(const char *path)
{
	struct file *file = open_exec(path);
	int err;

	if (IS_ERR(file))
		return refusal(PTR_ERR(file));
	err = check_native(file);
	if (err) {
		xarch_emulator_close(file);
		return refusal(err);
	}
	return file;
}

/* dentry_open() denies no writes; an exec and its undoing expect that. */
static struct file *reopen(struct file *file, const struct cred *cred)
{
	struct file *again = dentry_open(&file->f_path, O_LARGEFILE | O_RDONLY | __FMODE_EXEC,
					 cred);
	int err;

	if (IS_ERR(again))
		return refusal(PTR_ERR(again));
	err = exe_file_deny_write_access(again);
	if (err) {
		fput(again);
		return refusal(err);
	}
	return again;
}

/*
 * A super block holds the user namespace that mounted it. Pinning one from
 * inside a container would keep the container's user namespace, and so the
 * rule itself, for ever.
 */
static bool can_be_kept(const struct file *file)
{
	return file_inode(file)->i_sb->s_user_ns == &init_user_ns;
}

static struct file *reopen_as_kernel(struct file *opened)
{
	struct file *pinned;
	struct cred *cred;

	if (!can_be_kept(opened))
		return ERR_PTR(-EXDEV);
	cred = prepare_kernel_cred(&init_task);
	if (!cred)
		return ERR_PTR(-ENOMEM);
	pinned = reopen(opened, cred);
	put_cred(cred);
	return pinned;
}

struct file *xarch_emulator_pin(const char *path)
{
	struct file *opened, *pinned;

	opened = xarch_emulator_open(path);
	if (IS_ERR(opened))
		return opened;
	pinned = reopen_as_kernel(opened);
	xarch_emulator_close(opened);
	return pinned;
}

/* What open_exec() asks of a path, asked of an open file. */
static int check_executable(struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode) ||
	    file->f_path.mnt->mnt_flags & MNT_NOEXEC ||
	    file_inode(file)->i_sb->s_iflags & SB_I_NOEXEC ||
	    !(file->f_mode & FMODE_READ))
		return -EACCES;
	return file_permission(file, MAY_EXEC | MAY_OPEN);
}

struct file *xarch_emulator_pin_file(struct file *opened, bool trusted)
{
	int err;

	/* Before anything that a daemon of the caller's could answer late. */
	if (!can_be_kept(opened) ||
	    (!trusted && file_inode(opened)->i_sb->s_magic == FUSE_SUPER_MAGIC))
		return ERR_PTR(-EXDEV);
	err = check_executable(opened);
	if (!err)
		err = check_native(opened);
	if (err)
		return refusal(err);
	return reopen_as_kernel(opened);
}

struct file *xarch_emulator_clone(struct file *pinned)
{
	return reopen(pinned, pinned->f_cred);
}

void xarch_emulator_close(struct file *file)
{
	exe_file_allow_write_access(file);
	fput(file);
}
