// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The emulator's file: opened when the rule is set, or (lazy) at each exec as
 * the program sees the file system; what may be one; what is denied to others
 * while it is in use, and not a moment longer.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000

FIXTURE(emulator)
{
	const char *emulator;
	const char *other;
};

FIXTURE_SETUP(emulator)
{
	lab_open();
	lab_emulator("emulator");
	lab_emulator("other");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
	self->other = lab_path("other");
}

FIXTURE_TEARDOWN(emulator)
{
	lab_close();
}

/* Which emulator ran the program: its rule's name of it, or the exec's errno. */
static int try(const char *path, const char *root, const char *emulator)
{
	struct outcome o;
	int error;

	launch(&(struct launch){ .path = path, .root = root }, &o);
	error = o.error;
	if (!error && !report_is(&o, "arg", emulator))
		error = -1;
	if (!error && WEXITSTATUS(o.status) != EMULATOR_EXIT)
		error = -2;
	outcome_free(&o);
	return error;
}

TEST_F(emulator, fixed_outlives_its_name)
{
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, rename("emulator", "renamed"));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, unlink("renamed"));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
}

/* A package's upgrade: the rule goes on with what it opened. */
TEST_F(emulator, fixed_is_not_replaced_by_another_file)
{
	struct outcome o;
	char before[64], after[64];
	struct stat st;

	ASSERT_EQ(0, stat("emulator", &st));
	snprintf(before, sizeof(before), "%s (deleted)", self->emulator);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	ASSERT_EQ(0, rename("other", "emulator"));
	launch(&(struct launch){ .path = "./prog" }, &o);
	EXPECT_TRUE(report_is(&o, "exe", before));
	outcome_free(&o);
	/* Set again, it is the new one. */
	snprintf(after, sizeof(after), "%s", self->emulator);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	launch(&(struct launch){ .path = "./prog" }, &o);
	EXPECT_TRUE(report_is(&o, "exe", after));
	outcome_free(&o);
}

TEST_F(emulator, lazy_follows_its_name)
{
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_LAZY));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, rename("emulator", "renamed"));
	EXPECT_EQ(ENOENT, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, rename("renamed", "emulator"));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, unlink("emulator"));
	EXPECT_EQ(ENOENT, try("./prog", NULL, self->emulator));
}

TEST_F(emulator, lazy_may_be_set_before_there_is_one)
{
	const char *path = lab_path("later");

	ASSERT_EQ(0, rule_emulate(ARCH, path, XARCH_F_LAZY));
	EXPECT_EQ(ENOENT, try("./prog", NULL, path));
	lab_emulator("later");
	EXPECT_EQ(0, try("./prog", NULL, path));
}

TEST_F(emulator, fixed_reaches_into_a_chroot)
{
	ASSERT_EQ(0, mkdir("root", 0755));
	lab_program("root/prog", ARCH, 0755);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, try("/prog", "root", self->emulator));
}

TEST_F(emulator, lazy_looks_inside_a_chroot)
{
	ASSERT_EQ(0, mkdir("root", 0755));
	ASSERT_EQ(0, mkdir("root/bin", 0755));
	lab_program("root/prog", ARCH, 0755);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_LAZY));
	EXPECT_EQ(ENOENT, try("/prog", "root", self->emulator));
	lab_emulator("root/bin/inner");
	ASSERT_EQ(0, rule_emulate(ARCH, "/bin/inner", XARCH_F_LAZY));
	EXPECT_EQ(0, try("/prog", "root", "/bin/inner"));
	EXPECT_EQ(ENOENT, try("./prog", NULL, "/bin/inner"));
}

