// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked, answered and told: each attribute there and back. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "nl.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"
#define STRINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

FIXTURE(netlink)
{
	struct nl nl;
	struct request request;
	struct reply reply;
};

FIXTURE_SETUP(netlink)
{
	memset(&self->reply, 0, sizeof(self->reply));
	nl_open(&self->nl);
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	ASSERT_EQ(0, rule_count(&self->nl));
}

FIXTURE_TEARDOWN(netlink)
{
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	reply_free(&self->reply);
	nl_close(&self->nl);
}

static bool transparent(struct nl *nl)
{
	struct request request;
	struct reply reply = { 0 };
	bool can;

	request_begin(&request, nl, XARCH_CMD_INFO_GET, NLM_F_ACK);
	can = !nl_ask(nl, &request, &reply) &&
	      record_u32(reply.records[0], XARCH_A_FEATURES) & XARCH_FEATURE_TRANSPARENT;
	reply_free(&reply);
	return can;
}

TEST_F(netlink, info)
{
	request_begin(&self->request, &self->nl, XARCH_CMD_INFO_GET, NLM_F_ACK);
	ASSERT_EQ(0, nl_ask(&self->nl, &self->request, &self->reply));
	ASSERT_EQ(1, self->reply.n);
	EXPECT_EQ(XARCH_CMD_INFO_GET, record_cmd(self->reply.records[0]));
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_NE(NULL, record_string(self->reply.records[0], XARCH_A_VERSION));
	EXPECT_EQ(0, record_u32(self->reply.records[0], XARCH_A_FEATURES) &
		     ~XARCH_FEATURE_TRANSPARENT);
	EXPECT_EQ(0, record_u32(self->reply.records[0], XARCH_A_RULES));
	EXPECT_TRUE(record_has(self->reply.records[0], XARCH_A_GENERATION));
}

TEST_F(netlink, info_counts)
{
	uint32_t before = generation(&self->nl), after;
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_DENY };

	ASSERT_EQ(0, rule_set(&self->nl, &rule));
	after = generation(&self->nl);
	EXPECT_NE(before, after);
	EXPECT_EQ(1, rule_count(&self->nl));
	/* Even where it comes to the same. */
	ASSERT_EQ(0, rule_set(&self->nl, &rule));
	EXPECT_NE(after, generation(&self->nl));
	EXPECT_EQ(1, rule_count(&self->nl));
	after = generation(&self->nl);
	ASSERT_EQ(0, rule_del(&self->nl, ARCH, XARCH_SCOPE_HOST, 0));
	EXPECT_NE(after, generation(&self->nl));
	EXPECT_EQ(0, rule_count(&self->nl));
}

TEST_F(netlink, rule_there_and_back)
{
	static const char *const args[] = { "-cpu", "", " a b ", "\"", ";#", "\xff\x01\n", NULL };
	struct record *record;
	unsigned int i;

	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH,
		.action = XARCH_ACTION_EMULATE,
		.flags = XARCH_F_LAZY | XARCH_F_LOCKED,
		.emulator = "/no such/\xc3\xa9mulateur",
		.args = args,
	}));
	rules_get(&self->nl, false, &self->reply);
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
	EXPECT_EQ(generation(&self->nl), record_u32(record, XARCH_A_GENERATION));
}

TEST_F(netlink, every_arch)
{
	unsigned int arch, n = 0;

	for (arch = 0; arch <= XARCH_ARCH_MAX; arch++) {
		if (arch == XARCH_ARCH_X86_64)
			continue;
		n++;
		EXPECT_EQ(0, rule_set(&self->nl, &(struct rule){
			.arch = arch, .action = arch % __XARCH_ACTION_MAX,
			.flags = XARCH_F_LOCKED | (arch % __XARCH_ACTION_MAX ? 0 : XARCH_F_LAZY),
			.emulator = arch % __XARCH_ACTION_MAX ? NULL : "/e",
		}));
	}
	rules_get(&self->nl, true, &self->reply);
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

	for (bit = 1; bit <= XARCH_F_TRANSPARENT; bit <<= 1) {
		if (bit == XARCH_F_TRANSPARENT && !transparent(&self->nl))
			break;
		EXPECT_EQ(0, rule_set(&self->nl, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = bit,
			.emulator = QEMU,
		}));
		rules_get(&self->nl, true, &self->reply);
		ASSERT_EQ(1, self->reply.n);
		EXPECT_EQ(bit, record_u32(self->reply.records[0], XARCH_A_FLAGS));
	}
	/* What is not said is not kept from the rule before. */
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_PASS }));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_EQ(0, record_u32(self->reply.records[0], XARCH_A_FLAGS));
	EXPECT_FALSE(record_has(self->reply.records[0], XARCH_A_EMULATOR));
}

