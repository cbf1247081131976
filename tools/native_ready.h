/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_READY_H
#define _XARCHCTL_NATIVE_READY_H

#include <stdbool.h>

#include "arch.h"

/**
 * native_ready() - have a set loaded, and built before where there is none
 * @label: how an error message begins
 * @name: the set's name, and its suite's where it is to be built
 * @arch: what it has to be for
 *
 * Says on standard error what is downloaded, before it is. A set that is there is
 * not built anew.
 *
 * Return: whether it is loaded; an error message says why not.
 */
bool native_ready(const char *label, const char *name, enum xarch_arch arch);

#endif /* _XARCHCTL_NATIVE_READY_H */
