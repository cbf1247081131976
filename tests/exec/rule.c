// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rule.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* The longest rule: a path of 4 KiB and 32 arguments of 4 KiB in all. */
#define MESSAGE_LEN 16384

char rule_error[256];

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attrs[MESSAGE_LEN];
};

static void begin(struct message *message, unsigned int type, unsigned int flags,
		  unsigned int cmd)
{
	memset(message, 0, sizeof(*message));
	message->nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message->nl.nlmsg_type = type;
	message->nl.nlmsg_flags = NLM_F_REQUEST | flags;
	message->nl.nlmsg_seq = 1;
	message->genl.cmd = cmd;
	message->genl.version = XARCH_GENL_VERSION;
}

static void put(struct message *message, unsigned int type, const void *data, size_t len)
{
	struct nlattr *attr = (void *)((char *)message + NLMSG_ALIGN(message->nl.nlmsg_len));

	if (NLMSG_ALIGN(message->nl.nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(len) >
	    sizeof(*message))
		abort();
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	message->nl.nlmsg_len = NLMSG_ALIGN(message->nl.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

static void put_u32(struct message *message, unsigned int type, uint32_t value)
{
	put(message, type, &value, sizeof(value));
}

static void put_string(struct message *message, unsigned int type, const char *string)
{
	put(message, type, string, strlen(string) + 1);
}

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

static uint32_t attr_u32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

static uint64_t attr_u64(const struct nlattr *attr)
{
	uint64_t value;

	memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

static unsigned int attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static void attr_string(const struct nlattr *attr, char *out, size_t room)
{
	snprintf(out, room, "%.*s", (int)(attr->nla_len - NLA_HDRLEN),
		 (const char *)attr_data(attr));
}

/* Called for each answer, with its attributes. */
typedef void (*answer_fn)(const char *attrs, size_t len, void *data);

static void keep_error(const struct nlmsghdr *nl)
{
	const struct nlmsgerr *error = NLMSG_DATA(nl);
	size_t skip = sizeof(*error);
	const struct nlattr *attr;
	const char *at;
	size_t len;

	rule_error[0] = '\0';
	if (!(nl->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nl->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	at = (const char *)error + skip;
	len = nl->nlmsg_len - NLMSG_HDRLEN - skip;
	while ((attr = attr_next(&at, &len)))
		if (attr_type(attr) == NLMSGERR_ATTR_MSG)
			attr_string(attr, rule_error, sizeof(rule_error));
}

static int nl_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int on = 1;

	if (fd < 0)
		return -errno;
	/* Without it no explanation of a refusal ever comes. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return fd;
}

/* Send one request and take its answers up to the acknowledgement. */
static int transact(int fd, struct message *message, answer_fn fn, void *data)
{
	static char buf[65536];

	if (send(fd, message, message->nl.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		struct nlmsghdr *nl = (void *)buf;
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		size_t len;

		if (got < 0)
			return -errno;
		for (len = got; NLMSG_OK(nl, len); nl = NLMSG_NEXT(nl, len)) {
			if (nl->nlmsg_type == NLMSG_ERROR || nl->nlmsg_type == NLMSG_DONE) {
				int err = *(int *)NLMSG_DATA(nl);

				if (nl->nlmsg_type == NLMSG_ERROR)
					keep_error(nl);
				return err;
			}
			if (fn)
				fn((char *)NLMSG_DATA(nl) + GENL_HDRLEN,
				   nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), data);
		}
	}
}

struct family {
	uint32_t id;
	uint32_t exec_group;
};

static void read_group(const char *at, size_t len, struct family *family)
{
	const struct nlattr *attr;
	uint32_t id = 0;
	char name[GENL_NAMSIZ] = "";

	while ((attr = attr_next(&at, &len))) {
		if (attr_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = attr_u32(attr);
		if (attr_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			attr_string(attr, name, sizeof(name));
	}
	if (!strcmp(name, XARCH_MCGRP_EXEC))
		family->exec_group = id;
}

static void read_family(const char *at, size_t len, void *data)
{
	struct family *family = data;
	const struct nlattr *attr, *group;

	while ((attr = attr_next(&at, &len))) {
		const char *in = attr_data(attr);
		size_t in_len = attr->nla_len - NLA_HDRLEN;

		if (attr_type(attr) == CTRL_ATTR_FAMILY_ID)
			memcpy(&family->id, in, sizeof(uint16_t));
		if (attr_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			while ((group = attr_next(&in, &in_len)))
				read_group(attr_data(group), group->nla_len - NLA_HDRLEN,
					   family);
	}
}

/* The family's number is another one after each load of the module. */
static int open_family(struct family *family)
{
	struct message message;
	int fd = nl_socket();
	int err;

	memset(family, 0, sizeof(*family));
	if (fd < 0)
		return fd;
	begin(&message, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY);
	put_string(&message, CTRL_ATTR_FAMILY_NAME, XARCH_GENL_NAME);
	err = transact(fd, &message, read_family, family);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int rule_set(const struct rule *rule)
{
	const char *const *arg = rule->args;
	struct message message;
	struct family family;
	int fd = open_family(&family);
	int err;

	if (fd < 0)
		return fd;
	begin(&message, family.id, NLM_F_ACK, XARCH_CMD_RULE_SET);
	put_u32(&message, XARCH_A_ARCH, rule->arch);
	put_u32(&message, XARCH_A_ACTION, rule->action);
	if (rule->flags)
		put_u32(&message, XARCH_A_FLAGS, rule->flags);
	if (rule->emulator)
		put_string(&message, XARCH_A_EMULATOR, rule->emulator);
	for (; arg && *arg; arg++)
		put_string(&message, XARCH_A_ARG, *arg);
	err = transact(fd, &message, NULL, NULL);
	close(fd);
	return err;
}

int rule_emulate(uint32_t arch, const char *emulator, uint32_t flags)
{
	return rule_set(&(struct rule){
		.arch = arch,
		.action = XARCH_ACTION_EMULATE,
		.emulator = emulator,
		.flags = flags,
	});
}

int rule_deny(uint32_t arch)
{
	return rule_set(&(struct rule){ .arch = arch, .action = XARCH_ACTION_DENY });
}

int rule_pass(uint32_t arch)
{
	return rule_set(&(struct rule){ .arch = arch, .action = XARCH_ACTION_PASS });
}

static int del(const uint32_t *arch)
{
	struct message message;
	struct family family;
	int fd = open_family(&family);
	int err;

	if (fd < 0)
		return fd;
	begin(&message, family.id, NLM_F_ACK, XARCH_CMD_RULE_DEL);
	if (arch)
		put_u32(&message, XARCH_A_ARCH, *arch);
	err = transact(fd, &message, NULL, NULL);
	close(fd);
	return err;
}

int rule_del(uint32_t arch)
{
	return del(&arch);
}

int rule_clear(void)
{
	int err = del(NULL);

	return err == -ENOENT ? 0 : err;
}

struct found {
	bool any;
	struct rule_state state;
};

static void read_state(const char *at, size_t len, void *data)
{
	const struct nlattr *attr;
	struct found *found = data;
	struct rule_state *state = &found->state;

	found->any = true;
	while ((attr = attr_next(&at, &len))) {
		switch (attr_type(attr)) {
		case XARCH_A_ACTION:
			state->action = attr_u32(attr);
			break;
		case XARCH_A_EMULATED:
			state->emulated = attr_u64(attr);
			break;
		case XARCH_A_DENIED:
			state->denied = attr_u64(attr);
			break;
		case XARCH_A_FAILED:
			state->failed = attr_u64(attr);
			break;
		case XARCH_A_LAST_USED_MS:
			state->used = true;
			state->last_used_ms = attr_u64(attr);
			break;
		}
	}
}

int rule_get(uint32_t arch, struct rule_state *state)
{
	struct found found = { .any = false };
	struct message message;
	struct family family;
	int fd = open_family(&family);
	int err;

	if (fd < 0)
		return fd;
	begin(&message, family.id, NLM_F_DUMP, XARCH_CMD_RULE_GET);
	put_u32(&message, XARCH_A_ARCH, arch);
	put_u32(&message, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	err = transact(fd, &message, read_state, &found);
	close(fd);
	if (err)
		return err;
	*state = found.state;
	return found.any ? 0 : -ENOENT;
}

static void read_count(const char *at, size_t len, void *data)
{
	const struct nlattr *attr;

	while ((attr = attr_next(&at, &len)))
		if (attr_type(attr) == XARCH_A_RULES)
			*(int *)data = attr_u32(attr);
}

int rule_count(void)
{
	struct message message;
	struct family family;
	int fd = open_family(&family);
	int n = -EPROTO;
	int err;

	if (fd < 0)
		return fd;
	begin(&message, family.id, NLM_F_ACK, XARCH_CMD_INFO_GET);
	err = transact(fd, &message, read_count, &n);
	close(fd);
	return err ? err : n;
}

int events_open(void)
{
	struct family family;
	int fd = open_family(&family);
	int err = 0;

	if (fd < 0)
		return fd;
	if (!family.exec_group)
		err = -EOPNOTSUPP;
	else if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &family.exec_group,
			    sizeof(family.exec_group)))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void read_event(const char *at, size_t len, struct exec_event *event)
{
	const struct nlattr *attr;

	while ((attr = attr_next(&at, &len))) {
		switch (attr_type(attr)) {
		case XARCH_A_ARCH:
			event->arch = attr_u32(attr);
			break;
		case XARCH_A_ACTION:
			event->action = attr_u32(attr);
			break;
		case XARCH_A_SCOPE:
			event->scope = attr_u32(attr);
			break;
		case XARCH_A_PID:
			event->pid = attr_u32(attr);
			break;
		case XARCH_A_UID:
			event->uid = attr_u32(attr);
			break;
		case XARCH_A_ERROR:
			event->error = attr_u32(attr);
			break;
		case XARCH_A_COMM:
			attr_string(attr, event->comm, sizeof(event->comm));
			break;
		case XARCH_A_PATH:
			attr_string(attr, event->path, sizeof(event->path));
			break;
		case XARCH_A_EMULATOR:
			attr_string(attr, event->emulator, sizeof(event->emulator));
			break;
		}
	}
}

int events_next(int fd, struct exec_event *event, int timeout_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	static char buf[65536];
	struct nlmsghdr *nl = (void *)buf;
	struct genlmsghdr *genl;
	ssize_t got;

	memset(event, 0, sizeof(*event));
	event->arch = event->action = event->scope = UINT32_MAX;
	event->pid = event->uid = event->error = UINT32_MAX;
	if (poll(&ready, 1, timeout_ms) == 0)
		return 0;
	got = recv(fd, buf, sizeof(buf), 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(nl, (size_t)got) || nl->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -EPROTO;
	genl = NLMSG_DATA(nl);
	if (genl->cmd != XARCH_CMD_EXEC_NTF)
		return -EPROTO;
	read_event((char *)genl + GENL_HDRLEN, nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), event);
	return 1;
}
