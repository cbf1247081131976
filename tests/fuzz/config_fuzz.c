// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tools/config.c: a file that can be read can be written with one rule taken away
 * and one put in, and all other rules are what they were then. The first byte says
 * what is changed, the rest is the file.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/config.h"

#define REMOVED	XARCH_ARCH_ARM
#define SET	XARCH_ARCH_AARCH64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What would be left of it after a crash is not the point here, and slow. */
int fsync(int fd)
{
	return fd < 0;
}

static char dir[] = "/tmp/config_fuzz.XXXXXX", path[64];

static void clean_up(void)
{
	unlink(path);
	rmdir(dir);
}

static void make_directory(void)
{
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/conf", dir);
	atexit(clean_up);
}

static void want_same(const struct rule *a, const struct rule *b)
{
	size_t i;

	if (a->action != b->action || a->flags != b->flags || a->nargs != b->nargs ||
	    !a->emulator != !b->emulator || (a->emulator && strcmp(a->emulator, b->emulator)))
		abort();
	for (i = 0; i < a->nargs; i++)
		if (strcmp(a->args[i], b->args[i]))
			abort();
}

/* Return: the rule that was put in, or NULL. */
static const struct rule *change(const struct config *old, uint8_t what)
{
	const struct config_section *first = config_section(old, 0);
	const struct rule *set = NULL;
	struct config config;
	struct rule rule;
	const char *why;

	if (!config_begin(&config, path, "change"))
		abort();
	if (what & 1)
		config_remove(&config, REMOVED);
	if (what & 2 && first) {
		set = &first->rule;
		rule = *set;
		rule.arch = SET;
		if (!config_can_keep(&rule, &why))
			abort();
		config_set(&config, &rule);
	}
	if (config_commit(&config))
		abort();
	config_end(&config);
	return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config old, new;
	const struct rule *set;
	FILE *file;
	size_t i;

	if (!*path)
		make_directory();
	if (!size)
		return 0;
	file = fopen(path, "w");
	if (!file || fwrite(data + 1, 1, size - 1, file) != size - 1 || fclose(file))
		abort();
	if (!config_read(&old, path, "before"))
		return 0;
	set = change(&old, *data);
	if (!config_read(&new, path, "after"))
		abort();
	for (i = 0; i < __XARCH_ARCH_MAX; i++) {
		const struct config_section *was = &old.section[i], *is = &new.section[i];

		if (i == SET && set) {
			want_same(set, &is->rule);
		} else if (i == REMOVED && *data & 1) {
			if (is->state != SECTION_ABSENT)
				abort();
		} else {
			if (was->state != is->state)
				abort();
			want_same(&was->rule, &is->rule);
		}
	}
	config_end(&new);
	config_end(&old);
	return 0;
}
