// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What root of a user namespace, who has no capability on the host, may do
 * (rules for what is its own) and what not; and that a container's rule never
 * steers a process whose credentials are outside.
 *
 *	host
 *	 |- mine	user, pid, mount namespace; root there is uid 100000
 *	 |   `- below	the same, in mine
 *	 |- other	the same, beside it; root there is uid 200000
 *	 `- plain	the host's user namespace; own pid and mount namespace
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "netlink.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define MAX_CHAIN 70

static const uint32_t kinds[] = { XARCH_SCOPE_USER, XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT };
#define OWN_SCOPE(_kind) ((struct scope){ _kind, OWN })

FIXTURE(delegate)
{
	struct box mine, below, other, plain;
	struct scope hosts[3], others[3], below_scopes[3];
	struct scope plains[2];
};

FIXTURE_SETUP(delegate)
{
	int i;

	scopes_open();
	/* The descriptors come first: what is opened later has them too. */
	self->other = box_open(NULL, ALL, 200000);
	self->plain = box_open(NULL, CLONE_NEWPID | CLONE_NEWNS, 0);
	for (i = 0; i < 3; i++) {
		self->hosts[i] = box_scope(NULL, kinds[i]);
		self->others[i] = box_scope(&self->other, kinds[i]);
	}
	self->plains[0] = box_scope(&self->plain, XARCH_SCOPE_PID);
	self->plains[1] = box_scope(&self->plain, XARCH_SCOPE_MOUNT);
	self->mine = box_open(NULL, ALL, 100000);
	self->below = box_open(&self->mine, ALL, 0);
}

FIXTURE_TEARDOWN(delegate)
{
	box_kill(&self->below);
	box_close(&self->mine);
	box_close(&self->other);
	box_close(&self->plain);
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

TEST_F(delegate, sets_and_removes_rules_of_its_own_namespaces)
{
	int i;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1, box_exec(&self->mine, prog));
		ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(kinds[i]), tag_rule(ARCH, 10 + i, 0))) {
			TH_LOG("%s", rule_error);
		}
		EXPECT_EQ(10 + i, box_exec(&self->mine, prog));
		ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(kinds[i]), &deny_rule));
		EXPECT_EQ(-EACCES, box_exec(&self->mine, prog));
		/* What is below inherits it, but for a mount namespace's. */
		EXPECT_EQ(i < 2 ? -EACCES : 1, box_exec(&self->below, prog));
		EXPECT_EQ(1, box_exec(&self->other, prog));
		EXPECT_EQ(1, box_exec(NULL, prog));
		ASSERT_EQ(0, box_del(&self->mine, OWN_SCOPE(kinds[i]), ARCH));
	}
	EXPECT_EQ(1, box_exec(&self->mine, prog));
}

TEST_F(delegate, cannot_touch_anyone_elses)
{
	int before = rule_count(NULL), i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, scoped_set(self->others[i], tag_rule(ARCH, 3, 0)));
		EXPECT_EQ(-EPERM, box_set(&self->mine, self->others[i], &deny_rule));
		EXPECT_STREQ("changing this scope's rules needs CAP_SYS_ADMIN in the user namespace that owns it",
			     rule_error);
		EXPECT_EQ(-EPERM, box_del(&self->mine, self->others[i], ARCH));
		EXPECT_EQ(-EPERM, box_del(&self->mine, self->others[i], -1));
		EXPECT_EQ(-EPERM, box_set(&self->mine, self->hosts[i], &deny_rule));
		EXPECT_EQ(-EPERM, box_del(&self->mine, self->hosts[i], ARCH));
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EPERM, box_set(&self->mine, self->plains[i], &deny_rule));
		EXPECT_EQ(-EPERM, box_del(&self->mine, self->plains[i], ARCH));
	}
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	EXPECT_EQ(-EPERM, box_set(&self->mine, HOST, &deny_rule));
	EXPECT_STREQ("changing the host's rules needs CAP_SYS_ADMIN in the initial user namespace",
		     rule_error);
	EXPECT_EQ(-EPERM, box_del(&self->mine, HOST, ARCH));
	EXPECT_EQ(-EPERM, box_del(&self->mine, HOST, -1));
	EXPECT_EQ(3, box_exec(&self->other, prog));
	EXPECT_EQ(1, box_exec(NULL, prog));
	EXPECT_EQ(before + 4, rule_count(NULL));
}

