// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What setid_test gives rights to: a program for aarch64. The variable FILE names a file
 * that only these rights reach; its argument is what is to be done besides reading it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

extern char **environ;

/* Written to a core file, unlike what may only be read. */
char held[] = "held by the program";

/* Its caller may do what it likes meanwhile. */
static void wait_for_caller(void)
{
	char byte;

	while (read(HOLD_FD, &byte, 1) > 0)
		;
}

/* By numbers alone, as where they are closed nothing must go wrong. */
static int write_to(const char *path)
{
	static const char right[] = "by right\n", wrong[] = "by mistake\n";
	int fd = open(path, O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, right, strlen(right)) != (ssize_t)strlen(right))
		return 3;
	(void)!write(1, wrong, strlen(wrong));
	(void)!write(2, wrong, strlen(wrong));
	/* The emulator has something to say of that, too. */
	abort();
}

static int read_from(const char *path)
{
	char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (len < 0 || write(1, text, len) != len)
		return 4;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *file = getenv("FILE") ?: "", *what = argc > 1 ? argv[1] : "";
	int status, i;

	/* Which before Linux 5.18 a caller might leave out. */
	if (argc < 1 || !argv[0])
		return 5;
	if (!strcmp(what, "write"))
		return write_to(file);
	status = read_from(file);
	if (status)
		return status;
	if (!strcmp(what, "env"))
		for (i = 0; environ[i]; i++)
			printf("[%s]\n", environ[i]);
	if (!strcmp(what, "again")) {
		wait_for_caller();
		execl("/proc/self/exe", "again", NULL);
		return 6;
	}
	if (!strcmp(what, "crash")) {
		wait_for_caller();
		abort();
	}
	return 0;
}
