/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_FAULTS_H
#define _XARCH_TEST_FAULTS_H

#include <stdbool.h>

/*
 * Allocations that fail. Needs a kernel with CONFIG_FAILSLAB and
 * CONFIG_FAULT_INJECTION_STACKTRACE_FILTER, such as uml-memory. The kernel's own
 * Documentation/fault-injection/fault-injection.rst has both: fail-nth, the Nth
 * allocation of this task from now on fails (0: it has), and require-start and -end,
 * of those alone that somebody in this range of addresses asks for.
 *
 * What is left behind is kmemleak's to find (tests/vm/guest/job).
 */

/* More than that and it does not end by itself. */
#define MOST_ALLOCATIONS 300

/* Return: false where the kernel has no faults. */
bool faults_open(void);
void faults_close(void);

/* Where the module's code is now, and what lies with it. */
void faults_below_module(void);

/* What calls a module's init function, whose address is not known before. */
void faults_below_initcall(void);

/* The @nth allocation of ours from now on fails, counted from 1; 0: none. */
void arm(unsigned int nth);

/* Return: whether an allocation has failed since arm(). */
bool disarm(void);

/*
 * Whether a result is right where an allocation has failed, which need not show: the
 * allocator makes some for itself, and does without.
 */
bool fits(bool failed, int result, int good, int lack);

/* An errno as an exit status, clear of the tags. */
#define ERRNO(_errno) (100 + (_errno))

/**
 * exec_with_fault() - execute a program, an allocation of the exec fails
 * @path: the program
 * @nth: which, those of the emulator's start included
 * @failed: set to whether one did
 *
 * Return: its exit status; ERRNO() of the exec's; 1000 and the signal that ended it.
 */
int exec_with_fault(const char *path, unsigned int nth, bool *failed);

#endif /* _XARCH_TEST_FAULTS_H */
