// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps that take many messages, while others change the rules; and writers
 * beside each other.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "nl.h"

/* With one arch less, the native one: 3,400 rules. */
#define NAMESPACES	100
#define ARCHS		34
#define MANY		(NAMESPACES * ARCHS)

FIXTURE(dump)
{
	struct nl nl;
	struct reply reply;
	int fds[NAMESPACES];
};

/* The @n-th arch that can have a rule. */
static uint32_t nth_arch(unsigned int n)
{
	return n < XARCH_ARCH_X86_64 ? n : n + 1;
}

FIXTURE_SETUP(dump)
{
	unsigned int i;

	memset(&self->reply, 0, sizeof(self->reply));
	nl_open(&self->nl);
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	for (i = 0; i < NAMESPACES; i++)
		self->fds[i] = ns_new("user");
}

FIXTURE_TEARDOWN(dump)
{
	unsigned int i;

	for (i = 0; i < NAMESPACES; i++) {
		rule_del(&self->nl, -1, XARCH_SCOPE_USER, self->fds[i]);
		close(self->fds[i]);
	}
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	EXPECT_EQ(0, rule_count(&self->nl));
	reply_free(&self->reply);
	nl_close(&self->nl);
}

static int set(struct nl *nl, int fd, uint32_t arch, const char *emulator)
{
	return rule_set(nl, &(struct rule){
		.arch = arch,
		.action = emulator ? XARCH_ACTION_EMULATE : XARCH_ACTION_DENY,
		.flags = emulator ? XARCH_F_LAZY : 0,
		.emulator = emulator,
		.scope = fd ? XARCH_SCOPE_USER : XARCH_SCOPE_HOST,
		.ns_fd = fd,
	});
}

/* The writer's round, from the emulator that it names there. */
static long round_of(const struct reply *reply, size_t i)
{
	const char *emulator = record_string(reply->records[i], XARCH_A_EMULATOR);

	return emulator ? strtol(emulator + 1, NULL, 10) : -1;
}

/*
 * In each round the first rule of all is changed and then the last: the last
 * is never ahead of the first, and never more than one behind. It also removes
 * and makes a rule halfway, so that the number of rules changes.
 */
static void write_on(const int *fds, volatile bool *stop, volatile unsigned long *rounds)
{
	char emulator[32];
	struct nl nl;
	long round;

	nl_open(&nl);
	for (round = 1; !*stop; round++) {
		snprintf(emulator, sizeof(emulator), "/%ld", round);
		if (set(&nl, fds[0], nth_arch(0), emulator) ||
		    set(&nl, fds[NAMESPACES - 1], nth_arch(ARCHS - 1), emulator))
			_exit(1);
		if (round & 1 ? rule_del(&nl, 0, XARCH_SCOPE_USER, fds[NAMESPACES / 2]) :
				set(&nl, fds[NAMESPACES / 2], 0, NULL))
			_exit(2);
		*rounds = round;
	}
	_exit(0);
}

TEST_F_TIMEOUT(dump, consistent_while_rules_change, 120)
{
	struct shared {
		bool stop;
		unsigned long rounds;
	} *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i, arch, dumps;
	long first, last;
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, shared);
	for (i = 0; i < NAMESPACES; i++)
		for (arch = 0; arch < ARCHS; arch++)
			ASSERT_EQ(0, set(&self->nl, self->fds[i], nth_arch(arch), "/0"));
	rules_get(&self->nl, false, &self->reply);
	ASSERT_EQ(MANY, self->reply.n);

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		write_on(self->fds, &shared->stop, &shared->rounds);
	while (!shared->rounds)
		usleep(1000);
	for (dumps = 0; dumps < 20; dumps++) {
		unsigned long before = shared->rounds;

		rules_get(&self->nl, false, &self->reply);
		EXPECT_LE(MANY - 1, self->reply.n);
		EXPECT_GE(MANY, self->reply.n);
		EXPECT_FALSE(self->reply.truncated);
		first = round_of(&self->reply, 0);
		last = round_of(&self->reply, self->reply.n - 1);
		EXPECT_LE(last, first);
		EXPECT_GE(last + 1, first);
		/* As it stood when it was asked for. */
		EXPECT_LE((long)before, first);
	}
	printf("# %lu rounds of the writer beside %u dumps\n", shared->rounds, dumps);
	EXPECT_LT(20, shared->rounds);
	shared->stop = true;
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Each rule is there once, whatever the messages were cut into. */
TEST_F_TIMEOUT(dump, complete, 120)
{
	static const size_t rooms[] = { 32768, 65536, 12 << 10 };
	static bool seen[NAMESPACES][__XARCH_ARCH_MAX];
	struct request request;
	unsigned int i, arch;
	size_t room, at;

	for (i = 0; i < NAMESPACES; i++)
		for (arch = 0; arch < ARCHS; arch++)
			ASSERT_EQ(0, set(&self->nl, self->fds[i], nth_arch(arch), NULL));
	for (room = 0; room < ARRAY_SIZE(rooms); room++) {
		struct nl fresh;	/* the kernel remembers the buffers seen */

		nl_open(&fresh);
		memset(seen, 0, sizeof(seen));
		request_begin(&request, &fresh, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		ASSERT_EQ(0, nl_ask_with(&fresh, &request, &self->reply, rooms[room]));
		EXPECT_FALSE(self->reply.truncated);
		EXPECT_FALSE(self->reply.interrupted);
		ASSERT_EQ(MANY, self->reply.n);
		for (at = 0; at < self->reply.n; at++) {
			/* In order of the scopes and archs. */
			arch = record_u32(self->reply.records[at], XARCH_A_ARCH);
			ASSERT_EQ(nth_arch(at % ARCHS), arch);
			ASSERT_FALSE(seen[at / ARCHS][arch]);
			seen[at / ARCHS][arch] = true;
		}
		nl_close(&fresh);
	}
}

/* The longest rules there can be, one to a message or more. */
TEST_F(dump, of_long_rules)
{
	char path[XARCH_PATH_LEN + 1], arg[XARCH_ARGS_LEN];
	struct request request;
	unsigned int i;

	memset(path, 'p', XARCH_PATH_LEN);
	path[0] = '/';
	path[XARCH_PATH_LEN] = '\0';
	memset(arg, 'a', XARCH_ARGS_LEN - 1);
	arg[XARCH_ARGS_LEN - 1] = '\0';
	for (i = 0; i < ARCHS; i++)
		ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
			.arch = nth_arch(i), .action = XARCH_ACTION_EMULATE,
			.flags = XARCH_F_LAZY, .emulator = path,
			.args = (const char *const[]){ arg, NULL },
		}));
	request_begin(&request, &self->nl, XARCH_CMD_RULE_GET, NLM_F_DUMP);
	ASSERT_EQ(0, nl_ask(&self->nl, &request, &self->reply));
	EXPECT_FALSE(self->reply.truncated);
	EXPECT_EQ(ARCHS, self->reply.n);
	request_begin(&request, &self->nl, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&request, XARCH_A_ARCH, 0);
	ASSERT_EQ(0, nl_ask(&self->nl, &request, &self->reply));
	EXPECT_FALSE(self->reply.truncated);
	for (i = 0; i < self->reply.n; i++)
		EXPECT_TRUE(record_is_documented(self->reply.records[i]));
}

