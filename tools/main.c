// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl: configure and watch the xarch kernel module. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cmd.h"
#include "config.h"
#include "scope.h"
#include "util.h"

struct settings settings = { .config = CONFIG_FILE };

static const struct command *const commands[] = {
	&cmd_enable,
	&cmd_deny,
	&cmd_pass,
	&cmd_disable,
	&cmd_show,
	&cmd_explain,
	&cmd_check,
	&cmd_monitor,
	&cmd_save,
	&cmd_restore,
	&cmd_archs,
	&cmd_exec,
	&cmd_oci_hook,
	&cmd_cdi,
};

static const struct option common_options[] = {
	{ "json",	no_argument,		NULL, 'j' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "config",	required_argument,	NULL, OPT_CONFIG },
	{ 0 }
};

static const struct option scope_options[] = {
	{ "target",	required_argument,	NULL, OPT_TARGET },
	{ "pid",	optional_argument,	NULL, OPT_PID },
	{ "mount",	optional_argument,	NULL, OPT_MOUNT },
	{ "user",	optional_argument,	NULL, OPT_USER },
	{ "container",	required_argument,	NULL, OPT_CONTAINER },
	{ 0 }
};

static const struct option global_options[] = {
	{ "version",	no_argument,		NULL, 'V' },
	{ 0 }
};

#define MAX_OPTIONS 32

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
	printf("\nEverywhere:\n"
	       "  -j, --json            print JSON\n"
	       "      --config FILE     use FILE in place of " CONFIG_FILE "\n"
	       "  -h, --help            print this\n");
}

static void help(void)
{
	size_t i;

	printf("Usage: xarchctl [-j] VERB ...\n\n"
	       "Run programs and containers of foreign architectures: rules of the xarch module.\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s  %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "  -j, --json            print JSON\n"
	       "      --config FILE     use FILE in place of " CONFIG_FILE "\n"
	       "  -h, --help            print this\n"
	       "  -V, --version         print the version\n");
	printf("\n\"xarchctl VERB --help\" tells more of each, xarchctl(8) all.\n");
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

long parse_number(const char *word, long max)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(word, &end, 10);
	if (errno || end == word || *end || number <= 0 || number > max)
		return 0;
	return number;
}

pid_t parse_pid(const char *word)
{
	return parse_number(word, INT_MAX);
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

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static char name[] = "xarchctl";
	struct option options[MAX_OPTIONS + 1];
	const struct command *command;
	const char *config = getenv("XARCH_CONFIG");
	int opt, status;

	setlocale(LC_CTYPE, "");
	argv[0] = name;
	if (config && *config)
		settings.config = config;

	join(options, join(options, 0, common_options), global_options);
	while ((opt = getopt_long(argc, argv, "+jhV", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			settings.json = true;
			break;
		case 'h':
			help();
			return fflush(stdout) ? EXIT_REFUSED : 0;
		case 'V':
			puts("xarchctl " XARCH_VERSION);
			return fflush(stdout) ? EXIT_REFUSED : 0;
		case OPT_CONFIG:
			settings.config = optarg;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		error("say what to do: \"xarchctl --help\" lists the verbs");
		return EXIT_USAGE;
	}
	command = find_command(argv[optind]);
	if (!command) {
		error("unknown verb \"%s\": \"xarchctl --help\" lists them",
		      argv[optind]);
		return EXIT_USAGE;
	}

	argc -= optind;
	argv += optind;
	/*
	 * getopt begins each of its messages with argv[0]; a zero optind makes
	 * it begin anew.
	 */
	argv[0] = name;
	optind = 0;
	status = command->run(command, argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		error("standard output: %s", strerror(errno));
		return EXIT_REFUSED;
	}
	return status;
}