/* ENOEXEC would hand the program on to formats that the rule is to keep out. */
TEST_F(emulator, what_is_none)
{
	static const struct {
		const char *name;
		int error;
	} bad[] = {
		{ "script", ELIBBAD },
		{ "foreign", ELIBBAD },
		{ "text", ELIBBAD },
		{ "empty", ELIBBAD },
		{ "cut", ELIBBAD },
		{ "data", EACCES },
		{ "dir", EACCES },
		{ "loop", ELOOP },
		{ "absent", ENOENT },
		{ "text/below", ENOTDIR },
	};
	struct rule_state state;
	char misc[300];
	unsigned int i;

	lab_write("script", "#!/bin/sh\n", 10, 0755);
	lab_program("foreign", XARCH_ARCH_RISCV64, 0755);
	lab_write("text", "text", 4, 0755);
	lab_write("empty", "", 0, 0755);
	lab_write("cut", "\177ELF", 4, 0755);
	lab_write("data", "data", 4, 0644);
	ASSERT_EQ(0, mkdir("dir", 0755));
	ASSERT_EQ(0, symlink("loop", "loop"));
	lab_program("prog.xt", ARCH, 0755);
	misc_remove("xarch-test");
	snprintf(misc, sizeof(misc), ":xarch-test:E::xt::%s:", self->other);
	misc_register(misc);

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *path = lab_path(bad[i].name);

		EXPECT_EQ(-bad[i].error, rule_emulate(ARCH, path, 0))
			TH_LOG("fixed: %s", bad[i].name);
		EXPECT_STRNE("", rule_error);
		EXPECT_EQ(-ENOENT, rule_get(ARCH, &state));

		ASSERT_EQ(0, rule_emulate(ARCH, path, XARCH_F_LAZY));
		EXPECT_EQ(bad[i].error, try("./prog.xt", NULL, path))
			TH_LOG("lazy: %s", bad[i].name);
		ASSERT_EQ(0, rule_get(ARCH, &state));
		EXPECT_EQ(1, state.failed);
		EXPECT_EQ(0, state.emulated);
		ASSERT_EQ(0, rule_del(NULL, HOST, ARCH));
		/* And none of these left a denial behind. */
		if (bad[i].error == ELIBBAD)
			EXPECT_TRUE(lab_writable(bad[i].name, true));
	}
	misc_remove("xarch-test");
	EXPECT_TRUE(lab_writable("prog.xt", false));
}

TEST_F(emulator, that_the_user_may_not_run)
{
	struct outcome o;

	ASSERT_EQ(0, chmod("emulator", 0700));
	/* At exec time it is the user's access that counts, */
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_LAZY));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	/* and when it is fixed, that of whoever set the rule. */
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	launch(&(struct launch){ .path = "./prog", .uid = USER }, &o);
	EXPECT_EQ(0, o.error);
	EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(o.status));
	EXPECT_STREQ("1000", report_get(&o, "euid", 0) ?: "none");
	outcome_free(&o);
}

TEST_F(emulator, on_a_noexec_mount)
{
	const char *path = lab_path("mnt/emulator");

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, command("mount -t tmpfs tmpfs mnt"));
	lab_emulator("mnt/emulator");
	ASSERT_EQ(0, command("mount -o remount,noexec mnt"));
	EXPECT_EQ(-EACCES, rule_emulate(ARCH, path, 0));
	ASSERT_EQ(0, rule_emulate(ARCH, path, XARCH_F_LAZY));
	EXPECT_EQ(EACCES, try("./prog", NULL, path));
	ASSERT_EQ(0, command("umount mnt"));
}

TEST_F(emulator, replaced_while_programs_run)
{
	struct outcome old, new;
	const struct launch hold = { .path = "./prog" };

	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.emulator = self->emulator, .args = STRINGS("hold"),
	}));
	launch_begin(&hold, &old);
	ASSERT_EQ(0, old.error);
	ASSERT_EQ(0, rule_emulate(ARCH, self->other, 0));
	launch(&hold, &new);
	EXPECT_TRUE(report_is(&new, "arg", self->other));
	EXPECT_TRUE(report_is(&new, "exe", self->other));
	outcome_free(&new);
	ASSERT_EQ(0, rule_deny(ARCH));
	launch(&hold, &new);
	EXPECT_EQ(EACCES, new.error);
	outcome_free(&new);
	ASSERT_EQ(0, rule_clear());

	launch_end(&old);
	EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(old.status));
	EXPECT_TRUE(report_is(&old, "arg", self->emulator));
	EXPECT_TRUE(report_is(&old, "resumed", "yes"));
	outcome_free(&old);
}

TEST_F(emulator, fixed_denies_writes_while_the_rule_stands)
{
	bool denies = lab_kernel_denies_writes();
	int i;

	EXPECT_TRUE(lab_writable("emulator", false));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(!denies, lab_writable("emulator", false));
	/* Neither execs nor being set again loosen or double it. */
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	EXPECT_EQ(!denies, lab_writable("emulator", false));
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	usleep(200000);
	EXPECT_EQ(!denies, lab_writable("emulator", false));
	ASSERT_EQ(0, rule_emulate(ARCH, self->other, 0));
	EXPECT_TRUE(lab_writable("emulator", true));
	ASSERT_EQ(0, rule_clear());
	EXPECT_TRUE(lab_writable("other", true));
}

TEST_F(emulator, lazy_denies_writes_only_to_what_runs)
{
	bool denies = lab_kernel_denies_writes();
	struct outcome o;

	ASSERT_EQ(0, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = self->emulator, .args = STRINGS("hold"),
	}));
	EXPECT_TRUE(lab_writable("emulator", false));
	launch_begin(&(struct launch){ .path = "./prog" }, &o);
	ASSERT_EQ(0, o.error);
	EXPECT_EQ(!denies, lab_writable("emulator", false));
	launch_end(&o);
	outcome_free(&o);
	EXPECT_TRUE(lab_writable("emulator", true));
}

