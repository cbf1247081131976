// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl save, restore: host rules to and from the config file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "config.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "util.h"

static const struct column columns[] = {
	{ .title = "ARCH", .key = "arch" },
	{ .title = "ACTION", .key = "action" },
	{ .title = "FLAGS", .key = "flags" },
	{ .title = "EMULATOR", .text = text_emulator },
	{ 0 }
};

static const char *file_word(const struct command *command, int argc,
			     char **argv)
{
	next_option(command, argc, argv, NULL);
	if (argc - optind > 1)
		usage(command, "one file, or none for %s", settings.config);
	return optind < argc ? argv[optind] : settings.config;
}

static json_t *rules_record(const void *list, size_t i)
{
	const struct rules *rules = list;

	return rule_json(&rules->rule[i], RULE_SETTING);
}

static bool can_keep(const struct command *command, const struct rules *rules,
		     const char *path)
{
	const char *why;
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (!config_can_keep(&rules->rule[i], &why)) {
			error("%s: %s: %s cannot be kept in %s", command->name,
			      archs[rules->rule[i].arch].name, why, path);
			return false;
		}
	return true;
}

/* The file says what is in force, and nothing else. */
static bool save(const struct command *command, const struct rules *rules,
		 const char *path)
{
	struct config config;
	size_t i;
	int err;

	if (!can_keep(command, rules, path) ||
	    !config_begin(&config, path, command->name))
		return false;
	for (i = 0; i < ARRAY_SIZE(archs); i++)
		config_remove(&config, i);
	for (i = 0; i < rules->n; i++)
		config_set(&config, &rules->rule[i]);
	err = config_commit(&config);
	if (err)
		error("%s: %s: %s", command->name, config.path, strerror(err));
	config_end(&config);
	return !err;
}

static int run_save(const struct command *command, int argc, char **argv)
{
	const char *path = file_word(command, argc, argv);
	struct rules rules = { 0 };
	struct rule wanted = { 0 };
	struct conn_reply reply;
	struct conn conn = { 0 };
	int status = EXIT_REFUSED;

	if (!strcmp(path, "-"))
		usage(command, "it needs a file that it can replace");
	rule_set_u32(&wanted, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	if (conn_open(&conn) ||
	    rules_get(&conn, XARCH_CMD_RULE_GET, &wanted, &rules, &reply))
		goto close;
	if (reply.error) {
		error("%s: %s", command->name, reply.message);
		goto close;
	}
	if (save(command, &rules, path)) {
		output_list(columns, rules_record, &rules, rules.n);
		status = 0;
	}
close:
	rules_clear(&rules);
	conn_close(&conn);
	return status;
}

static char *restore_label(const void *arg, size_t i)
{
	const struct config *config = arg;
	const struct config_section *section = config_section(config, i);

	return xasprintf("restore: %s:%zu: %s", config->path, section->first,
			 archs[section->rule.arch].name);
}

static bool restore(const struct config *config)
{
	bool accepted[__XARCH_ARCH_MAX];
	const struct config_section *section;
	struct rules rules = { 0 };
	json_t *records = json_array();
	struct conn conn = { 0 };
	bool good = false;
	size_t i;

	/* Borrowed: the strings remain the config's. */
	for (i = 0; (section = config_section(config, i)); i++)
		*rules_add(&rules) = section->rule;
	if (!conn_open(&conn)) {
		good = rules_set(&conn, &rules, restore_label, config, accepted);
		for (i = 0; i < rules.n; i++)
			if (accepted[i])
				json_array_append_new(records,
						      rules_record(&rules, i));
		output_array(columns, records);
	}
	conn_close(&conn);
	json_decref(records);
	free(rules.rule);
	return good;
}

static int run_restore(const struct command *command, int argc, char **argv)
{
	const char *path = file_word(command, argc, argv);
	struct config config;
	bool good;

	/* Nothing was ever kept: what the machine's start meets at first. */
	if (path == settings.config && access(path, F_OK) && errno == ENOENT)
		return 0;
	if (!config_read(&config, path, command->name))
		return EXIT_REFUSED;
	good = restore(&config);
	config_end(&config);
	return good ? 0 : EXIT_REFUSED;
}

const struct command cmd_save = {
	.name = "save",
	.synopsis = "[FILE]",
	.summary = "Write the host's rules to " CONFIG_FILE " or another file",
	.run = run_save,
};

const struct command cmd_restore = {
	.name = "restore",
	.synopsis = "[FILE|-]",
	.summary = "Set the host rules that " CONFIG_FILE " or another file lists",
	.details =
	"A file with a mistake in it sets no rule at all. A rule that the kernel refuses\n"
	"does not stop the others. Rules that the file does not name stay as they are.\n",
	.run = run_restore,
};
