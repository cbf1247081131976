/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_NL_H
#define _XARCH_TEST_NL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../include/uapi/linux/xarch.h"

/*
 * The family as the kernel speaks it, byte by byte: no library that would put
 * right what a test wants wrong. What fails here is the machine's fault, and
 * ends the program.
 */

/**
 * struct nl - a socket
 * @fd: the socket, with NETLINK_EXT_ACK
 * @family: the family's number, another one after each load of the module
 * @config: number of the group "config"; 0: there is none on this kernel
 * @exec: the same of "exec"
 * @seq: sequence number last used
 */
struct nl {
	int fd;
	uint16_t family;
	uint32_t config, exec;
	uint32_t seq;
};

/* A socket of one's own; the module is loaded where it is not. */
void nl_open(struct nl *nl);
void nl_close(struct nl *nl);

/* Return: 0 or a positive errno. */
int nl_join(struct nl *nl, uint32_t group);

/* The longest rule takes 9 KiB; a test may want one longer than that. */
#define REQUEST_LEN 32768

/* A request that is being written, or is wrong on purpose. */
struct request {
	union {
		struct nlmsghdr nl;
		char bytes[REQUEST_LEN];
	};
};

struct genlmsghdr *request_genl(struct request *request);
void request_begin(struct request *request, const struct nl *nl, unsigned int cmd,
		   unsigned int flags);
void put(struct request *request, unsigned int type, const void *data, size_t len);
void put_u32(struct request *request, unsigned int type, uint32_t value);
void put_string(struct request *request, unsigned int type, const char *string);

/* One message of an answer, or an event. */
struct record {
	size_t len;
	struct nlmsghdr nl[];
};

unsigned int record_cmd(const struct record *record);
bool record_has(const struct record *record, unsigned int type);
/* A missing number is all ones, a missing string NULL. */
uint32_t record_u32(const struct record *record, unsigned int type);
uint64_t record_u64(const struct record *record, unsigned int type);
const char *record_string(const struct record *record, unsigned int type);
/* The @n-th ARG, from 0, or NULL. */
const char *record_arg(const struct record *record, unsigned int n);

/**
 * record_is_documented() - does a message keep to xarch.h?
 * @record: the message
 *
 * Each attribute is known, there once (ARG apart), and of its documented type
 * and width. Says what is not.
 */
bool record_is_documented(const struct record *record);

/* The attributes of a rule that do not change by themselves, as text. */
void record_describe(const struct record *record, char *text, size_t room);

/**
 * struct reply - answer to a request
 * @error: positive errno, or 0
 * @text: what the kernel said, or ""
 * @bad: type of the attribute that it points at, or -1
 * @interrupted: a message had NLM_F_DUMP_INTR
 * @truncated: a message was longer than the buffer
 * @n: how many messages came before the end
 * @records: these
 */
struct reply {
	int error;
	char text[256];
	int bad;
	bool interrupted, truncated;
	size_t n;
	struct record **records;
};

void reply_free(struct reply *reply);

/* Send, and take the answer up to its end. Frees what @reply had. */
int nl_ask(struct nl *nl, struct request *request, struct reply *reply);
/* The same with a receive buffer of this size. */
int nl_ask_with(struct nl *nl, struct request *request, struct reply *reply, size_t room);

/* Take one event, or NULL when none comes in time; free() it. */
struct record *nl_event(struct nl *nl, int timeout_ms);

/* struct rule - a RULE_SET; what is not said is left out of the message */
struct rule {
	uint32_t arch, action, flags, scope;
	int ns_fd;			/* 0: none */
	const char *emulator;
	int emulator_fd;		/* 0: none */
	const char *const *args;	/* NULL after the last */
};

void request_rule(struct request *request, const struct nl *nl, const struct rule *rule);
/* Return: 0 or a positive errno. */
int rule_set(struct nl *nl, const struct rule *rule);
/* @arch -1: all. */
int rule_del(struct nl *nl, int arch, uint32_t scope, int ns_fd);
/* Rules of all scopes, or of the host. */
void rules_get(struct nl *nl, bool host_only, struct reply *reply);
uint32_t generation(struct nl *nl);
uint32_t rule_count(struct nl *nl);

/* A descriptor of a new namespace that nobody is in: "user" or "pid". */
int ns_new(const char *kind);
int ns_own(const char *kind);

/* The errno of an exec of this arch's smallest program; -status if it ran. */
int run_program(enum xarch_arch arch);
#define RAN (-42)

/* Run @fn in a process of its own; its exit status. */
int in_child(int (*fn)(void *arg), void *arg);

#endif /* _XARCH_TEST_NL_H */
