// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "native_image.h"
#include "native_run.h"
#include "util.h"

/* Any fixed one: images tell themselves apart by their names. */
#define UUID "78617263-682d-7477-696e-2d7365742d31"
#define TABLE_MAX (8ul << 20)

char *native_image_path(const char *dir, const char *name)
{
	return xasprintf("%s/%s" NATIVE_SUFFIX, dir, name);
}

bool native_image_make(const char *dir, const char *image, char **why)
{
	const char *argv[] = {
		"mkfs.erofs", "--all-root", "-T0", "-U" UUID, "-x-1", image,
		dir, NULL
	};
	struct native_run run = { 0 };

	return native_run(&run, argv, why);
}

bool native_image_mount(const char *image, const char *at, char **why)
{
	const char *argv[] = {
		"mount", "-t", "erofs", "-o", "loop,ro,nosuid,nodev", image, at,
		NULL
	};
	struct native_run run = { 0 };

	return native_run(&run, argv, why);
}

/* In a mount namespace of its own: the image at @at, its table into @out. */
static char *copy_table(const char *image, const char *at, int out)
{
	char *path = xasprintf("%s/" NATIVE_TABLE, at), *text, *why;
	size_t len;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return xasprintf("it can be read by root only: %s",
				 strerror(errno));
	if (!native_image_mount(image, at, &why))
		return why;
	text = read_file(path, TABLE_MAX, &len, NULL, &why);
	if (!text)
		return why;
	if (write(out, text, len) != (ssize_t)len)
		return xstrdup(strerror(errno));
	return NULL;
}

static char *split_path(const char *image)
{
	const char *slash = strrchr(image, '/');

	return slash ? xasprintf("%.*s", (int)(slash - image) + 1, image) :
	       xstrdup(".");
}

bool native_image_table(const char *image, const char *name,
			struct native_table *table, char **why)
{
	int out = memfd_create("table", MFD_CLOEXEC), status = -1;
	char *text, *at;
	bool good;
	size_t len;
	pid_t pid;

	if (access(image, R_OK)) {
		*why = xstrdup(strerror(errno));
		close(out);
		return false;
	}
	pid = fork();
	if (!pid) {
		at = split_path(image);
		text = copy_table(image, at, out);
		if (!text)
			_exit(0);
		if (ftruncate(out, 0) || pwrite(out, text, strlen(text), 0) < 0)
			_exit(2);
		_exit(1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	lseek(out, 0, SEEK_SET);
	text = read_fd(out, TABLE_MAX, &len, why);
	close(out);
	if (!text)
		return false;
	if (status) {
		*why = text;
		return false;
	}
	good = native_table_read(text, len, table, why);
	free(text);
	if (good && strcmp(table->name, name)) {
		*why = xasprintf("it is the image of \"%s\": a set keeps its name",
				 table->name);
		native_table_clear(table);
		good = false;
	}
	return good;
}
