// SPDX-License-Identifier: GPL-2.0-or-later
/* Built together with ../exec/rule.c, whose message functions are its own. */
#include <fcntl.h>

#include "../exec/rule.c"

#include "scoped.h"

int scoped_socket = -1;

int scoped_socket_open(void)
{
	return nl_socket();
}

/* As open_family(), through scoped_socket if there is one. */
static int open_link(struct family *family)
{
	struct message message;
	int err;

	if (scoped_socket < 0)
		return open_family(family);
	begin(&message, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY);
	put_string(&message, CTRL_ATTR_FAMILY_NAME, XARCH_GENL_NAME);
	err = transact(scoped_socket, &message, read_family, family);
	return err ? err : scoped_socket;
}

static void close_link(int fd)
{
	if (fd != scoped_socket)
		close(fd);
}

static void put_scope(struct message *message, struct scope scope)
{
	put_u32(message, XARCH_A_SCOPE, scope.kind);
	if (scope.fd >= 0)
		put_u32(message, XARCH_A_NS_FD, scope.fd);
}

/* A rule's emulator as the request has it; -1: by its path alone. */
static int open_emulator(const struct rule *rule)
{
	if (!rule->emulator || rule->flags & XARCH_F_LAZY)
		return -1;
	return open(rule->emulator, O_RDONLY | O_CLOEXEC);
}

static void make_set(struct message *message, uint32_t family, struct scope scope,
		     const struct rule *rule, int emulator)
{
	const char *const *arg = rule->args;

	begin(message, family, NLM_F_ACK, XARCH_CMD_RULE_SET);
	put_u32(message, XARCH_A_ARCH, rule->arch);
	put_u32(message, XARCH_A_ACTION, rule->action);
	put_scope(message, scope);
	if (rule->flags)
		put_u32(message, XARCH_A_FLAGS, rule->flags);
	if (rule->emulator)
		put_string(message, XARCH_A_EMULATOR, rule->emulator);
	if (emulator >= 0)
		put_u32(message, XARCH_A_EMULATOR_FD, emulator);
	for (; arg && *arg; arg++)
		put_string(message, XARCH_A_ARG, *arg);
}

int scoped_set_fd(struct scope scope, const struct rule *rule, int emulator)
{
	struct message message;
	struct family family;
	int fd = open_link(&family);
	int err;

	if (fd < 0)
		return fd;
	make_set(&message, family.id, scope, rule, emulator);
	err = transact(fd, &message, NULL, NULL);
	close_link(fd);
	return err;
}

int scoped_set(struct scope scope, const struct rule *rule)
{
	int emulator = open_emulator(rule);
	int err = scoped_set_fd(scope, rule, emulator);

	if (emulator >= 0)
		close(emulator);
	return err;
}

int scoped_del(struct scope scope, int arch)
{
	struct message message;
	struct family family;
	int fd = open_link(&family);
	int err;

	if (fd < 0)
		return fd;
	begin(&message, family.id, NLM_F_ACK, XARCH_CMD_RULE_DEL);
	if (arch >= 0)
		put_u32(&message, XARCH_A_ARCH, arch);
	put_scope(&message, scope);
	err = transact(fd, &message, NULL, NULL);
	close_link(fd);
	return err;
}

struct collect {
	void (*fn)(const struct listed *listed, void *data);
	void *data;
	struct listed *out;
	int n;
	int max;
};

static void read_listed(const char *at, size_t len, void *data)
{
	struct collect *collect = data;
	const struct nlattr *attr;
	struct listed listed;

	memset(&listed, 0xff, sizeof(listed));
	listed.arg[0] = '\0';
	while ((attr = attr_next(&at, &len))) {
		switch (attr_type(attr)) {
		case XARCH_A_ARCH:
			listed.arch = attr_u32(attr);
			break;
		case XARCH_A_ACTION:
			listed.action = attr_u32(attr);
			break;
		case XARCH_A_SCOPE:
			listed.scope = attr_u32(attr);
			break;
		case XARCH_A_FLAGS:
			listed.flags = attr_u32(attr);
			break;
		case XARCH_A_NS_INUM:
			listed.ns_inum = attr_u32(attr);
			break;
		case XARCH_A_OWNER_USERNS:
			listed.owner = attr_u32(attr);
			break;
		case XARCH_A_VERDICT:
			listed.verdict = attr_u32(attr);
			break;
		case XARCH_A_EMULATED:
			listed.emulated = attr_u64(attr);
			break;
		case XARCH_A_DENIED:
			listed.denied = attr_u64(attr);
			break;
		case XARCH_A_FAILED:
			listed.failed = attr_u64(attr);
			break;
		case XARCH_A_LAST_USED_MS:
			listed.last_used_ms = attr_u64(attr);
			break;
		case XARCH_A_ARG:
			attr_string(attr, listed.arg, sizeof(listed.arg));
			break;
		}
	}
	if (collect->fn)
		collect->fn(&listed, collect->data);
	if (collect->n < collect->max)
		collect->out[collect->n] = listed;
	collect->n++;
}

