// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Twins: a program whose build-id is in its rule's set runs the native twin, with
 * nothing of the exec changed; wherever something is in doubt, it is emulated.
 *
 * Twin and emulator are both the fake emulator, so each reports how it was started:
 * the twin as the program itself, the emulator with its own argv. The set is a tmpfs
 * whose super block is read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "netlink.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define SET "test"

static const unsigned char known[LAB_ID_LEN] = { 1, 2, 3, 20 };
static const unsigned char other[LAB_ID_LEN] = { 1, 2, 3, 21 };

static int set_file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "set/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static const char *loader(void)
{
	return lab_path("set/ld.so");
}

FIXTURE(twins)
{
	int twin, loader;
};

static void load(FIXTURE_DATA(twins) *self, const char *const *not_args,
		 const char *const *only_args, int want)
{
	struct twin twin = { .id = known, .id_len = sizeof(known), .fd = self->twin,
			     .not_args = not_args, .only_args = only_args };
	int err = twins_load(NULL, SET, loader(), self->loader, &twin, 1);

	if (err != want) {
		fprintf(stderr, "# load: %d, want %d: %s\n", err, want, rule_error);
		exit(KSFT_FAIL);
	}
}

static int set_rule(uint32_t flags)
{
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = flags,
			     .emulator = lab_path("emulator"), .twins = SET };

	return rule_set(NULL, &rule);
}

FIXTURE_SETUP(twins)
{
	lab_open();
	lab_emulator("emulator");
	lab_identified("prog", known, 0755);
	lab_identified("unknown", other, 0755);
	ASSERT_EQ(mkdir("set", 0755), 0);
	ASSERT_EQ(mount("set", "set", "tmpfs", 0, NULL), 0);
	lab_emulator("set/twin");
	lab_emulator("set/set-id");
	ASSERT_EQ(chmod("set/set-id", 04755), 0);
	lab_emulator("set/ld.so");
	lab_write("set/script", "#!/bin/sh\n", 10, 0755);
	lab_emulator("set/data");
	ASSERT_EQ(chmod("set/data", 0644), 0);
	ASSERT_EQ(mount("set", "set", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	self->twin = set_file("twin");
	self->loader = set_file("ld.so");
	load(self, NULL, NULL, 0);
	ASSERT_EQ(set_rule(0), 0) TH_LOG("%s", rule_error);
}

FIXTURE_TEARDOWN(twins)
{
	close(self->twin);
	close(self->loader);
	rule_clear();
	twins_unload(NULL, SET);
	EXPECT_TRUE(lab_umount("set"));
	lab_close();
}

/* What a launch ran: the path of its /proc/self/exe, in the lab. */
static bool ran(const struct launch *launching, const char *want)
{
	struct outcome outcome;
	bool same;

	launch(launching, &outcome);
	if (outcome.error) {
		fprintf(stderr, "# errno %d\n", outcome.error);
		return false;
	}
	same = report_is(&outcome, "exe", lab_path(want));
	outcome_free(&outcome);
	return same;
}

static bool path_ran(const char *path, const char *want)
{
	struct launch it = { .path = lab_path(path) };

	return ran(&it, want);
}

static struct rule_state state(void)
{
	struct rule_state state = { .action = -1 };

	rule_get(ARCH, &state);
	return state;
}

TEST_F(twins, nothing_of_the_exec_changes)
{
	const char *const argv[] = { "a name", "-x", "", NULL };
	const char *const envp[] = { "LD_LIBRARY_PATH=/x", "QEMU_CPU=max", NULL };
	struct launch it = { .path = lab_path("prog"), .argv = argv, .envp = envp };
	struct outcome outcome;

	launch(&it, &outcome);
	ASSERT_EQ(outcome.error, 0);
	EXPECT_TRUE(report_is(&outcome, "exe", lab_path("set/twin")));
	EXPECT_TRUE(report_list_is(&outcome, "arg", argv));
	EXPECT_TRUE(report_list_is(&outcome, "env", envp));
	EXPECT_TRUE(report_is(&outcome, "execfd", NULL));
	EXPECT_TRUE(report_is(&outcome, "at_flags", "0"));
	EXPECT_TRUE(report_is(&outcome, "execfn", lab_path("prog")));
	EXPECT_TRUE(report_is(&outcome, "comm", "prog"));
	outcome_free(&outcome);
	EXPECT_STREQ(state().twins, SET);
	EXPECT_EQ(state().twins_run, 1);
	EXPECT_EQ(state().emulated, 0);
}

TEST_F(twins, programs_without_one_are_emulated)
{
	lab_identified("plain", NULL, 0755);
	EXPECT_TRUE(path_ran("unknown", "emulator"));
	EXPECT_TRUE(path_ran("plain", "emulator"));
	lab_program("real", ARCH, 0755);
	EXPECT_TRUE(path_ran("real", "emulator"));
	EXPECT_EQ(state().twins_run, 0);
	EXPECT_EQ(state().emulated, 3);
}

TEST_F(twins, preloaded_libraries)
{
	static const char *const preloads[] = { "LD_PRELOAD=libfakeroot.so", "LD_AUDIT=x.so" };
	static const char *const others[] = { "LD_PRELOADS=x", "XLD_PRELOAD=x", "LD_BIND_NOW=1" };
	struct launch it = { .path = lab_path("prog") };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(preloads); i++) {
		it.envp = (const char *const[]){ "A=b", preloads[i], "C=d", NULL };
		EXPECT_TRUE(ran(&it, "emulator")) TH_LOG("%s", preloads[i]);
	}
	EXPECT_EQ(state().twins_preload, 2);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		it.envp = (const char *const[]){ others[i], NULL };
		EXPECT_TRUE(ran(&it, "set/twin")) TH_LOG("%s", others[i]);
	}
	/* An argument is no variable. */
	it.envp = NULL;
	it.argv = (const char *const[]){ "prog", "LD_PRELOAD=x", NULL };
	EXPECT_TRUE(ran(&it, "set/twin"));
	EXPECT_EQ(state().twins_preload, 2);
}

