// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that give rights, and programs that may be executed but not read: what
 * their caller could make an emulator do for them, and that others lose nothing by it.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000
#define QEMU "/usr/bin/qemu-aarch64"

/* qemu's switches, a dynamic loader's, and what is neither. */
#define OTHERS "LD=1", "A=1", "MY_QEMU_X=1", "A_LD_X=QEMU_X=1"
#define ENV "QEMU_GDB=1234", "LD_X=1", OTHERS

static const char *const plain[] = { ENV, NULL };
static const char *const without_qemu[] = { "QEMU-GDB=1234", "LD_X=1", OTHERS, NULL };
static const char *const without_both[] = { "QEMU-GDB=1234", "LD-X=1", OTHERS, NULL };

FIXTURE(guard)
{
	const char *emulator;
};

FIXTURE_SETUP(guard)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };

	lab_open();
	lab_emulator("emulator");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
	ASSERT_EQ(0, setrlimit(RLIMIT_CORE, &core));
}

FIXTURE_TEARDOWN(guard)
{
	lab_close();
}

/* A user's exec of @path: is the environment this, and core dumps as they were or off? */
static bool is_guarded(const char *path, bool no_new_privs, const char *const *env, bool core)
{
	struct outcome o;
	bool good;

	launch(&(struct launch){ .path = path, .uid = USER, .envp = STRINGS(ENV),
				 .no_new_privs = no_new_privs }, &o);
	good = !o.error && report_list_is(&o, "env", env) &&
	       report_is(&o, "core", core ? "-1" : "0") &&
	       report_is(&o, "core_max", core ? "-1" : "0");
	outcome_free(&o);
	return good;
}

static int give_capability(const char *path)
{
	struct vfs_cap_data cap = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data[0].permitted = 1 << CAP_NET_RAW,
	};

	return setxattr(path, "security.capability", &cap, sizeof(cap), 0);
}

TEST_F(guard, where_a_program_gives_rights)
{
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_CREDENTIALS));
	EXPECT_TRUE(is_guarded("./prog", false, plain, true));

	ASSERT_EQ(0, chmod("prog", 04755));
	EXPECT_TRUE(is_guarded("./prog", false, without_qemu, false));
	ASSERT_EQ(0, chmod("prog", 02755));
	EXPECT_TRUE(is_guarded("./prog", false, without_qemu, false));
	/* Without the group's right to execute it means locking. */
	ASSERT_EQ(0, chmod("prog", 02745));
	EXPECT_TRUE(is_guarded("./prog", false, plain, true));

	ASSERT_EQ(0, chmod("prog", 0755));
	ASSERT_EQ(0, give_capability("prog"));
	EXPECT_TRUE(is_guarded("./prog", false, without_qemu, false));
}

TEST_F(guard, not_where_its_bits_do_not_count)
{
	ASSERT_EQ(0, chmod("prog", 06755));
	ASSERT_EQ(0, give_capability("prog"));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_TRUE(is_guarded("./prog", false, plain, true));

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_CREDENTIALS));
	EXPECT_TRUE(is_guarded("./prog", true, plain, true));

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, mount("tmpfs", "mnt", "tmpfs", MS_NOSUID, NULL));
	lab_program("mnt/prog", ARCH, 06755);
	EXPECT_TRUE(is_guarded("./mnt/prog", false, plain, true));
	ASSERT_EQ(0, umount("mnt"));
}

/* Whoever may swap the link must not choose what the emulator opens by that path. */
TEST_F(guard, by_the_files_own_path)
{
	struct outcome o;

	ASSERT_EQ(0, chmod("prog", 04755));
	ASSERT_EQ(0, symlink("prog", "link"));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_CREDENTIALS));
	launch(&(struct launch){ .path = "./link", .uid = USER }, &o);
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, lab_path("prog"), "./link")));
	outcome_free(&o);

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	launch(&(struct launch){ .path = "./link", .uid = USER }, &o);
	EXPECT_TRUE(report_list_is(&o, "arg", STRINGS(self->emulator, "./link", "./link")));
	outcome_free(&o);
}

/* The emulator that the administrator pinned reads it, and tells its caller nothing. */
TEST_F(guard, text_that_may_only_be_executed)
{
	struct outcome o;

	ASSERT_EQ(0, chmod("prog", 0711));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_TRUE(is_guarded("./prog", false, without_both, false));
	/* Who may read it keeps the environment. */
	launch(&(struct launch){ .path = "./prog", .envp = STRINGS(ENV) }, &o);
	EXPECT_TRUE(report_list_is(&o, "env", plain));
	outcome_free(&o);
}

TEST_F(guard, text_from_what_lies_at_a_lazy_rules_path)
{
	struct rule_state state;
	struct outcome o;

	ASSERT_EQ(0, chmod("prog", 0711));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_LAZY));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(1, state.failed);
	EXPECT_EQ(0, state.emulated);

	launch(&(struct launch){ .path = "./prog" }, &o);
	EXPECT_EQ(0, o.error);
	outcome_free(&o);
	ASSERT_EQ(0, chmod("prog", 0755));
	EXPECT_TRUE(is_guarded("./prog", false, plain, true));
}

/* The same with the real emulator, whose log of the guest's code is the text. */
TEST_F(guard, text_from_the_log_of_qemu)
{
	struct outcome o;

	ASSERT_EQ(0, rule_emulate(ARCH, QEMU, 0));
	launch(&(struct launch){ .path = "./prog", .uid = USER,
				 .envp = STRINGS("QEMU_LOG=in_asm") }, &o);
	EXPECT_STRNE("", o.err);
	outcome_free(&o);

	ASSERT_EQ(0, chmod("prog", 0711));
	launch(&(struct launch){ .path = "./prog", .uid = USER,
				 .envp = STRINGS("QEMU_LOG=in_asm") }, &o);
	EXPECT_EQ(42, WEXITSTATUS(o.status));
	EXPECT_STREQ("", o.err);
	outcome_free(&o);
}

TEST_HARNESS_MAIN
