/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_CMD_H
#define _XARCHCTL_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <sys/types.h>

/* Exit statuses, beside 0: done. */
#define EXIT_REFUSED	1
#define EXIT_USAGE	2

struct scope;

/**
 * struct command - a verb
 * @name: the verb
 * @synopsis: what follows it
 * @summary: what it does, in a few words
 * @details: the rest of its --help: its options, one a line; or NULL
 * @options: those of its own, ended by a zero entry; or NULL
 * @takes_command: its words from the first that is no option on are not its
 *	own
 * @run: does it. argv[0] is the verb. Returns the exit status
 */
struct command {
	const char *name;
	const char *synopsis;
	const char *summary;
	const char *details;
	const struct option *options;
	bool takes_command;
	int (*run)(const struct command *command, int argc, char **argv);
};

/* One a verb, in cmd_*.c. */
extern const struct command cmd_enable, cmd_deny, cmd_pass, cmd_disable;
extern const struct command cmd_show, cmd_explain, cmd_check, cmd_monitor;
extern const struct command cmd_save, cmd_restore, cmd_archs, cmd_exec;
extern const struct command cmd_oci_hook, cmd_cdi;

/* What --json and --config say, before the verb or after it. */
struct settings {
	bool json;
	const char *config;
};

extern struct settings settings;

/* Values of the long options; those below 256 are short ones as well. */
enum {
	OPT_END = -1,
	OPT_TARGET = 't',
	OPT_PID = 256,
	OPT_MOUNT,
	OPT_USER,
	OPT_CONTAINER,
	OPT_CONFIG,
	OPT_VERB,		/* the first that a verb may use for itself */
};

/**
 * next_option() - next option of a verb
 * @command: the verb
 * @argc: as run() got it
 * @argv: as run() got it
 * @scope: takes the options of a scope; NULL: the verb has none
 *
 * --json, --config, --help and the scope are dealt with here. A usage error
 * ends the program with EXIT_USAGE, --help with 0.
 *
 * Return: value of one of the verb's own options, with optarg set; OPT_END
 * when there are no more: argv[optind] is the first other word then.
 */
int next_option(const struct command *command, int argc, char **argv,
		struct scope *scope);

/**
 * usage() - end the program because its words make no sense
 * @command: the verb
 * @fmt: printf format of an error message, or NULL where it was given before
 */
void usage(const struct command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

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
 * parse_arch() - arch of a word
 * @command: the verb
 * @word: the word
 *
 * Return: enum xarch_arch. A word that names none is a usage error, which
 * lists those that do.
 */
int parse_arch(const struct command *command, const char *word);

#endif /* _XARCHCTL_CMD_H */
