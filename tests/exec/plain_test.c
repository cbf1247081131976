// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plain rule: its emulator gets argv as binfmt_misc makes it without flags, and nothing
 * that tells more of the program.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#include "../../tools/probe.h"
#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"
#define USER 1000

FIXTURE(plain)
{
	const char *emulator;
	const char *prog;
};

FIXTURE_SETUP(plain)
{
	lab_open();
	lab_emulator("emulator");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
	self->prog = lab_path("prog");
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_PLAIN));
}

FIXTURE_TEARDOWN(plain)
{
	lab_close();
}

/* Launch, and compare argv and what of auxv is about the contract. */
#define EXPECT_PLAIN(launched, ...) do { \
	struct outcome plain_; \
	launch(launched, &plain_); \
	EXPECT_EQ(0, plain_.error); \
	EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(plain_.status)); \
	EXPECT_TRUE(report_list_is(&plain_, "arg", STRINGS(__VA_ARGS__))); \
	EXPECT_TRUE(report_is(&plain_, "execfd", NULL)); \
	EXPECT_TRUE(report_is(&plain_, "at_flags", "0")); \
	outcome_free(&plain_); \
} while (0)

/* Fails, and is counted as failed alone. */
#define EXPECT_FAILED(launched, wanted) do { \
	struct rule_state before_, after_; \
	struct outcome failed_; \
	ASSERT_EQ(0, rule_get(ARCH, &before_)); \
	launch(launched, &failed_); \
	EXPECT_EQ(wanted, failed_.error); \
	outcome_free(&failed_); \
	ASSERT_EQ(0, rule_get(ARCH, &after_)); \
	EXPECT_EQ(before_.failed + 1, after_.failed); \
	EXPECT_EQ(before_.emulated, after_.emulated); \
	EXPECT_EQ(before_.denied, after_.denied); \
} while (0)

TEST_F(plain, path_in_place_of_argv0)
{
	struct outcome o;

	EXPECT_PLAIN((&(struct launch){ .path = self->prog,
					.argv = STRINGS("zeroth", "one", "", "t w o") }),
		     self->emulator, self->prog, "one", "", "t w o");
	EXPECT_PLAIN((&(struct launch){ .path = "./prog", .uid = USER }),
		     self->emulator, "./prog");
	/* What no contract is about is as under any rule. */
	launch(&(struct launch){ .path = self->prog, .argv = STRINGS("zeroth"),
				 .envp = STRINGS("A=1", "QEMU_LOG=page", "") }, &o);
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("A=1", "QEMU_LOG=page", "")));
	EXPECT_TRUE(report_is(&o, "secure", "0"));
	EXPECT_TRUE(report_is(&o, "comm", "prog"));
	EXPECT_TRUE(report_is(&o, "exe", self->emulator));
	EXPECT_TRUE(report_is(&o, "execfn", self->prog));
	outcome_free(&o);
}

TEST_F(plain, odd_argv)
{
	EXPECT_PLAIN((&(struct launch){ .path = "prog", .null_argv = true }),
		     self->emulator, "prog");
	EXPECT_PLAIN((&(struct launch){ .path = "prog", .argv = STRINGS("", "", "x") }),
		     self->emulator, "prog", "", "x");
	lab_program("-x", ARCH, 0755);
	EXPECT_PLAIN((&(struct launch){ .path = "-x", .argv = STRINGS("-x", "-y") }),
		     self->emulator, "./-x", "-y");
}

TEST_F(plain, arguments_of_the_emulator)
{
	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_PLAIN,
		.emulator = self->emulator, .args = STRINGS("-a", "", "b c"),
	}));
	EXPECT_PLAIN((&(struct launch){ .path = "./prog", .argv = STRINGS("zeroth", "one") }),
		     self->emulator, "-a", "", "b c", "./prog", "one");
}

TEST_F(plain, script_with_a_foreign_interpreter)
{
	char line[256];

	snprintf(line, sizeof(line), "#!%s -o p t\n", self->prog);
	lab_write("script", line, strlen(line), 0755);
	EXPECT_PLAIN((&(struct launch){ .path = "./script", .argv = STRINGS("s0", "s1", "s2") }),
		     self->emulator, self->prog, "-o p t", "./script", "s1", "s2");
	snprintf(line, sizeof(line), "#!%s\n", self->prog);
	lab_write("script", line, strlen(line), 0755);
	EXPECT_PLAIN((&(struct launch){ .path = "./script", .argv = STRINGS("s0", "s1") }),
		     self->emulator, self->prog, "./script", "s1");
}

