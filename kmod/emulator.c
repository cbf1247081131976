// SPDX-License-Identifier: GPL-2.0-only
/* The emulator's file: opening, judging, keeping, giving back. */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/task.h>

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
	struct file *again = dentry_open(&file->f_path, file->f_flags, cred);
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

struct file *xarch_emulator_pin(const char *path)
{
	struct file *opened, *pinned;
	struct cred *cred;

	opened = xarch_emulator_open(path);
	if (IS_ERR(opened))
		return opened;

	cred = prepare_kernel_cred(&init_task);
	if (cred) {
		pinned = reopen(opened, cred);
		put_cred(cred);
	} else {
		pinned = ERR_PTR(-ENOMEM);
	}
	xarch_emulator_close(opened);
	return pinned;
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
