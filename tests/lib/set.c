// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "rule.h"
#include "set.h"

/* Any x86-64 program will do. */
#define LOADER "/lib64/ld-linux-x86-64.so.2"

bool set_load(struct conn *conn, const char *name, const char *dir)
{
	static const uint32_t id[5] = { 1 };
	struct twin twin = { .id = id, .id_len = sizeof(id) };
	char loader[128], copy[256];
	int err;

	snprintf(loader, sizeof(loader), "%s/ld.so", dir);
	snprintf(copy, sizeof(copy), "cp " LOADER " %s", loader);
	if (mount("set", dir, "tmpfs", 0, NULL) || system(copy) ||
	    mount("set", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL)) {
		printf("# %s: no read-only file system\n", dir);
		return false;
	}
	twin.fd = open(loader, O_RDONLY | O_CLOEXEC);
	err = twins_load(conn, name, loader, twin.fd, &twin, 1);
	if (err)
		printf("# loading a set: %s: %s\n", strerror(-err), rule_error);
	close(twin.fd);
	return !err;
}

bool set_unload(struct conn *conn, const char *name, const char *dir)
{
	int err = twins_unload(conn, name), tries;

	for (tries = 0; umount(dir); tries++) {
		if (tries == 100)
			return false;
		usleep(20000);
	}
	return !err;
}
