/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From packages to the files of a set: programs and plug-ins are paired, twins
 * rewritten, what they need is added.
 */
#ifndef _XARCHCTL_NATIVE_PAIR_H
#define _XARCHCTL_NATIVE_PAIR_H

#include "native_archive.h"
#include "native_rules.h"
#include "native_table.h"

/* Directories of a set. */
#define NATIVE_PROGRAMS "bin"
#define NATIVE_LIBRARIES "l"
#define NATIVE_PLUGINS "plugins"
#define NATIVE_AUDIT "audit.so"

/* A library that a twin needs. */
struct native_library {
	char *name;
	char *why;		/* why the set cannot have it; NULL: it has */
};

/**
 * struct native_pairing - a set in the making
 * @rules: what to do
 * @host: directory with this machine's packages, unpacked
 * @set: directory that becomes the set
 * @table: its table; pairs are added
 * @libraries: those that something has wanted
 * @n_libraries: how many
 */
struct native_pairing {
	const struct native_rules *rules;
	const char *host;
	const char *set;
	struct native_table *table;
	struct native_library *libraries;
	size_t n_libraries;
};

/**
 * native_left_out() - note what a set will not have
 * @table: its table
 * @what: a package or a program
 * @why: the reason
 */
void native_left_out(struct native_table *table, const char *what,
		     const char *why);

/**
 * native_pair_package() - twins for the programs of a package
 * @pairing: the set
 * @package: which
 * @dir: the foreign package, unpacked
 * @why: set to what went wrong, a new string
 *
 * A program without a fitting twin, or whose twin needs a library that the set cannot
 * have, is left out.
 *
 * Return: false with @why: there can be no set.
 */
bool native_pair_package(struct native_pairing *pairing,
			 const struct native_package_rule *package,
			 const char *dir, char **why);

/**
 * native_pair_rest() - loader and directories that twins need
 * @pairing: the set
 * @audit: the audit library, where this xarchctl has it
 * @why: set to what went wrong, a new string
 *
 * Return: false with @why: there can be no set.
 */
bool native_pair_rest(struct native_pairing *pairing, const char *audit,
		      char **why);

/**
 * native_version_pairs() - whether two packages are built from the same source
 * @foreign: the program's package
 * @host: the twin's package
 * @cross: whether that is a cross compiler's
 */
bool native_version_pairs(const struct native_package *foreign,
			  const struct native_package *host, bool cross);

void native_pairing_clear(struct native_pairing *pairing);

#endif /* _XARCHCTL_NATIVE_PAIR_H */
