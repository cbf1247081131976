// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An emulator handed over as a descriptor is asked what an exec would ask of its path:
 * the mount, how it was opened, and whether it can be kept open at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)

FIXTURE(descriptor)
{
};

FIXTURE_SETUP(descriptor)
{
	scopes_open();
}

FIXTURE_TEARDOWN(descriptor)
{
	scopes_close();
}

/* Of the host, with the emulator opened so. */
static int set_opened(const char *path, int flags)
{
	struct rule rule = *tag_rule(ARCH, 9, 0);
	int fd = open(path, flags | O_CLOEXEC), err;

	must(fd >= 0, path);
	rule.emulator = path;
	rule.emulator_fd = fd;
	err = rule_set(NULL, &rule);
	close(fd);
	return err;
}

TEST_F(descriptor, on_a_noexec_mount)
{
	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, mount("tmpfs", "mnt", "tmpfs", MS_NOEXEC, NULL));
	lab_copy(tag_a, "mnt/tag_a");
	EXPECT_EQ(-EACCES, set_opened(lab_path("mnt/tag_a"), O_RDONLY));
	EXPECT_STREQ("the emulator is not an executable regular file, or its mount is noexec, or the caller may not execute it",
		     rule_error);
	ASSERT_EQ(0, mount(NULL, "mnt", NULL, MS_REMOUNT, NULL));
	EXPECT_EQ(0, set_opened(lab_path("mnt/tag_a"), O_RDONLY));
	EXPECT_EQ(9, run_program(prog));
	ASSERT_EQ(0, rule_del(NULL, HOST, ARCH));
	EXPECT_TRUE(lab_umount("mnt"));
}

/* Opened for writing alone, it would be read in the place of one who may not. */
TEST_F(descriptor, not_opened_for_reading)
{
	EXPECT_EQ(-EACCES, set_opened(tag_a, O_WRONLY));
	EXPECT_EQ(0, set_opened(tag_a, O_RDONLY));
	EXPECT_EQ(9, run_program(prog));
}

/* Refused as its exec would be, by kernels that refuse that. */
TEST_F(descriptor, that_somebody_writes_to)
{
	bool denies = lab_kernel_denies_writes();
	int writer = open(tag_a, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, writer);
	EXPECT_EQ(denies ? -ETXTBSY : 0, set_opened(tag_a, O_RDONLY));
	close(writer);
	EXPECT_EQ(0, set_opened(tag_a, O_RDONLY));
	EXPECT_EQ(9, run_program(prog));
}

/* Knows of nothing, which the kernel takes for "no more to do than to open". */
static void __attribute__((noreturn)) serve(int fuse)
{
	static union {
		struct fuse_in_header header;
		char bytes[1 << 17];
	} request;
	static struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer;

	while (read(fuse, &request, sizeof(request)) > 0) {
		if (request.header.opcode == FUSE_FORGET ||
		    request.header.opcode == FUSE_BATCH_FORGET)
			continue;
		memset(&answer, 0, sizeof(answer));
		answer.header.unique = request.header.unique;
		answer.header.len = sizeof(answer.header);
		if (request.header.opcode == FUSE_INIT) {
			answer.init.major = FUSE_KERNEL_VERSION;
			answer.init.minor = 31;
			answer.init.max_write = 4096;
			answer.header.len = sizeof(answer);
		} else {
			answer.header.error = -ENOSYS;
		}
		if (write(fuse, &answer, answer.header.len) < 0)
			break;
	}
	_exit(0);
}

static long set_from_fuse(const void *path)
{
	struct rule rule = *tag_rule(ARCH, 9, 0);
	int err;

	rule.emulator = path;
	rule.emulator_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (rule.emulator_fd < 0)
		return -10000 - errno;
	rule.scope = (struct scope){ XARCH_SCOPE_PID, ns_own("pid") };
	err = rule_set(NULL, &rule);
	close(rule.scope.fd);
	close(rule.emulator_fd);
	return err;
}

/* Whoever answers for it could let every exec wait: not for a container's rule. */
TEST_F(descriptor, on_fuse)
{
	char options[128];
	struct box box;
	pid_t server;
	int fuse;

	command("modprobe -q fuse");
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fuse);
	lab_write("fused", "", 0, 0755);
	server = fork();
	ASSERT_LE(0, server);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=100755,user_id=0,group_id=0,allow_other", fuse);
	if (!server) {
		must(!mount("test", "fused", "fuse", 0, options), "mount fuse");
		serve(fuse);
	}
	close(fuse);
	ASSERT_EQ(0, command("timeout 10 sh -c 'until grep -q \" %s fuse \" /proc/mounts; do sleep 0.05; done'",
			     lab_path("fused")));
	box = box_open(NULL, ALL, 100000);
	EXPECT_EQ(-EXDEV, box_call(&box, set_from_fuse, lab_path("fused"), 300));
	EXPECT_EQ(0, rule_count(NULL));
	box_close(&box);
	ASSERT_EQ(0, umount2("fused", 0));
	kill(server, SIGKILL);
	ASSERT_EQ(server, waitpid(server, NULL, 0));
}

TEST_HARNESS_MAIN
