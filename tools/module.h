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

/**
 * module_mismatch() - are the loaded module and this program of one version?
 * @loaded: the module's version
 *
 * Each refuses what it does not know of the other.
 *
 * Return: NULL if they are; else what they are, and what mends it; a new string.
 */
char *module_mismatch(const char *loaded);

#endif /* _XARCHCTL_MODULE_H */
