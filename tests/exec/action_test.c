// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * emulate, deny, pass and no rule at all, beside binfmt_misc in whatever order
 * the two were loaded; and what is counted and told of each.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "netlink.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000

FIXTURE(action)
{
	const char *emulator;
	const char *misc;
};

FIXTURE_SETUP(action)
{
	char line[300];

	lab_open();
	lab_emulator("emulator");
	lab_emulator("misc");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
	self->misc = lab_path("misc");
	snprintf(line, sizeof(line), "#!%s\n", lab_path("prog"));
	lab_write("script", line, strlen(line), 0755);
	misc_mount();
	misc_remove("xarch-test");
}

FIXTURE_TEARDOWN(action)
{
	misc_remove("xarch-test");
	lab_close();
}

/* The entry that distributions register, but for its name. */
static void register_aarch64(const char *emulator)
{
	char entry[600];

	snprintf(entry, sizeof(entry), ":xarch-test:M::"
		 "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
		 "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
		 "%s:POCF", emulator);
	misc_register(entry);
}

/* Who ran it: an emulator's path as argv[0], or the exec's errno. */
static const char *who_runs(const char *path)
{
	static char answer[512];
	struct outcome o;

	launch(&(struct launch){ .path = path }, &o);
	snprintf(answer, sizeof(answer), "%s",
		 o.error ? strerror(o.error) : report_get(&o, "arg", 0) ?: "nobody");
	outcome_free(&o);
	return answer;
}

#define DENIED strerror(EACCES)
#define NOBODY strerror(ENOEXEC)

TEST_F(action, deny)
{
	ASSERT_EQ(0, rule_deny(ARCH));
	EXPECT_STREQ(DENIED, who_runs("./prog"));
	EXPECT_STREQ(DENIED, who_runs("./script"));
	register_aarch64(self->misc);
	EXPECT_STREQ(DENIED, who_runs("./prog"));
	EXPECT_STREQ(DENIED, who_runs("./script"));
}

TEST_F(action, deny_holds_for_every_way_in)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	struct outcome o;

	ASSERT_EQ(0, rule_deny(ARCH));
	launch(&(struct launch){ .path = "", .at = true, .dirfd = fd,
				 .at_flags = AT_EMPTY_PATH }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	launch(&(struct launch){ .path = "/prog", .root = "." }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	launch(&(struct launch){ .path = "./prog", .null_argv = true }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
}

TEST_F(action, emulate_comes_before_binfmt_misc)
{
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	register_aarch64(self->misc);
	EXPECT_STREQ(self->emulator, who_runs("./prog"));
	EXPECT_STREQ(self->emulator, who_runs("./script"));
}

TEST_F(action, pass_leaves_it_to_binfmt_misc)
{
	struct rule_state state;

	ASSERT_EQ(0, rule_pass(ARCH));
	EXPECT_STREQ(NOBODY, who_runs("./prog"));
	register_aarch64(self->misc);
	EXPECT_STREQ(self->misc, who_runs("./prog"));
	EXPECT_STREQ(self->misc, who_runs("./script"));
	misc_remove("xarch-test");
	EXPECT_STREQ(NOBODY, who_runs("./prog"));
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(0, state.emulated + state.denied + state.failed);
	EXPECT_EQ(UINT64_MAX, state.last_used_ms);
}

TEST_F(action, no_rule_is_like_no_module)
{
	EXPECT_STREQ(NOBODY, who_runs("./prog"));
	register_aarch64(self->misc);
	EXPECT_STREQ(self->misc, who_runs("./prog"));
	/* A rule for a neighbour changes nothing. */
	ASSERT_EQ(0, rule_deny(XARCH_ARCH_AARCH64_BE));
	EXPECT_STREQ(self->misc, who_runs("./prog"));
}

TEST_F(action, rules_are_per_arch)
{
	lab_program("other", XARCH_ARCH_RISCV64, 0755);
	lab_program("third", XARCH_ARCH_S390X, 0755);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_RISCV64, self->misc, 0));
	ASSERT_EQ(0, rule_deny(XARCH_ARCH_S390X));
	EXPECT_STREQ(self->emulator, who_runs("./prog"));
	EXPECT_STREQ(self->misc, who_runs("./other"));
	EXPECT_STREQ(DENIED, who_runs("./third"));
	ASSERT_EQ(0, rule_del(NULL, HOST, XARCH_ARCH_RISCV64));
	EXPECT_STREQ(self->emulator, who_runs("./prog"));
	EXPECT_STREQ(NOBODY, who_runs("./other"));
	EXPECT_STREQ(DENIED, who_runs("./third"));
}

/* binfmt_misc puts itself at the head of the line whenever it is loaded. */
TEST_F_TIMEOUT(action, first_whenever_binfmt_misc_is_loaded, 120)
{
	int i;

	for (i = 0; i < 5; i++) {
		misc_unload();
		EXPECT_STREQ(NOBODY, who_runs("./prog"));
		misc_load();
		register_aarch64(self->misc);
		EXPECT_STREQ(self->misc, who_runs("./prog"));
		ASSERT_EQ(0, rule_deny(ARCH));
		EXPECT_STREQ(DENIED, who_runs("./prog"));
		EXPECT_STREQ(DENIED, who_runs("./script"));
		ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
		EXPECT_STREQ(self->emulator, who_runs("./prog"));
		ASSERT_EQ(0, rule_pass(ARCH));
		EXPECT_STREQ(self->misc, who_runs("./prog"));
		ASSERT_EQ(0, rule_clear());
	}
}

