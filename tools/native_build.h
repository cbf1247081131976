/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_BUILD_H
#define _XARCHCTL_NATIVE_BUILD_H

#include <stdbool.h>

#include "arch.h"

/**
 * struct native_plan - the set that is to be built
 * @arch: of the programs that get twins
 * @suite: the archive's suite
 * @name: the set's name
 * @dir: where its image goes
 * @mirror: the archive's address, or NULL: what the rules say
 * @keyring: whose keys sign it, or NULL: what the rules say
 * @data: directory of rules and audit library, or NULL: the installed ones
 */
struct native_plan {
	enum xarch_arch arch;
	const char *suite;
	const char *name;
	const char *dir;
	const char *mirror;
	const char *keyring;
	const char *data;
};

/**
 * native_build() - build a set, or leave the one that is there
 * @plan: which
 *
 * Says on standard error what it does, and what went wrong.
 *
 * Return: whether there is a set as planned now.
 */
bool native_build(const struct native_plan *plan);

#endif /* _XARCHCTL_NATIVE_BUILD_H */
