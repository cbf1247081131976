// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "arch.h"
#include "output.h"
#include "rule.h"
#include "util.h"

const struct rule_flag rule_flags[] = {
	{ "lazy",		XARCH_F_LAZY },
	{ "credentials",	XARCH_F_CREDENTIALS },
	{ "locked",		XARCH_F_LOCKED },
	{ "transparent",	XARCH_F_TRANSPARENT },
	{ "plain",		XARCH_F_PLAIN },
	{ 0 }
};

static const char *arch_name(uint32_t arch)
{
	return arch < ARRAY_SIZE(archs) ? archs[arch].name : NULL;
}

static const char *const actions[] = {
	[XARCH_ACTION_EMULATE] = "emulate",
	[XARCH_ACTION_DENY] = "deny",
	[XARCH_ACTION_PASS] = "pass",
};

const char *action_name(uint32_t action)
{
	return action < ARRAY_SIZE(actions) ? actions[action] : NULL;
}

int action_parse(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i], name))
			return i;
	return -1;
}

static const char *scope_name(uint32_t scope)
{
	static const char *const names[] = {
		[XARCH_SCOPE_HOST] = "host",
		[XARCH_SCOPE_USER] = "user",
		[XARCH_SCOPE_PID] = "pid",
		[XARCH_SCOPE_MOUNT] = "mount",
	};

	return scope < ARRAY_SIZE(names) ? names[scope] : NULL;
}

static const char *verdict_name(uint32_t verdict)
{
	static const char *const names[] = {
		[XARCH_VERDICT_NONE] = "none",
		[XARCH_VERDICT_WINS] = "wins",
		[XARCH_VERDICT_FARTHER] = "farther",
		[XARCH_VERDICT_OVERRIDDEN] = "overridden",
		[XARCH_VERDICT_FOREIGN] = "foreign",
	};

	return verdict < ARRAY_SIZE(names) ? names[verdict] : NULL;
}

static const char *twin_name(uint32_t twin)
{
	static const char *const names[] = {
		[XARCH_TWIN_NONE] = "none",
		[XARCH_TWIN_RUNS] = "runs",
		[XARCH_TWIN_NO_LOADER] = "no loader",
		[XARCH_TWIN_PRELOAD] = "preload",
		[XARCH_TWIN_ARGUMENT] = "argument",
		[XARCH_TWIN_SET_ID] = "set-id",
	};

	return twin < ARRAY_SIZE(names) ? names[twin] : NULL;
}

static const char *error_name(uint32_t error)
{
	return strerrorname_np(error);
}

/*
 * The attributes: how each travels, where a rule keeps it, and its place in a
 * record. Reading, writing and printing all go by this table.
 */
enum kind {
	NONE,
	U32,			/* integer */
	U64,			/* integer */
	NAMED,			/* u32 with names for its values */
	FLAGS,			/* u32 of rule_flags[] */
	STRING,
	STRINGS,		/* the attribute repeats */
};

