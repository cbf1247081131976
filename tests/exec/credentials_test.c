// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Set-id programs, run by a user: nothing comes of the bits without the flag;
 * with it they count, and the user's QEMU_* variables do not reach the emulator,
 * which has then root's rights.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000
#define QEMU "/usr/bin/qemu-aarch64"

FIXTURE(credentials)
{
	const char *emulator;
};

FIXTURE_SETUP(credentials)
{
	lab_open();
	lab_emulator("emulator");
	self->emulator = lab_path("emulator");
	lab_program("prog", ARCH, 04755);
}

FIXTURE_TEARDOWN(credentials)
{
	lab_close();
}

static int set(const char *emulator, bool credentials)
{
	return rule_emulate(ARCH, emulator, credentials ? XARCH_F_CREDENTIALS : 0);
}

static bool ids_are(const struct outcome *o, const char *euid, const char *egid,
		    const char *secure)
{
	bool euid_is = report_is(o, "euid", euid);
	bool egid_is = report_is(o, "egid", egid);
	bool secure_is = report_is(o, "secure", secure);

	return euid_is && egid_is && secure_is && report_is(o, "uid", "1000");
}

TEST_F(credentials, off_by_default)
{
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, false));
	ASSERT_EQ(0, chmod("prog", 06755));
	launch(&(struct launch){
		.path = "./prog",
		.uid = USER,
		.envp = STRINGS("QEMU_VERSION=meow", "QEMU_LOG=page", "LD_PRELOAD=x"),
	}, &o);
	EXPECT_TRUE(ids_are(&o, "1000", "1000", "0"));
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("QEMU_VERSION=meow", "QEMU_LOG=page",
						      "LD_PRELOAD=x")));
	EXPECT_TRUE(report_is(&o, "dumpable", "1"));
	outcome_free(&o);
}

TEST_F(credentials, on)
{
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_TRUE(ids_are(&o, "0", "1000", "1"));
	EXPECT_STRNE("1", report_get(&o, "dumpable", 0) ?: "none");
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, lab_path("prog"), "./prog")));
	outcome_free(&o);

	ASSERT_EQ(0, chmod("prog", 02755));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_TRUE(ids_are(&o, "1000", "0", "1"));
	outcome_free(&o);

	ASSERT_EQ(0, chmod("prog", 06755));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_TRUE(ids_are(&o, "0", "0", "1"));
	outcome_free(&o);
}

TEST_F(credentials, on_without_set_id_bits)
{
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, true));
	ASSERT_EQ(0, chmod("prog", 0755));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_TRUE(ids_are(&o, "1000", "1000", "0"));
	outcome_free(&o);
}

TEST_F(credentials, give_way_to_no_new_privs_and_nosuid)
{
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){ .path = "./prog", .uid = USER, .no_new_privs = true }, &o);
	EXPECT_TRUE(ids_are(&o, "1000", "1000", "0"));
	outcome_free(&o);

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, command("mount -t tmpfs -o nosuid tmpfs mnt"));
	lab_program("mnt/prog", ARCH, 04755);
	launch(&(struct launch){ .path = "./mnt/prog", .uid = USER }, &o);
	EXPECT_TRUE(ids_are(&o, "1000", "1000", "0"));
	outcome_free(&o);
	ASSERT_EQ(0, command("umount mnt"));
}

TEST_F(credentials, descriptor)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){
		.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
		.uid = USER, .envp = STRINGS("QEMU_GDB=1234"),
	}, &o);
	EXPECT_TRUE(ids_are(&o, "0", "1000", "1"));
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("QEMU-GDB=1234")));
	outcome_free(&o);
}

TEST_F(credentials, neutralise_variables_and_nothing_else)
{
	struct outcome o;

	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.flags = XARCH_F_CREDENTIALS, .emulator = self->emulator,
		.args = STRINGS("QEMU_ARG=1"),
	}));
	lab_program("QEMU_PROG=1", ARCH, 04755);
	launch(&(struct launch){
		.path = "QEMU_PROG=1",
		.uid = USER,
		.argv = STRINGS("QEMU_A=1", "", "QEMU_B=1", "QEMU_"),
		.envp = STRINGS("QEMU_FIRST=1", "MYQEMU_X=1", "QEMU", "QEMU_", "QEMU=1",
				"QEMU-X=1", "", "qemu_x=1", "QEMU__=", "QQEMU_X=1", "=QEMU_X",
				"QEMUX_Y=1", "QEMU_LOG=QEMU_LOG", "Q", "QEM", "\nQEMU_X=1",
				"QEMU_LAST=QEMU_1"),
	}, &o);
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, "QEMU_ARG=1",
						      lab_path("QEMU_PROG=1"), "QEMU_A=1", "", "QEMU_B=1", "QEMU_")));
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS(
		"QEMU-FIRST=1", "MYQEMU_X=1", "QEMU", "QEMU-", "QEMU=1",
		"QEMU-X=1", "", "qemu_x=1", "QEMU-_=", "QQEMU_X=1", "=QEMU_X",
		"QEMUX_Y=1", "QEMU-LOG=QEMU_LOG", "Q", "QEM", "\nQEMU_X=1",
		"QEMU-LAST=QEMU_1")));
	EXPECT_TRUE(report_is(&o, "execfn", "QEMU_PROG=1"));
	outcome_free(&o);
}

