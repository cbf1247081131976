// SPDX-License-Identifier: GPL-2.0-or-later
/* Scopes that are none: refused, with a reason, and nothing is left behind. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"

FIXTURE(input)
{
	struct box box;
};

FIXTURE_SETUP(input)
{
	scopes_open();
	self->box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER, 100000);
}

FIXTURE_TEARDOWN(input)
{
	box_close(&self->box);
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

static const uint32_t kinds[] = { XARCH_SCOPE_USER, XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT };

TEST_F(input, namespaces_of_other_types)
{
	static const char *const others[] = { "net", "uts", "ipc", "cgroup", "time" };
	unsigned int i, k;

	for (i = 0; i < 5; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", others[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		for (k = 0; k < 3; k++) {
			struct scope scope = { kinds[k], fd };

			EXPECT_EQ(-EINVAL, scoped_set(scope, &deny_rule));
			EXPECT_STREQ("rules are for mount, pid and user namespaces; this one is of another type",
				     rule_error);
			EXPECT_EQ(-EINVAL, rule_del(NULL, scope, ARCH));
			EXPECT_EQ(-EINVAL, rule_list(NULL, &scope, ARCH, NULL, 0));
		}
		close(fd);
	}
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_F(input, namespaces_of_another_type_than_said)
{
	unsigned int i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++) {
			struct scope scope = box_scope(&self->box, kinds[i]);

			scope.kind = kinds[k];
			if (i == k)
				continue;
			EXPECT_EQ(-EINVAL, scoped_set(scope, &deny_rule));
			EXPECT_NE(NULL, strstr(rule_error, "mount, pid, user"));
		}
	}
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_F(input, descriptors_of_no_namespace)
{
	int fds[7], pipes[2], i;

	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	fds[0] = pipes[0];
	fds[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[2] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[3] = open("/", O_RDONLY | O_CLOEXEC);
	fds[4] = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	fds[5] = open("/proc/self/ns", O_RDONLY | O_CLOEXEC);
	fds[6] = syscall(SYS_pidfd_open, self->box.pid, 0);
	for (i = 0; i < 7; i++) {
		struct scope scope = { XARCH_SCOPE_PID, fcntl(fds[i], F_DUPFD_CLOEXEC, 400) };

		ASSERT_LE(0, scope.fd);
		EXPECT_EQ(-EINVAL, scoped_set(scope, &deny_rule));
		EXPECT_STREQ("the descriptor is not of a namespace file (/proc/PID/ns/mnt, pid or user)",
			     rule_error);
		EXPECT_EQ(-EINVAL, rule_del(NULL, scope, ARCH));
		close(fds[i]);
		/* A number that nothing else gets in between. */
		close(scope.fd);
		EXPECT_EQ(-EBADF, scoped_set(scope, &deny_rule));
		EXPECT_STREQ("the namespace's descriptor is not open in the calling process",
			     rule_error);
	}
	EXPECT_EQ(-EBADF, scoped_set((struct scope){ XARCH_SCOPE_PID, INT32_MAX }, &deny_rule));
	/* One that was opened as a name alone gives no access. */
	i = open("/proc/self/ns/pid", O_PATH | O_CLOEXEC);
	EXPECT_EQ(-EBADF, scoped_set((struct scope){ XARCH_SCOPE_PID, i }, &deny_rule));
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_F(input, scope_and_descriptor_belong_together)
{
	struct scope pid = box_scope(&self->box, XARCH_SCOPE_PID);

	EXPECT_EQ(-EINVAL, scoped_set((struct scope){ XARCH_SCOPE_HOST, pid.fd }, &deny_rule));
	EXPECT_STREQ("the host scope takes no namespace file", rule_error);
	EXPECT_EQ(-EINVAL, scoped_set((struct scope){ XARCH_SCOPE_PID, 0 }, &deny_rule));
	EXPECT_STREQ("this scope needs the descriptor of a namespace file", rule_error);
	EXPECT_GT(0, scoped_set((struct scope){ XARCH_SCOPE_MAX + 1, pid.fd }, &deny_rule));
	EXPECT_EQ(0, rule_count(NULL));
}

TEST_F(input, refused_rule_leaves_no_trace_of_its_scope)
{
	struct scope pid = box_scope(&self->box, XARCH_SCOPE_PID);
	struct rule rule = *tag_rule(ARCH, 1, 0);
	struct rule_state listed;

	rule.emulator = "/does/not/exist";
	EXPECT_EQ(-ENOENT, scoped_set(pid, &rule));
	EXPECT_STREQ("there is no such emulator", rule_error);
	EXPECT_EQ(0, rule_count(NULL));
	EXPECT_EQ(-ENOENT, rule_del(NULL, pid, ARCH));
	/* A rule that is there stays as it is. */
	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	EXPECT_EQ(-ENOENT, scoped_set(pid, &rule));
	EXPECT_EQ(1, box_exec(&self->box, prog));
	EXPECT_EQ(1, rule_list(NULL, &pid, ARCH, &listed, 1));
	EXPECT_STREQ("a1", listed.arg);
}

/*
 * Dead between the opening of its file and the rule. The file keeps it, and no
 * longer; but nobody can be in a pid namespace whose first process is gone.
 */
TEST_F(input, namespace_that_dies_before_its_rule)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct box box = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER, 100000);
		struct scope scope = box_scope(&box, kinds[i]);

		box_close(&box);
		EXPECT_EQ(0, scoped_set(scope, tag_rule(ARCH, 1, 0)));
	}
	nap_ms(GONE_MS + SLACK_MS);
	EXPECT_EQ(2, rule_count(NULL));
	box_scopes_close();
	EXPECT_EQ(0, rules_left(0, GONE_MS + SLACK_MS));
}

TEST_F(input, processes_that_are_gone)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	ASSERT_TRUE(wait_for_state(pid, 'Z'));
	EXPECT_EQ(-ESRCH, rule_resolve(NULL, ARCH, pid, NULL, 0));
	waitpid(pid, NULL, 0);
	EXPECT_EQ(-ESRCH, rule_resolve(NULL, ARCH, pid, NULL, 0));
	EXPECT_EQ(-ESRCH, rule_resolve(NULL, ARCH, INT32_MAX, NULL, 0));
}

TEST_HARNESS_MAIN
