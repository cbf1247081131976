/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_PUBLIC_H
#define _XARCHCTL_PUBLIC_H

/**
 * open_public() - open a program that everybody on the host may have
 * @path: absolute path
 *
 * Each directory on the way, symbolic links followed, must be one that others
 * may search, the program a regular file that they may read and execute, without
 * set-id bits. What was judged is what is opened, whatever becomes of the path.
 *
 * Return: descriptor for reading; or -1: it is not so, or there is none, which a
 * caller that may not know need not be told.
 */
int open_public(const char *path);

#endif /* _XARCHCTL_PUBLIC_H */
