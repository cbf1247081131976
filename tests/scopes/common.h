/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_COMMON_H
#define _XARCH_TEST_COMMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process.h"
#include "rule.h"

/* What all programs of this directory use. */

#define ARCH XARCH_ARCH_AARCH64

/* How long what is dead may be held, and what these machines need beside it. */
#define GONE_MS 2000
#define SLACK_MS 1000

/* The full figures instead of those that a quick run takes? */
bool stress(void);
static inline unsigned int scaled(unsigned int quick, unsigned int full)
{
	return stress() ? full : quick;
}

/* A line for the table at the end of a stress run. */
void figure(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Zeroed memory that children share. */
void *shared_memory(size_t len);

/* In seconds, of the monotonic clock. */
double now(void);
void nap_ms(unsigned int ms);

/**
 * run_program() - execute a program in a child
 * @path: absolute path
 *
 * Return: its exit status, 1000 and the signal that ended it, or the exec's
 * errno, negative.
 */
int run_program(const char *path);

/* As run_program() from a large process: nothing of it is copied. */
int run_program_fast(const char *path);

/*
 * The laboratory of these tests: lab_open(), and in it a program of ARCH
 * ("prog"), one of RISCV64 ("other.prog") and two tag emulators ("tag_a" and
 * "tag_b"); box_setup() too. The end waits for the rules of dead boxes.
 */
void scopes_open(void);
void scopes_close(void);

/* Absolute paths there, in static memory that does not change. */
extern char prog[64], other_prog[64], tag_a[64], tag_b[64];

/**
 * tag_rule() - rule by which a program exits with a number
 * @tag: 1 to 249 for tag_a, 250 + these for tag_b; static memory, 8 in turn
 */
const struct rule *tag_rule(uint32_t arch, int tag, uint32_t flags);

extern const struct rule deny_rule, pass_rule, locked_deny_rule;

/**
 * rules_left() - wait until there are no more rules than these
 * @want: how many
 * @ms: how long to wait
 *
 * Return: how many there are in the end.
 */
int rules_left(int want, unsigned int ms);

/* Neither gone nor a zombie? */
bool is_alive(pid_t pid);

/* Wait until a process has a state in /proc/PID/stat, for two seconds. */
bool wait_for_state(pid_t pid, char state);

/* kernel.modprobe is what every exec of an unknown format asks. Quicker off. */
void modprobe_helper(bool on);

#endif /* _XARCH_TEST_COMMON_H */
