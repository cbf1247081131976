// SPDX-License-Identifier: GPL-2.0-only
/* The binary format's handler: look the rule up and do as it says. */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "../include/uapi/linux/xarch.h"

#include "compat.h"
#include "emulator.h"
#include "event.h"
#include "exec.h"
#include "match.h"
#include "native.h"
#include "rules.h"

/* By far the most execs: tell them before anything else is looked at. */
static bool is_native(const struct linux_binprm *bprm)
{
	const struct elfhdr *header = (const struct elfhdr *)bprm->buf;

	return header->e_ident[EI_CLASS] == ELF_CLASS && header->e_machine == ELF_ARCH;
}

/*
 * bprm->buf is padded with zeros, so that a header cut within its last bytes
 * matches as well. The size that a file system claims tells; it must not let a
 * file slip by a deny rule, though.
 */
static bool is_truncated(const struct linux_binprm *bprm)
{
	size_t header = bprm->buf[EI_CLASS] == ELFCLASS64 ? sizeof(Elf64_Ehdr) :
							    sizeof(Elf32_Ehdr);

	return i_size_read(file_inode(bprm->file)) < header;
}

/*
 * A program handed over as a close-on-exec descriptor: its /dev/fd path is gone
 * when the emulator starts, and some emulators complain of a path that does not
 * resolve. They get the file's own path where that still leads to it, and the
 * root directory, which always resolves, where there is none (memfd). The
 * program itself comes as AT_EXECFD either way.
 */
static char *path_of_open_file(struct file *file)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct path found;
	bool same = false;
	char *name, *copy;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	name = d_path(&file->f_path, buf, PATH_MAX);
	if (!IS_ERR(name) && !kern_path(name, LOOKUP_FOLLOW, &found)) {
		same = path_equal(&found, &file->f_path);
		path_put(&found);
	}
	copy = kstrdup(same ? name : "/", GFP_KERNEL);
	kfree(buf);
	return copy ?: ERR_PTR(-ENOMEM);
}

/*
 * The program's path as the emulator is to see it. A leading '-' would make it
 * an option.
 *
 * Return: a string for kfree(), or an ERR_PTR.
 */
static char *program_path(const struct linux_binprm *bprm)
{
	char *path;

	if (bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE)
		return path_of_open_file(bprm->file);
	path = kasprintf(GFP_KERNEL, "%s%s", bprm->interp[0] == '-' ? "./" : "",
			 bprm->interp);
	return path ?: ERR_PTR(-ENOMEM);
}

struct neutraliser {
	unsigned int skip;	/* strings to pass over: argv's */
	int matched;		/* characters of the prefix so far, -1: another */
};

static bool neutralise_bytes(struct neutraliser *state, char *bytes, size_t len)
{
	static const char prefix[] = "QEMU_";
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
		if (bytes[i] != prefix[state->matched]) {
			state->matched = -1;
			continue;
		}
		if (!prefix[++state->matched]) {
			bytes[i] = '-';
			state->matched = -1;
			changed = true;
		}
	}
	return changed;
}

/*
 * A set-id program's caller must not choose the emulator's log file or debugger
 * port: QEMU_X becomes QEMU-X. The strings lie in the new mm, argv's from
 * bprm->p on and the environment's behind them, up to bprm->exec.
 */
