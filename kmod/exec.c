// SPDX-License-Identifier: GPL-2.0-only
/* The binary format's handler: look the rule up and do as it says. */
#include <linux/binfmts.h>
#include <linux/dcache.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "../include/uapi/linux/xarch.h"

#include "compat.h"
#include "emulator.h"
#include "event.h"
#include "exec.h"
#include "guard.h"
#include "match.h"
#include "native.h"
#include "pin.h"
#include "rules.h"
#include "twins.h"

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
 * The file's own path where that still leads to it. Where there is none (memfd) an
 * emulator of a plain rule has nothing to open; others get the root directory, which
 * always resolves: some complain of a path that does not, and read AT_EXECFD anyway.
 */
static char *path_of_open_file(struct file *file, const struct xarch_rule *rule)
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
	if (!same && rule->flags & XARCH_F_PLAIN)
		copy = ERR_PTR(-ENOENT);
	else
		copy = kstrdup(same ? name : "/", GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	kfree(buf);
	return copy;
}

/*
 * The program's path as the emulator is to see it. A leading '-' would make it
 * an option. The /dev/fd path of a program handed over as a close-on-exec descriptor
 * is gone when the emulator starts. Where set-id bits count, the caller's path may be
 * a link that leads elsewhere by then, and an emulator that opens it once more, for
 * /proc/self/exe say, would run the caller's file with the program's rights.
 *
 * Return: a string for kfree(), or an ERR_PTR.
 */
