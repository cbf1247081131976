// SPDX-License-Identifier: GPL-2.0-only
/* The emulator's file: opening, judging, keeping, giving back. */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "../include/uapi/linux/xarch.h"

#include "compat.h"
#include "emulator.h"
#include "match.h"
#include "native.h"

/* Never -ENOEXEC: to an exec that means "ask the next format". */
static int refusal_code(int err)
{
	return err == -ENOEXEC ? -ELIBBAD : err;
}

static void *refusal(int err)
{
	return ERR_PTR(refusal_code(err));
}

static int check_mount(const struct file *file)
{
	if (file->f_path.mnt->mnt_flags & MNT_NOEXEC ||
	    file_inode(file)->i_sb->s_iflags & SB_I_NOEXEC)
		return -EACCES;
	return 0;
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

/* ld.so's path in the program's own words: as load_elf_binary() reads it. */
static char *read_loader(struct file *file, const struct elf_phdr *phdr)
{
	loff_t pos = phdr->p_offset;
	ssize_t len;
	char *path;

	if (phdr->p_filesz < 2 || phdr->p_filesz > PATH_MAX)
		return ERR_PTR(-ELIBBAD);
	path = kmalloc(phdr->p_filesz, GFP_KERNEL_ACCOUNT);
	if (!path)
		return ERR_PTR(-ENOMEM);
	len = kernel_read(file, path, phdr->p_filesz, &pos);
	if (len == phdr->p_filesz && !path[len - 1])
		return path;
	kfree(path);
	return refusal(len < 0 ? len : -ELIBBAD);
}

char *xarch_emulator_loader(struct file *file)
{
	struct elf_phdr phdr;
	struct elfhdr header;
	loff_t pos = 0;
	ssize_t len;
	int i;

	len = kernel_read(file, &header, sizeof(header), &pos);
	/* As load_elf_phdrs() has it. */
	if (len != sizeof(header) || header.e_phentsize != sizeof(phdr) ||
	    !header.e_phnum || header.e_phnum > SZ_64K / sizeof(phdr))
		return refusal(len < 0 ? len : -ELIBBAD);
	pos = header.e_phoff;
	for (i = 0; i < header.e_phnum; i++) {
		len = kernel_read(file, &phdr, sizeof(phdr), &pos);
		if (len != sizeof(phdr))
			return refusal(len < 0 ? len : -ELIBBAD);
		if (phdr.p_type == PT_INTERP)
			return read_loader(file, &phdr);
	}
	return NULL;
}

int xarch_emulator_can_start(struct file *file, const char *loader)
{
	struct file *opened;
	int err;

	err = check_mount(file);
	if (err || !loader)
		return err;
	opened = open_exec(loader);
	if (IS_ERR(opened))
		return refusal_code(PTR_ERR(opened));
	xarch_emulator_close(opened);
	return 0;
}

/*
 * dentry_open() denies no writes; an exec and its undoing expect that. Without
 * O_NONBLOCK whoever holds a lease on the file has lease-break-time, 45 s, to give it
 * up, and we would wait for them with the lock of all generic netlink families held.
 */
struct file *xarch_emulator_reopen(const struct path *path, const struct cred *cred)
{
	struct file *file = dentry_open(path, O_LARGEFILE | O_RDONLY | O_NONBLOCK | __FMODE_EXEC,
					cred);
	int err;

	if (IS_ERR(file))
		return refusal(PTR_ERR(file));
	err = exe_file_deny_write_access(file);
	if (err) {
		fput(file);
		return refusal(err);
	}
	return file;
}

struct file *xarch_emulator_reopen_as_kernel(const struct path *path)
{
	struct cred *cred = prepare_kernel_cred(&init_task);
	struct file *file;

	if (!cred)
		return ERR_PTR(-ENOMEM);
	file = xarch_emulator_reopen(path, cred);
	put_cred(cred);
	return file;
}

int xarch_emulator_check(struct file *opened)
{
	struct file *again;
	int err;

	if (!S_ISREG(file_inode(opened)->i_mode) || check_mount(opened) ||
	    !(opened->f_mode & FMODE_READ))
		return -EACCES;
	err = file_permission(opened, MAY_EXEC | MAY_OPEN);
	if (err)
		return refusal_code(err);
	/* The caller opened it to read. Landlock asks when it is opened to execute. */
	again = xarch_emulator_reopen(&opened->f_path, current_cred());
	if (IS_ERR(again))
		return PTR_ERR(again);
	err = check_native(again);
	xarch_emulator_close(again);
	return refusal_code(err);
}

struct file *xarch_emulator_clone(struct file *pinned)
{
	return xarch_emulator_reopen(&pinned->f_path, pinned->f_cred);
}

bool xarch_has_capabilities(const struct file *file)
{
	int len = __vfs_getxattr(file->f_path.dentry, file_inode(file), XATTR_NAME_CAPS, NULL, 0);

	return len > 0 || (len < 0 && len != -ENODATA && len != -EOPNOTSUPP);
}

void xarch_emulator_close(struct file *file)
{
	exe_file_allow_write_access(file);
	fput(file);
}
