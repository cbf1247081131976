// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "../include/uapi/linux/xarch.h"
#include "module.h"
#include "nl.h"
#include "util.h"

/*
 * Holds the answers to a window of requests and the events that arrive while
 * one is printed. Without the right to exceed it, rmem_max applies.
 */
#define RECEIVE_BUFFER	(8 << 20)
/* Many times the longest rule, a path of 4 KiB and as much of arguments. */
#define SEND_BUFFER	(128 << 10)
/* The most that the kernel puts into one datagram of a dump. */
#define MESSAGE_BUFFER	(32 << 10)
/*
 * Requests under way. An acknowledgment takes about 1 KiB of the receive
 * buffer, so that this many fit even where rmem_max is the kernel's default.
 */
#define WINDOW		64
/* Far more than any version's length; with a terminating zero. */
#define MODULE_VERSION_LEN	32
/* Changes come in bursts; a dump that meets this many is told to the user. */
#define DUMP_TRIES	100

static int broken(const char *what, int err)
{
	error("netlink: %s: %s", what, nl_geterror(err));
	return -1;
}

static void set_option(struct conn *conn, int level, int option, int value)
{
	/*
	 * All are improvements, whose absence costs a message's text or speed:
	 * a refusal is no error.
	 */
	setsockopt(nl_socket_get_fd(conn->sock), level, option, &value,
		   sizeof(value));
}

int conn_open_quietly(struct conn *conn)
{
	int err;

	conn->mismatch = NULL;
	conn->sock = nl_socket_alloc();
	if (!conn->sock)
		return broken("socket", -NLE_NOMEM);
	err = genl_connect(conn->sock);
	if (err) {
		broken("connect", err);
		goto close;
	}
	err = nl_socket_set_buffer_size(conn->sock, RECEIVE_BUFFER, SEND_BUFFER);
	if (err) {
		broken("buffer size", err);
		goto close;
	}
	set_option(conn, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	set_option(conn, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	/* An acknowledgment need not carry the request back. */
	set_option(conn, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	nl_socket_disable_msg_peek(conn->sock);
	err = nl_socket_set_msg_buf_size(conn->sock, MESSAGE_BUFFER);
	if (err) {
		broken("buffer size", err);
		goto close;
	}

	conn->family = genl_ctrl_resolve(conn->sock, XARCH_GENL_NAME);
	if (conn->family >= 0)
		return 0;
	err = conn->family;
	if (err != -NLE_OBJ_NOTFOUND)
		broken("looking for the xarch module", err);
close:
	conn_close(conn);
	return err == -NLE_OBJ_NOTFOUND ? ENOENT : -1;
}

int conn_open(struct conn *conn)
{
	int err = conn_open_quietly(conn);
	char *why;

	if (err != ENOENT)
		return err;
	why = module_load();
	if (!why) {
		err = conn_open_quietly(conn);
		if (err == ENOENT)
			why = xstrdup("it was, and has gone again");
	}
	if (why)
		error("the xarch module is not loaded: %s", why);
	free(why);
	return err == ENOENT ? -1 : err;
}

void conn_close(struct conn *conn)
{
	nl_socket_free(conn->sock);
	conn->sock = NULL;
	free(conn->mismatch);
	conn->mismatch = NULL;
}

struct nl_msg *conn_message(struct conn *conn, int cmd, int flags, size_t payload)
{
	struct nl_msg *msg;

	msg = nlmsg_alloc_size(NLMSG_HDRLEN + GENL_HDRLEN + payload);
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, conn->family, 0,
				 flags, cmd, XARCH_GENL_VERSION)) {
		error("out of memory");
		exit(1);
	}
	return msg;
}

/*
 * NLMSG_ERROR and NLMSG_DONE both hold an errno and then attributes, the first
 * with the request's header, or all of the request, between them.
 */
static void read_reply(const struct nlmsghdr *header, struct conn_reply *reply)
{
	const char *text = NULL;
	size_t offset = sizeof(int);
	struct nlattr *attr;
	int code, rest;

	memset(reply, 0, sizeof(*reply));
	if (nlmsg_datalen(header) < (int)sizeof(int))
		return;
	memcpy(&code, nlmsg_data(header), sizeof(code));
	reply->error = -code;

	if (header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *err = nlmsg_data(header);

		offset = sizeof(*err);
		if (!(header->nlmsg_flags & NLM_F_CAPPED))
			offset += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	}
	if (header->nlmsg_flags & NLM_F_ACK_TLVS) {
		nlmsg_for_each_attr(attr, (struct nlmsghdr *)header, offset, rest) {
			size_t len = nla_len(attr);

			if (nla_type(attr) == NLMSGERR_ATTR_MSG &&
			    strnlen(nla_data(attr), len) < len)
				text = nla_data(attr);
			else if (nla_type(attr) == NLMSGERR_ATTR_OFFS &&
				 len == sizeof(reply->offset))
				reply->offset = nla_get_u32(attr);
		}
	}
	if (!text && reply->error)
		text = strerror(reply->error);
	if (text)
		snprintf(reply->message, sizeof(reply->message), "%s", text);
}

static void read_version(void *version, const struct nlmsghdr *header)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];

	if (!genlmsg_parse((struct nlmsghdr *)header, 0, attrs, XARCH_A_MAX, NULL) &&
	    attrs[XARCH_A_VERSION])
		nla_strlcpy(version, attrs[XARCH_A_VERSION], MODULE_VERSION_LEN);
}

