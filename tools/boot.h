/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_BOOT_H
#define _XARCHCTL_BOOT_H

/**
 * boot_obstacle() - why nothing restores the kept rules when the machine starts
 *
 * Return: what is in the way and the command that mends it, a static string; NULL
 * where xarch.service will restore them.
 */
const char *boot_obstacle(void);

#endif /* _XARCHCTL_BOOT_H */