static long set_parents(const void *arg __attribute__((unused)))
{
	/* Mine's pid namespace, by the number that "mine" has left at hand. */
	return scoped_set((struct scope){ XARCH_SCOPE_PID, 250 }, &deny_rule);
}

static long keep_own_pid_namespace(const void *arg __attribute__((unused)))
{
	int fd = open("/proc/self/ns/pid", O_RDONLY);

	return fd < 0 || dup2(fd, 250) != 250 ? -errno : 0;
}

/* A parent rules what is below, not the other way. */
TEST_F(delegate, parent_rules_its_child_and_not_the_reverse)
{
	struct box late;

	ASSERT_EQ(0, box_call(&self->mine, keep_own_pid_namespace, NULL, 0));
	late = box_open(&self->mine, ALL, 0);
	EXPECT_EQ(-EPERM, box_call(&late, set_parents, NULL, 0));
	/* The same request by mine itself is right. */
	EXPECT_EQ(0, box_call(&self->mine, set_parents, NULL, 0));
	EXPECT_EQ(-EACCES, box_exec(&late, prog));
	box_kill(&late);
}

static long set_for_child(const void *arg)
{
	struct scope scope = { .kind = XARCH_SCOPE_PID };
	int err;

	scope.fd = open(arg, O_RDONLY | O_CLOEXEC);
	if (scope.fd < 0)
		return -10000 - errno;
	err = scoped_set(scope, &deny_rule);
	close(scope.fd);
	return err;
}

TEST_F(delegate, parent_sets_rules_of_a_namespace_below)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", self->below.pid);
	EXPECT_EQ(0, box_call(&self->mine, set_for_child, path, sizeof(path)));
	EXPECT_EQ(-EACCES, box_exec(&self->below, prog));
	EXPECT_EQ(-ENOEXEC, box_exec(&self->mine, prog));
}

/* Whoever owns a rule's namespace does not own what the host locked there. */
TEST_F(delegate, cannot_lock_nor_set_credentials_nor_undo_a_lock)
{
	int i;

	for (i = 0; i < 3; i++) {
		struct scope scope = box_scope(&self->mine, kinds[i]);

		EXPECT_EQ(-EPERM, box_set(&self->mine, OWN_SCOPE(kinds[i]), &locked_deny_rule));
		EXPECT_STREQ("a locked rule or one with credentials needs CAP_SYS_ADMIN in the initial user namespace",
			     rule_error);
		EXPECT_EQ(-EPERM, box_set(&self->mine, OWN_SCOPE(kinds[i]),
					  tag_rule(ARCH, 5, XARCH_F_CREDENTIALS)));
		ASSERT_EQ(0, scoped_set(scope, &locked_deny_rule));
		EXPECT_EQ(-EPERM, box_set(&self->mine, OWN_SCOPE(kinds[i]), tag_rule(ARCH, 5, 0)));
		EXPECT_EQ(-EPERM, box_set(&self->mine, OWN_SCOPE(kinds[i]), &pass_rule));
		EXPECT_EQ(-EPERM, box_del(&self->mine, OWN_SCOPE(kinds[i]), ARCH));
		EXPECT_EQ(-EPERM, box_del(&self->mine, OWN_SCOPE(kinds[i]), -1));
		EXPECT_EQ(-EACCES, box_exec(&self->mine, prog));
		/* Another arch there is still its own business. */
		EXPECT_EQ(0, box_set(&self->mine, OWN_SCOPE(kinds[i]),
				     tag_rule(XARCH_ARCH_RISCV64, 5, 0)));
		/* All but the locked one would be a surprise: refused whole. */
		EXPECT_EQ(-EPERM, box_del(&self->mine, OWN_SCOPE(kinds[i]), -1));
		EXPECT_EQ(0, box_del(&self->mine, OWN_SCOPE(kinds[i]), XARCH_ARCH_RISCV64));
		ASSERT_EQ(0, rule_del(NULL, scope, ARCH));
	}
}