static void forget_version(void *version)
{
	*(char *)version = '\0';
}

/*
 * A new string: what there is to say of the module's version, which is nothing where
 * it is the tool's own. Asked on a connection of its own: on another's, answers may
 * be on their way.
 */
static char *find_mismatch(void)
{
	char version[MODULE_VERSION_LEN] = "";
	struct conn_reply reply;
	struct conn conn = { 0 };
	char *mismatch = NULL;

	if (!conn_open_quietly(&conn)) {
		conn.mismatch = xstrdup(""); /* of this request nothing is to be said */
		if (!conn_dump(&conn, conn_message(&conn, XARCH_CMD_INFO_GET, NLM_F_ACK, 0),
			       read_version, forget_version, version, &reply) && *version)
			mismatch = module_mismatch(version);
		conn_close(&conn);
	}
	return mismatch ? mismatch : xstrdup("");
}

/* What a module says of a request that it does not know. */
static bool may_be_unknown(int err)
{
	return err == EINVAL || err == ERANGE || err == EOPNOTSUPP;
}

static void take_reply(struct conn *conn, const struct nlmsghdr *header,
		       struct conn_reply *reply)
{
	size_t len;

	read_reply(header, reply);
	if (!may_be_unknown(reply->error))
		return;
	if (!conn->mismatch)
		conn->mismatch = find_mismatch();
	len = strlen(reply->message);
	if (*conn->mismatch)
		snprintf(reply->message + len, sizeof(reply->message) - len, " (%s)",
			 conn->mismatch);
}

/* One conn_batch(), conn_dump() or conn_listen() while it receives. */
struct receiver {
	struct conn *conn;	/* where there is a final() */
	void (*message)(void *arg, const struct nlmsghdr *header);
	void (*final)(struct receiver *receiver, const struct nlmsghdr *header);
	void *arg;

	/* conn_batch() */
	void (*done)(void *arg, size_t i, const struct conn_reply *reply);
	size_t next;		/* request that is answered next */
	unsigned int seq;	/* its sequence number */
	size_t waiting;		/* answers still to come */

	/* conn_dump() */
	struct conn_reply *reply;
	bool ended;
	bool interrupted;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct receiver *receiver = arg;

	if (receiver->message)
		receiver->message(receiver->arg, nlmsg_hdr(msg));
	return NL_OK;
}

static int on_final(struct nl_msg *msg, void *arg)
{
	struct receiver *receiver = arg;

	if (receiver->final)
		receiver->final(receiver, nlmsg_hdr(msg));
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct receiver *receiver = arg;

	(void)from;
	if (receiver->final)
		receiver->final(receiver, (struct nlmsghdr *)err - 1);
	return NL_SKIP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct receiver *receiver = arg;

	(void)msg;
	receiver->interrupted = true;
	return NL_OK;
}

/* Sequence numbers are compared in final(), where it is known what is due. */
static int on_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static struct nl_cb *callbacks(struct receiver *receiver)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb) {
		error("out of memory");
		exit(1);
	}
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, receiver);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_final, receiver);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_final, receiver);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, receiver);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, receiver);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, receiver);
	return cb;
}

