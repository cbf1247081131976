// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Real emulators, seen from outside: of this distribution and of the one
 * before, which differ in what they make of their arguments.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "../../tools/probe.h"
#include "lab.h"
#include "launch.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000

FIXTURE(qemu) { };

FIXTURE_VARIANT(qemu)
{
	const char *path;
};

FIXTURE_VARIANT_ADD(qemu, current) { .path = "/usr/bin/qemu-aarch64" };
FIXTURE_VARIANT_ADD(qemu, old) { .path = "/opt/qemu-7.2/qemu-aarch64" };

FIXTURE_SETUP(qemu)
{
	char inside[4200];

	if (access(variant->path, X_OK))
		SKIP(return, "no %s here", variant->path);
	lab_open();
	lab_program("prog", ARCH, 0755);
	snprintf(inside, sizeof(inside), "%s/inside", lab_bin());
	lab_copy(inside, "inside");
	ASSERT_EQ(0, rule_emulate(ARCH, variant->path, 0));
}

FIXTURE_TEARDOWN(qemu)
{
	if (lab_dir[0])
		lab_close();
}

#define EXPECT_RUN(launched, exit_status, output) do { \
	struct outcome run_; \
	launch(launched, &run_); \
	EXPECT_EQ(0, run_.error); \
	EXPECT_TRUE(WIFEXITED(run_.status)); \
	EXPECT_EQ(exit_status, WEXITSTATUS(run_.status)); \
	EXPECT_STREQ(output, run_.out); \
	EXPECT_STREQ("", run_.err); \
	outcome_free(&run_); \
} while (0)

TEST_F(qemu, runs)
{
	EXPECT_RUN((&(struct launch){ .path = "./prog" }), PROBE_EXIT, "");
	EXPECT_RUN((&(struct launch){ .path = "./prog", .uid = USER }), PROBE_EXIT, "");
	EXPECT_RUN((&(struct launch){ .path = "./inside", .argv = STRINGS("zeroth", "argv", "") }),
		   0, "[zeroth]\n[argv]\n[]\n");
}

/* Not a word on standard error either, which EXPECT_RUN() looks at. */
TEST_F(qemu, descriptors)
{
	const unsigned int flags[] = { 0, O_CLOEXEC };
	const unsigned char *program;
	unsigned int i;
	size_t len;
	int fd;

	program = lab_program_bytes(ARCH, &len);
	for (i = 0; i < 2; i++) {
		fd = memfd_create("x", flags[i] ? MFD_CLOEXEC : 0);
		ASSERT_EQ((ssize_t)len, write(fd, program, len));
		EXPECT_RUN((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					      .at_flags = AT_EMPTY_PATH }), PROBE_EXIT, "");
		close(fd);
		fd = open("prog", O_RDONLY | flags[i]);
		ASSERT_LE(0, fd);
		EXPECT_RUN((&(struct launch){ .at = true, .dirfd = fd, .path = "",
					      .at_flags = AT_EMPTY_PATH }), PROBE_EXIT, "");
		close(fd);
		fd = open(".", O_RDONLY | O_DIRECTORY | flags[i]);
		ASSERT_LE(0, fd);
		EXPECT_RUN((&(struct launch){ .at = true, .dirfd = fd, .path = "prog" }),
			   PROBE_EXIT, "");
		close(fd);
	}
}

TEST_F(qemu, odd_names)
{
	lab_program("-version", ARCH, 0755);
	EXPECT_RUN((&(struct launch){ .path = "-version" }), PROBE_EXIT, "");
	EXPECT_RUN((&(struct launch){ .path = "./inside", .argv = STRINGS("-g", "argv", "-h") }),
		   0, "[-g]\n[argv]\n[-h]\n");
	EXPECT_RUN((&(struct launch){ .path = "prog", .null_argv = true }), PROBE_EXIT, "");
	EXPECT_RUN((&(struct launch){ .path = "prog", .argv = STRINGS("") }), PROBE_EXIT, "");
}

TEST_F(qemu, arguments_of_its_own)
{
	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = variant->path,
		.args = STRINGS("-cpu", "cortex-a53", "-E", "MADE=by the rule"),
	}));
	EXPECT_RUN((&(struct launch){ .path = "./inside", .argv = STRINGS("x", "env") }),
		   0, "[MADE=by the rule]\n");
}

TEST_F(qemu, empty_chroot)
{
	ASSERT_EQ(0, mkdir("root", 0755));
	lab_program("root/check", ARCH, 0755);
	EXPECT_RUN((&(struct launch){ .path = "/check", .root = "root" }), PROBE_EXIT, "");
}

/* arch-test asks this way which emulator it is: the environment must get there. */
TEST_F(qemu, variables_reach_it)
{
	struct outcome o;

	launch(&(struct launch){ .path = "./prog", .envp = STRINGS("QEMU_VERSION=meow") }, &o);
	EXPECT_EQ(0, WEXITSTATUS(o.status));
	EXPECT_EQ(0, strncmp(o.out, "qemu-aarch64 version", 20)) TH_LOG("%s", o.out);
	outcome_free(&o);
}

TEST_F(qemu, set_id_program)
{
	ASSERT_EQ(0, chmod("inside", 04755));
	EXPECT_RUN((&(struct launch){ .path = "./inside", .uid = USER,
				      .argv = STRINGS("x", "ids") }), 0, "1000 1000 0\n");
	ASSERT_EQ(0, rule_emulate(ARCH, variant->path, XARCH_F_CREDENTIALS));
	EXPECT_RUN((&(struct launch){ .path = "./inside", .uid = USER,
				      .argv = STRINGS("x", "ids"),
				      .envp = STRINGS("QEMU_VERSION=meow", "QEMU_STRACE=1") }),
		   0, "1000 0 1\n");
}

TEST_HARNESS_MAIN