TEST_F(emulator, being_written_is_no_emulator)
{
	bool denies = lab_kernel_denies_writes();
	int fd = open("emulator", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(denies ? -ETXTBSY : 0, rule_emulate(ARCH, self->emulator, 0));
	ASSERT_EQ(0, rule_clear());
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, XARCH_F_LAZY));
	EXPECT_EQ(denies ? ETXTBSY : 0, try("./prog", NULL, self->emulator));
	close(fd);
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	EXPECT_TRUE(lab_writable("emulator", true));
}

/*
 * The program, too: whatever became of its exec, it may be written afterwards.
 * (An exec that fails after the redirection is one whose emulator has a loader that is
 * none: the kernel alone looks into that.)
 */
TEST_F(emulator, no_exec_leaves_a_denial)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr interp;
		char loader[64];
	} broken = { .interp = { .p_type = PT_INTERP } };
	static const char text[256] = "no program";
	struct rule_state state;
	struct outcome o;
	int fd, i;

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	EXPECT_TRUE(lab_writable("prog", true));
	ASSERT_EQ(0, rule_deny(ARCH));
	EXPECT_EQ(EACCES, try("./prog", NULL, NULL));
	EXPECT_TRUE(lab_writable("prog", true));
	ASSERT_EQ(0, rule_pass(ARCH));
	EXPECT_EQ(ENOEXEC, try("./prog", NULL, NULL));
	EXPECT_TRUE(lab_writable("prog", true));

	fd = open("emulator", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(sizeof(broken.header), read(fd, &broken.header, sizeof(broken.header)));
	close(fd);
	lab_write("loader", text, sizeof(text), 0755);
	broken.header.e_phoff = offsetof(typeof(broken), interp);
	broken.header.e_phnum = 1;
	broken.interp.p_offset = offsetof(typeof(broken), loader);
	broken.interp.p_filesz = snprintf(broken.loader, sizeof(broken.loader), "%s",
					  lab_path("loader")) + 1;
	lab_write("broken", &broken, sizeof(broken), 0755);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, rule_emulate(ARCH, lab_path("broken"), i ? XARCH_F_LAZY : 0));
		launch(&(struct launch){ .path = "./prog" }, &o);
		EXPECT_EQ(ELIBBAD, o.error);
		outcome_free(&o);
		ASSERT_EQ(0, rule_get(ARCH, &state));
		EXPECT_EQ(1, state.emulated);
		ASSERT_EQ(0, rule_clear());
		EXPECT_TRUE(lab_writable("broken", true));
		EXPECT_TRUE(lab_writable("loader", true));
		EXPECT_TRUE(lab_writable("prog", true));
	}
}

/* A fixed emulator does not keep its mount: it has a clone of its own. */
TEST_F(emulator, lets_its_mount_go)
{
	const char *path = lab_path("mnt/emulator");

	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, command("mount -t tmpfs tmpfs mnt"));
	lab_emulator("mnt/emulator");
	ASSERT_EQ(0, rule_emulate(ARCH, path, 0));
	EXPECT_EQ(0, try("./prog", NULL, path));
	EXPECT_EQ(0, command("umount mnt"));
	EXPECT_EQ(0, try("./prog", NULL, path));
}

/*
 * Looking a lazy emulator up may take for ever (a server that does not answer).
 * That is between this exec and its rule: others come and go as always.
 */
TEST_F(emulator, hanging_file_system_holds_up_nobody_else)
{
	const char *path = lab_path("mnt/emulator");
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), status;
	char options[64];
	pid_t pid;

	if (fuse < 0 && (command("modprobe fuse 2>/dev/null") ||
			 (fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC)) < 0))
		SKIP(return, "no fuse here");
	ASSERT_EQ(0, mkdir("mnt", 0755));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	ASSERT_EQ(0, mount("fuse", "mnt", "fuse", 0, options));
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_S390X, path, XARCH_F_LAZY));
	lab_program("other-prog", XARCH_ARCH_S390X, 0755);
	pid = fork();
	if (!pid) {
		execl("./other-prog", "other-prog", NULL);
		_exit(1);
	}
	usleep(200000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));

	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(0, try("./prog", NULL, self->emulator));
	ASSERT_EQ(0, rule_del(NULL, HOST, ARCH));
	EXPECT_TRUE(lab_writable("emulator", true));

	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	close(fuse);
	EXPECT_EQ(0, umount2("mnt", MNT_DETACH));
}

TEST_HARNESS_MAIN
