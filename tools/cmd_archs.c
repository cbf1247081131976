// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl archs: the arch table. */
#include <errno.h>
#include <stdlib.h>

#include "arch.h"
#include "cmd.h"
#include "emulator.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "util.h"

static json_t *arch_record(enum xarch_arch arch, const struct rule *rule)
{
	const struct arch *entry = &archs[arch];
	json_t *aliases = json_array();
	char *emulator, *why;
	const char *alias;
	unsigned int i;
	json_t *record;

	for (i = 0; (alias = arch_alias(arch, i)); i++)
		json_array_append_new(aliases, json_string(alias));
	emulator = emulator_find(arch, &why);
	record = json_pack("{s:s, s:o, s:i, s:i, s:s, s:b, s:o, s:o}",
			   "arch", entry->name, "aliases", aliases,
			   "machine", entry->machine, "class", entry->class,
			   "byte_order", entry->big_endian ? "big" : "little",
			   "native", arch_is_native(arch),
			   "emulator_found", json_text(emulator),
			   "rule", rule ? rule_json(rule, RULE_SETTING) :
					  json_null());
	free(emulator);
	free(why);
	return record;
}

static char *text_rule(json_t *record)
{
	return text_member(json_object_get(record, "rule"), "action");
}

static char *text_elf(json_t *record)
{
	json_t *class = json_object_get(record, "class");
	json_t *order = json_object_get(record, "byte_order");

	return xasprintf("%d-bit %s", (int)json_integer_value(class),
			 json_string_value(order));
}

static const struct column columns[] = {
	{ .title = "ARCH", .key = "arch" },
	{ .title = "MACHINE", .key = "machine", .right = true },
	{ .title = "ELF", .text = text_elf },
	{ .title = "HOST RULE", .text = text_rule },
	{ .title = "EMULATOR FOUND", .key = "emulator_found" },
	{ .title = "ALIASES", .key = "aliases" },
	{ 0 }
};

/* The table is worth showing without the module, too. */
static bool get_rules(const struct command *command, struct rules *rules)
{
	struct rule wanted = { 0 };
	struct conn_reply reply;
	struct conn conn = { 0 };
	int err = conn_open_quietly(&conn);

	if (err)
		return err == ENOENT;
	rule_set_u32(&wanted, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	err = rules_get(&conn, XARCH_CMD_RULE_GET, &wanted, rules, &reply);
	conn_close(&conn);
	if (!err && reply.error) {
		error("%s: %s", command->name, reply.message);
		return false;
	}
	return !err;
}

static int run(const struct command *command, int argc, char **argv)
{
	const struct rule *by_arch[__XARCH_ARCH_MAX] = { 0 };
	struct rules rules = { 0 };
	json_t *records = json_array();
	size_t i;
	bool good;

	next_option(command, argc, argv, NULL);
	if (optind < argc)
		usage(command, "takes no further words");
	good = get_rules(command, &rules);
	if (good) {
		for (i = 0; i < rules.n; i++)
			if (rules.rule[i].arch < ARRAY_SIZE(archs))
				by_arch[rules.rule[i].arch] = &rules.rule[i];
		for (i = 0; i < ARRAY_SIZE(archs); i++)
			json_array_append_new(records,
					      arch_record(i, by_arch[i]));
		output_array(columns, records);
	}
	json_decref(records);
	rules_clear(&rules);
	return good ? 0 : EXIT_REFUSED;
}

const struct command cmd_archs = {
	.name = "archs",
	.synopsis = "",
	.summary = "List the architectures, their emulators and rules",
	.run = run,
};