static void batch_answered(struct receiver *receiver,
			   const struct nlmsghdr *header)
{
	struct conn_reply reply;

	if (!receiver->waiting || header->nlmsg_seq != receiver->seq)
		return;
	take_reply(receiver->conn, header, &reply);
	receiver->done(receiver->arg, receiver->next, &reply);
	receiver->next++;
	receiver->seq++;
	receiver->waiting--;
}

int conn_batch(struct conn *conn, size_t n,
	       struct nl_msg *(*build)(void *arg, size_t i),
	       void (*done)(void *arg, size_t i, const struct conn_reply *reply),
	       void *arg)
{
	struct receiver receiver = {
		.conn = conn,
		.final = batch_answered,
		.arg = arg,
		.done = done,
	};
	struct nl_cb *cb = callbacks(&receiver);
	size_t i = 0;
	int err = 0;

	while (i < n && !err) {
		while (i < n && receiver.waiting < WINDOW) {
			struct nl_msg *msg = build(arg, i);

			err = nl_send_auto(conn->sock, msg);
			if (!receiver.waiting)
				receiver.seq = nlmsg_hdr(msg)->nlmsg_seq;
			nlmsg_free(msg);
			if (err < 0) {
				broken("send", err);
				goto out;
			}
			receiver.waiting++;
			i++;
		}
		err = 0;
		while (receiver.waiting && !err) {
			err = nl_recvmsgs(conn->sock, cb);
			if (err)
				broken("receive", err);
		}
	}
out:
	nl_cb_put(cb);
	return err ? -1 : 0;
}

static void dump_ended(struct receiver *receiver, const struct nlmsghdr *header)
{
	take_reply(receiver->conn, header, receiver->reply);
	receiver->ended = true;
}

int conn_dump(struct conn *conn, struct nl_msg *msg,
	      void (*message)(void *arg, const struct nlmsghdr *header),
	      void (*restart)(void *arg), void *arg, struct conn_reply *reply)
{
	struct receiver receiver = {
		.conn = conn,
		.message = message,
		.final = dump_ended,
		.arg = arg,
		.reply = reply,
	};
	struct nl_cb *cb = callbacks(&receiver);
	int err, tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		receiver.ended = false;
		receiver.interrupted = false;
		nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
		err = nl_send_auto(conn->sock, msg);
		if (err < 0) {
			broken("send", err);
			goto out;
		}
		while (!receiver.ended) {
			err = nl_recvmsgs(conn->sock, cb);
			if (err) {
				broken("receive", err);
				goto out;
			}
		}
		if (!receiver.interrupted)
			goto out;
		restart(arg);
	}
	reply->error = EAGAIN;
	snprintf(reply->message, sizeof(reply->message),
		 "the rules changed %d times while they were read", tries);
out:
	nl_cb_put(cb);
	nlmsg_free(msg);
	return err < 0 ? -1 : 0;
}

int conn_join(struct conn *conn, const char *group)
{
	int id = genl_ctrl_resolve_grp(conn->sock, XARCH_GENL_NAME, group);
	int err = id < 0 ? id : nl_socket_add_membership(conn->sock, id);

	if (err) {
		error("joining the group \"%s\": %s", group, nl_geterror(err));
		return -1;
	}
	return 0;
}

int conn_listen(struct conn *conn,
		void (*message)(void *arg, const struct nlmsghdr *header),
		void *arg)
{
	struct receiver receiver = { .message = message, .arg = arg };
	struct nl_cb *cb = callbacks(&receiver);
	int err = nl_recvmsgs(conn->sock, cb);

	nl_cb_put(cb);
	/* What ENOBUFS becomes: messages were lost, and more will come. */
	if (err == -NLE_NOMEM)
		return 0;
	return err < 0 ? broken("receive", err) : 0;
}

unsigned int conn_lost(struct conn *conn)
{
	unsigned int info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	/* Older kernels cannot say: then none is known to be lost. */
	getsockopt(nl_socket_get_fd(conn->sock), SOL_SOCKET, SO_MEMINFO, info,
		   &len);
	return info[SK_MEMINFO_DROPS];
}