static const struct attr {
	enum kind kind;
	size_t offset;
	const char *key;
	const char *(*name)(uint32_t value);
} attrs[] = {
#define ATTR(kind, member, ...) { kind, offsetof(struct rule, member), __VA_ARGS__ }
	[XARCH_A_ARCH] = ATTR(NAMED, arch, "arch", arch_name),
	[XARCH_A_ACTION] = ATTR(NAMED, action, "action", action_name),
	[XARCH_A_SCOPE] = ATTR(NAMED, scope, "scope", scope_name),
	[XARCH_A_NS_FD] = ATTR(U32, ns_fd, "ns_fd", NULL),
	[XARCH_A_NS_INUM] = ATTR(U32, ns_inum, "namespace", NULL),
	[XARCH_A_EMULATOR] = ATTR(STRING, emulator, "emulator", NULL),
	[XARCH_A_ARG] = ATTR(STRINGS, args, "args", NULL),
	[XARCH_A_FLAGS] = ATTR(FLAGS, flags, "flags", NULL),
	[XARCH_A_AGE_MS] = ATTR(U64, age_ms, "age_ms", NULL),
	[XARCH_A_OWNER_USERNS] = ATTR(U32, owner_userns, "owner_userns", NULL),
	[XARCH_A_EMULATED] = ATTR(U64, emulated, "emulated", NULL),
	[XARCH_A_DENIED] = ATTR(U64, denied, "denied", NULL),
	[XARCH_A_FAILED] = ATTR(U64, failed, "failed", NULL),
	[XARCH_A_LAST_USED_MS] = ATTR(U64, last_used_ms, "last_used_ms", NULL),
	[XARCH_A_GENERATION] = ATTR(U32, generation, "generation", NULL),
	[XARCH_A_PID] = ATTR(U32, pid, "pid", NULL),
	[XARCH_A_UID] = ATTR(U32, uid, "uid", NULL),
	[XARCH_A_COMM] = ATTR(STRING, comm, "comm", NULL),
	[XARCH_A_PATH] = ATTR(STRING, path, "path", NULL),
	[XARCH_A_ERROR] = ATTR(NAMED, error, "error", error_name),
	[XARCH_A_VERDICT] = ATTR(NAMED, verdict, "verdict", verdict_name),
	[XARCH_A_PID_NS_INUM] = ATTR(U32, pid_ns_inum, "pid_namespace", NULL),
	[XARCH_A_EMULATOR_FD] = ATTR(U32, emulator_fd, "emulator_fd", NULL),
	[XARCH_A_TWINS] = ATTR(STRING, twins, "native", NULL),
	[XARCH_A_TWINS_RUN] = ATTR(U64, twins_run, "twins_run", NULL),
	[XARCH_A_TWINS_NO_LOADER] = ATTR(U64, twins_no_loader, "twins_no_loader", NULL),
	[XARCH_A_TWINS_PRELOAD] = ATTR(U64, twins_preload, "twins_preload", NULL),
	[XARCH_A_TWINS_ARGUMENT] = ATTR(U64, twins_argument, "twins_argument", NULL),
	[XARCH_A_TWINS_VERDICT] = ATTR(NAMED, twin, "twin", twin_name),
	[XARCH_A_EMULATOR_DEV] = ATTR(U32, emulator_dev, "emulator_dev", NULL),
	[XARCH_A_EMULATOR_INO] = ATTR(U64, emulator_ino, "emulator_ino", NULL),
#undef ATTR
};

static void *member(const struct rule *rule, const struct attr *attr)
{
	return (char *)rule + attr->offset;
}

void rule_set_u32(struct rule *rule, enum xarch_attr attr, uint32_t value)
{
	*(uint32_t *)member(rule, &attrs[attr]) = value;
	rule->has |= RULE_BIT(attr);
}

void rule_set_emulator(struct rule *rule, const char *path)
{
	free(rule->emulator);
	rule->emulator = xstrdup(path);
	rule->has |= RULE_BIT(XARCH_A_EMULATOR);
}

void rule_set_twins(struct rule *rule, const char *name)
{
	free(rule->twins);
	rule->twins = name ? xstrdup(name) : NULL;
	rule->has &= ~RULE_BIT(XARCH_A_TWINS);
	if (name)
		rule->has |= RULE_BIT(XARCH_A_TWINS);
}

void rule_add_arg(struct rule *rule, const char *arg)
{
	rule->args = xrealloc(rule->args,
			      (rule->nargs + 1) * sizeof(*rule->args));
	rule->args[rule->nargs++] = xstrdup(arg);
	rule->has |= RULE_BIT(XARCH_A_ARG);
}

