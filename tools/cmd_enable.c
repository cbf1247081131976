// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl enable, deny, pass: set rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "boot.h"
#include "cmd.h"
#include "config.h"
#include "emulator.h"
#include "native_ready.h"
#include "native_table.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "scope.h"
#include "util.h"

enum {
	OPT_EMULATOR = OPT_VERB,
	OPT_ARG,
	OPT_NATIVE,
	OPT_RUNTIME,
	OPT_FLAG = 1 << 16,	/* and a bit of enum xarch_flag */
};

struct setting {
	const struct command *command;
	struct conn conn;
	struct scope scope;
	bool runtime;
	struct rule pattern;	/* what the options say: all but the arch */
	struct rules rules;	/* what is asked for */
	bool *accepted;		/* of each rule */
	bool *kept;		/* will be there after a restart, of each rule */
};

static char *label(const void *arg, size_t i)
{
	const struct setting *setting = arg;

	return xasprintf("%s %s", setting->command->name,
			 archs[setting->rules.rule[i].arch].name);
}

static void add_rule(struct setting *setting, enum xarch_arch arch,
		     const char *emulator)
{
	const struct rule *pattern = &setting->pattern;
	struct rule *rule = rules_add(&setting->rules);
	size_t i;

	rule_set_u32(rule, XARCH_A_ARCH, arch);
	rule_set_u32(rule, XARCH_A_ACTION, pattern->action);
	rule_set_u32(rule, XARCH_A_FLAGS, pattern->flags);
	scope_apply(&setting->scope, rule);
	if (emulator)
		rule_set_emulator(rule, emulator);
	for (i = 0; i < pattern->nargs; i++)
		rule_add_arg(rule, pattern->args[i]);
	rule_set_twins(rule, pattern->twins);
}

static void warn_of_flaw(const struct setting *setting, const char *emulator)
{
	char *flaw = setting->pattern.flags & XARCH_F_CREDENTIALS ? emulator_flaw(emulator) : NULL;

	if (flaw)
		warning("%s", flaw);
	free(flaw);
}

static bool add_named(struct setting *setting, enum xarch_arch arch)
{
	const struct rule *pattern = &setting->pattern;
	char *name, *emulator;

	if (pattern->action != XARCH_ACTION_EMULATE) {
		add_rule(setting, arch, NULL);
		return true;
	}
	name = xasprintf("%s %s", setting->command->name, archs[arch].name);
	emulator = emulator_choose(name, arch, pattern->emulator,
				   pattern->flags & XARCH_F_LAZY);
	free(name);
	if (!emulator)
		return false;
	warn_of_flaw(setting, emulator);
	add_rule(setting, arch, emulator);
	free(emulator);
	return true;
}

/* Every arch that it makes sense for: not this machine's own. */
static bool add_all(struct setting *setting)
{
	char *emulator, *why;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++) {
		if (arch_is_native(i))
			continue;
		if (setting->pattern.action != XARCH_ACTION_EMULATE) {
			add_rule(setting, i, NULL);
			continue;
		}
		emulator = emulator_find(i, &why);
		if (emulator && why)
			warning("%s", why);
		if (emulator) {
			warn_of_flaw(setting, emulator);
			add_rule(setting, i, emulator);
		}
		free(emulator);
		free(why);
	}
	if (!setting->rules.n)
		error("%s all: no emulator found: install them: "
		      EMULATOR_INSTALL, setting->command->name);
	return setting->rules.n;
}

static bool add_words(struct setting *setting, int n, char **words)
{
	bool good = true;
	int i;

	if (n == 1 && !strcmp(words[0], "all"))
		return add_all(setting);
	/* Usage before anything else. */
	for (i = 0; i < n; i++)
		parse_arch(setting->command, words[i]);
	for (i = 0; i < n; i++)
		good &= add_named(setting, arch_parse(words[i]));
	return good;
}

