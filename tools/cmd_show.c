// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl show: the rules in force. */
#include <stdlib.h>

#include "cmd.h"
#include "nl.h"
#include "output.h"
#include "replaced.h"
#include "rule.h"
#include "scope.h"
#include "util.h"

#define SHOWN (RULE_SETTING | RULE_BIT(XARCH_A_NS_INUM) | \
	       RULE_BIT(XARCH_A_OWNER_USERNS) | RULE_BIT(XARCH_A_AGE_MS) | \
	       RULE_BIT(XARCH_A_EMULATED) | RULE_BIT(XARCH_A_DENIED) | \
	       RULE_BIT(XARCH_A_FAILED) | RULE_BIT(XARCH_A_LAST_USED_MS) | \
	       RULE_BIT(XARCH_A_TWINS_RUN) | RULE_BIT(XARCH_A_TWINS_NO_LOADER) | \
	       RULE_BIT(XARCH_A_TWINS_PRELOAD) | RULE_BIT(XARCH_A_TWINS_ARGUMENT) | \
	       RULE_BIT(XARCH_A_GENERATION))

static json_t *record(const void *list, size_t i)
{
	const struct rules *rules = list;

	return emulator_state_json(rule_json(&rules->rule[i], SHOWN), &rules->rule[i]);
}

static char *text_age(json_t *json)
{
	return text_duration(json_integer_value(json_object_get(json, "age_ms")));
}

static char *text_last_used(json_t *json)
{
	json_t *ms = json_object_get(json, "last_used_ms");
	char *ago, *text;

	if (!json_is_integer(ms))
		return xstrdup("never");
	ago = text_duration(json_integer_value(ms));
	text = xasprintf("%s ago", ago);
	free(ago);
	return text;
}

static const struct column columns[] = {
	{ .title = "SCOPE", .text = text_scope },
	{ .title = "ARCH", .key = "arch" },
	{ .title = "ACTION", .key = "action" },
	{ .title = "FLAGS", .key = "flags" },
	{ .title = "AGE", .text = text_age, .right = true },
	{ .title = "EMULATED", .key = "emulated", .right = true },
	{ .title = "NATIVE", .key = "twins_run", .right = true },
	{ .title = "DENIED", .key = "denied", .right = true },
	{ .title = "FAILED", .key = "failed", .right = true },
	{ .title = "LAST USED", .text = text_last_used, .right = true },
	{ .title = "EMULATOR", .text = text_emulator },
	{ 0 }
};

static int show(const struct command *command, const struct rule *wanted)
{
	struct rules rules = { 0 };
	struct conn_reply reply;
	struct conn conn = { 0 };
	int status = EXIT_REFUSED;

	if (conn_open(&conn) ||
	    rules_get(&conn, XARCH_CMD_RULE_GET, wanted, &rules, &reply))
		goto close;
	if (reply.error) {
		error("%s: %s", command->name, reply.message);
		goto close;
	}
	if (!rules.n && !settings.json)
		error("no rules");
	output_list(columns, record, &rules, rules.n);
	status = 0;
close:
	rules_clear(&rules);
	conn_close(&conn);
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct scope scope = SCOPE_INIT;
	struct rule wanted = { 0 };
	int status;

	next_option(command, argc, argv, &scope);
	if (argc - optind > 1)
		usage(command, "one arch, or none for all");
	if (optind < argc)
		rule_set_u32(&wanted, XARCH_A_ARCH,
			     parse_arch(command, argv[optind]));
	if (!scope_open(&scope, command->name))
		return EXIT_REFUSED;
	if (scope.given)
		scope_apply(&scope, &wanted);
	status = show(command, &wanted);
	scope_close(&scope);
	return status;
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "[ARCH] " SCOPE_SYNOPSIS,
	.summary = "Show the rules, with their age and counters",
	.details =
	"Without a scope the rules of all scopes are shown.\n\n"
	SCOPE_HELP,
	.run = run,
};
