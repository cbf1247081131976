// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a user may try with a program that has more rights than they, through its
 * emulator. Each attempt is made twice: under binfmt_misc with the flag C, as a control
 * that shows what there is to prevent, and under a rule with credentials, where it must
 * fail and the program work, with its rights. Where an emulator or kernel lets nothing
 * come of an attempt, that is said, and only the rule's half is a test.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "harness.h"

#include "../../include/uapi/linux/xarch.h"
#include "attempts.h"

/*
 * The attempt @call under both. @harms: how many harms the control shows with this
 * emulator; @or: why there are none.
 */
#define CONTEST(call, harms, or) do { \
	struct seen seen_; \
	int harms_ = harms; \
	under_misc(); \
	seen_ = call; \
	if (harms_) { \
		EXPECT_EQ(harms_, seen_.harm) TH_LOG("under binfmt_misc"); \
	} else { \
		printf("# under binfmt_misc: %d harms: %s\n", seen_.harm, or); \
	} \
	ASSERT_EQ(0, under_rule(XARCH_F_CREDENTIALS)); \
	seen_ = call; \
	EXPECT_EQ(0, seen_.harm); \
	EXPECT_TRUE(seen_.works); \
} while (0)

FIXTURE(setid) { };

FIXTURE_VARIANT(setid)
{
	const char *qemu;
	bool capability;
};

#define NEW "/usr/bin/qemu-aarch64"
#define OLD "/opt/qemu-7.2/qemu-aarch64"

FIXTURE_VARIANT_ADD(setid, set_id) { NEW, false };
FIXTURE_VARIANT_ADD(setid, capability) { NEW, true };
FIXTURE_VARIANT_ADD(setid, set_id_old) { OLD, false };

FIXTURE_SETUP(setid)
{
	struct vfs_cap_data cap = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data[0].permitted = 1 << CAP_DAC_OVERRIDE,
	};

	attempts_open(variant->qemu);
	ASSERT_EQ(0, variant->capability ?
		  setxattr("prog", "security.capability", &cap, sizeof(cap), 0) :
		  chmod("prog", 04755));
}

FIXTURE_TEARDOWN(setid)
{
	attempts_close();
}

/* Nothing is tried; and what an attempt is measured by fails without the rights. */
TEST_F(setid, rights)
{
	struct launch launched = plain(NULL);
	struct outcome o;

	ASSERT_EQ(0, under_rule(XARCH_F_CREDENTIALS));
	launch(&launched, &o);
	EXPECT_TRUE(is_done(&o));
	outcome_free(&o);
	ASSERT_EQ(0, under_rule(0));
	launch(&launched, &o);
	EXPECT_EQ(4, WEXITSTATUS(o.status));
	EXPECT_STREQ("", o.out);
	outcome_free(&o);
}

TEST_F(setid, log_file)
{
	CONTEST(log_file(), 1, "");
}

TEST_F(setid, strace)
{
	CONTEST(tells("QEMU_STRACE=1", "openat("), 1, "");
}

TEST_F(setid, debugger)
{
	CONTEST(debugger(), 1, "");
}

TEST_F_TIMEOUT(setid, switches, 200)
{
	CONTEST(switches(), SWITCHES, "");
}

TEST_F(setid, sysroot)
{
	CONTEST(sysroot(), 1, "");
}

TEST_F(setid, set_env)
{
	CONTEST(set_env(), 1, "");
}

TEST_F(setid, plugin)
{
	CONTEST(plugin(), 0, "a static qemu has no plugins");
}

TEST_F(setid, core)
{
	CONTEST(core(lay_links), 1, "");
}

/* Whose ids are the caller's is theirs to set limits of. */
TEST_F(setid, core_by_a_limit_that_is_raised)
{
	CONTEST(core(raise_limit_and_lay_links), 1, "");
}

TEST_F(setid, swapped_link)
{
	CONTEST(swapped_link(), !variant->capability, "a capability is lost on the way");
}

TEST_F(setid, option_for_name)
{
	CONTEST(option_for_name(), 1, "");
}

TEST_F(setid, empty_argv)
{
	CONTEST(empty_argv(), 0, "Linux 5.18 and later give it a string");
}

TEST_F(setid, closed_descriptors)
{
	CONTEST(closed_descriptors(), 0, "the program's C library opens them");
}

TEST_F_TIMEOUT(setid, small_limits, 200)
{
	CONTEST(small_limits(), 0, "it runs whole or not at all");
}

/* A program that gives no rights, and whose text its caller must not read. */
FIXTURE(text) { };

FIXTURE_VARIANT(text)
{
	const char *qemu;
};

FIXTURE_VARIANT_ADD(text, current) { NEW };
FIXTURE_VARIANT_ADD(text, old) { OLD };

FIXTURE_SETUP(text)
{
	attempts_open(variant->qemu);
	ASSERT_EQ(0, chmod("prog", 0711));
	/* It has no more rights than its caller. */
	attempts_read("public");
}

FIXTURE_TEARDOWN(text)
{
	attempts_close();
}

TEST_F(text, log)
{
	CONTEST(tells("QEMU_LOG=in_asm", "IN: "), 1, "");
}

TEST_F(text, debugger)
{
	CONTEST(debugger(), 1, "");
}

TEST_F(text, core)
{
	CONTEST(core_of_text(NULL), 1, "");
}

TEST_F(text, core_by_a_limit_that_is_raised)
{
	CONTEST(core_of_text(raise_limit), 1, "");
}

TEST_HARNESS_MAIN
