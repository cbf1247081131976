// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarchctl oci-hook: rules that a container asks for, set before it starts.
 *
 * A hook of the OCI runtime specification, stage createRuntime: the container's
 * namespaces are there and nothing of it has run yet. Its state comes on
 * standard input; a failure stops the container. It never starts with another
 * policy than it asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "emulator.h"
#include "file.h"
#include "hook_errors.h"
#include "nl.h"
#include "phrase.h"
#include "public.h"
#include "rule.h"
#include "scope.h"
#include "util.h"

#define ANNOTATION "io.xarch."
/* Kubernetes allows 256 KiB of annotations. */
#define STATE_MAX (1 << 20)

enum {
	OPT_RULE = OPT_VERB,
};

struct hook {
	const struct command *command;
	pid_t pid;
	struct scope scope;
	struct rules rules;
};

static char *label(const void *arg, size_t i)
{
	const struct hook *hook = arg;

	return xasprintf("oci-hook: %s", archs[hook->rules.rule[i].arch].name);
}

static json_t *parse_state(const char *text, size_t len)
{
	json_error_t why;
	json_t *state = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!state)
		error("oci-hook: the container's state, line %d: %s", why.line,
		      why.text);
	return state;
}

static json_t *read_state(void)
{
	json_t *state;
	size_t len;
	char *why, *text = read_fd(STDIN_FILENO, STATE_MAX, &len, &why);

	if (!text) {
		error("oci-hook: the container's state, on standard input: %s",
		      why);
		free(why);
		return NULL;
	}
	state = parse_state(text, len);
	free(text);
	return state;
}

/*
 * The other stages are of no use: later the container's programs run already,
 * and earlier than they seem to: hooks of createContainer and startContainer
 * run inside, where runtimes tell 0 or 1 for the process.
 */
static bool check_stage(struct hook *hook, json_t *state)
{
	const char *status = json_string_value(json_object_get(state, "status"));
	json_t *pid = json_object_get(state, "pid");

	if (!status) {
		error("oci-hook: want the state of a container on standard input, an object with its \"status\"");
		return false;
	}
	if (strcmp(status, "creating") && strcmp(status, "created")) {
		error("oci-hook: the container is %s: this is a hook for the stage createRuntime, before anything of the container has run",
		      status);
		return false;
	}
	if (!json_is_integer(pid) || json_integer_value(pid) <= 1 ||
	    json_integer_value(pid) > INT_MAX) {
		error("oci-hook: the state tells no process of the container as the host sees it: this is a hook for the stage createRuntime, not createContainer or startContainer");
		return false;
	}
	hook->pid = json_integer_value(pid);
	return true;
}

/* What comes from a container's annotation may not point just anywhere. */
static bool check_path(const char *name, const struct rule *rule)
{
	const char *path = rule->emulator;

	if (!path)
		return true;
	if (*path == '/' && !strstr(path, "/../") && !strstr(path, "/./") &&
	    strlen(path) <= XARCH_PATH_LEN)
		return true;
	error("oci-hook: %s: the emulator must be an absolute path of at most %d bytes, without \"..\"",
	      name, XARCH_PATH_LEN);
	return false;
}

/*
 * The container's programs get to read the emulator: it must be one that everybody
 * on the host may have anyway. Who asks is often not to know what there is on the
 * host, so that there is one message for all that can be wrong.
 */
static bool open_emulator(const char *name, struct rule *rule)
{
	enum emulator_quality quality = EMULATOR_UNUSABLE;
	char *why = NULL;
	int fd;

	if (!rule->emulator) {
		char *found = emulator_find(rule->arch, &why);

		if (!found) {
			error("oci-hook: %s: %s", name, why);
			free(why);
			return false;
		}
		rule_set_emulator(rule, found);
		free(found);
		free(why);
		why = NULL;
	}
	fd = open_public(rule->emulator);
	if (fd >= 0) {
		rule_set_u32(rule, XARCH_A_EMULATOR_FD, fd);
		quality = emulator_judge_file(rule->emulator, fd, &why);
	}
	if (quality == EMULATOR_UNUSABLE)
		error("oci-hook: %s: %s: cannot be the emulator: it is not for everybody on the host to read and execute, or no program for this machine, or has set-id bits: there \"namei -l\" and \"file\" tell which",
		      name, rule->emulator);
	else if (why)
		warning("oci-hook: %s: %s", name, why);
	free(why);
	return quality != EMULATOR_UNUSABLE;
}

/* @name: what asks for it, for messages. The last rule is the new one. */
static bool check_rule(struct hook *hook, const char *name)
{
	struct rule *new = &hook->rules.rule[hook->rules.n - 1];
	char *why;
	bool good;
	size_t i;

	for (i = 0; i + 1 < hook->rules.n; i++)
		if (hook->rules.rule[i].arch == new->arch) {
			error("oci-hook: %s: there are two rules for %s", name,
			      archs[new->arch].name);
			return false;
		}
	if (!check_path(name, new) ||
	    (new->action == XARCH_ACTION_EMULATE && !open_emulator(name, new)))
		return false;
	good = rule_check(new, &why);
	if (!good)
		error("oci-hook: %s: %s", name, why);
	free(why);
	return good;
}

static bool add_annotation(struct hook *hook, const char *key, json_t *value)
{
	const char *text = json_string_value(value);
	char *full;
	bool good;

	if (!text) {
		error("oci-hook: %s: is not a string", key);
		return false;
	}
	full = xasprintf("oci-hook: %s", key);
	good = phrase_parse(rules_add(&hook->rules), full,
			    key + strlen(ANNOTATION), text);
	free(full);
	return good && check_rule(hook, key);
}