TEST_F(delegate, nearer_rule_of_its_own_does_not_get_round_a_lock)
{
	ASSERT_EQ(0, scoped_set(HOST, &locked_deny_rule));
	EXPECT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_USER), tag_rule(ARCH, 5, 0)));
	EXPECT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_PID), tag_rule(ARCH, 6, 0)));
	EXPECT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_MOUNT), tag_rule(ARCH, 7, 0)));
	EXPECT_EQ(-EACCES, box_exec(&self->mine, prog));
	EXPECT_EQ(-EACCES, box_exec(&self->below, prog));
	ASSERT_EQ(0, rule_del(NULL, HOST, ARCH));
	EXPECT_EQ(7, box_exec(&self->mine, prog));
	EXPECT_EQ(6, box_exec(&self->below, prog));
}

struct by_fd {
	char emulator[256];
	bool path_only;
};

/* Return: -10000 - errno where it cannot be opened. */
static long set_by_fd(const void *arg)
{
	const struct by_fd *by_fd = arg;
	static const char *const args[] = { "a9", NULL };
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE,
		.emulator = by_fd->emulator, .args = args,
	};
	int err;

	if (!by_fd->path_only) {
		rule.emulator_fd = open(by_fd->emulator, O_RDONLY | O_CLOEXEC);
		if (rule.emulator_fd < 0)
			return -10000 - errno;
	}
	rule.scope = (struct scope){ XARCH_SCOPE_PID, ns_own("pid") };
	err = rule_set(NULL, &rule);
	close(rule.scope.fd);
	if (rule.emulator_fd)
		close(rule.emulator_fd);
	return err;
}

/* A rule is no way round the modes of files and directories. */
TEST_F(delegate, cannot_have_an_emulator_that_it_could_not_execute)
{
	struct by_fd emulator = { .path_only = false }, path = { .path_only = true };

	ASSERT_EQ(0, mkdir("private", 0700));
	lab_copy(tag_a, "private/tag_a");
	snprintf(emulator.emulator, sizeof(emulator.emulator), "%s", lab_path("private/tag_a"));
	snprintf(path.emulator, sizeof(path.emulator), "%s", lab_path("private/tag_a"));

	EXPECT_EQ(-10000 - EACCES, box_call(&self->mine, set_by_fd, &emulator, sizeof(emulator)));
	/* The kernel does not look it up in its place, and least of all as root. */
	EXPECT_EQ(-EINVAL, box_call(&self->mine, set_by_fd, &path, sizeof(path)));
	EXPECT_STREQ("a user namespace's rule needs its emulator's descriptor", rule_error);
	ASSERT_EQ(0, chmod("private", 0755));
	EXPECT_EQ(-EINVAL, box_call(&self->mine, set_by_fd, &path, sizeof(path)));
	/* May be read, may not be executed. */
	ASSERT_EQ(0, chmod("private/tag_a", 0744));
	EXPECT_EQ(-EACCES, box_call(&self->mine, set_by_fd, &emulator, sizeof(emulator)));
	EXPECT_EQ(0, rule_count(NULL));
	ASSERT_EQ(0, chmod("private/tag_a", 0755));
	EXPECT_EQ(0, box_call(&self->mine, set_by_fd, &emulator, sizeof(emulator)));
	EXPECT_EQ(9, box_exec(&self->mine, prog));
	/* What it has, it has: the rule does not ask again. */
	ASSERT_EQ(0, chmod("private", 0700));
	EXPECT_EQ(9, box_exec(&self->mine, prog));
}

TEST_F(delegate, hosts_rule_may_have_an_emulator_that_it_could_not_open)
{
	struct rule rule = *tag_rule(ARCH, 8, 0);

	ASSERT_EQ(0, mkdir("private", 0700));
	lab_copy(tag_a, "private/tag_a");
	rule.emulator = lab_path("private/tag_a");
	ASSERT_EQ(0, scoped_set(box_scope(&self->mine, XARCH_SCOPE_PID), &rule));
	EXPECT_EQ(8, box_exec(&self->mine, prog));
	/* A lazy one is opened by each exec, with the exec's rights. */
	rule.flags = XARCH_F_LAZY;
	ASSERT_EQ(0, scoped_set(box_scope(&self->mine, XARCH_SCOPE_PID), &rule));
	EXPECT_EQ(-EACCES, box_exec(&self->mine, prog));
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_PID), &rule));
	EXPECT_EQ(-EACCES, box_exec(&self->mine, prog));
}