bool rule_check(const struct rule *rule, char **why)
{
	bool emulates = rule->action == XARCH_ACTION_EMULATE;
	const struct rule_flag *flag;
	size_t len = 0, i;

	*why = NULL;
	if (emulates && !rule->emulator)
		*why = xstrdup("an emulator is needed");
	else if (emulates && rule->emulator[0] != '/')
		*why = xasprintf("emulator \"%s\": must be an absolute path",
				 rule->emulator);
	else if (emulates && strlen(rule->emulator) > XARCH_PATH_LEN)
		*why = xasprintf("emulator: longer than %d bytes",
				 XARCH_PATH_LEN);
	else if (!emulates && (rule->emulator || rule->nargs))
		*why = xasprintf("action %s takes no emulator and no arguments",
				 action_name(rule->action));
	else if (rule->nargs > XARCH_ARGS_MAX)
		*why = xasprintf("more than %d arguments", XARCH_ARGS_MAX);

	for (i = 0; i < rule->nargs; i++)
		len += strlen(rule->args[i]) + 1;
	if (len > XARCH_ARGS_LEN && !*why)
		*why = xasprintf("arguments: longer than %d bytes in all",
				 XARCH_ARGS_LEN);
	for (flag = rule_flags; flag->name && !*why; flag++)
		if (rule->flags & flag->bit && !emulates &&
		    flag->bit != XARCH_F_LOCKED)
			*why = xasprintf("action %s cannot be %s",
					 action_name(rule->action), flag->name);
	return !*why;
}

void rule_clear(struct rule *rule)
{
	size_t i;

	free(rule->emulator);
	free(rule->twins);
	free(rule->comm);
	free(rule->path);
	for (i = 0; i < rule->nargs; i++)
		free(rule->args[i]);
	free(rule->args);
	memset(rule, 0, sizeof(*rule));
}

struct rule *rules_add(struct rules *rules)
{
	struct rule *rule;

	if (rules->n == rules->room) {
		rules->room = rules->room ? 2 * rules->room : 16;
		rules->rule = xrealloc(rules->rule,
				       rules->room * sizeof(*rules->rule));
	}
	rule = &rules->rule[rules->n++];
	memset(rule, 0, sizeof(*rule));
	return rule;
}

void rules_clear(struct rules *rules)
{
	while (rules->n)
		rule_clear(&rules->rule[--rules->n]);
	free(rules->rule);
	memset(rules, 0, sizeof(*rules));
}

struct nl_msg *rule_message(struct conn *conn, int cmd, int flags,
			    const struct rule *rule)
{
	size_t payload = ARRAY_SIZE(attrs) * nla_total_size(sizeof(uint64_t));
	struct nl_msg *msg;
	size_t i, at;

	if (rule_has(rule, XARCH_A_EMULATOR))
		payload += nla_total_size(strlen(rule->emulator) + 1);
	if (rule_has(rule, XARCH_A_TWINS))
		payload += nla_total_size(strlen(rule->twins) + 1);
	for (at = 0; at < rule->nargs; at++)
		payload += nla_total_size(strlen(rule->args[at]) + 1);
	msg = conn_message(conn, cmd, flags, payload);

	/* There is room: the payload was counted. */
	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (!rule_has(rule, i))
			continue;
		switch (attrs[i].kind) {
		case U32:
		case NAMED:
		case FLAGS:
			nla_put_u32(msg, i, *(uint32_t *)member(rule, &attrs[i]));
			break;
		case STRING:
			nla_put_string(msg, i, *(char **)member(rule, &attrs[i]));
			break;
		case STRINGS:
			for (at = 0; at < rule->nargs; at++)
				nla_put_string(msg, i, rule->args[at]);
			break;
		case U64:	/* the kernel's alone to tell */
		case NONE:
			break;
		}
	}
	return msg;
}

static bool parse_attr(struct rule *rule, struct nlattr *nla)
{
	unsigned int type = nla_type(nla);
	const struct attr *attr = &attrs[type];
	size_t len = nla_len(nla);
	char **string;

	switch (attr->kind) {
	case NONE:
		return true;
	case U32:
	case NAMED:
	case FLAGS:
		if (len != sizeof(uint32_t))
			return false;
		memcpy(member(rule, attr), nla_data(nla), len);
		break;
	case U64:
		if (len != sizeof(uint64_t))
			return false;
		memcpy(member(rule, attr), nla_data(nla), len);
		break;
	case STRING:
		if (!len || strnlen(nla_data(nla), len) != len - 1)
			return false;
		string = member(rule, attr);
		free(*string);
		*string = xstrdup(nla_data(nla));
		break;
	case STRINGS:
		if (!len || strnlen(nla_data(nla), len) != len - 1)
			return false;
		rule_add_arg(rule, nla_data(nla));
		break;
	}
	rule->has |= RULE_BIT(type);
	return true;
}

