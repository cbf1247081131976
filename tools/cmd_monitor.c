// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl monitor: execs and rule changes as they happen. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd.h"
#include "native_explain.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "scope.h"
#include "util.h"

#define SHOWN (RULE_SETTING | RULE_BIT(XARCH_A_NS_INUM))
#define SHOWN_OF_EXEC (SHOWN | RULE_BIT(XARCH_A_PID) | \
		       RULE_BIT(XARCH_A_PID_NS_INUM) | \
		       RULE_BIT(XARCH_A_UID) | RULE_BIT(XARCH_A_COMM) | \
		       RULE_BIT(XARCH_A_PATH) | RULE_BIT(XARCH_A_ERROR) | \
		       RULE_BIT(XARCH_A_TWINS_VERDICT))

enum {
	OPT_COUNT = OPT_VERB,
};

struct monitor {
	const struct command *command;
	long left;			/* events to print, or -1: no end */
	ino_t pid_ns;			/* only events of this one; 0: all */
	bool failed;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* What happened, in one word. */
static const char *event_name(int cmd, const struct rule *rule)
{
	switch (cmd) {
	case XARCH_CMD_RULE_SET:
		return "set";
	case XARCH_CMD_RULE_DEL:
		return "removed";
	case XARCH_CMD_EXEC_NTF:
		if (rule->action == XARCH_ACTION_DENY)
			return "denied";
		if (rule_has(rule, XARCH_A_ERROR))
			return "failed";
		return rule->twin == XARCH_TWIN_RUNS ? "twin" : "emulated";
	default:
		return NULL;
	}
}

static char *text_time(json_t *record)
{
	json_int_t ms = json_integer_value(json_object_get(record, "time_ms"));
	time_t seconds = ms / 1000;
	char clock[32];
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S",
		 localtime_r(&seconds, &tm));
	return xasprintf("%s.%03d", clock, (int)(ms % 1000));
}

/* What ran, and of a rule that names a twin set why that. */
static char *text_runs(json_t *record)
{
	json_t *twin = json_object_get(record, "twin");
	char *emulator, *why, *text;

	if (!json_is_string(twin))
		return text_member(record, "emulator");
	if (!strcmp(json_string_value(twin), "runs"))
		return xstrdup("(its twin)");
	emulator = text_member(record, "emulator");
	why = text_twin(record);
	text = xasprintf("%s (%s)", emulator, why);
	free(emulator);
	free(why);
	return text;
}

static const struct column exec_columns[] = {
	{ .title = "TIME", .text = text_time },
	{ .title = "EVENT", .key = "event", .width = 8 },
	{ .title = "ARCH", .key = "arch", .width = 7 },
	{ .title = "PID", .key = "pid", .right = true, .width = 7 },
	{ .title = "UID", .key = "uid", .right = true, .width = 5 },
	{ .title = "COMM", .key = "comm", .width = 15 },
	{ .title = "SCOPE", .text = text_scope, .width = 4 },
	{ .title = "ERROR", .key = "error", .width = 1 },
	{ .title = "PATH", .key = "path", .width = 24 },
	{ .title = "EMULATOR", .text = text_runs },
	{ 0 }
};

static const struct column config_columns[] = {
	{ .title = "TIME", .text = text_time },
	{ .title = "EVENT", .key = "event", .width = 8 },
	{ .title = "ARCH", .key = "arch", .width = 7 },
	{ .title = "ACTION", .key = "action", .width = 7 },
	{ .title = "SCOPE", .text = text_scope, .width = 4 },
	{ .title = "FLAGS", .key = "flags", .width = 1 },
	{ .title = "EMULATOR", .text = text_emulator },
	{ 0 }
};

/* The kernel gives no time: it is that of arrival, which is soon after. */
static json_int_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* An exec in the container, or a change of its rules. */
static bool is_wanted(const struct monitor *monitor, const struct rule *rule,
		      bool exec)
{
	if (!monitor->pid_ns)
		return true;
	if (exec)
		return rule->pid_ns_inum == monitor->pid_ns;
	return rule->scope == XARCH_SCOPE_PID &&
	       rule->ns_inum == monitor->pid_ns;
}

