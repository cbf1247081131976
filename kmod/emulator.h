/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_EMULATOR_H
#define _XARCH_EMULATOR_H

#include <linux/types.h>

struct cred;
struct file;
struct path;

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
 * xarch_emulator_loader() - what a dynamically linked emulator needs beside itself
 * @file: the emulator
 *
 * Context: may sleep.
 * Return: path of its PT_INTERP for kfree(), NULL for a static program, or an ERR_PTR:
 * -ELIBBAD for headers that the kernel would not take, never -ENOEXEC.
 */
char *xarch_emulator_loader(struct file *file);

/**
 * xarch_emulator_can_start() - ask what the kernel asks beyond the point of no return
 * @file: the emulator
 * @loader: from xarch_emulator_loader(), NULL: it is static
 *
 * An exec that fails there is a SIGSEGV to its caller, and was counted as done.
 *
 * Context: the task in execve(); may sleep. Between this look and the kernel's own
 * things may change; then it is a SIGSEGV after all.
 * Return: 0, -EACCES for a mount turned noexec, or what open_exec() says of the
 * loader in the task's root.
 */
int xarch_emulator_can_start(struct file *file, const char *loader);

/**
 * xarch_emulator_reopen() - open an emulator that is known already
 * @path: where it is
 * @cred: as whom
 *
 * Context: may sleep, but not for a lease on the file.
 * Return: as xarch_emulator_open(), and -EAGAIN for a lease.
 */
struct file *xarch_emulator_reopen(const struct path *path, const struct cred *cred);

/**
 * xarch_emulator_reopen_as_kernel() - the same with the kernel's credentials
 * @path: where it is
 *
 * An open file holds its opener's user namespace: what is to stay must not hold a
 * container's.
 *
 * Context: may sleep, but not for a lease on the file.
 * Return: as xarch_emulator_reopen().
 */
struct file *xarch_emulator_reopen_as_kernel(const struct path *path);

/**
 * xarch_emulator_check() - ask of an open file what xarch_emulator_open() asks of a path
 * @opened: the caller's file
 *
 * Context: may sleep, but not for a lease on the file.
 * Return: 0, or what xarch_emulator_open() or xarch_emulator_reopen() would.
 */
int xarch_emulator_check(struct file *opened);

/**
 * xarch_emulator_clone() - open a pinned emulator once more for an exec
 * @pinned: what xarch_emulator_reopen() returned
 *
 * Context: may sleep.
 * Return: as xarch_emulator_open().
 */
struct file *xarch_emulator_clone(struct file *pinned);

/**
 * xarch_has_capabilities() - does a program's file give capabilities?
 * @file: the file
 *
 * Context: may sleep.
 * Return: whether it does, and true where its file system does not say.
 */
bool xarch_has_capabilities(const struct file *file);

/**
 * xarch_emulator_close() - give back any of the above
 * @file: the file; its write denial is undone
 *
 * Context: any; the last reference goes later where sleeping is impossible.
 */
void xarch_emulator_close(struct file *file);

#endif /* _XARCH_EMULATOR_H */
