// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "process.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* What netlink recommends for dumps, and more than the longest rule. */
#define RECEIVE_LEN 32768

static void *must_alloc(void *memory)
{
	must(memory, "malloc");
	return memory;
}

/* Writing */

struct genlmsghdr *request_genl(struct request *request)
{
	return nlmsg_data(&request->head);
}

static void begin(struct request *request, unsigned int type, unsigned int cmd,
		  unsigned int flags)
{
	memset(request, 0, NLMSG_LENGTH(GENL_HDRLEN));
	request->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
	request_genl(request)->cmd = cmd;
	request_genl(request)->version = XARCH_GENL_VERSION;
}

void request_begin(struct request *request, const struct conn *conn, unsigned int cmd,
		   unsigned int flags)
{
	begin(request, conn ? conn->family : 0, cmd, flags);
}

static struct nlattr *put_head(struct request *request, unsigned int type, size_t len)
{
	size_t at = NLMSG_ALIGN(request->head.nlmsg_len);
	struct nlattr *attr = (void *)(request->bytes + at);

	must(at + nla_total_size(len) <= sizeof(request->bytes), "room in a request");
	memset(attr, 0, nla_total_size(len));
	attr->nla_type = type;
	attr->nla_len = nla_attr_size(len);
	request->head.nlmsg_len = at + nla_total_size(len);
	return attr;
}

void put(struct request *request, unsigned int type, const void *data, size_t len)
{
	memcpy(nla_data(put_head(request, type, len)), data, len);
}

void put_u32(struct request *request, unsigned int type, uint32_t value)
{
	put(request, type, &value, sizeof(value));
}

void put_string(struct request *request, unsigned int type, const char *string)
{
	put(request, type, string, strlen(string) + 1);
}

void put_strings(struct request *request, unsigned int type, const char *const *strings)
{
	for (; strings && *strings; strings++)
		put_string(request, type, *strings);
}

struct nlattr *put_nest(struct request *request, unsigned int type)
{
	return put_head(request, type | NLA_F_NESTED, 0);
}

void put_end(struct request *request, struct nlattr *nest)
{
	nest->nla_len = request->bytes + request->head.nlmsg_len - (char *)nest;
}

/* Reading */

#define for_each_attr(_attr, _record, _left)						\
	nla_for_each_attr(_attr, nlmsg_attrdata(_record, GENL_HDRLEN),			\
			  nlmsg_attrlen(_record, GENL_HDRLEN), _left)

static struct nlattr *find(const struct nlmsghdr *record, unsigned int type)
{
	/* It does not write there. */
	return nlmsg_find_attr((struct nlmsghdr *)record, GENL_HDRLEN, type);
}

unsigned int record_cmd(const struct nlmsghdr *record)
{
	return ((const struct genlmsghdr *)nlmsg_data(record))->cmd;
}

bool record_has(const struct nlmsghdr *record, unsigned int type)
{
	return find(record, type);
}

uint32_t record_u32(const struct nlmsghdr *record, unsigned int type)
{
	struct nlattr *attr = find(record, type);

	return attr && nla_len(attr) == sizeof(uint32_t) ? nla_get_u32(attr) : UINT32_MAX;
}

uint64_t record_u64(const struct nlmsghdr *record, unsigned int type)
{
	struct nlattr *attr = find(record, type);

	return attr && nla_len(attr) == sizeof(uint64_t) ? nla_get_u64(attr) : UINT64_MAX;
}

const char *record_string(const struct nlmsghdr *record, unsigned int type)
{
	struct nlattr *attr = find(record, type);

	return attr ? nla_data(attr) : NULL;
}

const char *record_arg(const struct nlmsghdr *record, unsigned int n)
{
	struct nlattr *attr;
	int left;

	for_each_attr(attr, record, left)
		if (nla_type(attr) == XARCH_A_ARG && !n--)
			return nla_data(attr);
	return NULL;
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
	[XARCH_A_EMULATOR_DEV] = 4,
	[XARCH_A_EMULATOR_INO] = 8,
};