TEST_F(plain, execveat)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	char path[64];

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/dev/fd/%d/prog", fd);
	EXPECT_PLAIN((&(struct launch){ .at = true, .dirfd = fd, .path = "prog",
					.argv = STRINGS("f0", "f1") }),
		     self->emulator, path, "f1");
	close(fd);
	fd = open("prog", O_RDONLY);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	EXPECT_PLAIN((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					.at_flags = AT_EMPTY_PATH, .argv = STRINGS("f0", "f1") }),
		     self->emulator, path, "f1");
	close(fd);
	/* /dev/fd/N is gone when the emulator starts: the file's own path is not. */
	fd = open("prog", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_PLAIN((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					.at_flags = AT_EMPTY_PATH, .argv = STRINGS("f0", "f1") }),
		     self->emulator, self->prog, "f1");
	close(fd);
}

/* The root directory, which others get, would be opened as the program. */
TEST_F(plain, program_without_a_path)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	const unsigned char *program;
	char path[64];
	size_t len;

	ASSERT_LE(0, fd);
	lab_write("other", "other", 5, 0755);
	ASSERT_EQ(0, rename("other", "prog"));
	EXPECT_FAILED((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					 .at_flags = AT_EMPTY_PATH }), ENOENT);
	ASSERT_EQ(0, unlink("prog"));
	EXPECT_FAILED((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					 .at_flags = AT_EMPTY_PATH }), ENOENT);
	close(fd);

	program = lab_program_bytes(ARCH, &len);
	fd = memfd_create("prog", MFD_CLOEXEC);
	ASSERT_EQ((ssize_t)len, write(fd, program, len));
	EXPECT_FAILED((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					 .at_flags = AT_EMPTY_PATH }), ENOENT);
	close(fd);
	fd = memfd_create("prog", 0);
	ASSERT_EQ((ssize_t)len, write(fd, program, len));
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	EXPECT_PLAIN((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					.at_flags = AT_EMPTY_PATH, .argv = STRINGS("m0", "m1") }),
		     self->emulator, path, "m1");
	close(fd);
	/* The failed ones left nothing denied. */
	ASSERT_EQ(0, rule_clear());
	EXPECT_TRUE(lab_writable("emulator", true));
}

/* The emulator could not open it. Who may read it is not concerned. */
TEST_F(plain, program_that_may_be_run_and_not_read)
{
	const char *argv[] = { "zeroth", "one", NULL };

	lab_program("secret", ARCH, 0711);
	EXPECT_FAILED((&(struct launch){ .path = "./secret", .uid = USER, .argv = argv }), EACCES);
	EXPECT_STREQ("zeroth", argv[0]);
	EXPECT_STREQ("one", argv[1]);
	EXPECT_PLAIN((&(struct launch){ .path = "./secret", .argv = argv }),
		     self->emulator, "./secret", "one");
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_PLAIN | XARCH_F_LAZY));
	EXPECT_FAILED((&(struct launch){ .path = "./secret", .uid = USER }), EACCES);
}

TEST_F(plain, set_id_bits_count_for_nothing)
{
	struct outcome o;

	lab_program("setuid", ARCH, 06755);
	launch(&(struct launch){ .path = "./setuid", .uid = USER }, &o);
	EXPECT_TRUE(report_is(&o, "euid", "1000"));
	EXPECT_TRUE(report_is(&o, "egid", "1000"));
	EXPECT_TRUE(report_is(&o, "secure", "0"));
	outcome_free(&o);
}

/* There is none for the program. */
TEST_F(plain, needs_no_free_descriptor)
{
	EXPECT_PLAIN((&(struct launch){ .path = "./prog", .files = FILES_KEPT }),
		     self->emulator, "./prog");
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_FAILED((&(struct launch){ .path = "./prog", .files = FILES_KEPT }), EMFILE);
}

TEST_F(plain, real_emulator_opens_the_path)
{
	struct outcome o;

	ASSERT_EQ(0, rule_emulate(ARCH, QEMU, XARCH_F_PLAIN));
	launch(&(struct launch){ .path = "./prog", .argv = STRINGS("zeroth", "one") }, &o);
	EXPECT_EQ(0, o.error);
	EXPECT_TRUE(WIFEXITED(o.status));
	EXPECT_EQ(PROBE_EXIT, WEXITSTATUS(o.status));
	EXPECT_STREQ("", o.err);
	outcome_free(&o);
}

TEST_HARNESS_MAIN
