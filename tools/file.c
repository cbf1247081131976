// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are read and written whole, by xarchctl and by xarch-runtime. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "util.h"

char *read_fd(int fd, size_t max, size_t *len, char **why)
{
	size_t room = 4096, used = 0;
	char *text = xrealloc(NULL, room + 1);
	ssize_t got;

	for (;;) {
		got = read(fd, text + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += got;
		if (used > max)
			break;
		if (used == room) {
			room *= 2;
			text = xrealloc(text, room + 1);
		}
	}
	if (!got) {
		text[used] = '\0';
		*len = used;
		return text;
	}
	*why = got < 0 ? xstrdup(strerror(errno)) :
			 xasprintf("is longer than %zu bytes", max);
	free(text);
	return NULL;
}

char *read_file(const char *path, size_t max, size_t *len, struct stat *st,
		char **why)
{
	/* Not waiting for a writer, should it be a pipe. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat own;
	char *text = NULL;

	if (!st)
		st = &own;
	if (fd < 0 || fstat(fd, st))
		*why = xstrdup(strerror(errno));
	else if (!S_ISREG(st->st_mode))
		*why = xstrdup(S_ISDIR(st->st_mode) ? strerror(EISDIR) :
						      "is not a regular file");
	else
		text = read_fd(fd, max, len, why);
	if (fd >= 0)
		close(fd);
	errno = fd < 0 ? errno : 0;
	return text;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t wrote = write(fd, text, len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return errno;
		text += wrote;
		len -= wrote;
	}
	return 0;
}

int replace_file(const char *path, const char *text, size_t len,
		 const struct stat *like)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	int err = fd < 0 ? errno : 0;

	if (err)
		goto out;
	err = write_all(fd, text, len);
	/* In this order: a new owner takes the set-id bits away. */
	if (!err && (fchown(fd, like->st_uid, like->st_gid) ||
		     fchmod(fd, like->st_mode & 07777)))
		err = errno;
	if (close(fd) && !err)
		err = errno;
	if (!err && rename(temp, path))
		err = errno;
	if (err)
		unlink(temp);
out:
	free(temp);
	return err;
}