TEST_F(twins, arguments_that_rule_it_out)
{
	static const char *const not_args[] = { "-v", "-fplugin*", NULL };
	static const struct {
		const char *arg, *ran;
	} cases[] = {
		{ "-v", "emulator" }, { "-fplugin", "emulator" }, { "-fplugin=x", "emulator" },
		{ "-vv", "set/twin" }, { "-fplugi", "set/twin" }, { "x-v", "set/twin" },
	};
	struct launch it = { .path = lab_path("prog") };
	char longest[5000];
	size_t i;

	load(self, not_args, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		it.argv = (const char *const[]){ "prog", "x", cases[i].arg, "y", NULL };
		EXPECT_TRUE(ran(&it, cases[i].ran)) TH_LOG("%s", cases[i].arg);
	}
	/* Behind one that crosses a page. */
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	it.argv = (const char *const[]){ "prog", longest, "-v", NULL };
	EXPECT_TRUE(ran(&it, "emulator"));
	EXPECT_EQ(state().twins_argument, 4);
	/* Neither is a name an argument, nor a variable. */
	it.argv = (const char *const[]){ "-v", "x", NULL };
	EXPECT_TRUE(ran(&it, "set/twin"));
	it.argv = NULL;
	it.envp = (const char *const[]){ "-v", NULL };
	EXPECT_TRUE(ran(&it, "set/twin"));
}

TEST_F(twins, arguments_that_alone_let_it_in)
{
	static const char *const not_args[] = { "-q", NULL };
	static const char *const only_args[] = { "-mpy_compile", "py3*", NULL };
	struct launch it = { .path = lab_path("prog") };

	load(self, not_args, only_args, 0);
	EXPECT_TRUE(path_ran("prog", "emulator"));
	it.argv = (const char *const[]){ "prog", "-mpy_compile", NULL };
	EXPECT_TRUE(ran(&it, "set/twin"));
	it.argv = (const char *const[]){ "prog", "py3compile", NULL };
	EXPECT_TRUE(ran(&it, "set/twin"));
	it.argv = (const char *const[]){ "prog", "py3compile", "-q", NULL };
	EXPECT_TRUE(ran(&it, "emulator"));
	EXPECT_EQ(state().twins_argument, 2);
}

