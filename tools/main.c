// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl: configure and watch the xarch kernel module. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "util.h"

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
	&cmd_native,
};

/* Those of every verb, and of none. */
static const struct option options[] = {
	COMMON_OPTIONS,
	{ "version",	no_argument,		NULL, 'V' },
	{ 0 }
};

static void help(void)
{
	size_t i;

	printf("Usage: xarchctl [-j] VERB ...\n\n"
	       "Run programs and containers of foreign architectures: rules of the xarch module.\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s  %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       COMMON_HELP
	       "  -V, --version         print the version\n");
	printf("\n\"xarchctl VERB --help\" tells more of each, xarchctl(8) all.\n");
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
	const struct command *command;
	const char *config = getenv("XARCH_CONFIG");
	int opt, status;

	setlocale(LC_CTYPE, "");
	argv[0] = name;
	if (config && *config)
		settings.config = config;

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
