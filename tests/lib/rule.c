// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "process.h"
#include "rule.h"

char rule_error[256];

/* The request was begun without a connection. */
static int ask(struct conn *conn, struct request *request, conn_fn fn, void *data)
{
	struct reply reply = { 0 };
	struct conn own;
	int err;

	if (!conn) {
		err = conn_try(&own);
		if (err)
			return err;
	}
	request->head.nlmsg_type = (conn ?: &own)->family;
	err = conn_ask_each(conn ?: &own, request, &reply, fn, data);
	memcpy(rule_error, reply.text, sizeof(rule_error));
	if (!conn)
		conn_close(&own);
	return err;
}

/* Rules */

static void put_scope(struct request *request, struct scope scope)
{
	put_u32(request, XARCH_A_SCOPE, scope.kind);
	if (scope.fd)
		put_u32(request, XARCH_A_NS_FD, scope.fd);
}

void request_rule(struct request *request, const struct conn *conn, const struct rule *rule)
{
	request_begin(request, conn, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(request, XARCH_A_ARCH, rule->arch);
	put_u32(request, XARCH_A_ACTION, rule->action);
	if (rule->scope.kind || rule->scope.fd)
		put_scope(request, rule->scope);
	if (rule->flags)
		put_u32(request, XARCH_A_FLAGS, rule->flags);
	if (rule->emulator)
		put_string(request, XARCH_A_EMULATOR, rule->emulator);
	if (rule->emulator_fd)
		put_u32(request, XARCH_A_EMULATOR_FD, rule->emulator_fd);
	put_strings(request, XARCH_A_ARG, rule->args);
	if (rule->twins)
		put_string(request, XARCH_A_TWINS, rule->twins);
}

int rule_set(struct conn *conn, const struct rule *rule)
{
	struct request request;

	request_rule(&request, NULL, rule);
	return ask(conn, &request, NULL, NULL);
}

/* 0: by its path alone. */
static int open_emulator(const struct rule *rule)
{
	int fd = -1;

	if (rule->emulator && !(rule->flags & XARCH_F_LAZY))
		fd = open(rule->emulator, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? 0 : fd;
}

int scoped_set(struct scope scope, const struct rule *rule)
{
	struct rule scoped = *rule;
	int err;

	scoped.scope = scope;
	scoped.emulator_fd = open_emulator(rule);
	err = rule_set(NULL, &scoped);
	if (scoped.emulator_fd)
		close(scoped.emulator_fd);
	return err;
}

int rule_emulate(uint32_t arch, const char *emulator, uint32_t flags)
{
	return rule_set(NULL, &(struct rule){
		.arch = arch,
		.action = XARCH_ACTION_EMULATE,
		.emulator = emulator,
		.flags = flags,
	});
}

int rule_deny(uint32_t arch)
{
	return rule_set(NULL, &(struct rule){ .arch = arch, .action = XARCH_ACTION_DENY });
}

int rule_pass(uint32_t arch)
{
	return rule_set(NULL, &(struct rule){ .arch = arch, .action = XARCH_ACTION_PASS });
}

int rule_del(struct conn *conn, struct scope scope, int arch)
{
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_RULE_DEL, NLM_F_ACK);
	if (arch >= 0)
		put_u32(&request, XARCH_A_ARCH, arch);
	put_scope(&request, scope);
	return ask(conn, &request, NULL, NULL);
}

int rule_clear(void)
{
	int err = rule_del(NULL, HOST, -1);

	return err == -ENOENT ? 0 : err;
}

struct info {
	uint32_t rules, generation, features;
};

static void read_info(const struct nlmsghdr *record, void *data)
{
	struct info *info = data;

	info->rules = record_u32(record, XARCH_A_RULES);
	info->generation = record_u32(record, XARCH_A_GENERATION);
	info->features = record_u32(record, XARCH_A_FEATURES);
}

static int ask_info(struct conn *conn, struct info *info)
{
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_INFO_GET, NLM_F_ACK);
	return ask(conn, &request, read_info, info);
}