/* Where there is no /proc: an emulator gets itself and the path before argv. */
static bool ran_native(const struct launch *launching)
{
	struct outcome outcome;
	bool native;

	launch(launching, &outcome);
	native = !outcome.error && report_is(&outcome, "argc", "1");
	outcome_free(&outcome);
	return native;
}

TEST_F(twins, loader_that_is_not_there)
{
	struct launch it = { .path = "/prog", .root = lab_path("root") };
	char path[128];

	/* In an empty root the emulator runs all the same, and so would a twin. */
	ASSERT_EQ(mkdir("root", 0755), 0);
	lab_identified("root/prog", known, 0755);
	EXPECT_FALSE(ran_native(&it));
	EXPECT_EQ(state().twins_no_loader, 1);

	/* Another file in its place. */
	snprintf(path, sizeof(path), "mkdir -p root%s && cp set/ld.so root%s", lab_path("set"),
		 loader());
	ASSERT_EQ(command("%s", path), 0);
	EXPECT_FALSE(ran_native(&it));
	EXPECT_EQ(state().twins_no_loader, 2);

	/* The set. */
	ASSERT_EQ(command("mount --bind set root%s", lab_path("set")), 0);
	EXPECT_TRUE(ran_native(&it));
	EXPECT_EQ(state().twins_no_loader, 2);
	EXPECT_EQ(command("umount root%s", lab_path("set")), 0);
}

TEST_F(twins, programs_that_gain_rights)
{
	lab_identified("set-user", known, 04755);
	lab_identified("set-group", known, 02755);
	EXPECT_TRUE(path_ran("set-user", "emulator"));
	EXPECT_TRUE(path_ran("set-group", "emulator"));
	ASSERT_EQ(set_rule(XARCH_F_CREDENTIALS), 0);
	EXPECT_TRUE(path_ran("prog", "emulator"));
	EXPECT_TRUE(path_ran("set-user", "emulator"));
	EXPECT_EQ(state().twins_run, 0);
}

TEST_F(twins, handed_over_open)
{
	struct launch it = { .path = "", .at = true, .at_flags = AT_EMPTY_PATH };

	it.dirfd = open("prog", O_RDONLY | O_CLOEXEC);
	EXPECT_TRUE(ran(&it, "set/twin"));
	close(it.dirfd);
}

TEST_F(twins, unloaded_and_loaded_again)
{
	ASSERT_EQ(twins_unload(NULL, SET), 0);
	EXPECT_TRUE(path_ran("prog", "emulator"));
	EXPECT_EQ(twins_unload(NULL, SET), -ENOENT);
	EXPECT_STREQ(state().twins, SET);
	/* Nothing of the set is held. */
	EXPECT_EQ(set_rule(0), -ENOENT);
	EXPECT_STREQ(rule_error, "no twin set of that name is loaded");
	load(self, NULL, NULL, 0);
	EXPECT_TRUE(path_ran("prog", "set/twin"));
}

TEST_F(twins, events)
{
	struct nlmsghdr *event;
	struct conn conn;
	int err = events_open(&conn);

	if (err == -EOPNOTSUPP)
		SKIP(return, "no events on this kernel");
	ASSERT_EQ(err, 0);
	EXPECT_TRUE(path_ran("prog", "set/twin"));
	event = conn_event(&conn, 1000);
	ASSERT_NE(event, NULL);
	EXPECT_EQ(record_u32(event, XARCH_A_TWINS_VERDICT), XARCH_TWIN_RUNS);
	free(event);
	EXPECT_TRUE(path_ran("unknown", "emulator"));
	event = conn_event(&conn, 1000);
	ASSERT_NE(event, NULL);
	EXPECT_EQ(record_u32(event, XARCH_A_TWINS_VERDICT), XARCH_TWIN_NONE);
	free(event);
	conn_close(&conn);
}

