/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_EMULATOR_H
#define _XARCH_EMULATOR_H

#include <linux/types.h>

struct file;

/**
 * xarch_emulator_open() - open an emulator as an exec of it would
 * @path: absolute path, looked up with the caller's root and credentials
 *
 * Context: may sleep.
 * Return: the file with writes to it denied, to be given to
 * xarch_emulator_close() or to an exec; or an ERR_PTR: -ELIBBAD where it is
 * no native ELF program, else what open_exec() says. Never -ENOEXEC.
 */
struct file *xarch_emulator_open(const char *path);

/**
 * xarch_emulator_pin() - open an emulator for as long as a rule stands
 * @path: as for xarch_emulator_open()
 *
 * The file is authorised with the caller's credentials and then opened anew
 * with the kernel's: an open file holds its opener's user namespace, and a
 * rule must not keep a container's alive.
 *
 * Context: may sleep, for as long as the file systems on the path please: for
 * trusted callers alone.
 * Return: as xarch_emulator_open(), and -EXDEV for a file system that a user
 * namespace other than the initial one mounted: it holds that namespace.
 */
struct file *xarch_emulator_pin(const char *path);

/**
 * xarch_emulator_pin_file() - the same of a file that the caller has open
 * @opened: the caller's file; its reference stays the caller's
 * @trusted: whether the caller may make us wait for a file system's daemon
 *
 * Context: may sleep.
 * Return: as xarch_emulator_pin(), and -EXDEV for FUSE unless @trusted.
 */
struct file *xarch_emulator_pin_file(struct file *opened, bool trusted);

/**
 * xarch_emulator_clone() - open a pinned emulator once more for an exec
 * @pinned: what xarch_emulator_pin() returned
 *
 * Context: may sleep.
 * Return: as xarch_emulator_open().
 */
struct file *xarch_emulator_clone(struct file *pinned);

/**
 * xarch_emulator_close() - give back any of the above
 * @file: the file; its write denial is undone
 *
 * Context: any; the last reference goes later where sleeping is impossible.
 */
void xarch_emulator_close(struct file *file);

#endif /* _XARCH_EMULATOR_H */
