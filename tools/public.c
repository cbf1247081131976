// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files as others see them, judged by one who may see more.
 *
 * To become somebody else for a while, and let the kernel judge, would not do:
 * in a user namespace with one id there is nobody else to become.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "public.h"
#include "util.h"

/* As many as the kernel follows. */
#define LINKS_MAX	40

struct walk {
	int dir;		/* where it has come to; -1: nowhere good */
	char *rest;		/* the path from there */
	int links;
};

static void enter(struct walk *walk, int dir)
{
	struct stat st;

	if (walk->dir >= 0)
		close(walk->dir);
	walk->dir = dir;
	if (dir >= 0 && (fstat(dir, &st) || !(st.st_mode & S_IXOTH))) {
		close(dir);
		walk->dir = -1;
	}
}

/* @rest: a new string */
static void set_rest(struct walk *walk, char *rest)
{
	free(walk->rest);
	walk->rest = rest;
	if (*rest == '/')
		enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static bool follow(struct walk *walk, int link, const char *behind)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target));

	if (len <= 0 || len == sizeof(target) || ++walk->links > LINKS_MAX)
		return false;
	set_rest(walk, xasprintf("%.*s%s", (int)len, target, behind));
	return true;
}

/* Opens anew what was only looked at, once it is sure that this can do no harm. */
static int open_program(int file)
{
	char path[32];
	struct stat st;

	if (fstat(file, &st) || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IROTH | S_IXOTH | S_ISUID | S_ISGID)) !=
	    (S_IROTH | S_IXOTH))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/*
 * One step on the way.
 *
 * Return: whether there is another; if not, *program is what was found, or -1.
 */
static bool step(struct walk *walk, int *program)
{
	char *name = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(name, "/");
	char *behind = xstrdup(name + len);
	bool more = false;
	struct stat st;
	int fd;

	name[len] = '\0';
	fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		;
	} else if (S_ISLNK(st.st_mode)) {
		more = follow(walk, fd, behind);
	} else if (S_ISDIR(st.st_mode)) {
		enter(walk, fd);
		fd = -1;
		set_rest(walk, xstrdup(behind + strspn(behind, "/")));
		more = true;
	} else if (!*behind) {
		*program = open_program(fd);
	}
	if (fd >= 0)
		close(fd);
	free(behind);
	return more && walk->dir >= 0;
}

int open_public(const char *path)
{
	struct walk walk = { .dir = -1 };
	int program = -1;

	if (*path == '/')
		set_rest(&walk, xstrdup(path));
	while (walk.dir >= 0 && step(&walk, &program))
		;
	if (walk.dir >= 0)
		close(walk.dir);
	free(walk.rest);
	return program;
}
