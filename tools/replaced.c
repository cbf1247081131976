// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "replaced.h"
#include "util.h"

/* The inode number of the first pid namespace: PROC_PID_INIT_INO of the kernel's ABI. */
#define FIRST_PID_NS	0xEFFFFFFCU

/*
 * Rules name paths as who set them saw them: mostly the host. In a container such a
 * path leads elsewhere, which says nothing. Where process 1 may not be looked at, its
 * mount namespace is taken for ours.
 */
static bool sees_paths_of(const struct rule *rule)
{
	struct stat ours, first;

	/* A rule that was set in a user namespace was so in a container. */
	if (stat("/proc/self/ns/user", &ours) || ours.st_ino != rule->owner_userns)
		return false;
	if (stat("/proc/self/ns/pid", &ours) || ours.st_ino != FIRST_PID_NS)
		return false;
	return stat("/proc/1/ns/mnt", &first) || stat("/proc/self/ns/mnt", &ours) ||
	       (first.st_dev == ours.st_dev && first.st_ino == ours.st_ino);
}

const char *emulator_state(const struct rule *rule)
{
	struct stat now;

	if (!rule->emulator || !rule_has(rule, XARCH_A_EMULATOR_INO) || !sees_paths_of(rule))
		return NULL;
	if (stat(rule->emulator, &now))
		return errno == ENOENT || errno == ENOTDIR ? EMULATOR_DELETED : NULL;
	if (rule->emulator_dev == (uint32_t)now.st_dev && rule->emulator_ino == now.st_ino)
		return EMULATOR_CURRENT;
	return EMULATOR_REPLACED;
}

json_t *emulator_state_json(json_t *record, const struct rule *rule)
{
	const char *state = emulator_state(rule);

	json_object_set_new(record, "emulator_state", state ? json_string(state) : json_null());
	return record;
}

char *emulator_state_note(const struct rule *rule)
{
	const char *state = emulator_state(rule);

	if (!state || !strcmp(state, EMULATOR_CURRENT))
		return NULL;
	return xasprintf("%s was %s since the rule was set, which keeps the old file: %s",
			 rule->emulator, state, !strcmp(state, EMULATOR_DELETED) ?
			 "it will be missing when the machine restarts" :
			 rule->scope == XARCH_SCOPE_HOST ?
			 "\"sudo xarchctl restore --replaced\" takes the new one" :
			 "set the rule again to take the new one");
}
