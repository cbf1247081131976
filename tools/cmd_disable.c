// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl disable: remove rules. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cmd.h"
#include "config.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "scope.h"
#include "util.h"

enum {
	OPT_RUNTIME = OPT_VERB,
};

struct removal {
	const struct command *command;
	struct conn conn;
	struct scope scope;
	struct config *config;		/* to be changed too, or NULL */
	char **words;			/* the archs; "all" is one */
	size_t n;
	json_t *records;
	bool forgot;			/* something of the config file */
	bool failed;
};

static bool is_all(const char *word)
{
	return !strcmp(word, "all");
}

static struct nl_msg *build(void *arg, size_t i)
{
	struct removal *removal = arg;
	struct rule rule = { 0 };

	if (!is_all(removal->words[i]))
		rule_set_u32(&rule, XARCH_A_ARCH,
			     arch_parse(removal->words[i]));
	scope_apply(&removal->scope, &rule);
	return rule_message(&removal->conn, XARCH_CMD_RULE_DEL, NLM_F_ACK, &rule);
}

/* Return: whether the config file had any. */
static bool forget(struct config *config, const char *word)
{
	bool any = false;
	size_t arch;

	if (!config)
		return false;
	if (!is_all(word))
		return config_remove(config, arch_parse(word));
	for (arch = 0; arch < ARRAY_SIZE(archs); arch++)
		any |= config_remove(config, arch);
	return any;
}

/*
 * A rule that is in the file alone (its emulator was gone when the machine
 * started) is removed like any other; and of nothing, all can be removed.
 */
static void done(void *arg, size_t i, const struct conn_reply *reply)
{
	struct removal *removal = arg;
	const char *word = removal->words[i];
	const char *name = is_all(word) ? word : archs[arch_parse(word)].name;
	bool lacks = reply->error == ENOENT;
	bool forgot;

	forgot = (!reply->error || lacks) && forget(removal->config, word);
	if (reply->error && !(lacks && (forgot || is_all(word)))) {
		error("%s %s: %s", removal->command->name, name,
		      reply->message);
		removal->failed = true;
		return;
	}
	removal->forgot |= forgot;
	json_array_append_new(removal->records,
			      json_pack("{s:s, s:b, s:b}", "arch", name,
					"removed", !lacks, "forgotten", forgot));
}

static bool remove_rules(struct removal *removal)
{
	int err;

	if (conn_batch(&removal->conn, removal->n, build, done, removal))
		return false;
	if (!removal->forgot)
		return !removal->failed;
	err = config_commit(removal->config);
	if (err) {
		error("%s: %s: %s: the rule is gone but will be back after a reboot",
		      removal->command->name, removal->config->path,
		      strerror(err));
		return false;
	}
	return !removal->failed;
}

static int run(const struct command *command, int argc, char **argv)
{
	static const struct column columns[] = {
		{ .title = "ARCH", .key = "arch" },
		{ .title = "REMOVED", .key = "removed" },
		{ .title = "FORGOTTEN", .key = "forgotten" },
		{ 0 }
	};
	struct removal removal = { .command = command, .scope = SCOPE_INIT };
	struct config config;
	bool runtime = false, good = false;
	size_t i;

	while (next_option(command, argc, argv, &removal.scope) != OPT_END)
		runtime = true;
	removal.words = argv + optind;
	removal.n = argc - optind;
	if (!removal.n)
		usage(command, "say which arch, or all");
	for (i = 0; i < removal.n; i++)
		if (!is_all(removal.words[i]))
			parse_arch(command, removal.words[i]);

	if (!scope_open(&removal.scope, command->name))
		return EXIT_REFUSED;
	if (conn_open(&removal.conn))
		goto close;
	if (!removal.scope.given && !runtime) {
		if (!config_begin(&config, settings.config, command->name))
			goto close;
		removal.config = &config;
	}
	removal.records = json_array();
	good = remove_rules(&removal);
	output_array(columns, removal.records);
	json_decref(removal.records);
	if (removal.config)
		config_end(&config);
close:
	conn_close(&removal.conn);
	scope_close(&removal.scope);
	return good ? 0 : EXIT_REFUSED;
}

static const struct option options[] = {
	{ "runtime", no_argument, NULL, OPT_RUNTIME },
	{ 0 }
};

const struct command cmd_disable = {
	.name = "disable",
	.synopsis = "ARCH...|all [--runtime] " SCOPE_SYNOPSIS,
	.summary = "Remove the rule of an architecture",
	.details =
	"      --runtime         for this boot only: leave the config file alone\n"
	SCOPE_HELP,
	.options = options,
	.run = run,
};