TEST_F(credentials, neutralise_in_an_empty_environment)
{
	struct outcome o;

	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){ .path = "./prog", .uid = USER, .argv = STRINGS("QEMU_A=1") }, &o);
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS()));
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, lab_path("prog"), "QEMU_A=1")));
	outcome_free(&o);
	launch(&(struct launch){ .path = "./prog", .uid = USER, .null_argv = true,
				 .envp = STRINGS("QEMU_A=1") }, &o);
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("QEMU-A=1")));
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, lab_path("prog"), "")));
	outcome_free(&o);
}

/*
 * Strings of 9 bytes over more than 9 pages: 9 and 4096 have no divisor in
 * common, so a page boundary falls behind each byte of one string or another.
 */
TEST_F(credentials, neutralise_across_page_boundaries)
{
	enum { N = 10 * 4096 / 9, ARGS = 100 };
	static const char *env[N + 1], *argv[ARGS + 1];
	struct outcome o;
	const char *at;
	int i, changed = 0;

	for (i = 0; i < N; i++)
		env[i] = "QEMU_A=1";
	for (i = 0; i < ARGS; i++)
		argv[i] = "QEMU_A=1";
	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){ .path = "./prog", .uid = USER, .argv = argv, .envp = env }, &o);
	EXPECT_EQ(0, o.error);
	/* report_get() would take quadratic time. */
	for (at = o.report; at < o.report + o.report_len; at += strlen(at) + 1) {
		if (strncmp(at, "env=", 4))
			continue;
		EXPECT_STREQ("env=QEMU-A=1", at);
		changed++;
	}
	EXPECT_EQ(N, changed);
	for (i = 0; i < ARGS; i++)
		EXPECT_STREQ("QEMU_A=1", report_get(&o, "arg", 2 + i) ?: "none");
	outcome_free(&o);
}

/* One long variable that takes whole pages, between two others. */
TEST_F(credentials, neutralise_beside_a_long_variable)
{
	static char big[100000], want[100000];
	struct outcome o;

	memset(big, 'Q', sizeof(big) - 1);
	memcpy(big, "QEMU_", 5);
	memcpy(want, big, sizeof(want));
	want[4] = '-';
	ASSERT_EQ(0, set(self->emulator, true));
	launch(&(struct launch){ .path = "./prog", .uid = USER,
				 .envp = STRINGS("QEMU_A=", big, "QEMU_B=") }, &o);
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("QEMU-A=", want, "QEMU-B=")));
	outcome_free(&o);
}

/* What it is all for. The log would be root's file in a directory of root's. */
TEST_F(credentials, qemu_writes_no_log_for_its_caller)
{
	char log[200], name[300];
	struct outcome o;

	ASSERT_EQ(0, mkdir("root-only", 0700));
	snprintf(log, sizeof(log), "%s", lab_path("root-only/log"));
	snprintf(name, sizeof(name), "QEMU_LOG_FILENAME=%s", log);
	ASSERT_EQ(0, rule_emulate(ARCH, QEMU, 0));

	/* It would, if it saw the variables and had the right. */
	launch(&(struct launch){ .path = "./prog", .envp = STRINGS("QEMU_LOG=page", name) }, &o);
	EXPECT_EQ(42, WEXITSTATUS(o.status));
	EXPECT_EQ(0, access(log, F_OK));
	outcome_free(&o);
	unlink(log);

	ASSERT_EQ(0, rule_emulate(ARCH, QEMU, XARCH_F_CREDENTIALS));
	launch(&(struct launch){ .path = "./prog", .uid = USER,
				 .envp = STRINGS("QEMU_LOG=page", name) }, &o);
	EXPECT_EQ(42, WEXITSTATUS(o.status));
	EXPECT_STREQ("", o.err);
	EXPECT_NE(0, access(log, F_OK));
	outcome_free(&o);
}

TEST_HARNESS_MAIN
