// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps that take many messages, while others change the rules; and writers
 * beside each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"
#include "set.h"

/* With one arch less, the native one: 3,400 rules. */
#define NAMESPACES	100
#define ARCHS		34
#define MANY		(NAMESPACES * ARCHS)

FIXTURE(dump)
{
	struct conn conn;
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
	conn_open(&self->conn);
	rule_del(&self->conn, HOST, -1);
	for (i = 0; i < NAMESPACES; i++)
		self->fds[i] = ns_new("user");
}

FIXTURE_TEARDOWN(dump)
{
	unsigned int i;

	for (i = 0; i < NAMESPACES; i++) {
		rule_del(&self->conn, (struct scope){ XARCH_SCOPE_USER, self->fds[i] }, -1);
		close(self->fds[i]);
	}
	rule_del(&self->conn, HOST, -1);
	EXPECT_EQ(0, rule_count(&self->conn));
	reply_free(&self->reply);
	conn_close(&self->conn);
}

static int set(struct conn *conn, int fd, uint32_t arch, const char *emulator)
{
	return rule_set(conn, &(struct rule){
		.arch = arch,
		.action = emulator ? XARCH_ACTION_EMULATE : XARCH_ACTION_DENY,
		.flags = emulator ? XARCH_F_LAZY : 0,
		.emulator = emulator,
		.scope = { fd ? XARCH_SCOPE_USER : XARCH_SCOPE_HOST, fd },
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
	struct conn conn;
	long round;

	conn_open(&conn);
	for (round = 1; !*stop; round++) {
		snprintf(emulator, sizeof(emulator), "/%ld", round);
		if (set(&conn, fds[0], nth_arch(0), emulator) ||
		    set(&conn, fds[NAMESPACES - 1], nth_arch(ARCHS - 1), emulator))
			_exit(1);
		if (round & 1 ? rule_del(&conn, (struct scope){ XARCH_SCOPE_USER, fds[NAMESPACES / 2] }, 0) :
				set(&conn, fds[NAMESPACES / 2], 0, NULL))
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
			ASSERT_EQ(0, set(&self->conn, self->fds[i], nth_arch(arch), "/0"));
	rules_get(&self->conn, false, &self->reply);
	ASSERT_EQ(MANY, self->reply.n);

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		write_on(self->fds, &shared->stop, &shared->rounds);
	while (!shared->rounds)
		usleep(1000);
	/* On a kernel with checks a dump may be faster than a round of the writer. */
	for (dumps = 0; dumps < 20 || shared->rounds <= 20; dumps++) {
		unsigned long before = shared->rounds;

		rules_get(&self->conn, false, &self->reply);
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
			ASSERT_EQ(0, set(&self->conn, self->fds[i], nth_arch(arch), NULL));
	for (room = 0; room < ARRAY_SIZE(rooms); room++) {
		struct conn fresh;	/* the kernel remembers the buffers seen */

		conn_open(&fresh);
		memset(seen, 0, sizeof(seen));
		request_begin(&request, &fresh, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		ASSERT_EQ(0, conn_ask_with(&fresh, &request, &self->reply, rooms[room]));
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
		conn_close(&fresh);
	}
}

/* The longest rules there can be, one to a message or more. */
TEST_F_TIMEOUT(dump, of_long_rules, 120)
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
		ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
			.arch = nth_arch(i), .action = XARCH_ACTION_EMULATE,
			.flags = XARCH_F_LAZY, .emulator = path,
			.args = (const char *const[]){ arg, NULL },
		}));
	request_begin(&request, &self->conn, XARCH_CMD_RULE_GET, NLM_F_DUMP);
	ASSERT_EQ(0, conn_ask(&self->conn, &request, &self->reply));
	EXPECT_FALSE(self->reply.truncated);
	EXPECT_EQ(ARCHS, self->reply.n);
	request_begin(&request, &self->conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&request, XARCH_A_ARCH, 0);
	ASSERT_EQ(0, conn_ask(&self->conn, &request, &self->reply));
	EXPECT_FALSE(self->reply.truncated);
	for (i = 0; i < self->reply.n; i++)
		EXPECT_TRUE(record_is_documented(self->reply.records[i]));
}

/* What is too small for anything costs this reader its answer, and nobody else. */
TEST_F_TIMEOUT(dump, into_tiny_buffer, 120)
{
	struct request request;
	char tiny[20];
	struct conn fresh;
	unsigned int i;

	for (i = 0; i < ARCHS; i++)
		ASSERT_EQ(0, set(&self->conn, 0, nth_arch(i), NULL));
	for (i = 0; i < 10; i++) {
		conn_open(&fresh);
		request_begin(&request, &fresh, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		ASSERT_LT(0, send(fresh.fd, &request, request.head.nlmsg_len, 0));
		ASSERT_EQ(sizeof(tiny), recv(fresh.fd, tiny, sizeof(tiny), 0));
		/* With its dump under way. */
		conn_close(&fresh);
	}
	rules_get(&self->conn, true, &self->reply);
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
		struct conn conn;
		int wrong = 0;

		conn_open(&conn);
		for (round = 0; round < ROUNDS; round++) {
			for (arch = i; arch < ARCHS; arch += WRITERS) {
				wrong += set(&conn, 0, nth_arch(arch), NULL) != 0;
				wrong += rule_del(&conn, HOST, nth_arch(arch)) != 0;
				wrong += rule_del(&conn, HOST, nth_arch(arch)) != -ENOENT;
				wrong += set(&conn, self->fds[i], nth_arch(arch), "/e") != 0;
			}
			wrong += rule_del(&conn, (struct scope){ XARCH_SCOPE_USER, self->fds[i] }, -1) != 0;
		}
		for (arch = i; arch < ARCHS; arch += WRITERS)
			wrong += set(&conn, 0, nth_arch(arch), "/last") != 0;
		_exit(wrong != 0);
	}
	for (i = 0; i < WRITERS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	rules_get(&self->conn, false, &self->reply);
	ASSERT_EQ(ARCHS, self->reply.n);
	for (i = 0; i < ARCHS; i++) {
		EXPECT_EQ(nth_arch(i), record_u32(self->reply.records[i], XARCH_A_ARCH));
		EXPECT_STREQ("/last", record_string(self->reply.records[i], XARCH_A_EMULATOR));
	}
	EXPECT_EQ(ARCHS, rule_count(&self->conn));
}

/* Two requests in one datagram are two requests. */
TEST_F_TIMEOUT(dump, requests_in_one_datagram, 120)
{
	struct request both, second;
	struct reply second_reply = { 0 };
	size_t first_len;

	request_rule(&both, &self->conn, &(struct rule){
		.arch = 0, .action = XARCH_ACTION_DENY });
	request_rule(&second, &self->conn, &(struct rule){
		.arch = 1, .action = XARCH_ACTION_PASS });
	first_len = both.head.nlmsg_len;
	second.head.nlmsg_seq = both.head.nlmsg_seq = ++self->conn.seq;
	memcpy(both.bytes + first_len, &second, second.head.nlmsg_len);
	ASSERT_LT(0, send(self->conn.fd, &both, first_len + second.head.nlmsg_len, 0));
	/* Their acknowledgements come before the answer to this. */
	rules_get(&self->conn, true, &second_reply);
	EXPECT_EQ(2, second_reply.n);
	reply_free(&second_reply);
}

/*
 * A user's socket, and two user namespaces of theirs: the one asks with a receive
 * buffer that is full, so that the answer begins when the other reads.
 */
#define DUMP_SEQ 4711

static void ask_with_a_full_buffer(const struct conn *conn, uint8_t cmd)
{
	static const char much[4096];
	struct request request;
	int least = 0;

	setsockopt(conn->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	/* The refusal quotes the request, and the first message always finds room. */
	request_begin(&request, conn, 200, NLM_F_ACK);
	put(&request, XARCH_A_PATH, much, sizeof(much));
	send(conn->fd, &request, request.head.nlmsg_len, 0);
	request_begin(&request, conn, cmd, NLM_F_DUMP);
	request.head.nlmsg_seq = DUMP_SEQ;
	send(conn->fd, &request, request.head.nlmsg_len, 0);
}

static unsigned int arch_bit(const struct nlmsghdr *msg)
{
	return record_u32(msg, XARCH_A_SCOPE) == XARCH_SCOPE_USER ?
	       1U << record_u32(msg, XARCH_A_ARCH) : 0;
}

/* Return: @bit_of each record of the answer; bit 31: it did not come. */
static unsigned int answer(const struct conn *conn, unsigned int (*bit_of)(const struct nlmsghdr *msg))
{
	static char room[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	unsigned int bits = 0;

	for (;;) {
		int len = recv(conn->fd, room, sizeof(room), 0);
		struct nlmsghdr *msg;

		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len < 0)
			return 1U << 31;
		for (msg = (void *)room; NLMSG_OK(msg, (unsigned int)len); msg = NLMSG_NEXT(msg, len)) {
			if (msg->nlmsg_seq != DUMP_SEQ)
				continue;
			if (msg->nlmsg_type == NLMSG_DONE)
				return bits;
			bits |= bit_of(msg);
		}
	}
}

static void set_answer_limit(const struct conn *conn)
{
	struct timeval limit = { .tv_sec = 10 };

	setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

struct two {
	volatile pid_t pids[2];
	volatile bool go[2];
	volatile unsigned int archs;
};

static void in_namespace(struct two *two, int which)
{
	if (unshare(CLONE_NEWUSER))
		_exit(1);
	two->pids[which] = getpid();
	while (!two->go[which])
		usleep(1000);
}

static void two_of_a_user(struct two *two)
{
	struct conn conn;
	int status;

	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(2);
	conn_open(&conn);
	set_answer_limit(&conn);
	if (!fork()) {
		in_namespace(two, 0);
		ask_with_a_full_buffer(&conn, XARCH_CMD_RULE_GET);
		_exit(0);
	}
	if (!fork()) {
		in_namespace(two, 1);
		two->archs = answer(&conn, arch_bit);
		_exit(0);
	}
	while (wait(&status) > 0)
		two->go[1] = true;
	_exit(0);
}

TEST_F_TIMEOUT(dump, is_of_who_asked_not_of_who_reads, 120)
{
	struct two *two = mmap(NULL, sizeof(*two), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	char path[64];
	int i, fds[2];

	if (!pid)
		two_of_a_user(two);
	for (i = 0; i < 2; i++) {
		while (!two->pids[i])
			usleep(1000);
		snprintf(path, sizeof(path), "/proc/%d/ns/user", two->pids[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, set(&self->conn, fds[i], i + 1, NULL));
	}
	two->go[0] = true;
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(1U << 1, two->archs);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, rule_del(&self->conn, (struct scope){ XARCH_SCOPE_USER, fds[i] }, i + 1));
		close(fds[i]);
	}
	munmap(two, sizeof(*two));
}

static unsigned int set_bit(const struct nlmsghdr *msg)
{
	return record_string(msg, XARCH_A_TWINS) ? 1 : 0;
}

/* Root's socket; root reads what @uid asked. Return: as answer() */
static unsigned int sets_that_sees(uid_t uid)
{
	unsigned int bits;
	struct conn conn;
	int status;
	pid_t pid;

	conn_open(&conn);
	set_answer_limit(&conn);
	pid = fork();
	if (!pid) {
		if (setresuid(uid, uid, uid))
			_exit(1);
		ask_with_a_full_buffer(&conn, XARCH_CMD_TWINS_GET);
		_exit(0);
	}
	bits = waitpid(pid, &status, 0) == pid && !status ? answer(&conn, set_bit) : 1U << 31;
	conn_close(&conn);
	return bits;
}

TEST_F_TIMEOUT(dump, of_sets_is_of_who_asked, 120)
{
	ASSERT_TRUE(set_load(&self->conn, "private", "/mnt"));
	EXPECT_EQ(1, sets_that_sees(0));
	EXPECT_EQ(0, sets_that_sees(1000));
	EXPECT_TRUE(set_unload(&self->conn, "private", "/mnt"));
}

#define MANY_SETS 200

/* Notes of which sets the next message of an answer is, or all up to its end. */
static bool see_sets(const struct conn *conn, bool *seen, bool whole)
{
	static char room[8192] __attribute__((aligned(NLMSG_ALIGNTO)));

	do {
		int len = recv(conn->fd, room, sizeof(room), 0);
		struct nlmsghdr *msg;

		if (len <= 0)
			return false;
		for (msg = (void *)room; NLMSG_OK(msg, (unsigned int)len); msg = NLMSG_NEXT(msg, len)) {
			const char *name;

			if (msg->nlmsg_type == NLMSG_DONE)
				return whole;
			name = record_string(msg, XARCH_A_TWINS);
			if (name && !strncmp(name, "many", 4))
				seen[atoi(name + 4)] = true;
		}
	} while (whole);
	return true;
}

static int change_sets(struct conn *conn, int first, int last, const struct twin *twin)
{
	char name[16];
	int i, err = 0;

	for (i = first; i < last && !err; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		err = twin ? twins_load(conn, name, "/mnt/ld.so", twin->fd, twin, 1) :
			     twins_unload(conn, name);
	}
	return err;
}

/* Those before it go between two messages of the dump. */
TEST_F_TIMEOUT(dump, of_sets_has_all_that_stay, 120)
{
	static const uint32_t id[5] = { 1 };
	struct twin twin = { .id = id, .id_len = sizeof(id) };
	static bool seen[MANY_SETS];
	struct request request;
	struct conn conn;
	int i, missing = 0;

	ASSERT_TRUE(set_load(&self->conn, "first", "/mnt"));
	twin.fd = open("/mnt/ld.so", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, change_sets(&self->conn, 0, MANY_SETS, &twin));
	conn_open(&conn);
	set_answer_limit(&conn);
	request_begin(&request, &conn, XARCH_CMD_TWINS_GET, NLM_F_DUMP);
	ASSERT_EQ((ssize_t)request.head.nlmsg_len, send(conn.fd, &request, request.head.nlmsg_len, 0));
	ASSERT_TRUE(see_sets(&conn, seen, false));
	ASSERT_TRUE(seen[0]);
	ASSERT_FALSE(seen[MANY_SETS - 1]);
	ASSERT_EQ(0, change_sets(&self->conn, 0, 10, NULL));
	EXPECT_TRUE(see_sets(&conn, seen, true));
	for (i = 0; i < MANY_SETS; i++)
		missing += !seen[i];
	EXPECT_EQ(0, missing);
	conn_close(&conn);
	EXPECT_EQ(0, change_sets(&self->conn, 10, MANY_SETS, NULL));
	close(twin.fd);
	EXPECT_TRUE(set_unload(&self->conn, "first", "/mnt"));
}

TEST_HARNESS_MAIN
