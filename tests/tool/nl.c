// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/probe.h"
#include "nl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* What netlink recommends for dumps, and more than the longest rule. */
#define RECEIVE_LEN 32768

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "# %s: %s\n", what, strerror(errno));
	abort();
}

static void *must_alloc(void *memory)
{
	must(memory, "malloc");
	return memory;
}

/* Writing */

struct genlmsghdr *request_genl(struct request *request)
{
	return (struct genlmsghdr *)(request->bytes + NLMSG_HDRLEN);
}

static void begin(struct request *request, unsigned int type, unsigned int cmd,
		  unsigned int flags)
{
	memset(request, 0, NLMSG_LENGTH(GENL_HDRLEN));
	request->nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request->nl.nlmsg_type = type;
	request->nl.nlmsg_flags = NLM_F_REQUEST | flags;
	request_genl(request)->cmd = cmd;
	request_genl(request)->version = XARCH_GENL_VERSION;
}

void request_begin(struct request *request, const struct nl *nl, unsigned int cmd,
		   unsigned int flags)
{
	begin(request, nl->family, cmd, flags);
}

void put(struct request *request, unsigned int type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(request->nl.nlmsg_len);
	struct nlattr *attr = (void *)(request->bytes + at);

	must(at + NLA_HDRLEN + NLA_ALIGN(len) <= sizeof(request->bytes), "room in a request");
	memset(attr, 0, NLA_HDRLEN + NLA_ALIGN(len));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	request->nl.nlmsg_len = at + NLA_ALIGN(attr->nla_len);
}

void put_u32(struct request *request, unsigned int type, uint32_t value)
{
	put(request, type, &value, sizeof(value));
}

void put_string(struct request *request, unsigned int type, const char *string)
{
	put(request, type, string, strlen(string) + 1);
}

/* Reading */

/* The next attribute among @len bytes at @at, or NULL after the last. */
static const struct nlattr *attr_next(const char **at, size_t *len)
{
	const struct nlattr *attr = (const void *)*at;
	size_t step;

	if (*len < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN || attr->nla_len > *len)
		return NULL;
	step = NLA_ALIGN(attr->nla_len);
	if (step > *len)
		step = *len;
	*at += step;
	*len -= step;
	return attr;
}

static const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static unsigned int attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static const char *record_attrs(const struct record *record, size_t *len)
{
	*len = record->nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)record->nl + NLMSG_LENGTH(GENL_HDRLEN);
}

unsigned int record_cmd(const struct record *record)
{
	return ((const struct genlmsghdr *)(record->nl + 1))->cmd;
}

/* The @n-th of this type, from 0. */
static const struct nlattr *find(const struct record *record, unsigned int type, unsigned int n)
{
	const struct nlattr *attr;
	const char *at;
	size_t len;

	at = record_attrs(record, &len);
	while ((attr = attr_next(&at, &len)))
		if (attr_type(attr) == type && !n--)
			return attr;
	return NULL;
}

bool record_has(const struct record *record, unsigned int type)
{
	return find(record, type, 0);
}