static int dump(struct message *message, struct collect *collect, unsigned int cmd,
		const struct scope *scope, int arch, uint32_t pid)
{
	struct family family;
	int fd = open_link(&family);
	int err;

	if (fd < 0)
		return fd;
	begin(message, family.id, NLM_F_DUMP, cmd);
	if (arch >= 0)
		put_u32(message, XARCH_A_ARCH, arch);
	if (scope)
		put_scope(message, *scope);
	if (pid)
		put_u32(message, XARCH_A_PID, pid);
	err = transact(fd, message, read_listed, collect);
	close_link(fd);
	return err ? err : collect->n;
}

int scoped_list(const struct scope *scope, int arch, struct listed *out, int max)
{
	struct collect collect = { .out = out, .max = max };
	struct message message;

	return dump(&message, &collect, XARCH_CMD_RULE_GET, scope, arch, 0);
}

int scoped_resolve(uint32_t arch, uint32_t pid, struct listed *out, int max)
{
	struct collect collect = { .out = out, .max = max };
	struct message message;

	return dump(&message, &collect, XARCH_CMD_RESOLVE, NULL, arch, pid);
}

int scoped_each(void (*fn)(const struct listed *listed, void *data), void *data)
{
	struct collect collect = { .fn = fn, .data = data };
	struct message message;
	int n = dump(&message, &collect, XARCH_CMD_RULE_GET, NULL, -1, 0);

	return n < 0 ? n : 0;
}

/* Their acknowledgements fit into the socket's receive buffer. */
#define WINDOW 64

int batch_begin(struct batch *batch)
{
	struct family family;

	memset(batch, 0, sizeof(*batch));
	batch->emulator_fd = -1;
	batch->fd = open_family(&family);
	batch->family = family.id;
	return batch->fd < 0 ? batch->fd : 0;
}

static int take_answers(struct batch *batch)
{
	static char buf[65536];
	struct nlmsghdr *nl = (void *)buf;
	ssize_t got = recv(batch->fd, buf, sizeof(buf), 0);
	size_t len;

	if (got < 0)
		return -errno;
	for (len = got; NLMSG_OK(nl, len); nl = NLMSG_NEXT(nl, len)) {
		int err = *(int *)NLMSG_DATA(nl);

		batch->under_way--;
		if (!err)
			continue;
		if (!batch->failed++) {
			batch->error = err;
			keep_error(nl);
		}
	}
	return 0;
}

int batch_set(struct batch *batch, struct scope scope, const struct rule *rule)
{
	struct message message;

	/* Many rules have the same emulator, if any; it is opened once. */
	if (rule->emulator && rule->emulator != batch->emulator) {
		if (batch->emulator_fd >= 0)
			close(batch->emulator_fd);
		batch->emulator = rule->emulator;
		batch->emulator_fd = open_emulator(rule);
	}
	make_set(&message, batch->family, scope, rule,
		 rule->emulator && !(rule->flags & XARCH_F_LAZY) ? batch->emulator_fd : -1);
	if (send(batch->fd, &message, message.nl.nlmsg_len, 0) < 0)
		return -errno;
	batch->under_way++;
	return batch->under_way < WINDOW ? 0 : take_answers(batch);
}

int batch_end(struct batch *batch)
{
	int err = 0;

	while (batch->under_way && !err)
		err = take_answers(batch);
	close(batch->fd);
	if (batch->emulator_fd >= 0)
		close(batch->emulator_fd);
	return err ? err : batch->error;
}
