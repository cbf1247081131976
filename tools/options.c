// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "options.h"
#include "settings.h"
#include "util.h"

#define MAX_OPTIONS 32

static const struct option common_options[] = {
	COMMON_OPTIONS,
	{ 0 }
};

static size_t join(struct option *all, size_t n, const struct option *some)
{
	while (some && some->name)
		all[n++] = *some++;
	memset(&all[n], 0, sizeof(*all));
	return n;
}

/* The short ones among the options, as getopt wants them. */
static void make_letters(char *letters, const struct option *options,
			 bool takes_command)
{
	if (takes_command)
		*letters++ = '+';
	for (; options->name; options++) {
		if (options->val > CHAR_MAX)
			continue;
		*letters++ = options->val;
		if (options->has_arg == required_argument)
			*letters++ = ':';
	}
	*letters = '\0';
}

static void help_command(const struct command *command)
{
	printf("Usage: xarchctl %s %s\n\n%s.\n", command->name,
	       command->synopsis, command->summary);
	if (command->details)
		printf("\n%s", command->details);
	printf("\nEverywhere:\n" COMMON_HELP);
}

void usage(const struct command *command, const char *fmt, ...)
{
	va_list args;

	if (fmt) {
		char *text;

		va_start(args, fmt);
		if (vasprintf(&text, fmt, args) < 0)
			exit(EXIT_REFUSED);
		va_end(args);
		error("%s: %s", command->name, text);
		free(text);
	}
	fprintf(stderr, "Usage: xarchctl %s %s\n", command->name,
		command->synopsis);
	exit(EXIT_USAGE);
}

int next_option(const struct command *command, int argc, char **argv,
		struct scope *scope)
{
	struct option options[MAX_OPTIONS + 1];
	char letters[1 + 2 * MAX_OPTIONS + 1];
	size_t n;
	int opt;

	n = join(options, 0, common_options);
	n = join(options, n, scope ? scope_options : NULL);
	join(options, n, command->options);
	make_letters(letters, options, command->takes_command);

	for (;;) {
		opt = getopt_long(argc, argv, letters, options, NULL);
		switch (opt) {
		case 'j':
			settings.json = true;
			break;
		case 'h':
			help_command(command);
			exit(fflush(stdout) ? EXIT_REFUSED : 0);
		case OPT_CONFIG:
			settings.config = optarg;
			break;
		case OPT_TARGET:
		case OPT_PID:
		case OPT_MOUNT:
		case OPT_USER:
		case OPT_CONTAINER:
			/* explain has a target or container and no scope. */
			if (!scope)
				return opt;
			if (!scope_option(scope, opt, optarg))
				usage(command, NULL);
			break;
		case '?':
			usage(command, NULL);
		case OPT_END:
			if (scope && !scope_complete(scope))
				usage(command, NULL);
			return opt;
		default:
			return opt;
		}
	}
}

int parse_arch(const struct command *command, const char *word)
{
	int arch = arch_parse(word);
	char *known;

	if (arch >= 0)
		return arch;
	known = arch_known();
	error("%s: unknown arch \"%s\"; known: %s", command->name, word, known);
	free(known);
	exit(EXIT_USAGE);
}
