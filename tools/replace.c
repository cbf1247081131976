// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are written whole, by xarchctl and by xarch-runtime. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "util.h"

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

int replace_file(const char *path, const char *text, size_t len, mode_t mode)
{
	char *temp = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	int err = fd < 0 ? errno : 0;

	if (err)
		goto out;
	err = write_all(fd, text, len);
	if (!err && fchmod(fd, mode))
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
