// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may change rules and listen: of the socket's opener and the caller alike. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "nl.h"

#define ARCH	XARCH_ARCH_AARCH64
#define USER	1000
#define QEMU	"/usr/bin/qemu-aarch64"

FIXTURE(rights)
{
	struct nl nl;
};

FIXTURE_SETUP(rights)
{
	nl_open(&self->nl);
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_PASS }));
}

FIXTURE_TEARDOWN(rights)
{
	struct reply reply = { 0 };

	rules_get(&self->nl, true, &reply);
	/* Nobody here could replace or remove it. */
	EXPECT_EQ(1, reply.n);
	if (reply.n)
		EXPECT_EQ(XARCH_ACTION_PASS, record_u32(reply.records[0], XARCH_A_ACTION));
	reply_free(&reply);
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	nl_close(&self->nl);
}

/* Become a user who has this capability alone, or -1: none. */
static void become_user(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(USER, USER, USER) ||
	    setresuid(USER, USER, USER))
		abort();
	if (capability >= 0) {
		data[capability / 32].permitted = 1U << capability % 32;
		data[capability / 32].effective = 1U << capability % 32;
	}
	if (syscall(SYS_capset, &header, data))
		abort();
}

/* What the kernel answers to an attempt at each change; all must be alike. */
static int try_changes(struct nl *nl)
{
	static const char text[] =
		"changing the host's rules needs CAP_SYS_ADMIN in the initial user namespace";
	struct request request;
	struct reply reply = { 0 };
	int set, replace, del, del_all;
	bool said;

	request_rule(&request, nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY });
	set = nl_ask(nl, &request, &reply);
	said = !strcmp(reply.text, text);
	replace = rule_set(nl, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_EMULATE,
		.emulator = "/usr/bin/qemu-arm" });
	del = rule_del(nl, XARCH_ARCH_ARM, XARCH_SCOPE_HOST, 0);
	del_all = rule_del(nl, -1, XARCH_SCOPE_HOST, 0);
	if (set && !said)
		printf("# said \"%s\"\n", reply.text);
	reply_free(&reply);
	return set == replace && set == del && set == del_all && said ? set : 100;
}

/* May still look: at the host's rules, and at what would happen to itself. */
static bool can_look(struct nl *nl)
{
	struct request request;
	struct reply reply = { 0 };
	bool can;

	rules_get(nl, false, &reply);
	can = reply.n == 1;
	request_begin(&request, nl, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&request, XARCH_A_ARCH, XARCH_ARCH_ARM);
	can &= !nl_ask(nl, &request, &reply) && reply.n >= 4;
	/* Not at others: process 1 is root's. */
	put_u32(&request, XARCH_A_PID, 1);
	can &= nl_ask(nl, &request, &reply) == EPERM;
	reply_free(&reply);
	return can;
}

static int as_user(void *capability)
{
	struct nl nl;

	become_user(*(int *)capability);
	nl_open(&nl);
	if (!can_look(&nl))
		return 101;
	return try_changes(&nl);
}

TEST_F(rights, of_nobody)
{
	int none = -1;

	EXPECT_EQ(EPERM, in_child(as_user, &none));
}

TEST_F(rights, net_admin_is_not_enough)
{
	int capability = CAP_NET_ADMIN;

	EXPECT_EQ(EPERM, in_child(as_user, &capability));
}

static int as_sys_admin(void *arg)
{
	struct nl nl;

	(void)arg;
	become_user(CAP_SYS_ADMIN);
	nl_open(&nl);
	if (rule_set(&nl, &(struct rule){ .arch = ARCH, .action = XARCH_ACTION_DENY }))
		return 1;
	return rule_del(&nl, ARCH, XARCH_SCOPE_HOST, 0);
}

TEST_F(rights, sys_admin_is_enough)
{
	EXPECT_EQ(0, in_child(as_sys_admin, NULL));
}

