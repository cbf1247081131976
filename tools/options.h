/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_OPTIONS_H
#define _XARCHCTL_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "scope.h"
#include "settings.h"

/* Exit statuses, beside 0: done. */
#define EXIT_REFUSED	1
#define EXIT_USAGE	2

/* Values of the long options, after those of a scope. */
enum {
	OPT_END = -1,
	OPT_CONFIG = OPT_SCOPE_END,
	OPT_VERB,		/* the first that a verb may use for itself */
};

/* Taken before the verb and after it. */
#define COMMON_OPTIONS \
	{ "json",	no_argument,		NULL, 'j' }, \
	{ "help",	no_argument,		NULL, 'h' }, \
	{ "config",	required_argument,	NULL, OPT_CONFIG }
#define COMMON_HELP \
	"  -j, --json            print JSON\n" \
	"      --config FILE     use FILE in place of " CONFIG_FILE "\n" \
	"  -h, --help            print this\n"

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
 * parse_arch() - arch of a word
 * @command: the verb
 * @word: the word
 *
 * Return: enum xarch_arch. A word that names none is a usage error, which
 * lists those that do.
 */
int parse_arch(const struct command *command, const char *word);

#endif /* _XARCHCTL_OPTIONS_H */