static void on_message(void *arg, const struct nlmsghdr *header)
{
	struct genlmsghdr *genl = nlmsg_data(header);
	struct monitor *monitor = arg;
	struct rule rule = { 0 };
	const char *name;
	json_t *record;
	bool exec;

	if (!monitor->left)
		return;
	if (!rule_parse(&rule, header)) {
		error("%s: a malformed event: the module's version does not fit this program's",
		      monitor->command->name);
		monitor->failed = true;
		goto clear;
	}
	name = event_name(genl->cmd, &rule);
	exec = genl->cmd == XARCH_CMD_EXEC_NTF;
	if (!name || !is_wanted(monitor, &rule, exec))
		goto clear;
	record = json_pack("{s:s, s:I}", "event", name, "time_ms", now_ms());
	json_object_update_missing_new(record, rule_json(&rule, exec ?
					SHOWN_OF_EXEC : SHOWN));
	output_line(exec ? exec_columns : config_columns, record);
	json_decref(record);
	if (monitor->left > 0)
		monitor->left--;
clear:
	rule_clear(&rule);
}

static void report_lost(unsigned int lost)
{
	if (settings.json)
		printf("{\"event\":\"lost\",\"time_ms\":%" JSON_INTEGER_FORMAT
		       ",\"lost\":%u}\n", now_ms(), lost);
	else
		printf("%u events lost: they came faster than they could be read\n",
		       lost);
	fflush(stdout);
}

static bool watch(struct monitor *monitor, struct conn *conn, const sigset_t *open)
{
	struct pollfd poll = { .fd = nl_socket_get_fd(conn->sock),
			       .events = POLLIN };
	unsigned int lost = conn_lost(conn), now;

	while (!stopped && monitor->left && !monitor->failed) {
		if (ppoll(&poll, 1, NULL, open) < 0) {
			if (errno == EINTR)
				continue;
			error("%s: poll: %s", monitor->command->name,
			      strerror(errno));
			return false;
		}
		if (conn_listen(conn, on_message, monitor))
			return false;
		if (ferror(stdout))
			return false;
		now = conn_lost(conn);
		if (now != lost)
			report_lost(now - lost);
		lost = now;
	}
	return !monitor->failed;
}

/* Return: inode number, or 0 after an error message. */
static ino_t container_pid_ns(const char *container)
{
	struct scope scope = { .fd = -1, .kind = XARCH_SCOPE_PID };
	struct stat ns = { 0 };
	int hosts;

	scope.container = container;
	if (!scope_open(&scope, "monitor"))
		return 0;
	hosts = scope_is_hosts(&scope, "monitor");
	if (hosts > 0)
		error("monitor: container %s has the host's pid namespace: its execs cannot be told from others",
		      container);
	else if (!hosts)
		fstat(scope.fd, &ns);
	scope_close(&scope);
	return ns.st_ino;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct monitor monitor = { .command = command, .left = -1 };
	const char *container = NULL;
	struct conn conn = { 0 };
	sigset_t open;
	bool good;
	int opt;

	while ((opt = next_option(command, argc, argv, NULL)) != OPT_END) {
		if (opt == OPT_CONTAINER) {
			container = optarg;
			continue;
		}
		monitor.left = parse_number(optarg, LONG_MAX);
		if (!monitor.left)
			usage(command, "--count: \"%s\" is not a positive number",
			      optarg);
	}
	if (optind < argc)
		usage(command, "takes no further words");
	if (container) {
		monitor.pid_ns = container_pid_ns(container);
		if (!monitor.pid_ns)
			return EXIT_REFUSED;
	}

	catch_stops(stop, &open);
	if (conn_open(&conn))
		return EXIT_REFUSED;
	good = !conn_join(&conn, XARCH_MCGRP_CONFIG) &&
	       !conn_join(&conn, XARCH_MCGRP_EXEC);
	if (good) {
		fputs("listening\n", stderr);
		good = watch(&monitor, &conn, &open);
	}
	conn_close(&conn);
	return good ? 0 : EXIT_REFUSED;
}

static const struct option options[] = {
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "container", required_argument, NULL, OPT_CONTAINER },
	{ 0 }
};

const struct command cmd_monitor = {
	.name = "monitor",
	.synopsis = "[--count N] [--container NAME]",
	.summary = "Print execs and rule changes as they happen",
	.details =
	"      --count N         end after N events\n"
	"      --container NAME  those of this container of podman or docker alone\n\n"
	"Says \"listening\" on standard error when nothing can be missed any more.\n",
	.options = options,
	.run = run,
};