TEST_F(action, counters_start_at_zero)
{
	struct rule_state state;

	EXPECT_EQ(-ENOENT, rule_get(ARCH, &state));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(XARCH_ACTION_EMULATE, state.action);
	EXPECT_EQ(0, state.emulated + state.denied + state.failed);
	EXPECT_EQ(UINT64_MAX, state.last_used_ms);
	who_runs("./prog");
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(1, state.emulated);
	EXPECT_NE(UINT64_MAX, state.last_used_ms);
	/* A rule that is set anew is a new one. */
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(0, state.emulated);
	EXPECT_EQ(UINT64_MAX, state.last_used_ms);
}

#define EXECS 40

/* @n processes for each of the two CPUs, all at the same time. */
static void execs_on_both_cpus(unsigned int n)
{
	static struct outcome o[2 * EXECS];
	unsigned int i;

	for (i = 0; i < 2 * n; i++)
		launch_begin(&(struct launch){
			.path = "./prog",
			.cpu = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1 + i % 2 : 1,
		}, &o[i]);
	for (i = 0; i < 2 * n; i++) {
		launch_end(&o[i]);
		outcome_free(&o[i]);
	}
}

TEST_F_TIMEOUT(action, counters_are_exact, 120)
{
	struct rule_state state;

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	execs_on_both_cpus(EXECS);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(2 * EXECS, state.emulated);
	EXPECT_EQ(0, state.denied + state.failed);

	ASSERT_EQ(0, rule_deny(ARCH));
	execs_on_both_cpus(EXECS);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(2 * EXECS, state.denied);
	EXPECT_EQ(0, state.emulated + state.failed);

	ASSERT_EQ(0, rule_emulate(ARCH, "/nowhere", XARCH_F_LAZY));
	execs_on_both_cpus(EXECS);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(2 * EXECS, state.failed);
	EXPECT_EQ(0, state.emulated + state.denied);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

TEST_F(action, last_use)
{
	struct rule_state state;
	uint64_t before, after;

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	before = now_ms();
	who_runs("./prog");
	after = now_ms();
	usleep(300000);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	ASSERT_NE(UINT64_MAX, state.last_used_ms);
	EXPECT_LE(now_ms() - after - 1, state.last_used_ms + 100);
	EXPECT_LE(300, state.last_used_ms + 1);
	EXPECT_LE(state.last_used_ms, now_ms() - before + 1);
}

TEST_F(action, events)
{
	struct nlmsghdr *event;
	struct outcome o;
	struct conn conn;
	int err = events_open(&conn);

	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel cannot restrict a group to administrators");
	ASSERT_EQ(0, err);

	/* Redirected, by a user. The name is the task's from before. */
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	while ((event = conn_event(&conn, 0)))
		free(event);
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	event = conn_event(&conn, 2000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
	EXPECT_EQ(ARCH, record_u32(event, XARCH_A_ARCH));
	EXPECT_EQ(XARCH_ACTION_EMULATE, record_u32(event, XARCH_A_ACTION));
	EXPECT_EQ(XARCH_SCOPE_HOST, record_u32(event, XARCH_A_SCOPE));
	EXPECT_EQ((uint32_t)o.pid, record_u32(event, XARCH_A_PID));
	EXPECT_EQ(USER, record_u32(event, XARCH_A_UID));
	EXPECT_EQ(UINT32_MAX, record_u32(event, XARCH_A_ERROR));
	EXPECT_STREQ("action_test", record_string(event, XARCH_A_COMM));
	EXPECT_STREQ("./prog", record_string(event, XARCH_A_PATH));
	EXPECT_STREQ(self->emulator, record_string(event, XARCH_A_EMULATOR));
	free(event);
	outcome_free(&o);

	/* Failed. */
	ASSERT_EQ(0, rule_emulate(ARCH, "/nowhere", XARCH_F_LAZY));
	launch(&(struct launch){ .path = lab_path("prog") }, &o);
	event = conn_event(&conn, 2000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
	EXPECT_EQ(XARCH_ACTION_EMULATE, record_u32(event, XARCH_A_ACTION));
	EXPECT_EQ((uint32_t)o.pid, record_u32(event, XARCH_A_PID));
	EXPECT_EQ(0, record_u32(event, XARCH_A_UID));
	EXPECT_EQ(ENOENT, record_u32(event, XARCH_A_ERROR));
	EXPECT_STREQ(lab_path("prog"), record_string(event, XARCH_A_PATH));
	EXPECT_STREQ("/nowhere", record_string(event, XARCH_A_EMULATOR));
	free(event);
	outcome_free(&o);

	/* Denied, through a script: the path is what was executed. */
	ASSERT_EQ(0, rule_deny(ARCH));
	launch(&(struct launch){ .path = "./script" }, &o);
	event = conn_event(&conn, 2000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
	EXPECT_EQ(ARCH, record_u32(event, XARCH_A_ARCH));
	EXPECT_EQ(XARCH_ACTION_DENY, record_u32(event, XARCH_A_ACTION));
	EXPECT_EQ((uint32_t)o.pid, record_u32(event, XARCH_A_PID));
	EXPECT_EQ(EACCES, record_u32(event, XARCH_A_ERROR));
	EXPECT_STREQ("./script", record_string(event, XARCH_A_PATH));
	EXPECT_FALSE(record_has(event, XARCH_A_EMULATOR));
	free(event);
	outcome_free(&o);

	/* Neither passed nor native ones. */
	ASSERT_EQ(0, rule_pass(ARCH));
	who_runs("./prog");
	who_runs(self->emulator);
	EXPECT_EQ(NULL, conn_event(&conn, 200));
	conn_close(&conn);
}

TEST_HARNESS_MAIN
