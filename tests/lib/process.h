/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_PROCESS_H
#define _XARCH_TEST_PROCESS_H

#include <stdbool.h>

#include "../../include/uapi/linux/xarch.h"
#include "../../tools/probe.h"

/* The test machine's fault: say so, and what errno means, and end. */
void must(bool good, const char *what);

/* Is this kernel of that version, or later? */
bool kernel_since(unsigned int major, unsigned int minor);

/* A descriptor of a new namespace that nobody is in: "user" or "pid". */
int ns_new(const char *kind);
/* Of the one that the caller is in. */
int ns_own(const char *kind);

/* Become user 1000, who has this capability alone, or -1: none. */
bool become_user(int capability);

/*
 * Run @fn in a process of its own. Return: what it returned, which is a negative errno or
 * less than 128, or 1000 and the signal that ended it.
 */
int in_child(int (*fn)(void *arg), void *arg);

/* Execute this arch's smallest program. Return: RAN, or the negative errno of the exec. */
int run_arch(enum xarch_arch arch);
#define RAN PROBE_EXIT

#endif /* _XARCH_TEST_PROCESS_H */
