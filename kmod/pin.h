/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_PIN_H
#define _XARCH_PIN_H

#include <linux/llist.h>
#include <linux/types.h>

struct file;
struct netlink_ext_ack;
struct vfsmount;

/**
 * struct xarch_pin - an emulator that is kept open
 * @file: the emulator, writes to it denied; opened with the kernel's credentials,
 *	since an open file holds its opener's user namespace, and a rule must not keep a
 *	container's alive
 * @mount: private read-only nosuid clone of the mount that it was found on, below which
 *	@file is open; NULL: it is open on that mount itself
 * @dev: device of @file as stat(2) tells it
 * @ino: and its inode number
 * @loader: from xarch_emulator_loader()
 * @gone: private
 *
 * Through the clone nobody who gets at the file by /proc/PID/exe of an emulated program
 * can open it for writing, be it root of a container that the program runs in; the mount
 * itself can be taken away, and its root is the clone's, so that paths look as they do
 * there.
 */
struct xarch_pin {
	struct file *file;
	struct vfsmount *mount;
	u32 dev;
	u64 ino;
	char *loader;
	struct llist_node gone;
};

/**
 * xarch_pin_new() - keep an emulator open
 * @path: absolute path, looked up with the caller's root and credentials; ignored where
 *	@opened is there
 * @opened: the caller's open file, or NULL; its reference stays the caller's
 * @trusted: whether it is the host's administrator who asks. Others may not make us
 *	wait for a file system's daemon, and may clone no mount: their emulators come as
 *	@opened, from file systems known to answer by themselves, and are held on their
 *	own mount, which is the business of the user namespace that it belongs to
 * @extack: takes the reason of a refusal
 *
 * Context: may sleep; where @trusted, for as long as file systems please.
 * Return: for xarch_pin_put(), or an ERR_PTR: what open_exec() says of it, -ELIBBAD for
 * no native ELF program, -EPERM for one with set-id bits or capabilities, -EXDEV for a
 * file system or mount that must not be held, -EAGAIN for a file that somebody holds a
 * lease on. Never -ENOEXEC.
 */
struct xarch_pin *xarch_pin_new(const char *path, struct file *opened, bool trusted,
				struct netlink_ext_ack *extack);

/**
 * xarch_pin_put() - undo xarch_pin_new()
 * @pin: the emulator, or NULL
 *
 * Context: any; what has to sleep is done later.
 */
void xarch_pin_put(struct xarch_pin *pin);

/**
 * xarch_pins_exit() - wait until all that was put is gone
 *
 * Context: module exit, with no pin left.
 */
void xarch_pins_exit(void);

#endif /* _XARCH_PIN_H */
