/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_VERIFY_H
#define _XARCHCTL_NATIVE_VERIFY_H

/**
 * native_verify() - compare programs and their twins
 * @image: the set's image
 * @name: the set's name
 * @tree: root of a system of the set's arch
 * @data: directory of checks, or NULL: the installed ones
 *
 * Prints a line a check.
 *
 * Return: exit status: EXIT_REFUSED where any differs, or none could be run.
 */
int native_verify(const char *image, const char *name, const char *tree,
		  const char *data);

#endif /* _XARCHCTL_NATIVE_VERIFY_H */
