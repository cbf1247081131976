/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_UTIL_H
#define _XARCHCTL_UTIL_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * error() - say on standard error what went wrong, in one line
 * @fmt: printf format without "xarchctl: " and newline
 *
 * Bytes that could steer a terminal are printed as escapes: messages quote
 * names that others chose.
 */
void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * warning() - as error(), for what does not stop the work
 * @fmt: printf format
 */
void warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * printable() - text as it can be shown on a terminal
 * @text: bytes from anywhere
 *
 * What the locale cannot print, and the backslash, becomes \xNN.
 *
 * Return: a new string; the caller frees it.
 */
char *printable(const char *text);

/*
 * Allocation that cannot fail: a command that has no memory left says so and
 * exits with status 1. The caller frees what it gets.
 */
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * own_path() - path of this very program
 *
 * Return: a new string.
 */
char *own_path(void);

/**
 * parse_number() - positive number of a word
 * @word: the word
 * @max: highest number allowed
 *
 * Return: number, or 0 where it is none.
 */
long parse_number(const char *word, long max);

/**
 * parse_pid() - process id of a word
 * @word: the word
 *
 * Return: process id, or 0 where it is none.
 */
pid_t parse_pid(const char *word);

/**
 * catch_stops() - have SIGINT and SIGTERM come in ppoll(2) alone
 * @stop: their handler
 * @open: the mask for ppoll(), which lets them in
 *
 * So that none comes just before it, and is waited for.
 */
void catch_stops(void (*stop)(int), sigset_t *open);

#endif /* _XARCHCTL_UTIL_H */
