// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may change rules and listen: of the socket's opener and the caller alike. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"

#define ARCH	XARCH_ARCH_AARCH64
#define USER	1000
#define QEMU	"/usr/bin/qemu-aarch64"

FIXTURE(rights)
{
	struct conn conn;
};

FIXTURE_SETUP(rights)
{
	conn_open(&self->conn);
	rule_del(&self->conn, HOST, -1);
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_PASS }));
}

FIXTURE_TEARDOWN(rights)
{
	struct reply reply = { 0 };

	rules_get(&self->conn, true, &reply);
	/* Nobody here could replace or remove it. */
	EXPECT_EQ(1, reply.n);
	if (reply.n)
		EXPECT_EQ(XARCH_ACTION_PASS, record_u32(reply.records[0], XARCH_A_ACTION));
	reply_free(&reply);
	rule_del(&self->conn, HOST, -1);
	conn_close(&self->conn);
}

/* What the kernel answers to an attempt at each change; all must be alike. */
static int try_changes(struct conn *conn)
{
	static const char text[] =
		"changing the host's rules needs CAP_SYS_ADMIN in the initial user namespace";
	struct request request;
	struct reply reply = { 0 };
	int set, replace, del, del_all;
	bool said;

	request_rule(&request, conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY });
	set = conn_ask(conn, &request, &reply);
	said = !strcmp(reply.text, text);
	replace = rule_set(conn, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_EMULATE,
		.emulator = "/usr/bin/qemu-arm" });
	del = rule_del(conn, HOST, XARCH_ARCH_ARM);
	del_all = rule_del(conn, HOST, -1);
	if (set && !said)
		printf("# said \"%s\"\n", reply.text);
	reply_free(&reply);
	return set == replace && set == del && set == del_all && said ? set : 100;
}

/* May still look: at the host's rules, and at what would happen to itself. */
static bool can_look(struct conn *conn)
{
	struct request request;
	struct reply reply = { 0 };
	bool can;

	rules_get(conn, false, &reply);
	can = reply.n == 1;
	request_begin(&request, conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&request, XARCH_A_ARCH, XARCH_ARCH_ARM);
	can &= !conn_ask(conn, &request, &reply) && reply.n >= 4;
	/* Not at others: process 1 is root's. */
	put_u32(&request, XARCH_A_PID, 1);
	can &= conn_ask(conn, &request, &reply) == -EPERM;
	reply_free(&reply);
	return can;
}

static int as_user(void *capability)
{
	struct conn conn;

	must(become_user(*(int *)capability), "become_user");
	conn_open(&conn);
	if (!can_look(&conn))
		return 101;
	return try_changes(&conn);
}

TEST_F(rights, of_nobody)
{
	int none = -1;

	EXPECT_EQ(-EPERM, in_child(as_user, &none));
}

TEST_F(rights, net_admin_is_not_enough)
{
	int capability = CAP_NET_ADMIN;

	EXPECT_EQ(-EPERM, in_child(as_user, &capability));
}

static int as_sys_admin(void *arg)
{
	struct conn conn;

	(void)arg;
	must(become_user(CAP_SYS_ADMIN), "become_user");
	conn_open(&conn);
	if (rule_set(&conn, &(struct rule){ .arch = ARCH, .action = XARCH_ACTION_DENY }))
		return 1;
	return rule_del(&conn, HOST, ARCH);
}

TEST_F(rights, sys_admin_is_enough)
{
	EXPECT_EQ(0, in_child(as_sys_admin, NULL));
}

/* A socket that root opened, in the hands of a user. */
static int inherited(void *conn)
{
	must(become_user(-1), "become_user");
	return try_changes(conn);
}

TEST_F(rights, opener_may_caller_may_not)
{
	EXPECT_EQ(-EPERM, in_child(inherited, &self->conn));
}

/* A set-id program that writes what it was given to the socket it was given. */
static int lent(void *arg)
{
	struct conn conn;

	(void)arg;
	if (setresuid(USER, USER, 0))
		return 102;
	conn_open(&conn);
	if (setresuid(0, 0, 0))
		return 103;
	return try_changes(&conn);
}

TEST_F(rights, caller_may_opener_may_not)
{
	EXPECT_EQ(-EPERM, in_child(lent, NULL));
}

/* Root of a user namespace is nobody here, from whatever network namespace. */
static int as_root_of_container(void *flags)
{
	struct conn conn;

	must(become_user(-1), "become_user");
	if (unshare(CLONE_NEWUSER | *(int *)flags))
		return 104;
	conn_open(&conn);
	return try_changes(&conn);
}

TEST_F(rights, root_of_a_user_namespace)
{
	int flags = 0;

	EXPECT_EQ(-EPERM, in_child(as_root_of_container, &flags));
	flags = CLONE_NEWNET;
	EXPECT_EQ(-EPERM, in_child(as_root_of_container, &flags));
}

/* But it rules its own, except for what only the host's administrator may. */
static int own_rules(void *arg)
{
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .scope.kind = XARCH_SCOPE_USER,
	};
	struct conn conn;

	(void)arg;
	must(become_user(-1), "become_user");
	if (unshare(CLONE_NEWUSER))
		return 104;
	conn_open(&conn);
	rule.scope.fd = ns_own("user");
	if (rule_set(&conn, &rule))
		return 1;
	rule.flags = XARCH_F_LAZY | XARCH_F_LOCKED;
	if (rule_set(&conn, &rule) != -EPERM)
		return 2;
	rule.flags = XARCH_F_CREDENTIALS;
	rule.emulator = QEMU;
	if (rule_set(&conn, &rule) != -EPERM)
		return 3;
	/* A path could lead anywhere, and take its time; an open file does not. */
	rule.flags = 0;
	if (rule_set(&conn, &rule) != -EINVAL)
		return 4;
	rule.emulator_fd = open(QEMU, O_RDONLY | O_CLOEXEC);
	if (rule_set(&conn, &rule))
		return 5;
	return rule_del(&conn, rule.scope, ARCH);
}

TEST_F(rights, of_a_user_namespace_over_itself)
{
	EXPECT_EQ(0, in_child(own_rules, NULL));
}

/* A namespace of another's, through a descriptor that was handed down. */
static int foreign_namespace(void *fd)
{
	struct conn conn;

	must(become_user(-1), "become_user");
	conn_open(&conn);
	return rule_set(&conn, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY,
		.scope = { XARCH_SCOPE_PID, *(int *)fd } });
}

TEST_F(rights, of_a_descriptor)
{
	int fd = ns_new("pid");

	EXPECT_EQ(-EPERM, in_child(foreign_namespace, &fd));
	close(fd);
}

struct join {
	int capability;
	uint32_t group;
};

static int join(void *arg)
{
	struct join *join = arg;
	struct conn conn;

	must(become_user(join->capability), "become_user");
	conn_open(&conn);
	return conn_join(&conn, join->group);
}

TEST_F(rights, to_listen)
{
	const uint32_t groups[] = { self->conn.config, self->conn.exec };
	unsigned int i;

	if (!self->conn.config)
		SKIP(return, "no groups on this kernel");
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct join want = { -1, groups[i] };

		EXPECT_EQ(-EPERM, in_child(join, &want));
		want.capability = CAP_NET_ADMIN;
		EXPECT_EQ(-EPERM, in_child(join, &want));
		want.capability = CAP_SYS_ADMIN;
		EXPECT_EQ(0, in_child(join, &want));
	}
}

TEST_HARNESS_MAIN
