// SPDX-License-Identifier: GPL-2.0-or-later
// To be preloaded: each program that it is loaded into adds its name to the file $SEEN.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void be_seen(void)
{
	int file = open(getenv("SEEN"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	dprintf(file, "%s\n", program_invocation_short_name);
	close(file);
}