static long mount_own(const void *arg)
{
	return mount("own", arg, "tmpfs", 0, NULL) ? -errno : 0;
}

static long copy_emulator(const void *arg)
{
	lab_copy(tag_a, arg);
	return 0;
}

/* Kept open it would keep the user namespace that mounted its file system. */
TEST_F(delegate, emulator_on_a_file_system_of_the_container_is_lazy_or_none)
{
	struct by_fd emulator = { .path_only = false };
	struct rule rule = *tag_rule(ARCH, 8, XARCH_F_LAZY);

	ASSERT_EQ(0, mkdir("own", 0777));
	ASSERT_EQ(0, box_call(&self->mine, mount_own, lab_path("own"), 300));
	ASSERT_EQ(0, box_call(&self->mine, copy_emulator, lab_path("own/tag_a"), 300));
	snprintf(emulator.emulator, sizeof(emulator.emulator), "%s", lab_path("own/tag_a"));
	EXPECT_EQ(-EXDEV, box_call(&self->mine, set_by_fd, &emulator, sizeof(emulator)));
	EXPECT_EQ(0, rule_count(NULL));
	rule.emulator = emulator.emulator;
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_PID), &rule));
	EXPECT_EQ(8, box_exec(&self->mine, prog));
}

struct entering {
	struct scope scopes[3];
	char path[64];
};

static long enter(const struct entering *entering)
{
	int i;

	for (i = 0; i < 3 && entering->scopes[i].fd > 0; i++)
		if (setns(entering->scopes[i].fd, 0))
			return -10000 - errno;
	return 0;
}

static long enter_and_run(const void *arg)
{
	const struct entering *entering = arg;

	return enter(entering) ?: run_program(entering->path);
}

/* As nsenter does it: into the namespaces, then a child, then the exec. */
static int run_inside(const struct scope *scopes, int n)
{
	struct entering entering = { .scopes = { { 0, 0 } } };
	struct box visitor;
	int result, i;

	for (i = 0; i < n; i++)
		entering.scopes[i] = scopes[i];
	snprintf(entering.path, sizeof(entering.path), "%s", prog);
	visitor = box_open(NULL, 0, 0);
	result = box_call(&visitor, enter_and_run, &entering, sizeof(entering));
	box_close(&visitor);
	return result;
}

static uint32_t winner(pid_t pid)
{
	struct rule_state chain[MAX_CHAIN];
	int n = rule_resolve(NULL, ARCH, pid, chain, MAX_CHAIN), i;

	for (i = 0; i < n; i++)
		if (chain[i].verdict == XARCH_VERDICT_WINS)
			return chain[i].scope;
	return UINT32_MAX;
}

TEST_F(delegate, its_rule_never_steers_a_host_process_that_enters)
{
	struct scope user = box_scope(&self->mine, XARCH_SCOPE_USER);
	struct scope pid = box_scope(&self->mine, XARCH_SCOPE_PID);
	struct scope mount = box_scope(&self->mine, XARCH_SCOPE_MOUNT);
	struct scope both[] = { pid, mount };
	struct scope all[] = { user, pid, mount };

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_PID), tag_rule(ARCH, 6, 0)));
	EXPECT_EQ(1, run_inside(&pid, 1));
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_MOUNT), tag_rule(ARCH, 7, 0)));
	EXPECT_EQ(1, run_inside(&mount, 1));
	EXPECT_EQ(1, run_inside(both, 2));
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_USER), tag_rule(ARCH, 8, 0)));
	EXPECT_EQ(1, run_inside(both, 2));
	/* With credentials inside it is one of them. */
	EXPECT_EQ(8, run_inside(&user, 1));
	EXPECT_EQ(7, run_inside(all, 3));
	EXPECT_EQ(7, box_exec(&self->mine, prog));
	/* What the host's administrator sets there does steer it. */
	ASSERT_EQ(0, scoped_set(mount, tag_rule(ARCH, 9, 0)));
	EXPECT_EQ(9, run_inside(&mount, 1));
	EXPECT_EQ(1, run_inside(&pid, 1));
}

static long just_enter(const void *arg)
{
	return enter(arg);
}

