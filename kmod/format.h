/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_FORMAT_H
#define _XARCH_FORMAT_H

/**
 * xarch_format_init() - be asked about every exec from now on, before others
 *
 * The last step of the module's init: what it registers must not be taken
 * back before the module's exit, so nothing may fail after it.
 *
 * Return: 0, or a negative errno with nothing registered.
 */
int xarch_format_init(void);

/**
 * xarch_format_exit() - leave the kernel's list of formats
 *
 * Context: module exit alone: no task is inside the handler then.
 */
void xarch_format_exit(void);

#endif /* _XARCH_FORMAT_H */