int rule_count(struct conn *conn)
{
	struct info info;
	int err = ask_info(conn, &info);

	/* It is not told to everybody. */
	return err ?: info.rules == UINT32_MAX ? -EPROTO : (int)info.rules;
}

static struct info must_info(struct conn *conn)
{
	struct info info;

	errno = -ask_info(conn, &info);
	must(!errno, "INFO_GET");
	return info;
}

uint32_t generation(struct conn *conn)
{
	return must_info(conn).generation;
}

uint32_t features(struct conn *conn)
{
	return must_info(conn).features;
}

void rules_get(struct conn *conn, bool host_only, struct reply *reply)
{
	struct request request;

	request_begin(&request, conn, XARCH_CMD_RULE_GET, NLM_F_DUMP);
	if (host_only)
		put_u32(&request, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	errno = -conn_ask(conn, &request, reply);
	must(!errno, "RULE_GET");
}

static void read_state(const struct nlmsghdr *record, struct rule_state *state)
{
	const char *twins = record_string(record, XARCH_A_TWINS), *arg;
	unsigned int n;

	*state = (struct rule_state){
		.arch = record_u32(record, XARCH_A_ARCH),
		.action = record_u32(record, XARCH_A_ACTION),
		.scope = record_u32(record, XARCH_A_SCOPE),
		.flags = record_u32(record, XARCH_A_FLAGS),
		.ns_inum = record_u32(record, XARCH_A_NS_INUM),
		.owner = record_u32(record, XARCH_A_OWNER_USERNS),
		.verdict = record_u32(record, XARCH_A_VERDICT),
		.emulated = record_u64(record, XARCH_A_EMULATED),
		.denied = record_u64(record, XARCH_A_DENIED),
		.failed = record_u64(record, XARCH_A_FAILED),
		.last_used_ms = record_u64(record, XARCH_A_LAST_USED_MS),
		.twins_run = record_u64(record, XARCH_A_TWINS_RUN),
		.twins_no_loader = record_u64(record, XARCH_A_TWINS_NO_LOADER),
		.twins_preload = record_u64(record, XARCH_A_TWINS_PRELOAD),
		.twins_argument = record_u64(record, XARCH_A_TWINS_ARGUMENT),
	};
	for (n = 0; (arg = record_arg(record, n)); n++)
		snprintf(state->arg, sizeof(state->arg), "%s", arg);
	snprintf(state->twins, sizeof(state->twins), "%s", twins ?: "");
}

struct collect {
	void (*fn)(const struct rule_state *state, void *data);
	void *data;
	struct rule_state *out;
	int n, max;
};

static void collect_one(const struct nlmsghdr *record, void *data)
{
	struct collect *collect = data;
	struct rule_state state;

	read_state(record, &state);
	if (collect->fn)
		collect->fn(&state, collect->data);
	if (collect->n < collect->max)
		collect->out[collect->n] = state;
	collect->n++;
}

static int list(struct conn *conn, const struct scope *scope, int arch, struct collect *collect)
{
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_RULE_GET, NLM_F_DUMP);
	if (arch >= 0)
		put_u32(&request, XARCH_A_ARCH, arch);
	if (scope)
		put_scope(&request, *scope);
	return ask(conn, &request, collect_one, collect) ?: collect->n;
}

int rule_list(struct conn *conn, const struct scope *scope, int arch, struct rule_state *out,
	      int max)
{
	struct collect collect = { .out = out, .max = max };

	return list(conn, scope, arch, &collect);
}

int rule_each(void (*fn)(const struct rule_state *state, void *data), void *data)
{
	struct collect collect = { .fn = fn, .data = data };
	int n = list(NULL, NULL, -1, &collect);

	return n < 0 ? n : 0;
}

int rule_get(uint32_t arch, struct rule_state *state)
{
	int n = rule_list(NULL, &HOST, arch, state, 1);

	return n < 0 ? n : n ? 0 : -ENOENT;
}