TEST_F(delegate, foreign_is_the_verdict_on_such_a_rule)
{
	struct scope mount = box_scope(&self->mine, XARCH_SCOPE_MOUNT);
	struct entering entering = { .scopes = { mount } };
	struct rule_state chain[MAX_CHAIN];
	struct box visitor;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_MOUNT), &deny_rule));
	visitor = box_open(NULL, 0, 0);
	ASSERT_EQ(0, box_call(&visitor, just_enter, &entering, sizeof(entering)));
	ASSERT_LT(2, rule_resolve(NULL, ARCH, visitor.pid, chain, MAX_CHAIN));
	EXPECT_EQ(XARCH_SCOPE_MOUNT, chain[0].scope);
	EXPECT_EQ(XARCH_VERDICT_FOREIGN, chain[0].verdict);
	EXPECT_EQ(box_inum(&self->mine, XARCH_SCOPE_USER), chain[0].owner);
	EXPECT_EQ(XARCH_SCOPE_HOST, winner(visitor.pid));
	EXPECT_EQ(XARCH_SCOPE_MOUNT, winner(self->mine.pid));
	box_close(&visitor);
}

/*
 * Rootless podman: an unprivileged user of the host owns the container's user
 * namespace, which makes it the administrator there, from the outside too.
 */
TEST_F(delegate, unprivileged_owner_of_a_user_namespace)
{
	struct box user = box_open_as(1000), stranger, container;
	struct scope pid, mount;
	char path[64];

	container = box_open(&user, ALL, 1000);
	stranger = box_open_as(1001);
	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));

	/* From outside, by nobody but its owner. */
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", container.pid);
	EXPECT_EQ(-10000 - EACCES, box_call(&stranger, set_for_child, path, sizeof(path)));
	ASSERT_EQ(0, box_call(&user, set_for_child, path, sizeof(path))) {
		TH_LOG("%s", rule_error);
	}
	EXPECT_EQ(-EACCES, box_exec(&container, prog));
	EXPECT_EQ(1, box_exec(&user, prog));
	EXPECT_EQ(-EPERM, box_set(&user, HOST, &deny_rule));
	EXPECT_EQ(-EPERM, box_set(&user, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	EXPECT_EQ(-EPERM, box_set(&user, OWN_SCOPE(XARCH_SCOPE_USER), &deny_rule));

	/* It is the container's rule, not the user's: the host's root gets the host's. */
	pid = box_scope(&container, XARCH_SCOPE_PID);
	mount = box_scope(&container, XARCH_SCOPE_MOUNT);
	EXPECT_EQ(1, run_inside(&pid, 1));

	/* From inside. */
	ASSERT_EQ(0, box_set(&container, OWN_SCOPE(XARCH_SCOPE_MOUNT), tag_rule(ARCH, 6, 0)));
	EXPECT_EQ(6, box_exec(&container, prog));
	EXPECT_EQ(1, run_inside(&mount, 1));
	EXPECT_EQ(-EPERM, box_set(&container, HOST, &deny_rule));
	EXPECT_EQ(-EPERM, box_set(&container, OWN_SCOPE(XARCH_SCOPE_PID), &locked_deny_rule));
	box_kill(&container);
	box_close(&user);
	box_close(&stranger);
}

/* A box in a box has its opener's. */
static struct conn opened;

static long open_socket(const void *arg __attribute__((unused)))
{
	return conn_try(&opened);
}

static long send_through_it(const void *arg __attribute__((unused)))
{
	return rule_set(&opened, &deny_rule);
}

/* A privileged program with a socket of somebody else's must not be a way in. */
TEST_F(delegate, socket_counts_by_its_opener_and_by_its_user)
{
	struct box opener, child;
	uid_t uid = 1000;

	/* Opened by one without rights, used by root. */
	if (!fork()) {
		_exit(seteuid(uid) || open_socket(NULL) || seteuid(0) ? 99 :
		      send_through_it(NULL) == -EPERM ? 0 : 1);
	}
	int status;

	wait(&status);
	EXPECT_EQ(0, WEXITSTATUS(status));

	/* Opened by root, used by a container's root. */
	opener = box_open(NULL, 0, 0);
	ASSERT_EQ(0, box_call(&opener, open_socket, NULL, 0));
	child = box_open(&opener, CLONE_NEWUSER, 100000);
	EXPECT_EQ(-EPERM, box_call(&child, send_through_it, NULL, 0));
	EXPECT_EQ(0, box_call(&opener, send_through_it, NULL, 0));
	box_kill(&child);
	box_close(&opener);
}

/* A container sees the host's rules and those on its own way up; no sibling's. */
static long count_what_it_sees(const void *arg __attribute__((unused)))
{
	return rule_list(NULL, NULL, ARCH, NULL, 0);
}

static long resolve_other(const void *arg)
{
	return rule_resolve(NULL, ARCH, *(const int *)arg, NULL, 0);
}

TEST_F(delegate, sees_what_can_apply_to_it)
{
	int other = self->other.pid, i;

	ASSERT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, scoped_set(self->others[i], &deny_rule));
		ASSERT_EQ(0, box_set(&self->mine, OWN_SCOPE(kinds[i]), &deny_rule));
	}
	EXPECT_EQ(7, rule_list(NULL, NULL, ARCH, NULL, 0));
	EXPECT_EQ(4, box_call(&self->mine, count_what_it_sees, NULL, 0));
	/* below: the host's, and mine's but for its mount namespace */
	EXPECT_EQ(3, box_call(&self->below, count_what_it_sees, NULL, 0));
	EXPECT_EQ(4, box_call(&self->other, count_what_it_sees, NULL, 0));
	/* Another's process is no business of its, here by a number that it lacks. */
	EXPECT_EQ(-ESRCH, box_call(&self->mine, resolve_other, &other, sizeof(other)));
}