static bool add_annotations(struct hook *hook, json_t *state)
{
	json_t *annotations = json_object_get(state, "annotations");
	const char *key;
	json_t *value;

	if (annotations && !json_is_object(annotations) &&
	    !json_is_null(annotations)) {
		error("oci-hook: the container's annotations are not an object");
		return false;
	}
	json_object_foreach(annotations, key, value)
		if (!strncmp(key, ANNOTATION, strlen(ANNOTATION)) &&
		    !add_annotation(hook, key, value))
			return false;
	return true;
}

static void remove_done(void *arg, size_t i, const struct conn_reply *reply)
{
	(void)arg;
	(void)i;
	(void)reply;
}

struct removal {
	struct conn *conn;
	const struct hook *hook;
};

static struct nl_msg *remove_message(void *arg, size_t i)
{
	const struct removal *removal = arg;
	struct rule rule = { 0 };

	rule_set_u32(&rule, XARCH_A_ARCH, removal->hook->rules.rule[i].arch);
	scope_apply(&removal->hook->scope, &rule);
	return rule_message(removal->conn, XARCH_CMD_RULE_DEL, NLM_F_ACK,
			    &rule);
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	size_t i;

	if (a->arch != b->arch || a->action != b->action ||
	    a->flags != b->flags || !a->twins != !b->twins ||
	    (a->twins && strcmp(a->twins, b->twins)) || a->nargs != b->nargs ||
	    strcmp(a->emulator ?: "", b->emulator ?: ""))
		return false;
	for (i = 0; i < a->nargs; i++)
		if (strcmp(a->args[i], b->args[i]))
			return false;
	return true;
}

/*
 * Annotations and devices each come with a hook of their own, which knows
 * nothing of the other: the rules that are there are what a container asked for
 * before. Asking for the same twice is no contradiction.
 */
static bool check_unset(struct hook *hook, struct conn *conn)
{
	struct rules there = { 0 };
	struct rule wanted = { 0 };
	struct conn_reply reply;
	bool good = false;
	size_t i, at;

	scope_apply(&hook->scope, &wanted);
	if (rules_get(conn, XARCH_CMD_RULE_GET, &wanted, &there, &reply))
		return false;
	if (reply.error) {
		error("oci-hook: %s", reply.message);
		goto out;
	}
	for (i = 0; i < hook->rules.n; i++)
		for (at = 0; at < there.n; at++)
			if (hook->rules.rule[i].arch == there.rule[at].arch &&
			    !same_rule(&hook->rules.rule[i], &there.rule[at])) {
				error("oci-hook: %s: the container has asked for another rule already",
				      archs[there.rule[at].arch].name);
				goto out;
			}
	good = true;
out:
	rules_clear(&there);
	return good;
}

/* All, or none. */
static bool set_rules(struct hook *hook)
{
	struct conn conn = { 0 };
	struct removal removal = { &conn, hook };
	bool *accepted, good = false;
	size_t i;

	if (conn_open(&conn))
		return false;
	for (i = 0; i < hook->rules.n; i++)
		scope_apply(&hook->scope, &hook->rules.rule[i]);
	if (!check_unset(hook, &conn))
		goto close;
	accepted = xrealloc(NULL, hook->rules.n * sizeof(*accepted));
	good = rules_set(&conn, &hook->rules, label, hook, accepted);
	free(accepted);
	/* Of those that were refused there is nothing to remove. */
	if (!good)
		conn_batch(&conn, hook->rules.n, remove_message, remove_done,
			   &removal);
close:
	conn_close(&conn);
	return good;
}

static void clear_rules(struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (rule_has(&rules->rule[i], XARCH_A_EMULATOR_FD))
			close(rules->rule[i].emulator_fd);
	rules_clear(rules);
}

static bool add_rule(struct hook *hook, const char *text)
{
	char *name;
	bool good;

	if (!phrase_option(rules_add(&hook->rules), "oci-hook: --rule", text))
		return false;
	name = xasprintf("--rule %s", text);
	good = check_rule(hook, name);
	free(name);
	return good;
}

static bool apply(struct hook *hook, json_t *state)
{
	bool good;

	if (!check_stage(hook, state) || !add_annotations(hook, state))
		return false;
	if (!hook->rules.n)
		return true;
	good = scope_open_container(&hook->scope, hook->command->name,
				    hook->pid) &&
	       set_rules(hook);
	scope_close(&hook->scope);
	return good;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct hook hook = { .command = command, .scope = SCOPE_INIT };
	json_t *state = NULL;
	bool good = true;

	hook_errors_catch();
	/* The first error is enough: it is all that an engine shows. */
	while (next_option(command, argc, argv, NULL) != OPT_END)
		good = good && add_rule(&hook, optarg);
	if (optind < argc)
		usage(command, "takes no further words");
	if (good)
		state = read_state();
	good = state && apply(&hook, state);
	json_decref(state);
	clear_rules(&hook.rules);
	if (!good)
		hook_errors_tell();
	return good ? 0 : EXIT_REFUSED;
}

static const struct option options[] = {
	{ "rule", required_argument, NULL, OPT_RULE },
	{ 0 }
};

const struct command cmd_oci_hook = {
	.name = "oci-hook",
	.synopsis = "[--rule ARCH=ACTION[:EMULATOR[ ARG...]]]... <STATE",
	.summary = "Set the rules that a container asks for (a hook for container engines)",
	.details =
	"      --rule RULE       a rule beside those of the annotations; may repeat\n\n"
	"A createRuntime hook: takes the container's state on standard input and sets\n"
	"the rules of its annotations, io.xarch.ARCH = emulate [PATH [ARG...]] | deny |\n"
	"pass, for the container alone, all or none. A failure stops the container.\n",
	.options = options,
	.run = run,
};
