/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_ATTEMPTS_H
#define _XARCH_TEST_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch.h"

/*
 * What a user, with a directory "user" of their own, may try with "prog", which is ./gain:
 * it prints what is in a file, "root-only/secret" if no other is named.
 */

/**
 * struct seen - what came of an attempt
 * @harm: how many harms
 * @works: did the program do what it is for?
 */
struct seen {
	int harm;
	bool works;
};

/* The files, and fs.suid_dumpable as systemd has it where it takes the cores. */
void attempts_open(const char *emulator);
void attempts_close(void);
/* This one is read, which is everybody's. */
void attempts_read(const char *name);

/* Who runs it now: an entry with the flag C, or a rule. */
void under_misc(void);
int under_rule(uint32_t flags);

/* No attempt at all; @what: the program's argument, or NULL. */
struct launch plain(const char *what);
/* Was this the program's work, and no word of the emulator's? */
bool is_done(const struct outcome *outcome);

/* By the emulator's variables. tells(): does it say @want to the caller? */
struct seen log_file(void);
struct seen tells(const char *variable, const char *want);
struct seen debugger(void);
struct seen switches(void);
struct seen sysroot(void);
struct seen set_env(void);
struct seen plugin(void);

/* How many that switches() tries work. */
#define SWITCHES 3

/* By a crash; @prepare: what the user does before. */
struct seen core(void (*prepare)(pid_t pid));
struct seen core_of_text(void (*prepare)(pid_t pid));
void lay_links(pid_t pid);
void raise_limit(pid_t pid);
void raise_limit_and_lay_links(pid_t pid);

/* By how it is started. */
struct seen swapped_link(void);
struct seen option_for_name(void);
struct seen empty_argv(void);
struct seen closed_descriptors(void);
struct seen small_limits(void);

#endif /* _XARCH_TEST_ATTEMPTS_H */