static bool attr_is_documented(const struct nlattr *attr, uint64_t *seen)
{
	int type = nla_type(attr), len = nla_len(attr);

	/* 64-bit numbers are aligned by an empty one before them, where need be. */
	if (type == XARCH_A_PAD && !len)
		return true;
	if (attr->nla_type != type || type > XARCH_A_MAX || widths[type] < 0) {
		printf("# attribute %#x is not documented\n", attr->nla_type);
		return false;
	}
	if (*seen & 1ULL << type && type != XARCH_A_ARG) {
		printf("# attribute %d is there twice\n", type);
		return false;
	}
	*seen |= 1ULL << type;
	if (widths[type] == STRING ? !len || strnlen(nla_data(attr), len) != len - 1U :
				     len != widths[type]) {
		printf("# attribute %d has %d bytes\n", type, len);
		return false;
	}
	return true;
}

bool record_is_documented(const struct nlmsghdr *record)
{
	struct nlattr *attr;
	uint64_t seen = 0;
	bool good = true;
	int left;

	for_each_attr(attr, record, left)
		good &= attr_is_documented(attr, &seen);
	if (left > 0)
		printf("# %d bytes behind the last attribute\n", left);
	return good && left <= 0;
}

void record_describe(const struct nlmsghdr *record, char *text, size_t room)
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

static struct nlmsghdr *copy(const struct nlmsghdr *record)
{
	return memcpy(must_alloc(malloc(record->nlmsg_len)), record, record->nlmsg_len);
}

static void keep(const struct nlmsghdr *record, void *data)
{
	struct reply *reply = data;

	/* Room for twice as many at each power of two. */
	if (!(reply->n & (reply->n - 1)))
		reply->records = must_alloc(realloc(reply->records, (2 * reply->n + 1) *
						    sizeof(*reply->records)));
	reply->records[reply->n++] = copy(record);
}

/* The type of the attribute that stands at @offset in the request. */
static int type_at(const struct request *request, uint32_t offset)
{
	if (offset < NLMSG_LENGTH(GENL_HDRLEN) || offset + NLA_HDRLEN > request->head.nlmsg_len)
		return -2;
	return nla_type((const void *)(request->bytes + offset));
}