/* A socket that root opened, in the hands of a user. */
static int inherited(void *nl)
{
	become_user(-1);
	return try_changes(nl);
}

TEST_F(rights, opener_may_caller_may_not)
{
	EXPECT_EQ(EPERM, in_child(inherited, &self->nl));
}

/* A set-id program that writes what it was given to the socket it was given. */
static int lent(void *arg)
{
	struct nl nl;

	(void)arg;
	if (setresuid(USER, USER, 0))
		return 102;
	nl_open(&nl);
	if (setresuid(0, 0, 0))
		return 103;
	return try_changes(&nl);
}

TEST_F(rights, caller_may_opener_may_not)
{
	EXPECT_EQ(EPERM, in_child(lent, NULL));
}

/* Root of a user namespace is nobody here, from whatever network namespace. */
static int as_root_of_container(void *flags)
{
	struct nl nl;

	become_user(-1);
	if (unshare(CLONE_NEWUSER | *(int *)flags))
		return 104;
	nl_open(&nl);
	return try_changes(&nl);
}

TEST_F(rights, root_of_a_user_namespace)
{
	int flags = 0;

	EXPECT_EQ(EPERM, in_child(as_root_of_container, &flags));
	flags = CLONE_NEWNET;
	EXPECT_EQ(EPERM, in_child(as_root_of_container, &flags));
}

/* But it rules its own, except for what only the host's administrator may. */
static int own_rules(void *arg)
{
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .scope = XARCH_SCOPE_USER,
	};
	struct nl nl;

	(void)arg;
	become_user(-1);
	if (unshare(CLONE_NEWUSER))
		return 104;
	nl_open(&nl);
	rule.ns_fd = ns_own("user");
	if (rule_set(&nl, &rule))
		return 1;
	rule.flags = XARCH_F_LAZY | XARCH_F_LOCKED;
	if (rule_set(&nl, &rule) != EPERM)
		return 2;
	rule.flags = XARCH_F_CREDENTIALS;
	rule.emulator = QEMU;
	if (rule_set(&nl, &rule) != EPERM)
		return 3;
	/* A path could lead anywhere, and take its time; an open file does not. */
	rule.flags = 0;
	if (rule_set(&nl, &rule) != EINVAL)
		return 4;
	rule.emulator_fd = open(QEMU, O_RDONLY | O_CLOEXEC);
	if (rule_set(&nl, &rule))
		return 5;
	return rule_del(&nl, ARCH, XARCH_SCOPE_USER, rule.ns_fd);
}

TEST_F(rights, of_a_user_namespace_over_itself)
{
	EXPECT_EQ(0, in_child(own_rules, NULL));
}

/* A namespace of another's, through a descriptor that was handed down. */
static int foreign_namespace(void *fd)
{
	struct nl nl;

	become_user(-1);
	nl_open(&nl);
	return rule_set(&nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY,
		.scope = XARCH_SCOPE_PID, .ns_fd = *(int *)fd });
}

TEST_F(rights, of_a_descriptor)
{
	int fd = ns_new("pid");

	EXPECT_EQ(EPERM, in_child(foreign_namespace, &fd));
	close(fd);
}

struct join {
	int capability;
	uint32_t group;
};

static int join(void *arg)
{
	struct join *join = arg;
	struct nl nl;

	become_user(join->capability);
	nl_open(&nl);
	return nl_join(&nl, join->group);
}

TEST_F(rights, to_listen)
{
	const uint32_t groups[] = { self->nl.config, self->nl.exec };
	unsigned int i;

	if (!self->nl.config)
		SKIP(return, "no groups on this kernel");
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct join want = { -1, groups[i] };

		EXPECT_EQ(EPERM, in_child(join, &want));
		want.capability = CAP_NET_ADMIN;
		EXPECT_EQ(EPERM, in_child(join, &want));
		want.capability = CAP_SYS_ADMIN;
		EXPECT_EQ(0, in_child(join, &want));
	}
}

TEST_HARNESS_MAIN
