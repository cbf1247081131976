// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Well-formed requests, broken at random: bits flipped, bytes cut off or added,
 * lengths that lie, attributes in another order. What is refused changes
 * nothing, and nothing brings the machine down.
 *
 * The same seed makes the same requests. XARCH_FUZZ_SEED and XARCH_FUZZ_N
 * choose others and more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"

#define SEED	20240607
#define COUNT	60000

static uint64_t state;

/* splitmix64: short, and good enough to break things. */
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
	return next() % n;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

/* What a program would send. */
static void make(struct request *request, const struct conn *conn, int user_fd)
{
	static const char *const args[] = { "-cpu", "max", "", "-E", NULL };
	static const char *const emulators[] = {
		"/usr/bin/qemu-aarch64", "/usr/bin/qemu-arm", "/no/such", "/usr/bin",
	};
	struct rule rule = { .arch = below(__XARCH_ARCH_MAX) };
	unsigned int kind = below(8);

	if (below(2))
		rule.scope = (struct scope){ XARCH_SCOPE_USER, user_fd };
	switch (kind) {
	case 0:
	case 1:
	case 2:
		rule.emulator = emulators[below(4)];
		rule.flags = kind ? XARCH_F_LAZY : 0;
		rule.args = args + below(5);
		request_rule(request, conn, &rule);
		break;
	case 3:
	case 4:
		rule.action = kind == 3 ? XARCH_ACTION_DENY : XARCH_ACTION_PASS;
		rule.flags = below(2) ? XARCH_F_LOCKED : 0;
		request_rule(request, conn, &rule);
		break;
	case 5:
		request_begin(request, conn, XARCH_CMD_RULE_DEL, NLM_F_ACK);
		break;
	case 6:
		request_begin(request, conn, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		break;
	case 7:
		request_begin(request, conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
		put_u32(request, XARCH_A_PID, 1);
		break;
	}
	if (kind >= 5) {
		put_u32(request, XARCH_A_ARCH, rule.arch);
		if (rule.scope.kind && kind != 7) {
			put_u32(request, XARCH_A_SCOPE, rule.scope.kind);
			put_u32(request, XARCH_A_NS_FD, rule.scope.fd);
		}
	}
}

/* An attribute's header somewhere among them. */
static struct nlattr *any_attr(struct request *request)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN), n = below(8);
	struct nlattr *attr = (void *)(request->bytes + at);

	while (n-- && at + NLA_ALIGN(attr->nla_len) + NLA_HDRLEN <= request->head.nlmsg_len &&
	       attr->nla_len >= NLA_HDRLEN) {
		at += NLA_ALIGN(attr->nla_len);
		attr = (void *)(request->bytes + at);
	}
	return attr;
}

static const uint32_t oddities[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	0x7fffffff, 0x80000000, 0xffffffff,
};

static uint32_t oddity(void)
{
	return oddities[below(ARRAY_SIZE(oddities))];
}

/* Break it in one way. Return: how many bytes of it to send. */
static size_t mutate(struct request *request, size_t len)
{
	const size_t head = NLMSG_HDRLEN;
	size_t at, n;

	/* The kernel's own part stays: it could name another family's request. */
	if (len == head)
		return len;
	at = head + below(len - head);

	switch (below(9)) {
	case 0:
		request->bytes[at] ^= 1 << below(8);
		break;
	case 1:
		request->bytes[at] = oddity();
		break;
	case 2:		/* cut, and says so */
		len = request->head.nlmsg_len = at;
		break;
	case 3:		/* cut, and does not */
		len = at;
		break;
	case 4:		/* of another length than it is */
		request->head.nlmsg_len = below(2) ? below(2 * len) : oddity();
		break;
	case 5:
		any_attr(request)->nla_len = below(2) ? below(64) : oddity();
		break;
	case 6:
		any_attr(request)->nla_type = below(2) ? below(XARCH_A_MAX + 4) : oddity();
		break;
	case 7: {	/* another number in its place */
		uint32_t value = oddity();

		memcpy(any_attr(request) + 1, &value, sizeof(value));
		break;
	}
	case 8:		/* more of it */
		n = 1 + below(64);
		memmove(request->bytes + at + n, request->bytes + at, len - at);
		len = request->head.nlmsg_len = len + n;
		break;
	}
	return len;
}

