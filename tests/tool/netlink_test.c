// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked, answered and told: each attribute there and back. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"
#define STRINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

FIXTURE(netlink)
{
	struct conn conn;
	struct request request;
	struct reply reply;
};

FIXTURE_SETUP(netlink)
{
	memset(&self->reply, 0, sizeof(self->reply));
	conn_open(&self->conn);
	rule_del(&self->conn, HOST, -1);
	ASSERT_EQ(0, rule_count(&self->conn));
}

FIXTURE_TEARDOWN(netlink)
{
	rule_del(&self->conn, HOST, -1);
	reply_free(&self->reply);
	conn_close(&self->conn);
}

TEST_F(netlink, info)
{
	request_begin(&self->request, &self->conn, XARCH_CMD_INFO_GET, NLM_F_ACK);
	ASSERT_EQ(0, conn_ask(&self->conn, &self->request, &self->reply));
	ASSERT_EQ(1, self->reply.n);
	EXPECT_EQ(XARCH_CMD_INFO_GET, record_cmd(self->reply.records[0]));
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_NE(NULL, record_string(self->reply.records[0], XARCH_A_VERSION));
	/* The transparent contract came with 7.3. */
	EXPECT_EQ(kernel_since(7, 3) ? XARCH_FEATURE_TRANSPARENT : 0,
		  record_u32(self->reply.records[0], XARCH_A_FEATURES));
	EXPECT_EQ(0, record_u32(self->reply.records[0], XARCH_A_RULES));
	EXPECT_TRUE(record_has(self->reply.records[0], XARCH_A_GENERATION));
}

/* -1: refused */
static int is_initial(struct conn *conn, uint32_t scope, int fd)
{
	struct request request;
	struct reply reply = { 0 };
	int is = -1;

	request_begin(&request, conn, XARCH_CMD_INFO_GET, NLM_F_ACK);
	put_u32(&request, XARCH_A_SCOPE, scope);
	put_u32(&request, XARCH_A_NS_FD, fd);
	if (!conn_ask(conn, &request, &reply))
		is = record_has(reply.records[0], XARCH_A_NS_INITIAL);
	reply_free(&reply);
	close(fd);
	return is;
}

static int own_mount_namespace(void *conn)
{
	if (unshare(CLONE_NEWNS))
		return 100;
	return is_initial(conn, XARCH_SCOPE_MOUNT, ns_own("mnt"));
}

TEST_F(netlink, info_of_a_namespace)
{
	EXPECT_EQ(1, is_initial(&self->conn, XARCH_SCOPE_PID, ns_own("pid")));
	EXPECT_EQ(1, is_initial(&self->conn, XARCH_SCOPE_USER, ns_own("user")));
	EXPECT_EQ(1, is_initial(&self->conn, XARCH_SCOPE_MOUNT, ns_own("mnt")));
	EXPECT_EQ(0, is_initial(&self->conn, XARCH_SCOPE_PID, ns_new("pid")));
	EXPECT_EQ(0, is_initial(&self->conn, XARCH_SCOPE_USER, ns_new("user")));
	EXPECT_EQ(0, in_child(own_mount_namespace, &self->conn));
	EXPECT_EQ(-1, is_initial(&self->conn, XARCH_SCOPE_PID, ns_own("user")));
	EXPECT_EQ(-1, is_initial(&self->conn, XARCH_SCOPE_HOST, ns_own("user")));
}

TEST_F(netlink, info_counts)
{
	uint32_t before = generation(&self->conn), after;
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_DENY };

	ASSERT_EQ(0, rule_set(&self->conn, &rule));
	after = generation(&self->conn);
	EXPECT_NE(before, after);
	EXPECT_EQ(1, rule_count(&self->conn));
	/* Even where it comes to the same. */
	ASSERT_EQ(0, rule_set(&self->conn, &rule));
	EXPECT_NE(after, generation(&self->conn));
	EXPECT_EQ(1, rule_count(&self->conn));
	after = generation(&self->conn);
	ASSERT_EQ(0, rule_del(&self->conn, HOST, ARCH));
	EXPECT_NE(after, generation(&self->conn));
	EXPECT_EQ(0, rule_count(&self->conn));
}

