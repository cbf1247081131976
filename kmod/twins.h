/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_TWINS_H
#define _XARCH_TWINS_H

#include <linux/types.h>

#include "../include/uapi/linux/xarch.h"

#include "note.h"

struct file;
struct linux_binprm;
struct netlink_ext_ack;
struct xarch_twins;

/*
 * A twin is a native program that does the work of a foreign one byte for byte; a
 * set is a table from build-id to twin, under a name. A set's name outlives its
 * table: rules hold the name, loading a set puts a table there, unloading takes it
 * away, and execs that are in it go on.
 */

/**
 * struct xarch_twin_request - one twin as somebody asks for it
 * @id: build-id of the foreign program
 * @id_len: its length
 * @file: the twin, open in the caller
 * @path: in the set, for reports; not looked up
 * @not_args: arguments that rule the twin out, each with its NUL, one after the other
 * @not_args_len: bytes of @not_args
 * @only_args: if any, one of them must be there, as @not_args
 * @only_args_len: bytes of @only_args
 *
 * An argument matches as a whole, or by its beginning where it ends in '*'.
 */
struct xarch_twin_request {
	unsigned char id[XARCH_BUILD_ID_LEN];
	unsigned int id_len;
	struct file *file;
	const char *path;
	const char *not_args;
	unsigned int not_args_len;
	const char *only_args;
	unsigned int only_args_len;
};

/**
 * xarch_twins_load() - put a set there, in place of the one of that name
 * @name: the set's name
 * @loader: where twins look for their dynamic loader; @loader_file is that file
 * @loader_file: open in the caller
 * @everybody: whether rules of user namespaces may name it
 * @twins: @n of them; copied, the files are opened again
 * @n: how many
 * @extack: takes the reason of a refusal
 *
 * Context: process; may sleep.
 * Return: 0, or a negative errno with nothing changed.
 */
int xarch_twins_load(const char *name, const char *loader, struct file *loader_file,
		     bool everybody, const struct xarch_twin_request *twins, unsigned int n,
		     struct netlink_ext_ack *extack);

/**
 * xarch_twins_unload() - take a set's table away
 * @name: the set's name
 *
 * Return: whether there was one.
 */
bool xarch_twins_unload(const char *name);

/**
 * xarch_twins_get() - a set, for a rule that names it
 * @name: the set's name; it must be loaded
 * @delegated: whether the rule belongs to a user namespace
 * @extack: takes the reason of a refusal
 *
 * Return: the set, for xarch_twins_put(), or an ERR_PTR: -ENOENT, or -EPERM where it
 * is not for everybody.
 */
struct xarch_twins *xarch_twins_get(const char *name, bool delegated,
				    struct netlink_ext_ack *extack);

/**
 * xarch_twins_hold() - hold a set once more
 * @set: held
 *
 * Return: @set, for xarch_twins_put().
 */
struct xarch_twins *xarch_twins_hold(struct xarch_twins *set);

/**
 * xarch_twins_put() - undo xarch_twins_get()
 * @set: the set, or NULL
 *
 * Context: process or softirq, the last rule that names a set goes in an RCU callback.
 */
void xarch_twins_put(struct xarch_twins *set);

/**
 * xarch_twins_name() - what a set is called
 * @set: held
 */
const char *xarch_twins_name(const struct xarch_twins *set);

/**
 * xarch_twin_open() - the twin of the program of an exec
 * @set: the rule's set
 * @bprm: the exec, argv not touched yet
 * @why: takes what came of it
 *
 * Context: process; may sleep.
 * Return: the twin's file, its writes denied as open_exec() does, for
 * bprm->interpreter or xarch_emulator_close(); NULL where the program is to be
 * emulated, for whatever reason.
 */
struct file *xarch_twin_open(struct xarch_twins *set, struct linux_binprm *bprm,
			     enum xarch_twin *why);

/**
 * struct xarch_twins_info - what there is to say of a set
 * @serial: its place among all, in the order of their first loading
 * @name: its name
 * @loader: where its loader is
 * @n: how many twins
 * @bytes: memory that its table takes, open files apart
 * @everybody: whether rules of user namespaces may name it
 */
struct xarch_twins_info {
	unsigned long serial;
	char name[XARCH_TWINS_NAME_LEN + 1];
	char loader[XARCH_TWINS_LOADER_LEN + 1];
	u32 n;
	u32 bytes;
	bool everybody;
};

/**
 * xarch_twins_next() - describe one of the loaded sets
 * @after: serial of the one before, 0 for the first
 * @info: the answer
 *
 * Called so until there is none, it finds each set that is loaded all the time, once,
 * whatever comes and goes meanwhile.
 *
 * Context: process; may sleep.
 * Return: whether there is one.
 */
bool xarch_twins_next(unsigned long after, struct xarch_twins_info *info);

/**
 * xarch_twins_exit() - unload every set
 *
 * Context: module exit, after the last rule has gone.
 */
void xarch_twins_exit(void);

#endif /* _XARCH_TWINS_H */