TEST_F(twins, refusals)
{
	struct twin twin = { .id = known, .id_len = sizeof(known), .fd = self->twin };
	struct twin twice[] = { twin, twin };
	int writable = open("emulator", O_RDONLY | O_CLOEXEC);
	char long_arg[XARCH_TWIN_ARG_LEN + 2] = "";

#define REFUSED(err, text, call)						\
	do {									\
		EXPECT_EQ(call, err);						\
		EXPECT_NE(strstr(rule_error, text), NULL) TH_LOG("%s", rule_error);	\
	} while (0)
	REFUSED(-EINVAL, "has a name", twins_load(NULL, NULL, loader(), self->loader, &twin, 1));
	REFUSED(-EINVAL, "not be empty", twins_load(NULL, "", loader(), self->loader, &twin, 1));
	REFUSED(-EINVAL, "has a name", twins_load(NULL, SET, NULL, self->loader, &twin, 1));
	REFUSED(-EINVAL, "absolute", twins_load(NULL, SET, "ld.so", self->loader, &twin, 1));
	REFUSED(-EBADF, "descriptor", twins_load(NULL, SET, loader(), -1, &twin, 1));
	REFUSED(-E2BIG, "one twin or more", twins_load(NULL, SET, loader(), self->loader, NULL, 0));
	REFUSED(-EROFS, "read-only", twins_load(NULL, SET, loader(), writable, &twin, 1));
	REFUSED(-EEXIST, "two twins", twins_load(NULL, SET, loader(), self->loader, twice, 2));
	twin.fd = writable;
	REFUSED(-EROFS, "read-only", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	twin.fd = set_file("set-id");
	REFUSED(-EPERM, "set-id", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	close(twin.fd);
	twin.fd = set_file("script");
	REFUSED(-ELIBBAD, "native", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	close(twin.fd);
	twin.fd = set_file("data");
	REFUSED(-EACCES, "executable", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	close(twin.fd);
	twin.fd = -1;
	REFUSED(-EBADF, "descriptor", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	twin.fd = self->twin;
	twin.not_args = (const char *const []){ "", NULL };
	REFUSED(-EINVAL, "not be empty", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	memset(long_arg, 'x', XARCH_TWIN_ARG_LEN + 1);
	twin.not_args = (const char *const []){ long_arg, NULL };
	REFUSED(-EINVAL, "policy", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	twin.only_args = twin.not_args;
	twin.not_args = NULL;
	REFUSED(-EINVAL, "policy", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
	twin.only_args = NULL;
	twin.id_len = 0;
	REFUSED(-EINVAL, "build-id", twins_load(NULL, SET, loader(), self->loader, &twin, 1));
#undef REFUSED
	close(writable);
	/* The set that was there still is. */
	EXPECT_TRUE(path_ran("prog", "set/twin"));
}

/* Sets are the host administrator's. */
TEST_F(twins, rights)
{
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		struct twin twin = { .id = known, .id_len = sizeof(known), .fd = self->twin };

		if (setgid(1000) || setuid(1000))
			_exit(1);
		if (twins_load(NULL, SET, loader(), self->loader, &twin, 1) != -EPERM)
			_exit(2);
		_exit(twins_unload(NULL, SET) == -EPERM ? 0 : 3);
	}
	waitpid(child, &status, 0);
	EXPECT_EQ(status, 0);
	EXPECT_TRUE(path_ran("prog", "set/twin"));
}

/* Each exec gets a whole set, the old one or the new. */
TEST_F(twins, replaced_under_execs)
{
	pid_t child = fork();
	int i, status;

	ASSERT_GE(child, 0);
	if (!child) {
		for (;;) {
			load(self, NULL, NULL, 0);
			if (twins_unload(NULL, SET))
				_exit(1);
		}
	}
	for (i = 0; i < 300; i++) {
		struct launch it = { .path = lab_path("prog") };
		struct outcome outcome;

		launch(&it, &outcome);
		EXPECT_EQ(outcome.error, 0);
		EXPECT_EQ(WEXITSTATUS(outcome.status), EMULATOR_EXIT);
		outcome_free(&outcome);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	EXPECT_EQ(status, SIGKILL);
	EXPECT_EQ(state().twins_run + state().emulated, 300);
	EXPECT_EQ(state().failed, 0);
}

TEST_HARNESS_MAIN
