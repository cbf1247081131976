// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may ask about what, and that the answer is whole. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define USER 1000

FIXTURE(ask)
{
};

FIXTURE_SETUP(ask)
{
	scopes_open();
}

FIXTURE_TEARDOWN(ask)
{
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

static long list(const void *scope)
{
	return rule_list(NULL, scope, ARCH, NULL, 0);
}

/* A descriptor opens no view into a namespace that is neither one's own nor above. */
TEST_F(ask, by_a_descriptor_of_anothers_namespace)
{
	static const uint32_t kinds[] = { XARCH_SCOPE_USER, XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT };
	struct box mine = box_open(NULL, ALL, 100000), other;
	struct scope scopes[3];
	int i;

	for (i = 0; i < 3; i++) {
		scopes[i] = box_scope(&mine, kinds[i]);
		ASSERT_EQ(0, scoped_set(scopes[i], &deny_rule));
	}
	/* It has our descriptors, and our rights over nothing. */
	other = box_open(NULL, ALL, 200000);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, box_call(&other, list, &scopes[i], sizeof(scopes[i])));
		EXPECT_EQ(1, rule_list(NULL, &scopes[i], ARCH, NULL, 0));
	}
	box_kill(&other);
	box_close(&mine);
	box_scopes_close();
}

/* A user of a container may set none of its rules. */
static long list_without_rights(const void *unused)
{
	(void)unused;
	must(!setresgid(1, 1, 1) && !setresuid(1, 1, 1), "setresuid");
	return rule_list(NULL, NULL, ARCH, NULL, 0);
}

TEST_F(ask, without_rights_about_ones_own_namespaces)
{
	static const uint32_t kinds[] = { XARCH_SCOPE_USER, XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT };
	struct box box;
	int i;

	for (i = 0; i < 3; i++) {
		box = box_open(NULL, ALL, 100000);
		ASSERT_EQ(0, scoped_set(box_scope(&box, kinds[i]), &deny_rule));
		EXPECT_EQ(1, box_call(&box, list_without_rights, NULL, 0)) TH_LOG("kind %u", kinds[i]);
		box_close(&box);
	}
	box_scopes_close();
}

/* In @depth pid namespaces more: how many candidates, or 0 unless the host's wins. */
static int chain_below(int depth)
{
	struct rule_state chain[80];
	int n, status;
	pid_t pid;

	if (!depth) {
		n = rule_resolve(NULL, ARCH, 0, chain, 80);
		return n > 0 && n <= 80 && chain[n - 1].scope == XARCH_SCOPE_HOST &&
		       chain[n - 1].verdict == XARCH_VERDICT_WINS ? n : 0;
	}
	if (unshare(CLONE_NEWPID))
		return 0;
	pid = fork();
	if (!pid)
		_exit(chain_below(depth - 1));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : 0;
}

TEST_F(ask, from_as_deep_as_it_goes)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, scoped_set(HOST, &locked_deny_rule));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(chain_below(31));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* A mount namespace, the pid namespaces, a user namespace, the host. */
	EXPECT_EQ(1 + 32 + 1 + 1, WEXITSTATUS(status));
}

static void *sleeping(void *tid)
{
	__atomic_store_n((pid_t *)tid, gettid(), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

/* A thread that is not its process's first; @tid in shared memory. */
static void start_thread(pid_t *tid)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, sleeping, tid), "pthread_create");
	while (!__atomic_load_n(tid, __ATOMIC_SEQ_CST))
		nap_ms(1);
}

static void *ask_about_first(void *result)
{
	*(int *)result = rule_resolve(NULL, ARCH, getpid(), NULL, 0);
	return NULL;
}

/* Without a right, about each thread of one's own process and of no other. */
static int ask_without_rights(pid_t stranger)
{
	static pid_t own;
	pthread_t thread;
	int first = 0;

	if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
		return 1;
	if (rule_resolve(NULL, ARCH, 0, NULL, 0) <= 0 ||
	    rule_resolve(NULL, ARCH, getpid(), NULL, 0) <= 0)
		return 2;
	start_thread(&own);
	if (rule_resolve(NULL, ARCH, own, NULL, 0) <= 0)
		return 3;
	if (pthread_create(&thread, NULL, ask_about_first, &first) ||
	    pthread_join(thread, NULL) || first <= 0)
		return 4;
	return rule_resolve(NULL, ARCH, stranger, NULL, 0) == -EPERM ? 0 : 5;
}

TEST_F(ask, about_threads)
{
	pid_t *tid = shared_memory(sizeof(*tid)), holder, pid;
	int status;

	holder = fork();
	ASSERT_LE(0, holder);
	if (!holder) {
		start_thread(tid);
		for (;;)
			pause();
	}
	while (!__atomic_load_n(tid, __ATOMIC_SEQ_CST))
		nap_ms(1);
	/* An administrator's question names a thread as well as a process. */
	EXPECT_LT(0, rule_resolve(NULL, ARCH, holder, NULL, 0));
	EXPECT_LT(0, rule_resolve(NULL, ARCH, *tid, NULL, 0));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ask_without_rights(*tid));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ask_without_rights(holder));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

TEST_HARNESS_MAIN