/* The path is the name by which the emulator is called, and need not be there. */
TEST_F(netlink, emulator_by_descriptor)
{
	int fd = open(QEMU, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.flags = XARCH_F_CREDENTIALS | XARCH_F_LOCKED,
		.emulator = "/not/there", .emulator_fd = fd, .args = STRINGS("-cpu", "max"),
	}));
	close(fd);
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_STREQ("/not/there", record_string(self->reply.records[0], XARCH_A_EMULATOR));
	EXPECT_EQ(XARCH_F_CREDENTIALS | XARCH_F_LOCKED,
		  record_u32(self->reply.records[0], XARCH_A_FLAGS));
	EXPECT_EQ(RAN, run_program(ARCH));
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
	struct record *record;
	struct stat st;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(scopes); i++) {
		/* Another one, for a change: its owner is this program's as well. */
		if (scopes[i].scope == XARCH_SCOPE_MOUNT)
			ASSERT_EQ(0, unshare(CLONE_NEWNS));
		fd = scopes[i].scope == XARCH_SCOPE_MOUNT ? ns_own("mnt") : ns_new(scopes[i].kind);
		ASSERT_EQ(0, fstat(fd, &st));
		ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_DENY,
			.scope = scopes[i].scope, .ns_fd = fd,
		}));
		/* Narrowed to the scope, and to the arch; with all others. */
		request_begin(&self->request, &self->nl, XARCH_CMD_RULE_GET, NLM_F_DUMP);
		put_u32(&self->request, XARCH_A_SCOPE, scopes[i].scope);
		put_u32(&self->request, XARCH_A_NS_FD, fd);
		put_u32(&self->request, XARCH_A_ARCH, ARCH);
		ASSERT_EQ(0, nl_ask(&self->nl, &self->request, &self->reply));
		ASSERT_EQ(1, self->reply.n);
		record = self->reply.records[0];
		EXPECT_TRUE(record_is_documented(record));
		EXPECT_EQ(scopes[i].scope, record_u32(record, XARCH_A_SCOPE));
		EXPECT_EQ(st.st_ino, record_u32(record, XARCH_A_NS_INUM));
		rules_get(&self->nl, false, &self->reply);
		EXPECT_EQ(1, self->reply.n);
		rules_get(&self->nl, true, &self->reply);
		EXPECT_EQ(0, self->reply.n);

		EXPECT_EQ(ENOENT, rule_del(&self->nl, ARCH + 1, scopes[i].scope, fd));
		EXPECT_EQ(0, rule_del(&self->nl, ARCH, scopes[i].scope, fd));
		EXPECT_EQ(ENOENT, rule_del(&self->nl, -1, scopes[i].scope, fd));
		EXPECT_EQ(0, rule_count(&self->nl));
		close(fd);
	}
}

TEST_F(netlink, longest_rule)
{
	char path[XARCH_PATH_LEN + 1] = "/", text[XARCH_ARGS_MAX][XARCH_ARGS_LEN];
	char want[3 * XARCH_PATH_LEN], told[3 * XARCH_PATH_LEN];
	const char *args[XARCH_ARGS_MAX + 1];
	struct record *record;
	unsigned int i;
	struct nl ears;

	memset(path + 1, 'p', XARCH_PATH_LEN - 1);
	path[XARCH_PATH_LEN] = '\0';
	/* As many as may be, and as long: 128 bytes each, NUL included. */
	for (i = 0; i < XARCH_ARGS_MAX; i++) {
		memset(text[i], 'a' + i % 26, XARCH_ARGS_LEN / XARCH_ARGS_MAX - 1);
		text[i][XARCH_ARGS_LEN / XARCH_ARGS_MAX - 1] = '\0';
		args[i] = text[i];
	}
	args[i] = NULL;
	nl_open(&ears);
	if (ears.config)
		ASSERT_EQ(0, nl_join(&ears, ears.config));
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = path, .args = args,
	}));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	record = self->reply.records[0];
	EXPECT_TRUE(record_is_documented(record));
	EXPECT_STREQ(path, record_string(record, XARCH_A_EMULATOR));
	for (i = 0; i < XARCH_ARGS_MAX; i++)
		EXPECT_STREQ(args[i], record_arg(record, i));
	record_describe(record, want, sizeof(want));
	if (ears.config) {
		record = nl_event(&ears, 5000);
		ASSERT_NE(NULL, record);
		EXPECT_TRUE(record_is_documented(record));
		record_describe(record, told, sizeof(told));
		EXPECT_STREQ(want, told);
		free(record);
	}
	nl_close(&ears);

	/* One argument that takes all the room there is. */
	memset(path, 'x', XARCH_ARGS_LEN - 1);
	path[XARCH_ARGS_LEN - 1] = '\0';
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = STRINGS(path),
	}));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_STREQ(path, record_arg(self->reply.records[0], 0));
}