TEST_F(netlink, rule_there_and_back)
{
	static const char *const args[] = { "-cpu", "", " a b ", "\"", ";#", "\xff\x01\n", NULL };
	struct nlmsghdr *record;
	unsigned int i;

	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH,
		.action = XARCH_ACTION_EMULATE,
		.flags = XARCH_F_LAZY | XARCH_F_LOCKED,
		.emulator = "/no such/\xc3\xa9mulateur",
		.args = args,
	}));
	rules_get(&self->conn, false, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	record = self->reply.records[0];
	EXPECT_TRUE(record_is_documented(record));
	EXPECT_EQ(XARCH_CMD_RULE_GET, record_cmd(record));
	EXPECT_EQ(ARCH, record_u32(record, XARCH_A_ARCH));
	EXPECT_EQ(XARCH_ACTION_EMULATE, record_u32(record, XARCH_A_ACTION));
	EXPECT_EQ(XARCH_SCOPE_HOST, record_u32(record, XARCH_A_SCOPE));
	EXPECT_EQ(XARCH_F_LAZY | XARCH_F_LOCKED,
		  record_u32(record, XARCH_A_FLAGS));
	EXPECT_FALSE(record_has(record, XARCH_A_NS_INUM));
	EXPECT_STREQ("/no such/\xc3\xa9mulateur", record_string(record, XARCH_A_EMULATOR));
	for (i = 0; args[i]; i++)
		EXPECT_STREQ(args[i], record_arg(record, i));
	EXPECT_EQ(NULL, record_arg(record, i));
	EXPECT_GT(10000, record_u64(record, XARCH_A_AGE_MS));
	EXPECT_NE(UINT32_MAX, record_u32(record, XARCH_A_OWNER_USERNS));
	EXPECT_EQ(0, record_u64(record, XARCH_A_EMULATED));
	EXPECT_EQ(0, record_u64(record, XARCH_A_DENIED));
	EXPECT_EQ(0, record_u64(record, XARCH_A_FAILED));
	EXPECT_FALSE(record_has(record, XARCH_A_LAST_USED_MS));
	EXPECT_EQ(generation(&self->conn), record_u32(record, XARCH_A_GENERATION));
}

/* As if it were left out. */
TEST_F(netlink, scope_of_the_host)
{
	request_rule(&self->request, &self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY });
	put_u32(&self->request, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	EXPECT_EQ(0, conn_ask(&self->conn, &self->request, &self->reply));
	EXPECT_EQ(1, rule_count(&self->conn));
}

TEST_F(netlink, every_arch)
{
	unsigned int arch, n = 0;

	for (arch = 0; arch <= XARCH_ARCH_MAX; arch++) {
		if (arch == XARCH_ARCH_X86_64)
			continue;
		n++;
		EXPECT_EQ(0, rule_set(&self->conn, &(struct rule){
			.arch = arch, .action = arch % __XARCH_ACTION_MAX,
			.flags = XARCH_F_LOCKED | (arch % __XARCH_ACTION_MAX ? 0 : XARCH_F_LAZY),
			.emulator = arch % __XARCH_ACTION_MAX ? NULL : "/e",
		}));
	}
	rules_get(&self->conn, true, &self->reply);
	EXPECT_EQ(n, self->reply.n);
	for (arch = n = 0; arch <= XARCH_ARCH_MAX && n < self->reply.n; arch++) {
		if (arch == XARCH_ARCH_X86_64)
			continue;
		EXPECT_TRUE(record_is_documented(self->reply.records[n]));
		EXPECT_EQ(arch, record_u32(self->reply.records[n], XARCH_A_ARCH));
		EXPECT_EQ(arch % __XARCH_ACTION_MAX,
			  record_u32(self->reply.records[n++], XARCH_A_ACTION));
	}
}

TEST_F(netlink, every_flag_alone)
{
	uint32_t bit;

	for (bit = 1; bit <= XARCH_F_PLAIN; bit <<= 1) {
		if (bit == XARCH_F_TRANSPARENT && !(features(&self->conn) & XARCH_FEATURE_TRANSPARENT))
			continue;
		EXPECT_EQ(0, rule_set(&self->conn, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = bit,
			.emulator = QEMU,
		}));
		rules_get(&self->conn, true, &self->reply);
		ASSERT_EQ(1, self->reply.n);
		EXPECT_EQ(bit, record_u32(self->reply.records[0], XARCH_A_FLAGS));
	}
	/* What is not said is not kept from the rule before. */
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_PASS }));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_EQ(0, record_u32(self->reply.records[0], XARCH_A_FLAGS));
	EXPECT_FALSE(record_has(self->reply.records[0], XARCH_A_EMULATOR));
}

