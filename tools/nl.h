/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NL_H
#define _XARCHCTL_NL_H

#include <stddef.h>
#include <stdint.h>
#include <netlink/msg.h>

/* Connection to the module. */
struct conn {
	struct nl_sock *sock;
	int family;
	char *mismatch;		/* asked for where the module refuses: see nl.c */
};

/* What the kernel answered to one request. */
struct conn_reply {
	int error;		/* positive errno; 0: done */
	uint32_t offset;	/* of the attribute at fault in the request, or 0 */
	char message[768];	/* the kernel's own, or what errno means; and where the
				 * module's version is not the tool's, what mends that */
};

/**
 * conn_open() - connect to the module, which the kernel loads if it has to
 * @conn: connection; conn_close() ends it
 *
 * Return: 0, or -1 after an error message (how to load the module, say).
 */
int conn_open(struct conn *conn);

/**
 * conn_open_quietly() - as conn_open(), where a missing module is no error
 * @conn: connection
 *
 * Return: 0; -1 after an error message; or ENOENT without one where the
 * module is not there.
 */
int conn_open_quietly(struct conn *conn);

/**
 * conn_close() - end a connection
 * @conn: connection; one that is all zeroes is left alone
 */
void conn_close(struct conn *conn);

/**
 * conn_message() - begin a request
 * @conn: connection
 * @cmd: enum xarch_cmd
 * @flags: NLM_F_ACK, NLM_F_DUMP
 * @payload: most bytes that its attributes will take
 *
 * Return: message; whoever takes it frees it with nlmsg_free().
 */
struct nl_msg *conn_message(struct conn *conn, int cmd, int flags, size_t payload);

/**
 * conn_batch() - make many requests, each acknowledged for itself
 * @conn: connection
 * @n: how many
 * @build: makes request @i with NLM_F_ACK; conn_batch() frees it
 * @done: told the answer to request @i, in the order of the requests. On
 *	success the message is empty but where the kernel has a warning
 * @arg: for @build and @done
 *
 * A window of requests is under way at any time, so that a hundred thousand
 * cost no more waiting than they must. A refused request does not stop those
 * after it.
 *
 * Return: 0, or -1 after an error message when the connection broke; @done has
 * not been called for the rest then.
 */
int conn_batch(struct conn *conn, size_t n,
	       struct nl_msg *(*build)(void *arg, size_t i),
	       void (*done)(void *arg, size_t i, const struct conn_reply *reply),
	       void *arg);

/**
 * conn_dump() - make a request that messages answer
 * @conn: connection
 * @msg: request with NLM_F_DUMP, or with NLM_F_ACK where one message is all;
 *	conn_dump() frees it
 * @message: takes one message of the answer
 * @restart: throws away what @message took: the answer changed while it was
 *	read and is asked for again
 * @arg: for both
 * @reply: the kernel's final word
 *
 * Return: 0 with @reply set, or -1 after an error message when the connection
 * broke.
 */
int conn_dump(struct conn *conn, struct nl_msg *msg,
	      void (*message)(void *arg, const struct nlmsghdr *header),
	      void (*restart)(void *arg), void *arg, struct conn_reply *reply);

/**
 * conn_join() - listen to a multicast group
 * @conn: connection
 * @group: XARCH_MCGRP_CONFIG or XARCH_MCGRP_EXEC
 *
 * Return: 0, or -1 after an error message.
 */
int conn_join(struct conn *conn, const char *group);

/**
 * conn_listen() - take the multicast messages that have arrived
 * @conn: connection
 * @message: takes one message
 * @arg: for @message
 *
 * Waits for one datagram. Those that did not fit into the receive buffer are
 * lost; conn_lost() counts them.
 *
 * Return: 0, or -1 after an error message.
 */
int conn_listen(struct conn *conn,
		void (*message)(void *arg, const struct nlmsghdr *header),
		void *arg);

/**
 * conn_lost() - how many messages were dropped
 * @conn: connection
 *
 * Return: number since conn_open().
 */
unsigned int conn_lost(struct conn *conn);

#endif /* _XARCHCTL_NL_H */