bool rule_parse(struct rule *rule, const struct nlmsghdr *header)
{
	struct genlmsghdr *genl;
	struct nlattr *nla;
	int rest;

	if (!genlmsg_valid_hdr((struct nlmsghdr *)header, 0))
		return false;
	genl = nlmsg_data(header);
	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), rest)
		/* A newer module may say more than this program knows. */
		if ((size_t)nla_type(nla) < ARRAY_SIZE(attrs) &&
		    !parse_attr(rule, nla))
			return false;
	return true;
}

struct rule_batch {
	struct conn *conn;
	const struct rules *rules;
	char *(*label)(const void *arg, size_t i);
	const void *arg;
	bool *accepted;
	bool refused;
	const char *open_path;		/* emulator that fd is open on, or NULL */
	int fd;
};

/* Neighbours mostly have the same emulator: it is opened once. */
static int open_emulator(struct rule_batch *batch, const char *path)
{
	if (batch->open_path && !strcmp(batch->open_path, path))
		return batch->fd;
	if (batch->fd >= 0)
		close(batch->fd);
	batch->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	batch->open_path = batch->fd < 0 ? NULL : path;
	return batch->fd;
}

/*
 * The kernel reads the request, descriptors included, while it is sent. An
 * emulator that does not open is left to it: it says what is wrong.
 */
static struct nl_msg *set_message(void *arg, size_t i)
{
	struct rule_batch *batch = arg;
	struct rule rule = batch->rules->rule[i];

	if (rule.emulator && !(rule.flags & XARCH_F_LAZY) &&
	    !rule_has(&rule, XARCH_A_EMULATOR_FD) &&
	    open_emulator(batch, rule.emulator) >= 0)
		rule_set_u32(&rule, XARCH_A_EMULATOR_FD, batch->fd);
	return rule_message(batch->conn, XARCH_CMD_RULE_SET, NLM_F_ACK, &rule);
}

/*
 * Path or argument that the kernel finds at fault, which its message does not
 * repeat: what stands at that place of the request, which is made once more.
 *
 * Return: "TEXT: ", or nothing; a new string.
 */
static char *culprit(struct rule_batch *batch, size_t i,
		     const struct conn_reply *reply)
{
	struct nl_msg *msg = set_message(batch, i);
	const char *text = NULL;
	struct nlattr *nla;
	char *label;
	int rest;

	nlmsg_for_each_attr(nla, nlmsg_hdr(msg), GENL_HDRLEN, rest) {
		if ((char *)nla - (char *)nlmsg_hdr(msg) != reply->offset)
			continue;
		if (nla_type(nla) == XARCH_A_EMULATOR_FD)
			text = batch->rules->rule[i].emulator;
		else if (attrs[nla_type(nla)].kind == STRING ||
			 attrs[nla_type(nla)].kind == STRINGS)
			text = nla_data(nla);
	}
	label = text ? xasprintf("%s: ", text) : xstrdup("");
	nlmsg_free(msg);
	return label;
}

static void set_done(void *arg, size_t i, const struct conn_reply *reply)
{
	struct rule_batch *batch = arg;
	char *label, *at_fault;

	batch->accepted[i] = !reply->error;
	batch->refused |= !!reply->error;
	if (!*reply->message)
		return;
	label = batch->label(batch->arg, i);
	at_fault = culprit(batch, i, reply);
	(reply->error ? error : warning)("%s: %s%s", label, at_fault,
					 reply->message);
	free(at_fault);
	free(label);
}

bool rules_set(struct conn *conn, const struct rules *rules,
	       char *(*label)(const void *arg, size_t i), const void *arg,
	       bool *accepted)
{
	struct rule_batch batch = {
		.conn = conn,
		.rules = rules,
		.label = label,
		.arg = arg,
		.accepted = accepted,
		.fd = -1,
	};
	int err;

	memset(accepted, 0, rules->n * sizeof(*accepted));
	err = conn_batch(conn, rules->n, set_message, set_done, &batch);
	if (batch.fd >= 0)
		close(batch.fd);
	return !err && !batch.refused;
}

