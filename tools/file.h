/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_FILE_H
#define _XARCHCTL_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/**
 * read_fd() - the rest of what an open file holds
 * @fd: the file, of any kind
 * @max: most bytes that are taken
 * @len: set to how many bytes there were
 * @why: set to what went wrong, a new string
 *
 * Return: the bytes and a NUL, a new string; NULL with @why: they could not all
 * be read, or are more.
 */
char *read_fd(int fd, size_t max, size_t *len, char **why);

/**
 * read_file() - what a regular file holds
 * @path: the file
 * @max: most bytes that are taken
 * @len: set to how many bytes there were
 * @st: set to what is known of the file, or NULL
 * @why: as of read_fd()
 *
 * Anything else could make its reader wait, or do something when it is opened.
 *
 * Return: as of read_fd(). errno is why it could not be opened, or 0 where it
 * could.
 */
char *read_file(const char *path, size_t max, size_t *len, struct stat *st,
		char **why);

/**
 * replace_file() - write a file whole, or leave it as it is
 * @path: the file; it need not exist
 * @text: what it shall hold
 * @len: how many bytes that is
 * @like: mode and owner that it shall have; owner and group may be -1, those
 *	of this process then
 *
 * Return: 0 or a positive errno.
 */
int replace_file(const char *path, const char *text, size_t len,
		 const struct stat *like);

#endif /* _XARCHCTL_FILE_H */