TEST_F(netlink, config_events)
{
	struct record *event;
	char told[256], got[256];
	struct nl ears;

	if (!self->nl.config)
		SKIP(return, "no groups on this kernel");
	nl_open(&ears);
	ASSERT_EQ(0, nl_join(&ears, ears.config));
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = STRINGS("-one", "", "two"),
	}));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	record_describe(self->reply.records[0], got, sizeof(got));
	event = nl_event(&ears, 5000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_RULE_SET, record_cmd(event));
	EXPECT_TRUE(record_is_documented(event));
	record_describe(event, told, sizeof(told));
	EXPECT_STREQ(got, told);
	free(event);

	ASSERT_EQ(0, rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0));
	event = nl_event(&ears, 5000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_RULE_DEL, record_cmd(event));
	record_describe(event, told, sizeof(told));
	EXPECT_STREQ(got, told);
	free(event);

	/* What is refused is told to nobody. */
	EXPECT_EQ(ENOENT, rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0));
	EXPECT_EQ(NULL, nl_event(&ears, 200));
	nl_close(&ears);
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
	struct record *event;
	struct stat st;
	struct nl ears;
	unsigned int i;

	if (!self->nl.exec)
		SKIP(return, "no groups on this kernel");
	ASSERT_EQ(0, fstat(pid_ns, &st));
	close(pid_ns);
	nl_open(&ears);
	ASSERT_EQ(0, nl_join(&ears, ears.exec));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
			.arch = ARCH, .action = cases[i].action, .flags = cases[i].flags,
			.emulator = cases[i].emulator }));
		EXPECT_EQ(cases[i].error ? (int)cases[i].error : RAN, run_program(ARCH));
		event = nl_event(&ears, 5000);
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
	nl_close(&ears);
}

/* Generic netlink leaves versions to the family; this one has had one so far. */
TEST_F(netlink, any_version_is_answered)
{
	request_begin(&self->request, &self->nl, XARCH_CMD_INFO_GET, NLM_F_ACK);
	request_genl(&self->request)->version = XARCH_GENL_VERSION + 1;
	EXPECT_EQ(0, nl_ask(&self->nl, &self->request, &self->reply));
	EXPECT_EQ(1, self->reply.n);
}

TEST_F(netlink, resolve)
{
	uint32_t verdict;
	size_t i;

	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY }));
	request_begin(&self->request, &self->nl, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, getpid());
	ASSERT_EQ(0, nl_ask(&self->nl, &self->request, &self->reply));
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
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU }));
	ASSERT_EQ(RAN, run_program(ARCH));
	ASSERT_EQ(RAN, run_program(ARCH));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(1, self->reply.n);
	EXPECT_TRUE(record_is_documented(self->reply.records[0]));
	EXPECT_EQ(2, record_u64(self->reply.records[0], XARCH_A_EMULATED));
	EXPECT_EQ(0, record_u64(self->reply.records[0], XARCH_A_DENIED));
	EXPECT_EQ(0, record_u64(self->reply.records[0], XARCH_A_FAILED));
	EXPECT_GT(60000, record_u64(self->reply.records[0], XARCH_A_LAST_USED_MS));
}

static int from_another_netns(void *arg)
{
	struct nl nl;

	(void)arg;
	if (unshare(CLONE_NEWNET))
		return 100;
	nl_open(&nl);
	return rule_set(&nl, &(struct rule){ .arch = ARCH, .action = XARCH_ACTION_DENY });
}

TEST_F(netlink, another_network_namespace)
{
	ASSERT_EQ(0, in_child(from_another_netns, NULL));
	rules_get(&self->nl, true, &self->reply);
	EXPECT_EQ(1, self->reply.n);
	EXPECT_EQ(EACCES, run_program(ARCH));
}

TEST_HARNESS_MAIN