/* The rules as text, whatever changes by itself left out. */
static char *picture(struct conn *conn)
{
	const size_t line = 4096;
	struct reply reply = { 0 };
	char *text, *end;
	size_t i;

	rules_get(conn, false, &reply);
	end = text = malloc(reply.n * line + 1);
	if (!text)
		abort();
	*end = '\0';
	for (i = 0; i < reply.n; i++) {
		record_describe(reply.records[i], end, line - 1);
		end += strlen(end);
		*end++ = '\n';
		*end = '\0';
	}
	reply_free(&reply);
	return text;
}

struct outcome {
	unsigned int errors, acks;
	int error;
};

/* All that comes back; a dump comes on being read. */
static void collect(struct conn *conn, struct outcome *outcome)
{
	static char buf[65536];
	struct nlmsghdr *got;
	ssize_t len;

	memset(outcome, 0, sizeof(*outcome));
	while ((len = recv(conn->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		for (got = (void *)buf; NLMSG_OK(got, len); got = NLMSG_NEXT(got, len)) {
			int error;

			if (got->nlmsg_type != NLMSG_ERROR)
				continue;
			memcpy(&error, NLMSG_DATA(got), sizeof(error));
			if (error) {
				outcome->errors++;
				outcome->error = -error;
			} else {
				outcome->acks++;
			}
		}
}

/* The harness takes a longer time limit of a fixture's test alone. */
FIXTURE(fuzz)
{
};

FIXTURE_SETUP(fuzz)
{
}

FIXTURE_TEARDOWN(fuzz)
{
}

TEST_F_TIMEOUT(fuzz, broken_requests, 300)
{
	uint64_t seed = number("XARCH_FUZZ_SEED", SEED), count = number("XARCH_FUZZ_N", COUNT);
	unsigned int refused = 0, done = 0, silent = 0, pictures = 0;
	struct timespec began, ended;
	char *before, *after;
	uint32_t last, now;
	struct conn conn, check;
	uint64_t i;
	int user_fd;

	conn_open(&conn);
	conn_open(&check);
	user_fd = ns_new("user");
	rule_del(&check, HOST, -1);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, rule_set(&check, &(struct rule){
			.arch = i, .action = XARCH_ACTION_DENY }));
	before = picture(&check);
	last = generation(&check);
	state = seed;
	printf("# seed %llu, %llu requests\n", (unsigned long long)seed,
	       (unsigned long long)count);
	clock_gettime(CLOCK_MONOTONIC, &began);

	for (i = 0; i < count; i++) {
		static struct request request;
		struct outcome outcome;
		unsigned int n = 1 + below(2);
		size_t len;

		memset(&request, 0, 512);
		make(&request, &conn, user_fd);
		len = request.head.nlmsg_len;
		while (n--)
			len = mutate(&request, len);
		request.head.nlmsg_seq = i + 1;
		if (send(conn.fd, &request, len, 0) < 0)
			ASSERT_EQ(EINVAL, errno);
		collect(&conn, &outcome);

		now = generation(&check);
		/* One message, and it was refused. */
		if (outcome.errors && !outcome.acks && request.head.nlmsg_len >= len) {
			refused++;
			ASSERT_EQ(last, now)
				TH_LOG("request %llu: error %d, and the rules changed",
				       (unsigned long long)i, outcome.error);
			/* The generation would tell; now and then, look. */
			if (i % 64 == 0) {
				after = picture(&check);
				ASSERT_STREQ(before, after)
					TH_LOG("request %llu: error %d, and the rules are others",
					       (unsigned long long)i, outcome.error);
				free(after);
				pictures++;
			}
		} else if (outcome.acks) {
			done++;
		} else {
			silent++;
		}
		if (now != last) {
			free(before);
			before = picture(&check);
			last = now;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("# %u refused, %u done, %u without an acknowledgement; %u times compared; %ld s\n",
	       refused, done, silent, pictures, (long)(ended.tv_sec - began.tv_sec));
	/* Mutations that are all refused, or none, would prove little. */
	EXPECT_LT(count / 3, refused);
	EXPECT_LT(count / 50, done);

	rule_del(&check, (struct scope){ XARCH_SCOPE_USER, user_fd }, -1);
	rule_del(&check, HOST, -1);
	EXPECT_EQ(0, rule_count(&check));
	/* Still in its right mind. */
	EXPECT_EQ(0, rule_set(&check, &(struct rule){
		.arch = XARCH_ARCH_AARCH64, .action = XARCH_ACTION_EMULATE,
		.emulator = "/usr/bin/qemu-aarch64" }));
	EXPECT_EQ(RAN, run_arch(XARCH_ARCH_AARCH64));
	rule_del(&check, HOST, -1);
}

TEST_HARNESS_MAIN
