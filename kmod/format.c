// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our place in the kernel's list of binary formats: ahead of binfmt_misc,
 * whichever is loaded first.
 *
 * The format put at the head last is asked first. search_binary_handler()
 * drops the list's lock while it is inside a handler and then walks on from
 * that handler's node, so a registered format may not be moved: taking it out
 * under a task that is inside corrupts that task's walk. Instead, when
 * binfmt_misc arrives, one more format of ours goes to the head, and all of
 * them stay until module exit, when no task can be inside. Being asked a second
 * time changes nothing: the rules that let the file pass still do, or a rule
 * has been set since and the exec obeys the new one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "exec.h"
#include "format.h"

struct format {
	struct list_head list;
	struct linux_binfmt binfmt;
};

static DEFINE_MUTEX(formats_lock);
static LIST_HEAD(formats);

static struct format first = {
	.binfmt = {
		.module = THIS_MODULE,
		.load_binary = xarch_load_binary,
	},
};

static void format_insert(struct format *format)
{
	mutex_lock(&formats_lock);
	list_add(&format->list, &formats);
	insert_binfmt(&format->binfmt);
	mutex_unlock(&formats_lock);
}

static int module_event(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;
	struct format *format;

	/* LIVE follows the module's init, which is where it registers. */
	if (state != MODULE_STATE_LIVE || strcmp(mod->name, "binfmt_misc"))
		return NOTIFY_DONE;

	format = kzalloc(sizeof(*format), GFP_KERNEL);
	if (!format) {
		pr_err("no memory to get ahead of binfmt_misc again: its entries now decide first; reload xarch\n");
		return NOTIFY_DONE;
	}
	format->binfmt.module = THIS_MODULE;
	format->binfmt.load_binary = xarch_load_binary;
	format_insert(format);
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
};

int xarch_format_init(void)
{
	int err = register_module_notifier(&module_notifier);

	if (err)
		return err;
	format_insert(&first);
	return 0;
}

void xarch_format_exit(void)
{
	struct format *format, *next;

	unregister_module_notifier(&module_notifier);
	list_for_each_entry_safe(format, next, &formats, list) {
		unregister_binfmt(&format->binfmt);
		if (format != &first)
			kfree(format);
	}
}
