// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "common.h"

#define SLOTS 64
#define ARG_LEN 1024

/*
 * One pair a box, [0] ours. All are made before the first box, so that a box in
 * a box has its end without being passed it.
 */
static int pairs[SLOTS][2];
static int next_slot;

struct call {
	long (*fn)(const void *arg);
	char arg[ARG_LEN] __attribute__((aligned(16)));
};

struct answer {
	long value;
	char error[sizeof(rule_error)];
};

void box_setup(void)
{
	int i;

	next_slot = 0;
	for (i = 0; i < SLOTS; i++)
		must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pairs[i]),
		     "socketpair");
}

/* The function's address is the same here: nothing was executed since fork(). */
static void __attribute__((noreturn)) serve(int slot)
{
	struct call call;
	struct answer answer;

	for (;;) {
		if (read(pairs[slot][1], &call, sizeof(call)) != sizeof(call))
			_exit(1);
		rule_error[0] = '\0';
		answer.value = call.fn(call.arg);
		memcpy(answer.error, rule_error, sizeof(answer.error));
		fflush(NULL);
		if (write(pairs[slot][1], &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
	}
}

/* We have its end of the socket as well, so that its death shows in /proc alone. */
static void wait_for_answer(const struct box *box)
{
	struct pollfd ready = { .fd = pairs[box->slot][0], .events = POLLIN };
	int tries = 0;

	while (!poll(&ready, 1, 500)) {
		/* One whose number is yet to be asked for has little to do. */
		must(box->pid || ++tries < 60, "new box does not answer");
		must(!box->pid || is_alive(box->pid), "box has died");
	}
}

long box_call(const struct box *box, long (*fn)(const void *arg), const void *arg, size_t len)
{
	struct call call = { .fn = fn };
	struct answer answer;

	if (!box)
		return fn(arg);
	must(len <= ARG_LEN, "argument of a call");
	if (arg)
		memcpy(call.arg, arg, len);
	fflush(NULL);
	must(write(pairs[box->slot][0], &call, sizeof(call)) == sizeof(call),
	     "write to box");
	wait_for_answer(box);
	must(read(pairs[box->slot][0], &answer, sizeof(answer)) == sizeof(answer),
	     "read from box");
	memcpy(rule_error, answer.error, sizeof(answer.error));
	return answer.value;
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static void map_ids(pid_t pid, uid_t uid)
{
	char path[64], line[64];

	snprintf(line, sizeof(line), "0 %u %d\n", uid, geteuid() ? 1 : 1000);
	if (geteuid()) {
		snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
		put_file(path, "deny");
	}
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	put_file(path, line);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	put_file(path, line);
}

struct order {
	int slot;
	int flags;
	uid_t uid;
};

/* /proc is the host's mount, so this is the host's number. */
static long host_pid(const void *arg __attribute__((unused)))
{
	char name[32] = "";

	must(readlink("/proc/self", name, sizeof(name) - 1) > 0, "/proc/self");
	return atol(name);
}

static void __attribute__((noreturn)) begin_box(const struct order *order, int told, int go)
{
	long self = host_pid(NULL);
	char byte;

	must(write(told, &self, sizeof(self)) == sizeof(self), "write");
	close(told);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	close(go);
	if (order->flags & CLONE_NEWUSER)
		must(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "setresuid in box");
	if (order->flags & CLONE_NEWNS)
		must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount in box");
	/* Both after the last change of credentials, which resets them. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 1);
	serve(order->slot);
}

/* Return: its pid as its opener sees it. */
static long open_one(const void *arg)
{
	const struct order *order = arg;
	int told[2], go[2];
	long in_proc;
	pid_t pid;

	must(!pipe2(told, O_CLOEXEC) && !pipe2(go, O_CLOEXEC), "pipe2");
	fflush(NULL);
	pid = syscall(SYS_clone, order->flags | SIGCHLD, 0, 0, 0, 0);
	must(pid >= 0, "clone");
	if (!pid) {
		close(go[1]);
		begin_box(order, told[1], go[0]);
	}
	close(go[0]);
	close(told[1]);
	/*
	 * /proc is the host's and has other numbers than the opener, which may be in
	 * a pid namespace, sees.
	 */
	must(read(told[0], &in_proc, sizeof(in_proc)) == sizeof(in_proc), "read");
	close(told[0]);
	if (order->flags & CLONE_NEWUSER)
		map_ids(in_proc, order->uid);
	must(write(go[1], "", 1) == 1, "write");
	close(go[1]);
	return pid;
}

struct box box_open(const struct box *parent, int flags, uid_t uid)
{
	struct order order = { .slot = next_slot++, .flags = flags, .uid = uid };
	struct box box = { .slot = order.slot };

	must(order.slot < SLOTS, "too many boxes");
	box_call(parent, open_one, &order, sizeof(order));
	box.pid = box_call(&box, host_pid, NULL, 0);
	return box;
}

static long become(const void *arg)
{
	uid_t uid = *(const uid_t *)arg;

	must(!setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid),
	     "setresuid");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A child's files in /proc, its maps among them, are root's otherwise. */
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

struct box box_open_as(uid_t uid)
{
	struct box box = box_open(NULL, 0, 0);

	box_call(&box, become, &uid, sizeof(uid));
	return box;
}

static long exec_here(const void *arg)
{
	return run_program(arg);
}

int box_exec(const struct box *box, const char *path)
{
	return box_call(box, exec_here, path, strlen(path) + 1);
}

/* A rule with its strings in it. */
struct rule_order {
	struct scope scope;
	struct rule rule;
	int del_arch;
	char emulator[256];
	char args[4][64];
};

static const char *const ns_names[] = {
	[XARCH_SCOPE_USER] = "user",
	[XARCH_SCOPE_PID] = "pid",
	[XARCH_SCOPE_MOUNT] = "mnt",
};

static int open_own(struct scope *scope)
{
	char path[32];

	if (scope->fd != OWN)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[scope->kind]);
	scope->fd = open(path, O_RDONLY | O_CLOEXEC);
	must(scope->fd >= 0, path);
	return scope->fd;
}

static long set_here(const void *arg)
{
	struct rule_order order = *(const struct rule_order *)arg;
	const char *args[5] = { NULL };
	int own = open_own(&order.scope);
	int i, err;

	for (i = 0; i < 4 && order.args[i][0]; i++)
		args[i] = order.args[i];
	order.rule.args = args;
	if (order.emulator[0])
		order.rule.emulator = order.emulator;
	err = scoped_set(order.scope, &order.rule);
	if (own >= 0)
		close(own);
	return err;
}

int box_set(const struct box *box, struct scope scope, const struct rule *rule)
{
	struct rule_order order = { .scope = scope, .rule = *rule };
	int i;

	if (rule->emulator)
		snprintf(order.emulator, sizeof(order.emulator), "%s", rule->emulator);
	for (i = 0; rule->args && rule->args[i]; i++) {
		must(i < 4, "arguments");
		snprintf(order.args[i], sizeof(order.args[i]), "%s", rule->args[i]);
	}
	order.rule.emulator = NULL;
	order.rule.args = NULL;
	return box_call(box, set_here, &order, sizeof(order));
}

static long del_here(const void *arg)
{
	struct rule_order order = *(const struct rule_order *)arg;
	int own = open_own(&order.scope);
	int err = rule_del(NULL, order.scope, order.del_arch);

	if (own >= 0)
		close(own);
	return err;
}

int box_del(const struct box *box, struct scope scope, int arch)
{
	struct rule_order order = { .scope = scope, .del_arch = arch };

	return box_call(box, del_here, &order, sizeof(order));
}

static int scope_fds[256];
static int n_scope_fds;

struct scope box_scope(const struct box *box, uint32_t kind)
{
	struct scope scope = { .kind = kind };
	char path[64];

	must(n_scope_fds < 256, "too many scopes");

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", box ? box->pid : getpid(),
		 ns_names[kind]);
	scope.fd = open(path, O_RDONLY | O_CLOEXEC);
	must(scope.fd >= 0, path);
	scope_fds[n_scope_fds++] = scope.fd;
	return scope;
}

void box_scopes_close(void)
{
	while (n_scope_fds)
		close(scope_fds[--n_scope_fds]);
}

uint32_t box_inum(const struct box *box, uint32_t kind)
{
	struct scope scope = box_scope(box, kind);
	struct stat st;

	must(!fstat(scope.fd, &st), "fstat");
	return st.st_ino;
}

void box_kill(const struct box *box)
{
	must(!kill(box->pid, SIGKILL), "kill");
}

void box_reap(const struct box *box)
{
	/* One in a box is its box's to collect, which ends without doing so. */
	must(waitpid(box->pid, NULL, 0) == box->pid || errno == ECHILD, "waitpid");
}

void box_close(const struct box *box)
{
	box_kill(box);
	box_reap(box);
}
