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
#include "native_load.h"
#include "nl.h"
#include "output.h"
#include "replaced.h"
#include "rule.h"
#include "util.h"

enum {
	OPT_REPLACED = OPT_VERB,
};

static const struct column columns[] = {
	{ .title = "ARCH", .key = "arch" },
	{ .title = "ACTION", .key = "action" },
	{ .title = "FLAGS", .key = "flags" },
	{ .title = "EMULATOR", .text = text_emulator },
	{ 0 }
};

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
	const char *path = settings.config;
	struct rules rules = { 0 };
	struct rule wanted = { 0 };
	struct conn_reply reply;
	struct conn conn = { 0 };
	int status = EXIT_REFUSED;

	next_option(command, argc, argv, NULL);
	if (argc - optind > 1)
		usage(command, "one file, or none for %s", path);
	if (optind < argc)
		path = argv[optind];
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

/*
 * A set that cannot be loaded stops no rule: its programs are emulated until it can.
 * Each set is loaded once, whatever the number of rules that name it.
 */
static bool load_sets(struct rules *rules)
{
	bool all = true;
	size_t i, j;

	for (i = 0; i < rules->n; i++) {
		const char *name = rules->rule[i].twins;

		for (j = 0; name && j < i; j++)
			if (rules->rule[j].twins && !strcmp(rules->rule[j].twins, name))
				break;
		if (!name || j < i || native_load("restore", name, NATIVE_AS_BEFORE))
			continue;
		all = false;
		/* The strings are the config's: nothing is freed. */
		for (j = i; j < rules->n; j++) {
			if (!rules->rule[j].twins || strcmp(rules->rule[j].twins, name))
				continue;
			rules->rule[j].twins = NULL;
			rules->rule[j].has &= ~RULE_BIT(XARCH_A_TWINS);
		}
	}
	return all;
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
		good = load_sets(&rules);
		good &= rules_set(&conn, &rules, restore_label, config, accepted);
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

static char *replaced_label(const void *arg, size_t i)
{
	const struct rules *rules = arg;

	return xasprintf("restore: %s", archs[rules->rule[i].arch].name);
}

/*
 * Each is set anew in place of the old one, as it is, whether a file keeps it or not:
 * no exec finds none. The others keep their counters.
 */
static bool set_replaced(struct conn *conn, struct rules *rules)
{
	struct rules replaced = { 0 };
	bool accepted[__XARCH_ARCH_MAX];
	struct rule *rule;
	bool good;
	size_t i;

	for (i = 0; i < rules->n; i++) {
		const char *state = emulator_state(&rules->rule[i]);
		char *note = emulator_state_note(&rules->rule[i]);

		if (state && !strcmp(state, EMULATOR_REPLACED)) {
			/* Borrowed: the strings remain those of the list. */
			rule = rules_add(&replaced);
			*rule = rules->rule[i];
			rule->has &= RULE_SETTING;
		} else if (note) {
			warning("restore: %s: %s", archs[rules->rule[i].arch].name, note);
		}
		free(note);
	}
	good = rules_set(conn, &replaced, replaced_label, &replaced, accepted);
	output_list(columns, rules_record, &replaced, replaced.n);
	free(replaced.rule);
	return good;
}

static int restore_replaced(const struct command *command)
{
	struct rules rules = { 0 };
	struct rule wanted = { 0 };
	struct conn_reply reply;
	struct conn conn = { 0 };
	bool good = false;

	rule_set_u32(&wanted, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	if (conn_open(&conn) ||
	    rules_get(&conn, XARCH_CMD_RULE_GET, &wanted, &rules, &reply))
		goto close;
	if (reply.error)
		error("%s: %s", command->name, reply.message);
	else
		good = set_replaced(&conn, &rules);
close:
	rules_clear(&rules);
	conn_close(&conn);
	return good ? 0 : EXIT_REFUSED;
}

/* Rules that are set later need the module, too. */
static int restore_nothing(void)
{
	struct conn conn = { 0 };

	if (conn_open(&conn))
		return EXIT_REFUSED;
	conn_close(&conn);
	return 0;
}

static int run_restore(const struct command *command, int argc, char **argv)
{
	struct config config;
	bool replaced = false;
	const char *path;
	bool good;

	while (next_option(command, argc, argv, NULL) != OPT_END)
		replaced = true;
	if (argc - optind > !replaced)
		usage(command, replaced ? "--replaced: it reads no file" :
					  "one file, or none for %s", settings.config);
	if (replaced)
		return restore_replaced(command);
	path = optind < argc ? argv[optind] : settings.config;

	/* Nothing was ever kept: what the machine's start meets at first. */
	if (path == settings.config && access(path, F_OK) && errno == ENOENT)
		return restore_nothing();
	good = config_read(&config, path, command->name);
	if (good) {
		good = restore(&config);
		config_end(&config);
	}
	/* For whoever reads the journal after the machine's start (systemd.exec(5)). */
	if (!good && !strcmp(path, CONFIG_FILE) && getenv("JOURNAL_STREAM"))
		error("restore: not all of %s is in force: mend that, and run \"sudo systemctl restart xarch\"",
		      path);
	return good ? 0 : EXIT_REFUSED;
}

const struct command cmd_save = {
	.name = "save",
	.synopsis = "[FILE]",
	.summary = "Write the host's rules to " CONFIG_FILE " or another file",
	.run = run_save,
};

static const struct option restore_options[] = {
	{ "replaced", no_argument, NULL, OPT_REPLACED },
	{ 0 }
};

const struct command cmd_restore = {
	.name = "restore",
	.synopsis = "[FILE|-|--replaced]",
	.summary = "Set the host rules that " CONFIG_FILE " or another file lists",
	.details =
	"      --replaced        set those rules anew whose emulator was replaced, and no other\n\n"
	"A file with a mistake in it sets no rule at all. A rule that the kernel refuses\n"
	"does not stop the others. Rules that the file does not name stay as they are.\n",
	.options = restore_options,
	.run = run_restore,
};
