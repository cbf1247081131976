/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_CONFIG_H
#define _XARCHCTL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "rule.h"

/*
 * The host rules that survive a reboot, CONFIG_FILE: an INI file, one section an
 * arch.
 *
 *	[aarch64]
 *	action = emulate
 *	emulator = /usr/bin/qemu-aarch64-static
 *	arg = -cpu
 *	arg = cortex-a72
 *	locked = yes
 *
 * Comments have lines of their own. A value in double quotes keeps the blanks
 * at its ends; \" and \\ stand for a quote and a backslash there.
 */
struct config_section {
	enum {
		SECTION_ABSENT,
		SECTION_KEPT,		/* as the file has it */
		SECTION_SET,		/* to be written */
		SECTION_REMOVED,
	} state;
	struct rule rule;
	size_t first, last;		/* its lines, from 1; 0: none yet */
};

struct config {
	char *path;
	char **lines;
	size_t n;
	struct config_section section[__XARCH_ARCH_MAX];
	char *temp;			/* what becomes the file */
	int fd;				/* of temp, locked; -1: none */
	int error;			/* errno: why there is none */
};

/**
 * config_read() - read a file
 * @config: the result, which config_end() frees
 * @path: the file; "-" is standard input
 * @verb: begins the error message
 *
 * Return: true, or false after an error message with file and line; @config is
 * empty then.
 */
bool config_read(struct config *config, const char *path, const char *verb);

/**
 * config_begin() - read a file in order to change it
 * @config: the result, which config_end() frees
 * @path: the file; one that does not exist counts as empty
 * @verb: begins the error message
 *
 * Other changes of the file wait until config_end(). Where the file cannot be
 * changed, config_commit() will say so: whether the caller has the right to
 * set rules is for the kernel to say first.
 *
 * Return: true, or false after an error message; @config is empty then.
 */
bool config_begin(struct config *config, const char *path, const char *verb);

/**
 * config_section() - sections of a file, one after the other
 * @config: from config_read()
 * @i: which, from 0
 *
 * Return: the section, or NULL where there are no more.
 */
const struct config_section *config_section(const struct config *config,
					    size_t i);

/**
 * config_can_keep() - whether a file can hold a rule
 * @rule: the rule
 * @why: set to what is in the way; static string
 *
 * Return: true, or false with @why.
 */
bool config_can_keep(const struct rule *rule, const char **why);

/**
 * config_set() - put a rule in place of its arch's present one
 * @config: from config_begin()
 * @rule: rule that config_can_keep(); copied
 */
void config_set(struct config *config, const struct rule *rule);

/**
 * config_remove() - take an arch's rule away
 * @config: from config_begin()
 * @arch: the arch
 *
 * Return: whether there was one.
 */
bool config_remove(struct config *config, enum xarch_arch arch);

/**
 * config_commit() - write the changes
 * @config: from config_begin()
 *
 * The new file replaces the old at once and whole. Sections that did not
 * change, and comments outside of those that did, stay as they were.
 *
 * Return: 0, or the errno of what failed; the file is as it was then.
 */
int config_commit(struct config *config);

/**
 * config_end() - let others change the file, and free everything
 * @config: the config
 */
void config_end(struct config *config);

#endif /* _XARCHCTL_CONFIG_H */