/* The rules are in force by now, so a failure here leaves them so. */
static bool keep(struct setting *setting, struct config *config)
{
	const char *obstacle;
	bool any = false;
	size_t i;
	int err;

	for (i = 0; i < setting->rules.n; i++) {
		if (!setting->accepted[i])
			continue;
		config_set(config, &setting->rules.rule[i]);
		any = true;
	}
	if (!any)
		return true;
	err = config_commit(config);
	if (err) {
		error("%s: %s: %s: the rule is active but will not survive a reboot",
		      setting->command->name, config->path, strerror(err));
		return false;
	}
	/* Another file than that of xarch.service is the caller's to restore. */
	if (strcmp(settings.config, CONFIG_FILE))
		return true;
	obstacle = boot_obstacle();
	if (obstacle) {
		warning("%s: written to %s, but nothing will restore it after a reboot: %s",
			setting->command->name, config->path, obstacle);
		return true;
	}
	for (i = 0; i < setting->rules.n; i++)
		setting->kept[i] = setting->accepted[i];
	return true;
}

static json_t *setting_record(const struct setting *setting, size_t i)
{
	json_t *record = rule_json(&setting->rules.rule[i], RULE_SETTING);

	json_object_set_new(record, "kept", json_boolean(setting->kept[i]));
	return record;
}

static void print(const struct setting *setting)
{
	static const struct column columns[] = {
		{ .title = "ARCH", .key = "arch" },
		{ .title = "ACTION", .key = "action" },
		{ .title = "FLAGS", .key = "flags" },
		{ .title = "KEPT", .key = "kept" },
		{ .title = "EMULATOR", .text = text_emulator },
		{ 0 }
	};
	json_t *records = json_array();
	size_t i;

	for (i = 0; i < setting->rules.n; i++)
		if (setting->accepted[i])
			json_array_append_new(records,
					      setting_record(setting, i));
	output_array(columns, records);
	json_decref(records);
}

static bool can_keep(const struct setting *setting)
{
	const char *why;
	size_t i;

	for (i = 0; i < setting->rules.n; i++)
		if (!config_can_keep(&setting->rules.rule[i], &why)) {
			error("%s: %s cannot be kept in %s: with --runtime it need not",
			      setting->command->name, why, settings.config);
			return false;
		}
	return true;
}

static int set_rules(struct setting *setting)
{
	bool keeps = !setting->scope.given && !setting->runtime;
	struct config config;
	int status = EXIT_REFUSED;

	if (conn_open(&setting->conn))
		return EXIT_REFUSED;
	if (keeps && (!can_keep(setting) ||
		      !config_begin(&config, settings.config,
				    setting->command->name)))
		goto close;

	setting->accepted = calloc(setting->rules.n, sizeof(bool));
	setting->kept = calloc(setting->rules.n, sizeof(bool));
	if (!setting->accepted || !setting->kept) {
		error("out of memory");
		goto end;
	}
	if (rules_set(&setting->conn, &setting->rules, label, setting,
		      setting->accepted))
		status = 0;
	if (keeps && !keep(setting, &config))
		status = EXIT_REFUSED;
	print(setting);
end:
	if (keeps)
		config_end(&config);
close:
	conn_close(&setting->conn);
	free(setting->accepted);
	free(setting->kept);
	return status;
}

static void parse_options(struct setting *setting, int argc, char **argv)
{
	const struct command *command = setting->command;
	struct rule *pattern = &setting->pattern;
	int opt;

	while ((opt = next_option(command, argc, argv, &setting->scope)) !=
	       OPT_END) {
		switch (opt) {
		case OPT_EMULATOR:
			rule_set_emulator(pattern, optarg);
			break;
		case OPT_ARG:
			rule_add_arg(pattern, optarg);
			break;
		case OPT_NATIVE:
			rule_set_twins(pattern, strcmp(optarg, "none") ? optarg : NULL);
			break;
		case OPT_RUNTIME:
			setting->runtime = true;
			break;
		default:
			pattern->flags |= opt & ~OPT_FLAG;
		}
	}
	if (optind == argc)
		usage(command, "say which arch");
	if (pattern->twins && !native_name_good(pattern->twins))
		usage(command, "--native: \"%s\" is no name of a set: up to %d small letters, digits and +-. between them",
		      pattern->twins, NATIVE_NAME_MAX);
	if (argc - optind == 1 && strcmp(argv[optind], "all"))
		parse_arch(command, argv[optind]);
	else if (pattern->emulator)
		usage(command, "--emulator: one emulator serves one arch");
	else if (pattern->twins)
		usage(command, "--native: one set serves one arch");
}

