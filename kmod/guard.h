/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_GUARD_H
#define _XARCH_GUARD_H

#include <linux/types.h>

struct linux_binprm;

/**
 * enum xarch_guard - what the emulator has that its caller must not get at
 * @XARCH_GUARD_RIGHTS: rights that the program gives and the caller has not
 * @XARCH_GUARD_TEXT: the program's text, which the caller may execute but not read
 */
enum xarch_guard {
	XARCH_GUARD_NONE	= 0,
	XARCH_GUARD_RIGHTS	= 1 << 0,
	XARCH_GUARD_TEXT	= 1 << 1,
};

/**
 * xarch_guard_of() - what an exec has to guard
 * @bprm: the exec, of the program itself
 * @credentials: whether set-id bits and capabilities of its file count
 *
 * Context: the task in execve(); may sleep.
 * Return: enum xarch_guard values or'ed.
 */
enum xarch_guard xarch_guard_of(const struct linux_binprm *bprm, bool credentials);

/**
 * xarch_guard_environment() - keep the caller's settings from the emulator
 * @bprm: the exec, its strings complete and no argument added yet
 * @guard: what there is to guard
 *
 * A caller must not choose the log file, the debugger's port or the plugins of an
 * emulator with more rights than their own, nor, where it is dynamically linked,
 * libraries that read the program for them. QEMU_X becomes QEMU-X, LD_X becomes LD-X.
 * (An emulator that gains rights has its loader ignore LD_X, as AT_SECURE says.)
 *
 * Context: the task in execve(); may sleep.
 * Return: 0, or -EFAULT where the strings cannot be reached.
 */
int xarch_guard_environment(struct linux_binprm *bprm, enum xarch_guard guard);

/**
 * xarch_guard_core() - have the emulator write no core file of its own
 * @guard: what there is to guard
 *
 * qemu-user writes the emulated program's core itself, with its own rights and where
 * the caller's working directory and links lead; and in it is what the program holds.
 * The kernel's own is another matter, fs.suid_dumpable. The hard limit is set to 0 as
 * well: where the ids are the caller's, with a capability or none, prlimit() lets them
 * raise the soft one again. It is the last step of an exec; a caller whose exec fails
 * after all has lost their core files.
 *
 * Context: the task in execve().
 */
void xarch_guard_core(enum xarch_guard guard);

#endif /* _XARCH_GUARD_H */
