// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulator that a rule keeps open: nobody gets at its file through the rule, and
 * nobody can make the kernel wait, or keep what it must not, by handing one over.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define CONTAINER (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define OWN_SCOPE(kind) ((struct scope){ kind, OWN })

FIXTURE(pin)
{
	int unused;
};

FIXTURE_SETUP(pin)
{
	scopes_open();
}

FIXTURE_TEARDOWN(pin)
{
	scopes_close();
}

/*
 * Root of a container that shares the host's user namespace may open whatever it finds
 * in /proc for writing, once nothing denies writes any more.
 */
TEST_F(pin, is_not_overwritten_through_proc)
{
	struct outcome o;
	char path[64];
	int exe;

	lab_emulator("emulator");
	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.emulator = lab_path("emulator"), .args = STRINGS("hold"),
	}));
	launch_begin(&(struct launch){ .path = prog }, &o);
	ASSERT_EQ(0, o.error);
	snprintf(path, sizeof(path), "/proc/%d/exe", o.pid);
	exe = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, exe);
	launch_end(&o);
	/* It is what it seems to be. */
	EXPECT_TRUE(report_is(&o, "exe", lab_path("emulator")));
	outcome_free(&o);
	ASSERT_EQ(0, rule_clear());
	ASSERT_TRUE(lab_writable("emulator", true));

	snprintf(path, sizeof(path), "/proc/self/fd/%d", exe);
	EXPECT_EQ(-1, open(path, O_WRONLY | O_CLOEXEC));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(-1, chmod(path, 04755));
	EXPECT_EQ(EROFS, errno);
	close(exe);
}

/* Or every program of the arch, whoever runs it, would have the rights of the file. */
TEST_F(pin, gives_no_rights_of_its_own)
{
	struct vfs_cap_data cap = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data[0].permitted = 1 << CAP_SYS_ADMIN,
	};

	lab_copy(tag_a, "emulator");
	ASSERT_EQ(0, chmod("emulator", 04755));
	EXPECT_EQ(-EPERM, rule_emulate(ARCH, lab_path("emulator"), 0));
	EXPECT_STREQ("the emulator has set-id bits or capabilities: every program of its arch would get them",
		     rule_error);
	ASSERT_EQ(0, chmod("emulator", 02755));
	EXPECT_EQ(-EPERM, rule_emulate(ARCH, lab_path("emulator"), XARCH_F_CREDENTIALS));
	ASSERT_EQ(0, chmod("emulator", 0755));
	ASSERT_EQ(0, setxattr("emulator", "security.capability", &cap, sizeof(cap), 0));
	EXPECT_EQ(-EPERM, rule_emulate(ARCH, lab_path("emulator"), 0));
	ASSERT_EQ(0, removexattr("emulator", "security.capability"));
	EXPECT_EQ(0, rule_emulate(ARCH, lab_path("emulator"), 0));

	/* Given afterwards, they do not count: the clone of its mount is nosuid. */
	lab_emulator("reporter");
	ASSERT_EQ(0, rule_emulate(ARCH, lab_path("reporter"), 0));
	ASSERT_EQ(0, chmod("reporter", 04755));
	{
		struct outcome o;

		launch(&(struct launch){ .path = prog, .uid = 1000 }, &o);
		EXPECT_TRUE(report_is(&o, "euid", "1000"));
		outcome_free(&o);
	}
}

struct emulator {
	char path[256];
	bool leased;
};

/* In a box: hand over a file of one's own, by its descriptor. */
static long hand_over(const void *arg)
{
	const struct emulator *emulator = arg;
	struct rule rule = *tag_rule(ARCH, 9, 0);
	int fd = open(emulator->path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -10000 - errno;
	/* The kernel asks by SIGIO for it, and waits for lease-break-time. */
	signal(SIGIO, SIG_IGN);
	if (emulator->leased && fcntl(fd, F_SETLEASE, F_WRLCK))
		return -10000 - errno;
	rule.emulator = emulator->path;
	rule.emulator_fd = fd;
	rule.scope = (struct scope){ XARCH_SCOPE_USER, ns_own("user") };
	err = rule_set(NULL, &rule);
	close(rule.scope.fd);
	close(fd);
	return err;
}

TEST_F_TIMEOUT(pin, of_a_leased_file_is_refused_at_once, 60)
{
	struct emulator emulator = { .leased = true };
	struct box user, box;
	double began;

	lab_copy(tag_a, "lent_a");
	ASSERT_EQ(0, chown("lent_a", 1000, 1000));
	snprintf(emulator.path, sizeof(emulator.path), "%s", lab_path("lent_a"));
	user = box_open_as(1000);
	box = box_open(&user, CONTAINER, 1000);
	began = now();
	EXPECT_EQ(-EAGAIN, box_call(&box, hand_over, &emulator, sizeof(emulator)));
	EXPECT_GT(5, now() - began);
	EXPECT_STREQ("somebody holds a lease on the emulator's file", rule_error);
	emulator.leased = false;
	EXPECT_EQ(0, box_call(&box, hand_over, &emulator, sizeof(emulator)));
	EXPECT_EQ(9, box_exec(&box, prog));
	box_close(&box);
	box_close(&user);
}

static void hand_over_from(struct __test_metadata *_metadata, const struct box *box, long want)
{
	struct emulator emulator = { .leased = false };

	snprintf(emulator.path, sizeof(emulator.path), "%s", lab_path("mnt/lent_a"));
	EXPECT_EQ(want, box_call(box, hand_over, &emulator, sizeof(emulator)));
}

/* What lies on an overlay is where its layer is: that may be anybody's daemon. */
TEST_F(pin, of_an_overlay_is_judged_by_what_is_below)
{
	struct box box;

	ASSERT_EQ(0, mkdir("mnt", 0755) | mkdir("lower", 0755) | mkdir("empty", 0755));
	lab_copy(tag_a, "lower/lent_a");
	/* Not by itself: scopes_open() has turned that off. */
	command("modprobe --quiet overlay");
	ASSERT_EQ(0, command("mount -t overlay -o lowerdir=lower:empty overlay mnt"));
	box = box_open(NULL, CONTAINER, 100000);
	hand_over_from(_metadata, &box, 0);
	EXPECT_EQ(9, box_exec(&box, prog));
	box_close(&box);
	EXPECT_TRUE(lab_umount("mnt"));
}

static long make_noexec(const void *arg)
{
	return mount(NULL, arg, NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL) ? -errno : 0;
}

/* A user namespace's emulator is held on its own mount: what becomes of that counts. */
TEST_F(pin, of_a_user_namespace_sees_its_mount_turned_noexec)
{
	struct box box;
	char path[256];

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, mount("tmpfs", "mnt", "tmpfs", 0, NULL));
	lab_copy(tag_a, "mnt/lent_a");
	box = box_open(NULL, CONTAINER, 100000);
	hand_over_from(_metadata, &box, 0);
	EXPECT_EQ(9, box_exec(&box, prog));
	snprintf(path, sizeof(path), "%s", lab_path("mnt"));
	ASSERT_EQ(0, box_call(&box, make_noexec, path, sizeof(path)));
	EXPECT_EQ(-EACCES, box_exec(&box, prog));
	box_close(&box);
	EXPECT_TRUE(lab_umount("mnt"));
}

TEST_HARNESS_MAIN
