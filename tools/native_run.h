/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_RUN_H
#define _XARCHCTL_NATIVE_RUN_H

#include <stdbool.h>
#include <signal.h>

/**
 * native_hold_signals() - from now on an interrupt ends native_run() alone
 * @old: set to the mask of before, for native_release_signals()
 *
 * What is under way can be cleaned up so; the signal has its effect when the
 * mask is back.
 */
void native_hold_signals(sigset_t *old);
void native_release_signals(const sigset_t *old);

/**
 * native_interrupted() - whether a signal waits for native_release_signals()
 */
bool native_interrupted(void);

/**
 * struct native_run - how to run a program
 * @dir: its working directory, or NULL
 * @variable: one variable of the environment to be set ("NAME=value"), or NULL
 * @output: set to what it printed, a new string, or NULL: nobody wants it
 * @tick: called several times a second meanwhile, or NULL
 * @arg: for @tick
 */
struct native_run {
	const char *dir;
	char *variable;
	char **output;
	void (*tick)(void *arg);
	void *arg;
};

/**
 * native_run() - run a program to its end
 * @run: how
 * @argv: its words, the first of which is looked up in PATH
 * @why: set to what went wrong, a new string: what the program said itself
 *	where it said anything
 *
 * Return: whether its exit status was 0. @run's output is set in any case.
 */
bool native_run(const struct native_run *run, const char *const argv[],
		char **why);

/**
 * native_find_program() - whether PATH has a program
 * @name: its name
 */
bool native_find_program(const char *name);

/**
 * native_remove_tree() - remove a directory and what is below it
 * @path: the directory; it need not be there
 */
void native_remove_tree(const char *path);

#endif /* _XARCHCTL_NATIVE_RUN_H */