static char *program_path(const struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	char *path;

	if (bprm->interp_flags & BINPRM_FLAGS_PATH_INACCESSIBLE ||
	    rule->flags & XARCH_F_CREDENTIALS)
		return path_of_open_file(bprm->file, rule);
	path = kasprintf(GFP_KERNEL, "%s%s", bprm->interp[0] == '-' ? "./" : "",
			 bprm->interp);
	return path ?: ERR_PTR(-ENOMEM);
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
 * argv[0] and the rest as they were. In a plain one the path stands in place of argv[0].
 */
static int splice_argv(struct linux_binprm *bprm, const struct xarch_rule *rule,
		       const char *path)
{
	size_t len = rule->args_len;
	int err;

	if (rule->flags & XARCH_F_PLAIN)
		err = remove_arg_zero(bprm);
	else /* Before 5.18 argv may be empty; the emulator counts on argv[0]. */
		err = bprm->argc ? 0 : push_argument(bprm, "");
	if (!err)
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

static int prepare_argv(struct linux_binprm *bprm, const struct xarch_rule *rule,
			enum xarch_guard guard)
{
	char *path;
	int err;

	err = xarch_guard_environment(bprm, guard);
	if (err)
		return err;
	if (rule->flags & XARCH_F_TRANSPARENT)
		return 0;
	path = program_path(bprm, rule);
	if (IS_ERR(path))
		return PTR_ERR(path);
	err = splice_argv(bprm, rule, path);
	kfree(path);
	return err;
}

/* An emulator that can be started, with writes to it denied; or an ERR_PTR. */
static struct file *open_emulator(const struct xarch_rule *rule)
{
	struct file *emulator;
	char *loader;
	int err;

	if (rule->pin) {
		emulator = xarch_emulator_clone(rule->pin->file);
		if (IS_ERR(emulator))
			return emulator;
		err = xarch_emulator_can_start(emulator, rule->pin->loader);
	} else {
		emulator = xarch_emulator_open(rule->emulator);
		if (IS_ERR(emulator))
			return emulator;
		loader = xarch_emulator_loader(emulator);
		err = PTR_ERR_OR_ZERO(loader) ?: xarch_emulator_can_start(emulator, loader);
		if (!IS_ERR(loader))
			kfree(loader);
	}
	if (!err)
		return emulator;
	xarch_emulator_close(emulator);
	return ERR_PTR(err);
}

/*
 * For the program's descriptor. begin_new_exec() closes what is close-on-exec before
 * it takes one, so that a full table may have room by then.
 */
static int check_descriptor(void)
{
	struct files_struct *files = current->files;
	int fd = get_unused_fd_flags(0);
	struct fdtable *table;
	unsigned int words;

	if (fd >= 0) {
		put_unused_fd(fd);
		return 0;
	}
	spin_lock(&files->file_lock);
	table = files_fdtable(files);
	words = min_t(unsigned long, table->max_fds, rlimit(RLIMIT_NOFILE));
	if (find_first_bit(table->close_on_exec, words) < words)
		fd = 0;
	spin_unlock(&files->file_lock);
	return fd;
}

/* What the kernel tells the emulator of the program, beside argv. */
static void tell_contract(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	if (rule->flags & XARCH_F_PLAIN)
		return;
#ifdef BINPRM_FLAGS_TRANSPARENT_INTERP
	if (rule->flags & XARCH_F_TRANSPARENT)
		bprm->interp_flags |= BINPRM_FLAGS_TRANSPARENT_INTERP;
	else
#endif
		bprm->interp_flags |= BINPRM_FLAGS_PRESERVE_ARGV0;
	bprm->have_execfd = 1;
	bprm->execfd_creds = !!(rule->flags & XARCH_F_CREDENTIALS);
}

/*
 * The emulator is opened before argv is touched, and what tells the kernel of a
 * redirection is set after the last thing that can fail: bprm goes on to the
 * next format or to free_bprm() with whatever we left in it.
 *
 * Return: 0 or a negative errno, never -ENOEXEC.
 */
static int redirect(struct linux_binprm *bprm, const struct xarch_rule *rule,
		    enum xarch_guard guard)
{
	struct file *emulator;
	int err;

	if (!(rule->flags & XARCH_F_PLAIN)) {
		err = check_descriptor();
		if (err)
			return err;
	}
	emulator = open_emulator(rule);
	if (IS_ERR(emulator))
		return PTR_ERR(emulator);
	err = prepare_argv(bprm, rule, guard);
	if (err)
		goto err_close;
	err = bprm_change_interp(rule->emulator, bprm);
	if (err)
		goto err_close;

	tell_contract(bprm, rule);
	bprm->interpreter = emulator;
	xarch_guard_core(guard);
	return 0;

err_close:
	xarch_emulator_close(emulator);
	return err;
}

/*
 * The emulator reads the program through AT_EXECFD. Whoever may only execute a program
 * must not get at its text by an emulator of their own: one of a rule of their own, or
 * what they put at the path of a lazy rule. One that the host's administrator pinned
 * is trusted with it, and guarded. One of a plain rule has to open it as its caller,
 * and could not.
 */
static int check_readable(const struct xarch_rule *rule, enum xarch_guard guard)
{
	if (guard & XARCH_GUARD_TEXT &&
	    (rule->owner != &init_user_ns || !rule->pin || rule->flags & XARCH_F_PLAIN))
		return -EACCES;
	return 0;
}

/* Why a program that has a twin is emulated all the same, as counted. */
static void count_reason(const struct xarch_rule *rule, enum xarch_twin why)
{
	if (why == XARCH_TWIN_NO_LOADER)
		xarch_rule_count(rule, XARCH_RESULT_NO_LOADER);
	else if (why == XARCH_TWIN_PRELOAD)
		xarch_rule_count(rule, XARCH_RESULT_PRELOAD);
	else if (why == XARCH_TWIN_ARGUMENT)
		xarch_rule_count(rule, XARCH_RESULT_ARGUMENT);
}

/*
 * A twin is the next program to be loaded, with argv, environment and credentials as
 * they are. A rule with credentials emulates: its programs may gain rights that the
 * twin's file does not give.
 */
static enum xarch_twin run_twin(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	enum xarch_twin why = XARCH_TWIN_NONE;

	if (rule->twins && !(rule->flags & XARCH_F_CREDENTIALS))
		bprm->interpreter = xarch_twin_open(rule->twins, bprm, &why);
	return why;
}

static int obey(struct linux_binprm *bprm, const struct xarch_rule *rule)
{
	enum xarch_twin twin = XARCH_TWIN_NONE;
	enum xarch_guard guard;
	int err;

	if (rule->action == XARCH_ACTION_PASS)
		return -ENOEXEC;
	if (rule->action == XARCH_ACTION_DENY) {
		xarch_rule_count(rule, XARCH_RESULT_DENIED);
		xarch_event_exec(rule, bprm->filename, twin, -EACCES);
		return -EACCES;
	}
	if (is_truncated(bprm))
		return -ENOEXEC;
	guard = xarch_guard_of(bprm, rule->flags & XARCH_F_CREDENTIALS);
	err = check_readable(rule, guard);
	if (!err)
		twin = run_twin(bprm, rule);
	if (twin == XARCH_TWIN_RUNS) {
		xarch_rule_count(rule, XARCH_RESULT_TWIN);
		xarch_event_exec(rule, bprm->filename, twin, 0);
		return 0;
	}
	if (!err)
		err = redirect(bprm, rule, guard);
	xarch_rule_count(rule, err ? XARCH_RESULT_FAILED : XARCH_RESULT_EMULATED);
	if (!err)
		count_reason(rule, twin);
	if (twin == XARCH_TWIN_NO_LOADER)
		xarch_event_no_loader(rule);
	xarch_event_exec(rule, bprm->filename, twin, err);
	return err;
}

/*
 * A file of a known machine that fits none of its archs is nobody's program, and yet
 * there may be a format or an emulator behind us that runs it: where one of them is
 * denied here, or locked, so is that.
 */
static int refuse_misfit(struct linux_binprm *bprm)
{
	const unsigned char *head = (const unsigned char *)bprm->buf;
	int arch, ret = -ENOEXEC;

	if (memcmp(head, ELFMAG, SELFMAG))
		return ret;
	for (arch = 0; arch < __XARCH_ARCH_MAX && ret == -ENOEXEC; arch++) {
		struct xarch_rule *rule;

		if (!xarch_match_machine(head, sizeof(bprm->buf), arch))
			continue;
		rule = xarch_rule_get(arch);
		if (!rule)
			continue;
		if (rule->action == XARCH_ACTION_DENY ||
		    (rule->action == XARCH_ACTION_EMULATE && rule->flags & XARCH_F_LOCKED)) {
			ret = -EACCES;
			xarch_rule_count(rule, XARCH_RESULT_DENIED);
			xarch_event_exec(rule, bprm->filename, XARCH_TWIN_NONE, ret);
		}
		xarch_rule_put(rule);
	}
	return ret;
}

int xarch_load_binary(struct linux_binprm *bprm)
{
	struct xarch_rule *rule;
	int arch, ret;

	if (is_native(bprm))
		return -ENOEXEC;
	arch = xarch_match((const unsigned char *)bprm->buf, sizeof(bprm->buf));
	if (arch < 0)
		return refuse_misfit(bprm);
	rule = xarch_rule_get(arch);
	if (!rule)
		return -ENOEXEC;
	ret = obey(bprm, rule);
	xarch_rule_put(rule);
	return ret;
}
