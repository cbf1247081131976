// SPDX-License-Identifier: GPL-2.0-or-later
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "usage.h"

/*
 * Namespaces in use, exactly: the kernel charges each to the limit of the user
 * namespaces above it and refuses one too many, so the lowest limit with which
 * one more can be made tells. Refusals leave nothing behind.
 */
const struct ns_type ns_types[N_TYPES] = {
	{ CLONE_NEWPID, "/proc/sys/user/max_pid_namespaces" },
	{ CLONE_NEWNS, "/proc/sys/user/max_mnt_namespaces" },
	{ CLONE_NEWUSER, "/proc/sys/user/max_user_namespaces" },
};

void put_number(const char *path, int number)
{
	FILE *file = fopen(path, "we");

	must(file && fprintf(file, "%d\n", number) > 0 && !fclose(file), path);
}

int get_number(const char *path)
{
	FILE *file = fopen(path, "re");
	int number;

	must(file && fscanf(file, "%d", &number) == 1, path);
	fclose(file);
	return number;
}

static bool one_more(int type, int limit)
{
	int status;

	put_number(ns_types[type].limit, limit);
	if (!fork())
		_exit(unshare(ns_types[type].flag) ? 1 : 0);
	must(wait(&status) > 0, "wait");
	return !status;
}

int in_use(int type)
{
	int usual = get_number(ns_types[type].limit), limit = 0;

	while (!one_more(type, limit + 1))
		limit++;
	put_number(ns_types[type].limit, usual);
	return limit;
}

/*
 * By attempts that leave nothing behind while they fail: one that succeeds leaves a
 * namespace that dies in its own time, and would be found by the next.
 */
int too_many(int type, int before, double until)
{
	int usual = get_number(ns_types[type].limit);
	bool gone;

	while (!(gone = one_more(type, before + 1)) && now() < until)
		nap_ms(100);
	put_number(ns_types[type].limit, usual);
	return gone ? 0 : in_use(type) - before;
}

long meminfo_kb(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kb = -1;

	must(file, "/proc/meminfo");
	while (kb < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			kb = atol(line + strlen(name) + 1);
	fclose(file);
	return kb;
}
