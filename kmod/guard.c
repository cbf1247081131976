// SPDX-License-Identifier: GPL-2.0-only
/* Programs that their caller may not do everything with: keeping the caller out. */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "compat.h"
#include "emulator.h"
#include "guard.h"

/*
 * What bprm_fill_uid() and cap_bprm_creds_from_file() ask, on the generous side: they
 * also look whether ids are mapped, and whether the caller has these rights already.
 */
static bool gains_rights(const struct linux_binprm *bprm)
{
	const struct inode *inode = file_inode(bprm->file);

	if (bprm->file->f_path.mnt->mnt_flags & MNT_NOSUID || task_no_new_privs(current))
		return false;
	/* Without the group's execute bit S_ISGID once meant mandatory locking. */
	return inode->i_mode & S_ISUID ||
	       (inode->i_mode & (S_ISGID | 0010)) == (S_ISGID | 0010) ||
	       xarch_has_capabilities(bprm->file);
}

enum xarch_guard xarch_guard_of(const struct linux_binprm *bprm, bool credentials)
{
	enum xarch_guard guard = XARCH_GUARD_NONE;

	if (credentials && gains_rights(bprm))
		guard |= XARCH_GUARD_RIGHTS;
	if (file_permission(bprm->file, MAY_READ))
		guard |= XARCH_GUARD_TEXT;
	return guard;
}

struct neutraliser {
	const char *prefix;	/* ends with '_' */
	unsigned int skip;	/* strings to pass over: argv's */
	int matched;		/* characters of the prefix so far, -1: another */
};

static bool neutralise_bytes(struct neutraliser *state, char *bytes, size_t len)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!bytes[i]) {
			if (state->skip)
				state->skip--;
			state->matched = 0;
			continue;
		}
		if (state->skip || state->matched < 0)
			continue;
		if (bytes[i] != state->prefix[state->matched]) {
			state->matched = -1;
			continue;
		}
		if (!state->prefix[++state->matched]) {
			bytes[i] = '-';
			state->matched = -1;
			changed = true;
		}
	}
	return changed;
}

/*
 * The strings lie in the new mm, argv's from bprm->p on and the environment's behind
 * them, up to bprm->exec.
 */
static int neutralise(struct linux_binprm *bprm, const char *prefix)
{
	struct neutraliser state = { .prefix = prefix, .skip = bprm->argc };
	unsigned long at = bprm->p;

	while (at < bprm->exec) {
		size_t len = min(bprm->exec - at, PAGE_SIZE - offset_in_page(at));
		struct page *page;
		char *bytes;
		long got;

		mmap_read_lock(bprm->mm);
		got = xarch_get_page_remote(bprm->mm, at, FOLL_FORCE | FOLL_WRITE, &page);
		mmap_read_unlock(bprm->mm);
		if (got != 1)
			return -EFAULT;
		bytes = kmap_local_page(page);
		if (neutralise_bytes(&state, bytes + offset_in_page(at), len))
			set_page_dirty(page);
		kunmap_local(bytes);
		put_page(page);
		at += len;
	}
	return 0;
}

int xarch_guard_environment(struct linux_binprm *bprm, enum xarch_guard guard)
{
	int err = 0;

	if (guard)
		err = neutralise(bprm, "QEMU_");
	if (!err && guard & XARCH_GUARD_TEXT)
		err = neutralise(bprm, "LD_");
	return err;
}

void xarch_guard_core(enum xarch_guard guard)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_CORE];

	if (!guard)
		return;
	task_lock(current->group_leader);
	limit->rlim_cur = 0;
	limit->rlim_max = 0;
	task_unlock(current->group_leader);
}