int rule_resolve(struct conn *conn, uint32_t arch, uint32_t pid, struct rule_state *out, int max)
{
	struct collect collect = { .out = out, .max = max };
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&request, XARCH_A_ARCH, arch);
	if (pid)
		put_u32(&request, XARCH_A_PID, pid);
	return ask(conn, &request, collect_one, &collect) ?: collect.n;
}

/* Sets of twins */

static void put_twin(struct request *request, const struct twin *twin)
{
	struct nlattr *nest = put_nest(request, XARCH_A_TWIN);

	if (twin->id_len)
		put(request, XARCH_TWIN_A_BUILD_ID, twin->id, twin->id_len);
	if (twin->fd >= 0)
		put_u32(request, XARCH_TWIN_A_FD, twin->fd);
	put_strings(request, XARCH_TWIN_A_NOT_ARG, twin->not_args);
	put_strings(request, XARCH_TWIN_A_ONLY_ARG, twin->only_args);
	put_end(request, nest);
}

int twins_load(struct conn *conn, const char *name, const char *loader, int loader_fd,
	       const struct twin *twins, unsigned int n)
{
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_TWINS_LOAD, NLM_F_ACK);
	if (name)
		put_string(&request, XARCH_A_TWINS, name);
	if (loader)
		put_string(&request, XARCH_A_TWINS_LOADER, loader);
	if (loader_fd >= 0)
		put_u32(&request, XARCH_A_TWINS_LOADER_FD, loader_fd);
	for (; n; n--)
		put_twin(&request, twins++);
	return ask(conn, &request, NULL, NULL);
}

int twins_unload(struct conn *conn, const char *name)
{
	struct request request;

	request_begin(&request, NULL, XARCH_CMD_TWINS_UNLOAD, NLM_F_ACK);
	put_string(&request, XARCH_A_TWINS, name);
	return ask(conn, &request, NULL, NULL);
}

/* Events */

int events_open(struct conn *conn)
{
	int err = conn_try(conn);

	if (err)
		return err;
	err = conn->exec ? conn_join(conn, conn->exec) : -EOPNOTSUPP;
	if (err)
		conn_close(conn);
	return err;
}

/* Many at a time */

/* Their acknowledgements fit into the socket's receive buffer. */
#define WINDOW 64

int batch_begin(struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	batch->conn = malloc(sizeof(*batch->conn));
	must(batch->conn, "malloc");
	return conn_try(batch->conn);
}

static int take_answers(struct batch *batch)
{
	static char buf[65536];
	struct nlmsghdr *end = (void *)buf;
	int left = recv(batch->conn->fd, buf, sizeof(buf), 0);

	if (left < 0)
		return -errno;
	for (; nlmsg_ok(end, left); end = nlmsg_next(end, &left)) {
		struct reply reply = { 0 };

		batch->under_way--;
		reply_end(&reply, end, NULL);
		if (reply.error && !batch->failed++) {
			batch->error = reply.error;
			memcpy(rule_error, reply.text, sizeof(rule_error));
		}
	}
	return 0;
}

int batch_set(struct batch *batch, struct scope scope, const struct rule *rule)
{
	struct rule scoped = *rule;
	struct request request;

	/* Many rules have the same emulator, if any; it is opened once. */
	if (rule->emulator && rule->emulator != batch->emulator) {
		if (batch->emulator_fd)
			close(batch->emulator_fd);
		batch->emulator = rule->emulator;
		batch->emulator_fd = open_emulator(rule);
	}
	scoped.scope = scope;
	scoped.emulator_fd = rule->emulator && !(rule->flags & XARCH_F_LAZY) ? batch->emulator_fd : 0;
	request_rule(&request, batch->conn, &scoped);
	if (send(batch->conn->fd, &request, request.head.nlmsg_len, 0) < 0)
		return -errno;
	batch->under_way++;
	return batch->under_way < WINDOW ? 0 : take_answers(batch);
}

int batch_end(struct batch *batch)
{
	int err = 0;

	while (batch->under_way && !err)
		err = take_answers(batch);
	conn_close(batch->conn);
	free(batch->conn);
	if (batch->emulator_fd)
		close(batch->emulator_fd);
	return err ? err : batch->error;
}
