/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_EXEC_H
#define _XARCH_EXEC_H

struct linux_binprm;

/**
 * xarch_load_binary() - struct linux_binfmt's handler
 * @bprm: the exec
 *
 * Context: the task in execve(); may sleep.
 * Return: 0 with bprm->interpreter set; -ENOEXEC with @bprm as it was, for the
 * next format to try; -EACCES where a rule denies; any other errno fails the
 * exec.
 */
int xarch_load_binary(struct linux_binprm *bprm);

#endif /* _XARCH_EXEC_H */