static int neutralise_environment(struct linux_binprm *bprm)
{
	struct neutraliser state = { .skip = bprm->argc };
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

static int push_argument(struct linux_binprm *bprm, const char *string)
{
	int err = copy_string_kernel(string, bprm);

	if (!err)
		bprm->argc++;
	return err;
}

/* The last string of a list of @len bytes, each with its NUL. */
static const char *last_string(const char *list, size_t len)
{
	const char *at = list + len - 1;

	while (at > list && at[-1])
		at--;
	return at;
}

/*
 * argv grows at its head: emulator, its arguments, the program's path, and then
 * argv[0] and the rest as they were.
 */
static int splice_argv(struct linux_binprm *bprm, const struct xarch_rule *rule,
		       const char *path)
{
	size_t len = rule->args_len;
	int err;

	/* Before 5.18 argv may be empty; the emulator counts on argv[0]. */
	if (!bprm->argc) {
		err = push_argument(bprm, "");
		if (err)
			return err;
	}
	err = push_argument(bprm, path);
	if (err)
		return err;
	while (len) {
		const char *arg = last_string(rule->args, len);

		err = push_argument(bprm, arg);
		if (err)
			return err;
		len = arg - rule->args;
	}
	return push_argument(bprm, rule->emulator);
}

static int prepare_argv(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	char *path;
	int err;

	if (rule->flags & XARCH_F_CREDENTIALS) {
		err = neutralise_environment(bprm);
		if (err)
			return err;
	}
	if (rule->flags & XARCH_F_TRANSPARENT)
		return 0;
	path = program_path(bprm);
	if (IS_ERR(path))
		return PTR_ERR(path);
	err = splice_argv(bprm, rule, path);
	kfree(path);
	return err;
}

/*
 * The emulator is opened before argv is touched, and what tells the kernel of a
 * redirection is set after the last thing that can fail: bprm goes on to the
 * next format or to free_bprm() with whatever we left in it.
 *
 * Return: 0 or a negative errno, never -ENOEXEC.
 */
static int redirect(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	struct file *emulator;
	int err;

	emulator = rule->emulator_file ? xarch_emulator_clone(rule->emulator_file) :
					 xarch_emulator_open(rule->emulator);
	if (IS_ERR(emulator))
		return PTR_ERR(emulator);

	err = prepare_argv(bprm, rule);
	if (err)
		goto err_close;
	err = bprm_change_interp(rule->emulator, bprm);
	if (err)
		goto err_close;

#ifdef BINPRM_FLAGS_TRANSPARENT_INTERP
	if (rule->flags & XARCH_F_TRANSPARENT)
		bprm->interp_flags |= BINPRM_FLAGS_TRANSPARENT_INTERP;
	else
#endif
		bprm->interp_flags |= BINPRM_FLAGS_PRESERVE_ARGV0;
	bprm->have_execfd = 1;
	bprm->execfd_creds = !!(rule->flags & XARCH_F_CREDENTIALS);
	bprm->interpreter = emulator;
	return 0;

err_close:
	xarch_emulator_close(emulator);
	return err;
}

/*
 * The emulator reads the program through AT_EXECFD. Whoever may only execute a
 * program must not get at its text by an emulator of their own.
 */
static int check_readable(const struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	if (rule->owner == &init_user_ns)
		return 0;
	return file_permission(bprm->file, MAY_READ);
}

static int obey(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	int err;

	if (rule->action == XARCH_ACTION_PASS)
		return -ENOEXEC;
	if (rule->action == XARCH_ACTION_DENY) {
		xarch_rule_count(rule, XARCH_RESULT_DENIED);
		xarch_event_exec(rule, bprm->filename, -EACCES);
		return -EACCES;
	}
	if (is_truncated(bprm))
		return -ENOEXEC;
	err = check_readable(bprm, rule);
	if (!err)
		err = redirect(bprm, rule);
	xarch_rule_count(rule, err ? XARCH_RESULT_FAILED : XARCH_RESULT_EMULATED);
	xarch_event_exec(rule, bprm->filename, err);
	return err;
}

int xarch_load_binary(struct linux_binprm *bprm)
{
	struct xarch_rule *rule;
	int arch, ret;

	if (is_native(bprm))
		return -ENOEXEC;
	arch = xarch_match((const unsigned char *)bprm->buf, sizeof(bprm->buf));
	if (arch < 0)
		return -ENOEXEC;
	rule = xarch_rule_get(arch);
	if (!rule)
		return -ENOEXEC;
	ret = obey(bprm, rule);
	xarch_rule_put(rule);
	return ret;
}