struct getting {
	struct rules *rules;
	bool malformed;
};

static void get_message(void *arg, const struct nlmsghdr *header)
{
	struct getting *getting = arg;

	if (!rule_parse(rules_add(getting->rules), header))
		getting->malformed = true;
}

static void get_restart(void *arg)
{
	struct getting *getting = arg;

	rules_clear(getting->rules);
	getting->malformed = false;
}

int rules_get(struct conn *conn, int cmd, const struct rule *wanted,
	      struct rules *rules, struct conn_reply *reply)
{
	struct getting getting = { .rules = rules };

	if (conn_dump(conn, rule_message(conn, cmd, NLM_F_DUMP, wanted), get_message,
		      get_restart, &getting, reply))
		return -1;
	if (getting.malformed) {
		error("the module's answer is malformed: its version does not fit this program's");
		return -1;
	}
	return 0;
}

static json_t *flags_json(uint32_t flags)
{
	json_t *names = json_array();
	const struct rule_flag *flag;

	for (flag = rule_flags; flag->name; flag++)
		if (flags & flag->bit)
			json_array_append_new(names, json_string(flag->name));
	return names;
}

static json_t *strings_json(const struct rule *rule)
{
	json_t *strings = json_array();
	size_t i;

	for (i = 0; i < rule->nargs; i++)
		json_array_append_new(strings, json_text(rule->args[i]));
	return strings;
}

static json_t *named_json(const struct attr *attr, uint32_t value)
{
	const char *name = attr->name(value);

	/* A newer module's value, which this program has no word for. */
	return name ? json_string(name) : json_integer(value);
}

static json_t *attr_json(const struct rule *rule, unsigned int type)
{
	const struct attr *attr = &attrs[type];

	/* No argument and no flag is not nothing but an empty list. */
	if (!rule_has(rule, type) && attr->kind != STRINGS &&
	    attr->kind != FLAGS)
		return json_null();
	switch (attr->kind) {
	case U32:
		return json_integer(*(uint32_t *)member(rule, attr));
	case U64:
		return json_integer(*(uint64_t *)member(rule, attr));
	case NAMED:
		return named_json(attr, *(uint32_t *)member(rule, attr));
	case FLAGS:
		return flags_json(*(uint32_t *)member(rule, attr));
	case STRING:
		return json_text(*(char **)member(rule, attr));
	case STRINGS:
		return strings_json(rule);
	case NONE:
		break;
	}
	return json_null();
}

json_t *rule_json(const struct rule *rule, uint64_t wanted)
{
	json_t *record = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (wanted & RULE_BIT(i))
			json_object_set_new(record, attrs[i].key,
					    attr_json(rule, i));
	return record;
}

/* As the links in /proc/PID/ns read. */
char *text_scope(json_t *record)
{
	const char *scope = json_string_value(json_object_get(record, "scope"));
	json_t *inum = json_object_get(record, "namespace");

	if (!scope || !json_is_integer(inum))
		return text_member(record, "scope");
	return xasprintf("%s:[%" JSON_INTEGER_FORMAT "]",
			 strcmp(scope, "mount") ? scope : "mnt",
			 json_integer_value(inum));
}

char *text_emulator(json_t *record)
{
	const char *state = json_string_value(json_object_get(record, "emulator_state"));
	char *text = text_member(record, "emulator");
	json_t *arg;
	size_t i;

	json_array_foreach(json_object_get(record, "args"), i, arg) {
		const char *plain = json_string_value(arg);
		const char *quote = !*plain || strpbrk(plain, " \t\n'\"") ?
				    "'" : "";
		char *shown = printable(plain);
		char *longer = xasprintf("%s %s%s%s", text, quote, shown, quote);

		free(shown);
		free(text);
		text = longer;
	}
	if (state && strcmp(state, "current")) {
		char *longer = xasprintf("%s (%s)", text, state);

		free(text);
		text = longer;
	}
	return text;
}