static int run(const struct command *command, enum xarch_action action,
	       int argc, char **argv)
{
	struct setting setting = { .command = command, .scope = SCOPE_INIT };
	int status = EXIT_REFUSED;

	rule_set_u32(&setting.pattern, XARCH_A_ACTION, action);
	parse_options(&setting, argc, argv);
	if (scope_open(&setting.scope, command->name) &&
	    (!setting.pattern.twins || setting.scope.given ||
	     native_ready(command->name, setting.pattern.twins, arch_parse(argv[optind]))) &&
	    add_words(&setting, argc - optind, argv + optind))
		status = set_rules(&setting);
	scope_close(&setting.scope);
	rules_clear(&setting.rules);
	rule_clear(&setting.pattern);
	return status;
}

static int run_enable(const struct command *command, int argc, char **argv)
{
	return run(command, XARCH_ACTION_EMULATE, argc, argv);
}

static int run_deny(const struct command *command, int argc, char **argv)
{
	return run(command, XARCH_ACTION_DENY, argc, argv);
}

static int run_pass(const struct command *command, int argc, char **argv)
{
	return run(command, XARCH_ACTION_PASS, argc, argv);
}

static const struct option enable_options[] = {
	{ "emulator",	 required_argument,	NULL, OPT_EMULATOR },
	{ "arg",	 required_argument,	NULL, OPT_ARG },
	{ "native",	 required_argument,	NULL, OPT_NATIVE },
	{ "runtime",	 no_argument,		NULL, OPT_RUNTIME },
	{ "lazy",	 no_argument,		NULL, OPT_FLAG | XARCH_F_LAZY },
	{ "credentials", no_argument,		NULL, OPT_FLAG | XARCH_F_CREDENTIALS },
	{ "lock",	 no_argument,		NULL, OPT_FLAG | XARCH_F_LOCKED },
	{ "transparent", no_argument,		NULL, OPT_FLAG | XARCH_F_TRANSPARENT },
	{ "plain",	 no_argument,		NULL, OPT_FLAG | XARCH_F_PLAIN },
	{ 0 }
};

static const struct option other_options[] = {
	{ "runtime",	 no_argument,		NULL, OPT_RUNTIME },
	{ "lock",	 no_argument,		NULL, OPT_FLAG | XARCH_F_LOCKED },
	{ 0 }
};

#define RUNTIME_HELP \
	"      --lock            no nearer scope can override the rule\n" \
	"      --runtime         for this boot only: leave the config file alone\n" \
	SCOPE_HELP

const struct command cmd_enable = {
	.name = "enable",
	.synopsis = "ARCH...|all [--emulator PATH] [--arg ARG]... [--native SET|none] [--lazy] [--credentials] [--lock] [--transparent] [--plain] [--runtime] " SCOPE_SYNOPSIS,
	.summary = "Run programs of an architecture through an emulator",
	.details =
	"      --emulator PATH   this emulator; without it the best qemu-ARCH found\n"
	"      --arg ARG         an argument that the emulator is always given; may repeat\n"
	"      --native SET      programs that have a twin in this set run that instead;\n"
	"                        where there is none yet, it is built of Debian's suite of\n"
	"                        that name; \"none\", as without it: all is emulated\n"
	"      --lazy            look the emulator up in each container, at each exec\n"
	"      --credentials     the set-id bits of programs count\n"
	"      --transparent     the kernel's transparent contract (7.3), if the emulator has it\n"
	"      --plain           argv as binfmt_misc makes it by itself and no descriptor: for\n"
	"                        wrappers, qemu before 6.0, box86\n"
	RUNTIME_HELP,
	.options = enable_options,
	.run = run_enable,
};

const struct command cmd_deny = {
	.name = "deny",
	.synopsis = "ARCH...|all [--lock] [--runtime] " SCOPE_SYNOPSIS,
	.summary = "Refuse to run programs of an architecture",
	.details = RUNTIME_HELP,
	.options = other_options,
	.run = run_deny,
};

const struct command cmd_pass = {
	.name = "pass",
	.synopsis = "ARCH...|all [--lock] [--runtime] " SCOPE_SYNOPSIS,
	.summary = "Leave programs of an architecture to binfmt_misc",
	.details = RUNTIME_HELP,
	.options = other_options,
	.run = run_pass,
};
