/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_REPLACE_H
#define _XARCHCTL_REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * replace_file() - write a file whole, or leave it as it is
 * @path: the file; it need not exist
 * @text: what it shall hold
 * @len: how many bytes that is
 * @mode: its permissions
 *
 * Return: 0 or a positive errno.
 */
int replace_file(const char *path, const char *text, size_t len, mode_t mode);

#endif /* _XARCHCTL_REPLACE_H */
