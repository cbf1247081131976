/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_MODULE_H
#define _XARCHCTL_MODULE_H

/**
 * module_load() - load the module where its family is not there
 *
 * Netlink has asked for it already, if whoever asks may have modules loaded; here it
 * is said what that came to.
 *
 * Return: NULL where it may be there now; else which of signature, headers, DKMS, file
 * or loading is at fault, and the command that mends it; a new string.
 */
char *module_load(void);

#endif /* _XARCHCTL_MODULE_H */