uint32_t record_u32(const struct record *record, unsigned int type)
{
	const struct nlattr *attr = find(record, type, 0);
	uint32_t value = UINT32_MAX;

	if (attr && attr_len(attr) == sizeof(value))
		memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

uint64_t record_u64(const struct record *record, unsigned int type)
{
	const struct nlattr *attr = find(record, type, 0);
	uint64_t value = UINT64_MAX;

	if (attr && attr_len(attr) == sizeof(value))
		memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

const char *record_string(const struct record *record, unsigned int type)
{
	const struct nlattr *attr = find(record, type, 0);

	return attr ? attr_data(attr) : NULL;
}

const char *record_arg(const struct record *record, unsigned int n)
{
	const struct nlattr *attr = find(record, XARCH_A_ARG, n);

	return attr ? attr_data(attr) : NULL;
}

/* Bytes of a number; strings are as long as they are. */
#define STRING 0
static const int widths[XARCH_A_MAX + 1] = {
	[XARCH_A_UNSPEC] = -1,
	[XARCH_A_PAD] = -1,
	[XARCH_A_ARCH] = 4,
	[XARCH_A_ACTION] = 4,
	[XARCH_A_SCOPE] = 4,
	[XARCH_A_NS_FD] = -1,		/* in requests alone */
	[XARCH_A_NS_INUM] = 4,
	[XARCH_A_EMULATOR] = STRING,
	[XARCH_A_ARG] = STRING,
	[XARCH_A_FLAGS] = 4,
	[XARCH_A_AGE_MS] = 8,
	[XARCH_A_OWNER_USERNS] = 4,
	[XARCH_A_EMULATED] = 8,
	[XARCH_A_DENIED] = 8,
	[XARCH_A_FAILED] = 8,
	[XARCH_A_LAST_USED_MS] = 8,
	[XARCH_A_GENERATION] = 4,
	[XARCH_A_VERSION] = STRING,
	[XARCH_A_FEATURES] = 4,
	[XARCH_A_RULES] = 4,
	[XARCH_A_PID] = 4,
	[XARCH_A_UID] = 4,
	[XARCH_A_COMM] = STRING,
	[XARCH_A_PATH] = STRING,
	[XARCH_A_ERROR] = 4,
	[XARCH_A_VERDICT] = 4,
	[XARCH_A_EMULATOR_FD] = -1,	/* in requests alone */
	[XARCH_A_PID_NS_INUM] = 4,
};

static bool attr_is_documented(const struct nlattr *attr, uint64_t *seen)
{
	unsigned int type = attr_type(attr);
	size_t len = attr_len(attr);

	/* 64-bit numbers are aligned by an empty one before them, where need be. */
	if (type == XARCH_A_PAD && !len)
		return true;
	if (attr->nla_type != type || type > XARCH_A_MAX || widths[type] < 0) {
		printf("# attribute %#x is not documented\n", attr->nla_type);
		return false;
	}
	if (*seen & 1ULL << type && type != XARCH_A_ARG) {
		printf("# attribute %u is there twice\n", type);
		return false;
	}
	*seen |= 1ULL << type;
	if (widths[type] == STRING ? !len || strnlen(attr_data(attr), len) != len - 1 :
				     len != (size_t)widths[type]) {
		printf("# attribute %u has %zu bytes\n", type, len);
		return false;
	}
	return true;
}

bool record_is_documented(const struct record *record)
{
	const struct nlattr *attr;
	uint64_t seen = 0;
	bool good = true;
	const char *at;
	size_t len;

	at = record_attrs(record, &len);
	while ((attr = attr_next(&at, &len)))
		good &= attr_is_documented(attr, &seen);
	if (len)
		printf("# %zu bytes behind the last attribute\n", len);
	return good && !len;
}

void record_describe(const struct record *record, char *text, size_t room)
{
	const char *emulator = record_string(record, XARCH_A_EMULATOR), *arg;
	unsigned int n;
	size_t len;

	len = snprintf(text, room, "%u:%u %u -> %u %#x %s", record_u32(record, XARCH_A_SCOPE),
		       record_u32(record, XARCH_A_NS_INUM), record_u32(record, XARCH_A_ARCH),
		       record_u32(record, XARCH_A_ACTION), record_u32(record, XARCH_A_FLAGS),
		       emulator ? emulator : "-");
	for (n = 0; (arg = record_arg(record, n)) && len < room; n++)
		len += snprintf(text + len, room - len, " <%s>", arg);
}

/* Asking */

void reply_free(struct reply *reply)
{
	while (reply->n)
		free(reply->records[--reply->n]);
	free(reply->records);
	memset(reply, 0, sizeof(*reply));
}

static struct record *record_new(const struct nlmsghdr *nl)
{
	struct record *record = must_alloc(malloc(sizeof(*record) + nl->nlmsg_len));

	record->len = nl->nlmsg_len;
	memcpy(record->nl, nl, nl->nlmsg_len);
	return record;
}

static void keep(struct reply *reply, const struct nlmsghdr *nl)
{
	/* Room for twice as many at each power of two. */
	if (!(reply->n & (reply->n - 1)))
		reply->records = must_alloc(realloc(reply->records, (2 * reply->n + 1) *
						    sizeof(*reply->records)));
	reply->records[reply->n++] = record_new(nl);
}

/* The type of the attribute that stands at @offset in the request. */
static int type_at(const struct request *request, uint32_t offset)
{
	const struct nlattr *attr = (const void *)(request->bytes + offset);

	if (offset < NLMSG_LENGTH(GENL_HDRLEN) ||
	    offset + NLA_HDRLEN > request->nl.nlmsg_len)
		return -2;
	return attr_type(attr);
}

static void read_end(const struct nlmsghdr *nl, const struct request *request,
		     struct reply *reply)
{
	const struct nlmsgerr *error = NLMSG_DATA(nl);
	size_t skip = sizeof(int);
	const struct nlattr *attr;
	const char *at;
	size_t len;
	uint32_t value;

	reply->error = -error->error;
	if (!(nl->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (nl->nlmsg_type == NLMSG_ERROR) {
		skip = sizeof(*error);
		if (!(nl->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	}
	at = (const char *)error + skip;
	len = nl->nlmsg_len - NLMSG_HDRLEN - skip;
	while ((attr = attr_next(&at, &len))) {
		memcpy(&value, attr_data(attr), sizeof(value));
		switch (attr_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(reply->text, sizeof(reply->text), "%.*s",
				 (int)attr_len(attr), (const char *)attr_data(attr));
			break;
		case NLMSGERR_ATTR_OFFS:
			reply->bad = type_at(request, value);
			break;
		}
	}
}

static bool take(struct nl *nl, const struct request *request, struct reply *reply, char *buf,
		 size_t room)
{
	const struct nlmsghdr *got = (void *)buf;
	ssize_t len = recv(nl->fd, buf, room, MSG_TRUNC);

	must(len >= 0, "recv");
	if ((size_t)len > room) {
		reply->truncated = true;
		len = room;
	}
	for (; NLMSG_OK(got, len); got = NLMSG_NEXT(got, len)) {
		if (got->nlmsg_seq != nl->seq)
			continue;
		reply->interrupted |= !!(got->nlmsg_flags & NLM_F_DUMP_INTR);
		if (got->nlmsg_type == NLMSG_ERROR || got->nlmsg_type == NLMSG_DONE) {
			read_end(got, request, reply);
			return false;
		}
		keep(reply, got);
	}
	return true;
}

int nl_ask_with(struct nl *nl, struct request *request, struct reply *reply, size_t room)
{
	char *buf = must_alloc(malloc(room));

	reply_free(reply);
	reply->bad = -1;
	request->nl.nlmsg_seq = ++nl->seq;
	must(send(nl->fd, request, request->nl.nlmsg_len, 0) >= 0, "send");
	while (take(nl, request, reply, buf, room))
		;
	free(buf);
	return reply->error;
}

int nl_ask(struct nl *nl, struct request *request, struct reply *reply)
{
	return nl_ask_with(nl, request, reply, RECEIVE_LEN);
}

static void read_group(struct nl *nl, const char *at, size_t len)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	while ((attr = attr_next(&at, &len))) {
		if (attr_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			memcpy(&id, attr_data(attr), sizeof(id));
		if (attr_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			name = attr_data(attr);
	}
	if (!strcmp(name, XARCH_MCGRP_CONFIG))
		nl->config = id;
	if (!strcmp(name, XARCH_MCGRP_EXEC))
		nl->exec = id;
}

void nl_open(struct nl *nl)
{
	const struct nlattr *attr, *group;
	struct request request;
	struct reply reply = { 0 };
	const char *at, *in;
	size_t len, in_len;
	int on = 1;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	must(nl->fd >= 0, "socket");
	must(!setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)), "EXT_ACK");
	begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	put_string(&request, CTRL_ATTR_FAMILY_NAME, XARCH_GENL_NAME);
	/* The kernel remembers the largest buffer that it sees. */
	errno = nl_ask_with(nl, &request, &reply, 4096);
	must(!errno && reply.n == 1, "the family " XARCH_GENL_NAME);
	at = record_attrs(reply.records[0], &len);
	while ((attr = attr_next(&at, &len))) {
		if (attr_type(attr) == CTRL_ATTR_FAMILY_ID)
			memcpy(&nl->family, attr_data(attr), sizeof(nl->family));
		if (attr_type(attr) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		in = attr_data(attr);
		in_len = attr_len(attr);
		while ((group = attr_next(&in, &in_len)))
			read_group(nl, attr_data(group), attr_len(group));
	}
	reply_free(&reply);
}

void nl_close(struct nl *nl)
{
	close(nl->fd);
}

int nl_join(struct nl *nl, uint32_t group)
{
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ?
	       errno : 0;
}

struct record *nl_event(struct nl *nl, int timeout_ms)
{
	struct pollfd ready = { .fd = nl->fd, .events = POLLIN };
	static char buf[RECEIVE_LEN];

	if (poll(&ready, 1, timeout_ms) != 1)
		return NULL;
	must(recv(nl->fd, buf, sizeof(buf), 0) > 0, "recv");
	return record_new((void *)buf);
}

/* Rules */

void request_rule(struct request *request, const struct nl *nl, const struct rule *rule)
{
	const char *const *arg;

	request_begin(request, nl, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(request, XARCH_A_ARCH, rule->arch);
	put_u32(request, XARCH_A_ACTION, rule->action);
	if (rule->scope)
		put_u32(request, XARCH_A_SCOPE, rule->scope);
	if (rule->ns_fd)
		put_u32(request, XARCH_A_NS_FD, rule->ns_fd);
	if (rule->flags)
		put_u32(request, XARCH_A_FLAGS, rule->flags);
	if (rule->emulator)
		put_string(request, XARCH_A_EMULATOR, rule->emulator);
	if (rule->emulator_fd)
		put_u32(request, XARCH_A_EMULATOR_FD, rule->emulator_fd);
	for (arg = rule->args; arg && *arg; arg++)
		put_string(request, XARCH_A_ARG, *arg);
}

int rule_set(struct nl *nl, const struct rule *rule)
{
	struct request request;
	struct reply reply = { 0 };
	int error;

	request_rule(&request, nl, rule);
	error = nl_ask(nl, &request, &reply);
	reply_free(&reply);
	return error;
}

int rule_del(struct nl *nl, int arch, uint32_t scope, int ns_fd)
{
	struct request request;
	struct reply reply = { 0 };
	int error;

	request_begin(&request, nl, XARCH_CMD_RULE_DEL, NLM_F_ACK);
	if (arch >= 0)
		put_u32(&request, XARCH_A_ARCH, arch);
	if (scope) {
		put_u32(&request, XARCH_A_SCOPE, scope);
		put_u32(&request, XARCH_A_NS_FD, ns_fd);
	}
	error = nl_ask(nl, &request, &reply);
	reply_free(&reply);
	return error;
}

void rules_get(struct nl *nl, bool host_only, struct reply *reply)
{
	struct request request;

	request_begin(&request, nl, XARCH_CMD_RULE_GET, NLM_F_DUMP);
	if (host_only)
		put_u32(&request, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	errno = nl_ask(nl, &request, reply);
	must(!errno, "RULE_GET");
}

static uint32_t info(struct nl *nl, unsigned int type)
{
	struct request request;
	struct reply reply = { 0 };
	uint32_t value;

	request_begin(&request, nl, XARCH_CMD_INFO_GET, NLM_F_ACK);
	errno = nl_ask(nl, &request, &reply);
	must(!errno && reply.n == 1, "INFO_GET");
	value = record_u32(reply.records[0], type);
	reply_free(&reply);
	return value;
}

uint32_t generation(struct nl *nl)
{
	return info(nl, XARCH_A_GENERATION);
}

uint32_t rule_count(struct nl *nl)
{
	return info(nl, XARCH_A_RULES);
}

/* Processes */

int ns_own(const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	return fd;
}

int ns_new(const char *kind)
{
	long flag = !strcmp(kind, "user") ? CLONE_NEWUSER : CLONE_NEWPID;
	pid_t pid = syscall(SYS_clone, flag | SIGCHLD, NULL, NULL, NULL, NULL);
	char path[64];
	int fd;

	must(pid >= 0, "clone");
	if (!pid)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	must(pid >= 0, "fork");
	if (!pid) {
		status = fn(arg);
		fflush(NULL);
		_exit(status);
	}
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int exec_program(void *path)
{
	execl(path, path, NULL);
	/* Apart from what the program ends with. */
	return errno == PROBE_EXIT ? 255 : errno;
}

int run_program(enum xarch_arch arch)
{
	char path[] = "/tmp/xarch-tool.XXXXXX";
	const unsigned char *program;
	int fd = mkstemp(path), status;
	size_t len;

	program = probe_program(arch, &len);
	must(program && fd >= 0 && write(fd, program, len) == (ssize_t)len, path);
	fchmod(fd, 0755);
	close(fd);
	status = in_child(exec_program, path);
	unlink(path);
	return status == PROBE_EXIT ? RAN : status;
}