/* What is too small for anything costs this reader its answer, and nobody else. */
TEST_F(dump, into_tiny_buffer)
{
	struct request request;
	char tiny[20];
	struct nl fresh;
	unsigned int i;

	for (i = 0; i < ARCHS; i++)
		ASSERT_EQ(0, set(&self->nl, 0, nth_arch(i), NULL));
	for (i = 0; i < 10; i++) {
		nl_open(&fresh);
		request_begin(&request, &fresh, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		ASSERT_LT(0, send(fresh.fd, &request, request.nl.nlmsg_len, 0));
		ASSERT_EQ(sizeof(tiny), recv(fresh.fd, tiny, sizeof(tiny), 0));
		/* With its dump under way. */
		nl_close(&fresh);
	}
	rules_get(&self->nl, true, &self->reply);
	EXPECT_EQ(ARCHS, self->reply.n);
}

/* Each process its archs, hundreds of times; none sees another's answer. */
TEST_F_TIMEOUT(dump, parallel_writers, 120)
{
	enum { WRITERS = 4, ROUNDS = 150 };
	pid_t pids[WRITERS];
	unsigned int i, round, arch;
	int status;

	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (pids[i])
			continue;
		struct nl nl;
		int wrong = 0;

		nl_open(&nl);
		for (round = 0; round < ROUNDS; round++) {
			for (arch = i; arch < ARCHS; arch += WRITERS) {
				wrong += set(&nl, 0, nth_arch(arch), NULL) != 0;
				wrong += rule_del(&nl, nth_arch(arch), 0, 0) != 0;
				wrong += rule_del(&nl, nth_arch(arch), 0, 0) != ENOENT;
				wrong += set(&nl, self->fds[i], nth_arch(arch), "/e") != 0;
			}
			wrong += rule_del(&nl, -1, XARCH_SCOPE_USER, self->fds[i]) != 0;
		}
		for (arch = i; arch < ARCHS; arch += WRITERS)
			wrong += set(&nl, 0, nth_arch(arch), "/last") != 0;
		_exit(wrong != 0);
	}
	for (i = 0; i < WRITERS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	rules_get(&self->nl, false, &self->reply);
	ASSERT_EQ(ARCHS, self->reply.n);
	for (i = 0; i < ARCHS; i++) {
		EXPECT_EQ(nth_arch(i), record_u32(self->reply.records[i], XARCH_A_ARCH));
		EXPECT_STREQ("/last", record_string(self->reply.records[i], XARCH_A_EMULATOR));
	}
	EXPECT_EQ(ARCHS, rule_count(&self->nl));
}

/* Two requests in one datagram are two requests. */
TEST_F(dump, requests_in_one_datagram)
{
	struct request both, second;
	struct reply second_reply = { 0 };
	size_t first_len;

	request_rule(&both, &self->nl, &(struct rule){
		.arch = 0, .action = XARCH_ACTION_DENY });
	request_rule(&second, &self->nl, &(struct rule){
		.arch = 1, .action = XARCH_ACTION_PASS });
	first_len = both.nl.nlmsg_len;
	second.nl.nlmsg_seq = both.nl.nlmsg_seq = ++self->nl.seq;
	memcpy(both.bytes + first_len, &second, second.nl.nlmsg_len);
	ASSERT_LT(0, send(self->nl.fd, &both, first_len + second.nl.nlmsg_len, 0));
	/* Their acknowledgements come before the answer to this. */
	rules_get(&self->nl, true, &second_reply);
	EXPECT_EQ(2, second_reply.n);
	reply_free(&second_reply);
}

TEST_HARNESS_MAIN
