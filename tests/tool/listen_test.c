// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What listeners are told of an exec inside a container, in the host's words, and
 * who is not told of it.
 *
 *	host		listens
 *	 |- container	user, pid namespace; root there is uid 100000; its rule denies ARCH
 *	 `- beside	user, network namespace; listens there
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "../../tools/probe.h"
#include "netlink.h"
#include "process.h"
#include "rule.h"

#define ARCH	XARCH_ARCH_AARCH64
#define OTHER	XARCH_ARCH_ARM
#define ROOT	100000

/* Events come within the exec's system call; this is for a machine that is busy. */
#define SOON_MS	5000

FIXTURE(listen)
{
	struct conn conn;
	char program[32];
};

FIXTURE_SETUP(listen)
{
	const unsigned char *bytes;
	size_t len;
	int fd;

	conn_open(&self->conn);
	rule_del(&self->conn, HOST, -1);
	/* Every supported kernel of Debian's can say who may join. */
	ASSERT_NE(0, self->conn.exec);
	ASSERT_NE(0, self->conn.config);
	ASSERT_EQ(0, conn_join(&self->conn, self->conn.exec));

	snprintf(self->program, sizeof(self->program), "/tmp/xarch-listen.XXXXXX");
	fd = mkstemp(self->program);
	bytes = probe_program(ARCH, &len);
	ASSERT_TRUE(fd >= 0 && bytes);
	ASSERT_EQ((ssize_t)len, write(fd, bytes, len));
	ASSERT_EQ(0, fchmod(fd, 0755));
	close(fd);
}

FIXTURE_TEARDOWN(listen)
{
	unlink(self->program);
	rule_del(&self->conn, HOST, -1);
	conn_close(&self->conn);
}

static void put_map(pid_t pid, const char *map)
{
	char path[64], text[64];
	int fd, len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map);
	len = snprintf(text, sizeof(text), "0 %d 1000", ROOT);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, len) != len)
		abort();
	close(fd);
}

/* Denies the program to its own pid namespace, and starts it. */
static void __attribute__((noreturn)) contained(const char *program, int go)
{
	struct conn conn;
	char byte;

	if (read(go, &byte, 1) != 1 || setresgid(0, 0, 0) || setresuid(0, 0, 0))
		_exit(1);
	conn_open(&conn);
	if (rule_set(&conn, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_DENY,
			.scope = { XARCH_SCOPE_PID, ns_own("pid") } }))
		_exit(2);
	execl(program, program, NULL);
	_exit(errno);
}

/* Return: the container's process, which has ended; @inum: of its pid namespace. */
static pid_t run_contained(const char *program, ino_t *inum)
{
	struct stat st;
	char path[64];
	int go[2], status;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		abort();
	pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		contained(program, go[0]);
	put_map(pid, "uid_map");
	put_map(pid, "gid_map");
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (stat(path, &st) || write(go[1], "", 1) != 1)
		abort();
	*inum = st.st_ino;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != EACCES)
		abort();
	close(go[0]);
	close(go[1]);
	return pid;
}

TEST_F(listen, to_a_container_in_the_hosts_words)
{
	struct nlmsghdr *event;
	ino_t inum;
	pid_t pid;

	pid = run_contained(self->program, &inum);
	event = conn_event(&self->conn, SOON_MS);
	ASSERT_NE(NULL, event);
	EXPECT_TRUE(record_is_documented(event));
	EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
	EXPECT_EQ(ARCH, record_u32(event, XARCH_A_ARCH));
	EXPECT_EQ(XARCH_ACTION_DENY, record_u32(event, XARCH_A_ACTION));
	EXPECT_EQ(XARCH_SCOPE_PID, record_u32(event, XARCH_A_SCOPE));
	EXPECT_EQ(inum, record_u32(event, XARCH_A_NS_INUM));
	EXPECT_EQ(inum, record_u32(event, XARCH_A_PID_NS_INUM));
	EXPECT_EQ((uint32_t)pid, record_u32(event, XARCH_A_PID));
	EXPECT_EQ(ROOT, record_u32(event, XARCH_A_UID));
	EXPECT_EQ(EACCES, record_u32(event, XARCH_A_ERROR));
	EXPECT_STREQ(self->program, record_string(event, XARCH_A_PATH));
	free(event);
}

/* The next event is this one. */
static bool hears(struct conn *conn, uint8_t cmd, uint32_t arch)
{
	struct nlmsghdr *event = conn_event(conn, SOON_MS);
	bool good = event && record_cmd(event) == cmd && record_u32(event, XARCH_A_ARCH) == arch;

	free(event);
	return good;
}

/* Tells on @told that it listens in a network namespace of its own; hears the rest. */
static int elsewhere(int told)
{
	struct conn conn;

	if (unshare(CLONE_NEWNET))
		return 2;
	conn_open(&conn);
	if (conn_join(&conn, conn.exec) || conn_join(&conn, conn.config))
		return 3;
	if (write(told, "", 1) != 1)
		return 4;
	if (!hears(&conn, XARCH_CMD_RULE_SET, OTHER))
		return 5;
	return hears(&conn, XARCH_CMD_EXEC_NTF, OTHER) ? 0 : 6;
}

TEST_F(listen, in_another_network_namespace)
{
	int told[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe2(told, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(elsewhere(told[1]));
	close(told[1]);
	ASSERT_EQ(1, read(told[0], &byte, 1));
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = OTHER, .action = XARCH_ACTION_DENY }));
	EXPECT_EQ(-EACCES, run_arch(OTHER));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	close(told[0]);
}

/* Tells on @told that it listens, waits for @go, and runs a program of its own. */
static int beside(int told, int go)
{
	struct nlmsghdr *event;
	struct conn conn;
	char byte;
	int first;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 2;
	conn_open(&conn);
	if (conn_join(&conn, conn.exec))
		return 3;
	if (write(told, "", 1) != 1 || read(go, &byte, 1) != 1)
		return 4;
	if (run_arch(OTHER) != -EACCES)
		return 5;
	event = conn_event(&conn, SOON_MS);
	if (!event)
		return 6;
	first = record_u32(event, XARCH_A_ARCH);
	/* In its own words, and it has none for these. */
	if (record_has(event, XARCH_A_PID) || record_has(event, XARCH_A_UID) ||
	    record_has(event, XARCH_A_PID_NS_INUM))
		first = -1;
	free(event);
	return first == OTHER ? 0 : 7;
}

/* It hears of itself; the container's exec, which came before, is not its business. */
TEST_F(listen, not_to_another_containers_execs)
{
	int told[2], go[2], status;
	struct nlmsghdr *event;
	char byte;
	ino_t inum;
	pid_t pid;

	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = OTHER, .action = XARCH_ACTION_DENY }));
	ASSERT_EQ(0, pipe2(told, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(beside(told[1], go[0]));
	close(told[1]);
	ASSERT_EQ(1, read(told[0], &byte, 1));
	run_contained(self->program, &inum);
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	/* The host's listener has both, in their order. */
	event = conn_event(&self->conn, SOON_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(ARCH, record_u32(event, XARCH_A_ARCH));
	free(event);
	event = conn_event(&self->conn, SOON_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(OTHER, record_u32(event, XARCH_A_ARCH));
	free(event);
}

TEST_HARNESS_MAIN
