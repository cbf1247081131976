/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_STRINGS_H
#define _XARCH_STRINGS_H

#include <linux/types.h>

struct linux_binprm;

/* Of each string so much is shown; what follows is not looked at. */
#define XARCH_STRING_HEAD 64

/**
 * typedef xarch_string_fn - looks at one string of an exec
 * @head: its first bytes, with a NUL behind them
 * @environment: whether it is a variable, "NAME=VALUE", and not an argument
 * @data: the caller's
 *
 * Return: whether to go on.
 */
typedef bool (*xarch_string_fn)(const char *head, bool environment, void *data);

/**
 * xarch_strings_each() - show the arguments and the environment of an exec
 * @bprm: the exec, its strings in place and argv not touched yet
 * @fn: called for each string in turn, argv[0] first
 * @data: for @fn
 *
 * Context: may sleep.
 * Return: 0, or -EFAULT where the new stack cannot be read.
 */
int xarch_strings_each(struct linux_binprm *bprm, xarch_string_fn fn, void *data);

#endif /* _XARCH_STRINGS_H */