/* The path is the name by which the emulator is called, and need not be there. */
TEST_F(netlink, emulator_by_descriptor)
{
	int fd = open(QEMU, O_RDONLY | O_CLOEXEC);
	struct stat stat;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &stat));
	EXPECT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.flags = XARCH_F_CREDENTIALS | XARCH_F_LOCKED,
		.emulator = "/not/there", .emulator_fd = fd, .args = STRINGS("-cpu", "max"),
	}));
	close(fd);
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_STREQ("/not/there", record_string(self->reply.records[0], XARCH_A_EMULATOR));
	EXPECT_EQ(stat.st_dev, record_u32(self->reply.records[0], XARCH_A_EMULATOR_DEV));
	EXPECT_EQ(stat.st_ino, record_u64(self->reply.records[0], XARCH_A_EMULATOR_INO));
	EXPECT_EQ(XARCH_F_CREDENTIALS | XARCH_F_LOCKED,
		  record_u32(self->reply.records[0], XARCH_A_FLAGS));
	EXPECT_EQ(RAN, run_arch(ARCH));
}

TEST_F(netlink, every_scope)
{
	static const struct {
		uint32_t scope;
		const char *kind;
	} scopes[] = {
		{ XARCH_SCOPE_USER, "user" },
		{ XARCH_SCOPE_PID, "pid" },
		{ XARCH_SCOPE_MOUNT, "mnt" },
	};
	struct nlmsghdr *record;
	struct scope scope;
	struct stat st;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(scopes); i++) {
		/* Another one, for a change: its owner is this program's as well. */
		if (scopes[i].scope == XARCH_SCOPE_MOUNT)
			ASSERT_EQ(0, unshare(CLONE_NEWNS));
		fd = scopes[i].scope == XARCH_SCOPE_MOUNT ? ns_own("mnt") : ns_new(scopes[i].kind);
		ASSERT_EQ(0, fstat(fd, &st));
		scope = (struct scope){ scopes[i].scope, fd };
		ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_DENY, .scope = scope }));
		/* Narrowed to the scope, and to the arch; with all others. */
		request_begin(&self->request, &self->conn, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		put_u32(&self->request, XARCH_A_SCOPE, scopes[i].scope);
		put_u32(&self->request, XARCH_A_NS_FD, fd);
		put_u32(&self->request, XARCH_A_ARCH, ARCH);
		ASSERT_EQ(0, conn_ask(&self->conn, &self->request, &self->reply));
		ASSERT_EQ(1, self->reply.n);
		record = self->reply.records[0];
		EXPECT_TRUE(record_is_documented(record));
		EXPECT_EQ(scopes[i].scope, record_u32(record, XARCH_A_SCOPE));
		EXPECT_EQ(st.st_ino, record_u32(record, XARCH_A_NS_INUM));
		rules_get(&self->conn, false, &self->reply);
		EXPECT_EQ(1, self->reply.n);
		rules_get(&self->conn, true, &self->reply);
		EXPECT_EQ(0, self->reply.n);

		EXPECT_EQ(-ENOENT, rule_del(&self->conn, scope, ARCH + 1));
		EXPECT_EQ(0, rule_del(&self->conn, scope, ARCH));
		EXPECT_EQ(-ENOENT, rule_del(&self->conn, scope, -1));
		EXPECT_EQ(0, rule_count(&self->conn));
		close(fd);
	}
}

