/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_LAUNCH_H
#define _XARCH_TEST_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/**
 * struct launch - an exec to be tried in a process of its own
 * @path: what to execute
 * @argv: NULL: @path alone. To pass a NULL argv on, set @null_argv
 * @null_argv: call execve() with argv NULL
 * @envp: NULL: an empty environment
 * @at: call execveat() with @dirfd and @at_flags
 * @dirfd: for @at
 * @at_flags: for @at
 * @uid: user and group to become, 0: stay root
 * @root: chroot to this first
 * @cwd: change to this directory first
 * @stack_limit: RLIMIT_STACK to set, 0: leave
 * @cpu: run on this CPU, 1 for the first; 0: on any
 * @limit: another limit to set, NULL: none
 * @resource: which
 * @close_stdin: start with descriptor 0 closed
 * @close_standard: with 0, 1 and 2 closed
 * @no_new_privs: give up set-id bits first
 * @files: leave no descriptor free: FILES_KEPT all are kept over the exec, FILES_CLOSED
 *	one of them is close-on-exec
 */
struct launch {
	const char *path;
	const char *const *argv;
	bool null_argv;
	const char *const *envp;
	bool at;
	int dirfd;
	int at_flags;
	uid_t uid;
	const char *root;
	const char *cwd;
	size_t stack_limit;
	int cpu;
	const struct rlimit *limit;
	int resource;
	bool close_stdin;
	bool close_standard;
	bool no_new_privs;
	enum { FILES_FREE, FILES_KEPT, FILES_CLOSED } files;
};

/**
 * struct outcome - what came of it
 * @error: errno of the exec, 0: it succeeded
 * @status: wait status
 * @report: the fake emulator's records; see report_get()
 * @report_len: bytes of it
 * @out: what went to standard output, NUL-terminated
 * @err: what went to standard error
 * @pid: the process
 */
struct outcome {
	int error;
	int status;
	char *report;
	size_t report_len;
	char *out;
	char *err;
	pid_t pid;
	/* private: */
	int report_fd, error_fd, out_fd, err_fd, hold_fd;
};

/* Run to the end. */
void launch(const struct launch *launch, struct outcome *outcome);

/*
 * The same in two steps: begin() returns after the exec, with @error set and,
 * if it succeeded, the process running; a fake emulator that is told to "hold"
 * goes on, and ends, when end() is called.
 */
void launch_begin(const struct launch *launch, struct outcome *outcome);
void launch_end(struct outcome *outcome);
void outcome_free(struct outcome *outcome);

/**
 * report_get() - one record of the fake emulator's report
 * @outcome: with the report
 * @key: its key
 * @n: which of several with this key, from 0
 *
 * Return: value, or NULL.
 */
const char *report_get(const struct outcome *outcome, const char *key, unsigned int n);

/**
 * report_list_is() - are the records of a key exactly these?
 * @outcome: with the report
 * @key: "arg" or "env"
 * @want: NULL after the last
 *
 * Says what differs, if so.
 */
bool report_list_is(const struct outcome *outcome, const char *key, const char *const *want);

/* Is a record's value this? Says so if not. @want NULL: there is no record. */
bool report_is(const struct outcome *outcome, const char *key, const char *want);

#define STRINGS(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })

#endif /* _XARCH_TEST_LAUNCH_H */
