/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_LOAD_H
#define _XARCHCTL_NATIVE_LOAD_H

#include <stdbool.h>

/* Whether rules of user namespaces may name a set. */
enum native_mark {
	NATIVE_AS_BEFORE,		/* as it was loaded last; no, where it is not */
	NATIVE_ADMIN,			/* no: the host's administrator's alone */
	NATIVE_EVERYBODY,
};

/**
 * native_load() - mount a set and give it to the module
 * @label: how an error message begins
 * @name: the set's name; its image is in NATIVE_DIR
 * @mark: whose rules may name it
 *
 * The set is seen at NATIVE_MOUNTS/NAME afterwards. One that is mounted there
 * already is taken as it is, unless its image was built anew: what runs by the
 * old one goes on.
 *
 * Return: whether it is loaded; an error message says why not, and then what was
 * loaded before still is.
 */
bool native_load(const char *label, const char *name, enum native_mark mark);

/**
 * native_unload() - take a set away from the module, and its mount
 * @label: how an error message begins
 * @name: the set's name
 *
 * Return: whether it was loaded; an error message says so where not.
 */
bool native_unload(const char *label, const char *name);

#endif /* _XARCHCTL_NATIVE_LOAD_H */