TEST_F(netlink, longest_rule)
{
	char path[XARCH_PATH_LEN + 1] = "/", text[XARCH_ARGS_MAX][XARCH_ARGS_LEN];
	char want[3 * XARCH_PATH_LEN], told[3 * XARCH_PATH_LEN];
	const char *args[XARCH_ARGS_MAX + 1];
	struct nlmsghdr *record;
	unsigned int i;
	struct conn ears;

	memset(path + 1, 'p', XARCH_PATH_LEN - 1);
	path[XARCH_PATH_LEN] = '\0';
	/* As many as may be, and as long: 128 bytes each, NUL included. */
	for (i = 0; i < XARCH_ARGS_MAX; i++) {
		memset(text[i], 'a' + i % 26, XARCH_ARGS_LEN / XARCH_ARGS_MAX - 1);
		text[i][XARCH_ARGS_LEN / XARCH_ARGS_MAX - 1] = '\0';
		args[i] = text[i];
	}
	args[i] = NULL;
	conn_open(&ears);
	if (ears.config)
		ASSERT_EQ(0, conn_join(&ears, ears.config));
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = path, .args = args,
	}));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	record = self->reply.records[0];
	EXPECT_TRUE(record_is_documented(record));
	EXPECT_STREQ(path, record_string(record, XARCH_A_EMULATOR));
	for (i = 0; i < XARCH_ARGS_MAX; i++)
		EXPECT_STREQ(args[i], record_arg(record, i));
	record_describe(record, want, sizeof(want));
	if (ears.config) {
		record = conn_event(&ears, 5000);
		ASSERT_NE(NULL, record);
		EXPECT_TRUE(record_is_documented(record));
		record_describe(record, told, sizeof(told));
		EXPECT_STREQ(want, told);
		free(record);
	}
	conn_close(&ears);

	/* One argument that takes all the room there is. */
	memset(path, 'x', XARCH_ARGS_LEN - 1);
	path[XARCH_ARGS_LEN - 1] = '\0';
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = STRINGS(path),
	}));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_STREQ(path, record_arg(self->reply.records[0], 0));
}

TEST_F(netlink, config_events)
{
	struct nlmsghdr *event;
	char told[256], got[256];
	struct conn ears;

	if (!self->conn.config)
		SKIP(return, "no groups on this kernel");
	conn_open(&ears);
	ASSERT_EQ(0, conn_join(&ears, ears.config));
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = STRINGS("-one", "", "two"),
	}));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	record_describe(self->reply.records[0], got, sizeof(got));
	event = conn_event(&ears, 5000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_RULE_SET, record_cmd(event));
	EXPECT_TRUE(record_is_documented(event));
	record_describe(event, told, sizeof(told));
	EXPECT_STREQ(got, told);
	free(event);

	ASSERT_EQ(0, rule_del(&self->conn, HOST, -1));
	event = conn_event(&ears, 5000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_RULE_DEL, record_cmd(event));
	record_describe(event, told, sizeof(told));
	EXPECT_STREQ(got, told);
	free(event);

	/* What is refused is told to nobody. */
	EXPECT_EQ(-ENOENT, rule_del(&self->conn, HOST, -1));
	EXPECT_EQ(NULL, conn_event(&ears, 200));
	conn_close(&ears);
}

TEST_F(netlink, exec_events)
{
	static const struct {
		uint32_t action;
		const char *emulator;
		uint32_t flags, error;
	} cases[] = {
		{ XARCH_ACTION_EMULATE, QEMU, 0, 0 },
		{ XARCH_ACTION_DENY, NULL, 0, EACCES },
		{ XARCH_ACTION_EMULATE, "/no/such", XARCH_F_LAZY, ENOENT },
	};
	int pid_ns = ns_own("pid");
	struct nlmsghdr *event;
	struct stat st;
	struct conn ears;
	unsigned int i;

	if (!self->conn.exec)
		SKIP(return, "no groups on this kernel");
	ASSERT_EQ(0, fstat(pid_ns, &st));
	close(pid_ns);
	conn_open(&ears);
	ASSERT_EQ(0, conn_join(&ears, ears.exec));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
			.arch = ARCH, .action = cases[i].action, .flags = cases[i].flags,
			.emulator = cases[i].emulator }));
		EXPECT_EQ(cases[i].error ? -(int)cases[i].error : RAN, run_arch(ARCH));
		event = conn_event(&ears, 5000);
		ASSERT_NE(NULL, event);
		EXPECT_TRUE(record_is_documented(event));
		EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
		EXPECT_EQ(ARCH, record_u32(event, XARCH_A_ARCH));
		EXPECT_EQ(cases[i].action, record_u32(event, XARCH_A_ACTION));
		EXPECT_EQ(XARCH_SCOPE_HOST, record_u32(event, XARCH_A_SCOPE));
		EXPECT_FALSE(record_has(event, XARCH_A_NS_INUM));
		EXPECT_LT(1, record_u32(event, XARCH_A_PID));
		EXPECT_EQ(st.st_ino, record_u32(event, XARCH_A_PID_NS_INUM));
		EXPECT_EQ(0, record_u32(event, XARCH_A_UID));
		EXPECT_STREQ("netlink_test", record_string(event, XARCH_A_COMM));
		EXPECT_EQ(0, strncmp("/tmp/xarch-tool.", record_string(event, XARCH_A_PATH), 16));
		if (cases[i].emulator) {
			EXPECT_STREQ(cases[i].emulator, record_string(event, XARCH_A_EMULATOR));
		} else {
			EXPECT_FALSE(record_has(event, XARCH_A_EMULATOR));
		}
		EXPECT_EQ(cases[i].error ?: UINT32_MAX, record_u32(event, XARCH_A_ERROR));
		free(event);
	}
	conn_close(&ears);
}

