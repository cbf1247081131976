/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_NETLINK_H
#define _XARCH_TEST_NETLINK_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../include/uapi/linux/xarch.h"

/*
 * The family as the kernel speaks it. libnl reads what the kernel says; what is asked
 * is written here byte by byte and sent through a plain socket, as libnl would put
 * right what a test wants wrong, and has numbers of its own for errors.
 *
 * What can be refused returns 0 or a negative errno, the kernel's.
 */

/**
 * struct conn - a connection
 * @fd: the socket, with NETLINK_EXT_ACK
 * @family: the family's number, another one after each load of the module
 * @config: number of the group "config"; 0: there is none on this kernel
 * @exec: the same of "exec"
 * @native: the same of "native"
 * @seq: sequence number last used
 */
struct conn {
	int fd;
	uint16_t family;
	uint32_t config, exec, native;
	uint32_t seq;
};

/* A socket of one's own; the module is loaded where it is not, or the program ends. */
void conn_open(struct conn *conn);
/* The same where the module may not be there: -ENOENT. */
int conn_try(struct conn *conn);
void conn_close(struct conn *conn);

int conn_join(struct conn *conn, uint32_t group);

/* The longest rule takes 9 KiB; a test may want one longer than that. */
#define REQUEST_LEN 32768

/* A request that is being written, or is wrong on purpose. */
struct request {
	union {
		struct nlmsghdr head;
		char bytes[REQUEST_LEN];
	};
};

struct genlmsghdr *request_genl(struct request *request);
/* @conn NULL: its family is for later. */
void request_begin(struct request *request, const struct conn *conn, unsigned int cmd,
		   unsigned int flags);
void put(struct request *request, unsigned int type, const void *data, size_t len);
void put_u32(struct request *request, unsigned int type, uint32_t value);
void put_string(struct request *request, unsigned int type, const char *string);
/* NULL after the last; NULL: none. */
void put_strings(struct request *request, unsigned int type, const char *const *strings);
/* What is put from here to put_end() is in this one. */
struct nlattr *put_nest(struct request *request, unsigned int type);
void put_end(struct request *request, struct nlattr *nest);

/* Of one message of an answer, or an event. */
unsigned int record_cmd(const struct nlmsghdr *record);
bool record_has(const struct nlmsghdr *record, unsigned int type);
/* A missing number is all ones, a missing string NULL. */
uint32_t record_u32(const struct nlmsghdr *record, unsigned int type);
uint64_t record_u64(const struct nlmsghdr *record, unsigned int type);
const char *record_string(const struct nlmsghdr *record, unsigned int type);
/* The @n-th ARG, from 0, or NULL. */
const char *record_arg(const struct nlmsghdr *record, unsigned int n);

/**
 * record_is_documented() - does a message keep to xarch.h?
 * @record: the message
 *
 * Each attribute is known, there once (ARG apart), and of its documented type
 * and width. Says what is not.
 */
bool record_is_documented(const struct nlmsghdr *record);

/* The attributes of a rule that do not change by themselves, as text. */
void record_describe(const struct nlmsghdr *record, char *text, size_t room);

/**
 * struct reply - answer to a request
 * @error: negative errno, or 0
 * @text: what the kernel said, or ""
 * @bad: type of the attribute that it points at, or -1
 * @policy: it said what would do there
 * @interrupted: a message had NLM_F_DUMP_INTR
 * @truncated: a message was longer than the buffer
 * @n: how many messages came before the end
 * @records: these
 */
struct reply {
	int error;
	char text[256];
	int bad;
	bool policy, interrupted, truncated;
	size_t n;
	struct nlmsghdr **records;
};

void reply_free(struct reply *reply);

/* Read into a reply what the kernel says at the end of an answer; @request NULL: not @bad. */
void reply_end(struct reply *reply, const struct nlmsghdr *end, const struct request *request);

/* Send, and take the answer up to its end. Frees what @reply had. Return: its @error. */
int conn_ask(struct conn *conn, struct request *request, struct reply *reply);
/* The same with a receive buffer of this size. */
int conn_ask_with(struct conn *conn, struct request *request, struct reply *reply, size_t room);

/* The same for answers of any length: each message is @fn's (NULL: no one's), none is kept. */
typedef void (*conn_fn)(const struct nlmsghdr *record, void *data);
int conn_ask_each(struct conn *conn, struct request *request, struct reply *reply, conn_fn fn,
		  void *data);

/* Take one event, or NULL when none comes in time; free() it. */
struct nlmsghdr *conn_event(struct conn *conn, int timeout_ms);

#endif /* _XARCH_TEST_NETLINK_H */
