/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_SET_H
#define _XARCH_TEST_SET_H

#include <stdbool.h>

#include "netlink.h"

/**
 * set_load() - load a twin set that is not for everybody
 * @conn: connection, NULL: one for this call
 * @name: its name
 * @dir: an empty directory, where its file system is mounted, read-only
 *
 * Its one twin is of a program that is nowhere.
 *
 * Return: whether that was possible; why not is printed.
 */
bool set_load(struct conn *conn, const char *name, const char *dir);

/* Undo it. The mount is let go of a grace period after the set. */
bool set_unload(struct conn *conn, const char *name, const char *dir);

#endif /* _XARCH_TEST_SET_H */