static long rules_until_refused(const void *arg __attribute__((unused)))
{
	struct rule rule = deny_rule;
	int n = 0, err = 0;

	while (!err) {
		struct scope scope = { .kind = XARCH_SCOPE_MOUNT };

		if (unshare(CLONE_NEWNS))
			return -10000 - errno;
		/* Left open: it keeps the namespace and its rules. */
		scope.fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		for (rule.arch = 0; rule.arch <= XARCH_ARCH_MAX && !err; rule.arch++) {
			if (rule.arch == XARCH_ARCH_X86_64)
				continue;
			err = scoped_set(scope, &rule);
			n += !err;
		}
	}
	return err == -ENOSPC ? n : err;
}

TEST_F_TIMEOUT(delegate, limit_of_1024_rules, 90)
{
	struct box fresh;

	EXPECT_EQ(XARCH_USERNS_RULES_MAX, box_call(&self->mine, rules_until_refused, NULL, 0));
	EXPECT_STREQ("this user has set as many rules as they may in user namespaces", rule_error);
	EXPECT_EQ(XARCH_USERNS_RULES_MAX, rule_count(NULL));
	/* All below it count with it; its sibling does not, nor does the host. */
	EXPECT_EQ(-ENOSPC, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	EXPECT_EQ(-ENOSPC, box_set(&self->below, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	EXPECT_EQ(0, box_set(&self->other, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	EXPECT_EQ(0, scoped_set(HOST, tag_rule(ARCH, 1, 0)));
	EXPECT_EQ(0, scoped_set(box_scope(&self->mine, XARCH_SCOPE_PID), &deny_rule));
	/* At the limit a rule can be replaced, and room made. */
	EXPECT_EQ(0, box_set(&self->mine, OWN_SCOPE(XARCH_SCOPE_MOUNT),
			     &(struct rule){ .arch = 0, .action = XARCH_ACTION_PASS }));
	EXPECT_EQ(0, box_del(&self->mine, OWN_SCOPE(XARCH_SCOPE_MOUNT), 0));
	EXPECT_EQ(0, box_set(&self->below, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	EXPECT_EQ(-ENOSPC, box_set(&self->below, OWN_SCOPE(XARCH_SCOPE_USER), &deny_rule));
	/* Dead rules do not count. */
	box_kill(&self->below);
	box_close(&self->mine);
	box_scopes_close();
	EXPECT_EQ(2, rules_left(2, 3 * GONE_MS));
	fresh = box_open(NULL, ALL, 100000);
	EXPECT_EQ(0, box_set(&fresh, OWN_SCOPE(XARCH_SCOPE_PID), &deny_rule));
	box_close(&fresh);
	self->mine = box_open(NULL, 0, 0);
	self->below = box_open(NULL, 0, 0);
}

TEST_HARNESS_MAIN