/* Generic netlink leaves versions to the family; this one has had one so far. */
TEST_F(netlink, any_version_is_answered)
{
	request_begin(&self->request, &self->conn, XARCH_CMD_INFO_GET, NLM_F_ACK);
	request_genl(&self->request)->version = XARCH_GENL_VERSION + 1;
	EXPECT_EQ(0, conn_ask(&self->conn, &self->request, &self->reply));
	EXPECT_EQ(1, self->reply.n);
}

TEST_F(netlink, resolve)
{
	uint32_t verdict;
	size_t i;

	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY }));
	request_begin(&self->request, &self->conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, getpid());
	ASSERT_EQ(0, conn_ask(&self->conn, &self->request, &self->reply));
	/* Mount, pid, user, host at least; the host's wins. */
	ASSERT_LE(4, self->reply.n);
	for (i = 0; i < self->reply.n; i++) {
		EXPECT_TRUE(record_is_documented(self->reply.records[i]));
		verdict = record_u32(self->reply.records[i], XARCH_A_VERDICT);
		EXPECT_EQ(i == self->reply.n - 1 ? XARCH_VERDICT_WINS : XARCH_VERDICT_NONE,
			  verdict);
	}
	EXPECT_EQ(XARCH_SCOPE_MOUNT, record_u32(self->reply.records[0], XARCH_A_SCOPE));
	EXPECT_EQ(XARCH_ACTION_DENY, record_u32(self->reply.records[i - 1], XARCH_A_ACTION));
}

TEST_F(netlink, counters)
{
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU }));
	ASSERT_EQ(RAN, run_arch(ARCH));
	ASSERT_EQ(RAN, run_arch(ARCH));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_EQ(2, record_u64(self->reply.records[0], XARCH_A_EMULATED));
	EXPECT_EQ(0, record_u64(self->reply.records[0], XARCH_A_DENIED));
	EXPECT_EQ(0, record_u64(self->reply.records[0], XARCH_A_FAILED));
	EXPECT_GT(60000, record_u64(self->reply.records[0], XARCH_A_LAST_USED_MS));
}

/* A refusal says what would do, at a dump's end as well, where the kernel has a place for it. */
TEST_F(netlink, refusals_come_with_the_policy)
{
	static const struct {
		uint8_t cmd;
		uint16_t flags;
	} requests[] = {
		{ XARCH_CMD_RULE_DEL, NLM_F_ACK },
		{ XARCH_CMD_RULE_GET, NLM_F_DUMP },
		{ XARCH_CMD_RESOLVE, NLM_F_DUMP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		request_begin(&self->request, &self->conn, requests[i].cmd, requests[i].flags);
		put_u32(&self->request, XARCH_A_ARCH, 9999);
		EXPECT_EQ(-ERANGE, conn_ask(&self->conn, &self->request, &self->reply));
		EXPECT_EQ(!(requests[i].flags & NLM_F_DUMP) || kernel_since(6, 2), self->reply.policy);
	}
}

static int from_another_netns(void *arg)
{
	struct conn conn;

	(void)arg;
	if (unshare(CLONE_NEWNET))
		return 100;
	conn_open(&conn);
	return rule_set(&conn, &(struct rule){ .arch = ARCH, .action = XARCH_ACTION_DENY });
}

TEST_F(netlink, another_network_namespace)
{
	ASSERT_EQ(0, in_child(from_another_netns, NULL));
	rules_get(&self->conn, true, &self->reply);
	EXPECT_EQ(1, self->reply.n);
	EXPECT_EQ(-EACCES, run_arch(ARCH));
}

TEST_HARNESS_MAIN