void reply_end(struct reply *reply, const struct nlmsghdr *end, const struct request *request)
{
	const struct nlmsgerr *error = nlmsg_data(end);
	size_t skip = sizeof(int);
	struct nlattr *attr;
	int left;

	reply->error = error->error;
	reply->bad = -1;
	reply->policy = false;
	reply->text[0] = '\0';
	if (!(end->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (end->nlmsg_type == NLMSG_ERROR) {
		skip = sizeof(*error);
		if (!(end->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	}
	nla_for_each_attr(attr, nlmsg_attrdata(end, skip), nlmsg_attrlen(end, skip), left) {
		if (nla_type(attr) == NLMSGERR_ATTR_MSG)
			nla_strlcpy(reply->text, attr, sizeof(reply->text));
		if (nla_type(attr) == NLMSGERR_ATTR_OFFS && request)
			reply->bad = type_at(request, nla_get_u32(attr));
		if (nla_type(attr) == NLMSGERR_ATTR_POLICY)
			reply->policy = true;
	}
}

/* Return: whether more is to come. */
static bool take(struct conn *conn, const struct request *request, struct reply *reply,
		 char *buf, size_t room, conn_fn fn, void *data)
{
	struct nlmsghdr *got = (void *)buf;
	ssize_t received = recv(conn->fd, buf, room, MSG_TRUNC);
	int left = received;

	if (received < 0) {
		reply->error = -errno;
		return false;
	}
	if ((size_t)received > room) {
		reply->truncated = true;
		left = room;
	}
	for (; nlmsg_ok(got, left); got = nlmsg_next(got, &left)) {
		if (got->nlmsg_seq != conn->seq)
			continue;
		reply->interrupted |= !!(got->nlmsg_flags & NLM_F_DUMP_INTR);
		if (got->nlmsg_type == NLMSG_ERROR || got->nlmsg_type == NLMSG_DONE) {
			reply_end(reply, got, request);
			return false;
		}
		if (fn)
			fn(got, data);
	}
	return true;
}

static int ask(struct conn *conn, struct request *request, struct reply *reply, size_t room,
	       conn_fn fn, void *data)
{
	char *buf = must_alloc(malloc(room));

	reply_free(reply);
	reply->bad = -1;
	request->head.nlmsg_seq = ++conn->seq;
	if (send(conn->fd, request, request->head.nlmsg_len, 0) < 0)
		reply->error = -errno;
	else
		while (take(conn, request, reply, buf, room, fn, data))
			;
	free(buf);
	return reply->error;
}

int conn_ask_with(struct conn *conn, struct request *request, struct reply *reply, size_t room)
{
	return ask(conn, request, reply, room, keep, reply);
}

int conn_ask(struct conn *conn, struct request *request, struct reply *reply)
{
	return conn_ask_with(conn, request, reply, RECEIVE_LEN);
}

int conn_ask_each(struct conn *conn, struct request *request, struct reply *reply, conn_fn fn,
		  void *data)
{
	return ask(conn, request, reply, RECEIVE_LEN, fn, data);
}

static void read_family(struct conn *conn, struct nlmsghdr *record)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1], *group, *of_group[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int left;

	must(!genlmsg_parse(record, 0, attrs, CTRL_ATTR_MAX, NULL), "attributes of nlctrl");
	conn->family = nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	if (!attrs[CTRL_ATTR_MCAST_GROUPS])
		return;
	nla_for_each_nested(group, attrs[CTRL_ATTR_MCAST_GROUPS], left) {
		const char *name;
		uint32_t id;

		must(!nla_parse_nested(of_group, CTRL_ATTR_MCAST_GRP_MAX, group, NULL), "a group");
		name = nla_data(of_group[CTRL_ATTR_MCAST_GRP_NAME]);
		id = nla_get_u32(of_group[CTRL_ATTR_MCAST_GRP_ID]);
		if (!strcmp(name, XARCH_MCGRP_CONFIG))
			conn->config = id;
		if (!strcmp(name, XARCH_MCGRP_EXEC))
			conn->exec = id;
		if (!strcmp(name, XARCH_MCGRP_NATIVE))
			conn->native = id;
	}
}

int conn_try(struct conn *conn)
{
	struct reply reply = { 0 };
	struct request request;
	int on = 1, err;

	memset(conn, 0, sizeof(*conn));
	conn->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (conn->fd < 0)
		return -errno;
	/* Without it no explanation of a refusal ever comes. */
	must(!setsockopt(conn->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)), "EXT_ACK");
	begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	put_string(&request, CTRL_ATTR_FAMILY_NAME, XARCH_GENL_NAME);
	/* The kernel remembers the largest buffer that it sees. */
	err = conn_ask_with(conn, &request, &reply, 4096);
	must(err || reply.n == 1, "an answer of nlctrl");
	if (!err)
		read_family(conn, reply.records[0]);
	else
		conn_close(conn);
	reply_free(&reply);
	return err;
}

void conn_open(struct conn *conn)
{
	errno = -conn_try(conn);
	must(!errno, "the family " XARCH_GENL_NAME);
}

void conn_close(struct conn *conn)
{
	close(conn->fd);
}

int conn_join(struct conn *conn, uint32_t group)
{
	return setsockopt(conn->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ?
	       -errno : 0;
}

struct nlmsghdr *conn_event(struct conn *conn, int timeout_ms)
{
	struct pollfd ready = { .fd = conn->fd, .events = POLLIN };
	static char buf[RECEIVE_LEN];

	if (poll(&ready, 1, timeout_ms) != 1)
		return NULL;
	must(recv(conn->fd, buf, sizeof(buf), 0) > 0, "recv");
	return copy((void *)buf);
}
