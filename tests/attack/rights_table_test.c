// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may do what: README's table is what this reads and holds the module to, each of
 * its rows (what) as each of its columns (who). What the table does not grant is
 * refused with EPERM, or not shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"
#include "set.h"

#define ARCH		XARCH_ARCH_AARCH64
#define NEIGHBOUR	2000
#define QEMU		"/usr/bin/qemu-aarch64"
#define SET		"rights-test"

static const char *const kinds[] = { "", "user", "pid", "mnt" };

/* What a try has at hand; descriptors stay where paths no longer lead there. */
static struct {
	struct conn conn;
	int own[4];		/* namespaces, by enum xarch_scope */
	int neighbours[4];	/* of a container that is another user's */
	pid_t neighbour;	/* a process in it, as the caller may name it */
	int qemu;
	bool socket_given;
} env;

/* Who */

static bool drop_to_user(int capability)
{
	return become_user(capability) && !prctl(PR_SET_DUMPABLE, 1);
}

static bool unshare_and_fork(int flags)
{
	int status;
	pid_t pid;

	if (unshare(flags))
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (!pid)
		return true;
	if (waitpid(pid, &status, 0) != pid)
		abort();
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static bool root(void)
{
	return true;
}

/* With what engines leave to root by default, which CAP_SYS_ADMIN is not part of. */
static bool container(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const uint32_t kept = 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_FSETID |
			      1 << CAP_FOWNER | 1 << CAP_MKNOD | 1 << CAP_NET_RAW |
			      1 << CAP_SETGID | 1 << CAP_SETUID | 1 << CAP_SETPCAP |
			      1 << CAP_NET_BIND_SERVICE | 1 << CAP_SYS_CHROOT | 1 << CAP_KILL;
	struct __user_cap_data_struct data[2] = { { .permitted = kept, .effective = kept } };

	return unshare_and_fork(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) &&
	       !syscall(SYS_capset, &header, data);
}

static bool privileged(void)
{
	return unshare_and_fork(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET);
}

static bool user_namespace(void)
{
	return drop_to_user(-1) &&
	       unshare_and_fork(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET);
}

static bool user(void)
{
	return drop_to_user(-1);
}

static bool handed_socket(void)
{
	env.socket_given = true;
	return drop_to_user(-1);
}

static bool net_admin(void)
{
	return drop_to_user(CAP_NET_ADMIN);
}

static bool no_new_privs(void)
{
	return drop_to_user(-1) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void open_own(void)
{
	uint32_t scope;

	for (scope = XARCH_SCOPE_USER; scope <= XARCH_SCOPE_MOUNT; scope++)
		if (!env.own[scope])
			env.own[scope] = ns_own(kinds[scope]);
}

static bool landlock(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
				     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	};
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	open_own();
	return fd >= 0 && drop_to_user(-1) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_landlock_restrict_self, fd, 0);
}

static bool in_chroot(void)
{
	open_own();
	return !chroot("/var/empty-of-rights") && !chdir("/");
}

static const struct {
	const char *name;
	bool (*become)(void);
} who[] = {
	{ "root", root },
	{ "container", container },
	{ "privileged", privileged },
	{ "user ns", user_namespace },
	{ "user", user },
	{ "handed", handed_socket },
	{ "net admin", net_admin },
	{ "no new privs", no_new_privs },
	{ "landlock", landlock },
	{ "chroot", in_chroot },
};

/* What: 0, -EACCES for not shown, or the kernel's negative errno */

#define HIDDEN (-EACCES)

static int shown(int n)
{
	return n > 0 ? 0 : n ?: HIDDEN;
}

static int ask(unsigned int cmd, unsigned int flags)
{
	struct request request;
	struct reply reply = { 0 };
	int err;

	request_begin(&request, &env.conn, cmd, flags);
	err = conn_ask(&env.conn, &request, &reply) ?: shown(reply.n);
	reply_free(&reply);
	return err;
}

static int set(struct scope scope, uint32_t flags)
{
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_DENY, .scope = scope,
			     .flags = flags };

	if (flags & XARCH_F_CREDENTIALS) {
		rule.action = XARCH_ACTION_EMULATE;
		rule.emulator = QEMU;
		rule.emulator_fd = env.qemu;
	}
	return rule_set(&env.conn, &rule) ?: rule_del(&env.conn, scope, ARCH);
}

/* There is none: who hears that may remove one. */
static int del(struct scope scope)
{
	int err = rule_del(&env.conn, scope, ARCH);

	return err == -ENOENT ? 0 : err;
}

static int info(void)
{
	return ask(XARCH_CMD_INFO_GET, NLM_F_ACK);
}

static int set_host(void)
{
	return set(HOST, 0);
}

static int del_host(void)
{
	return del(HOST);
}

#define EACH_SCOPE(_whose, _verb, ...) ({				\
	int err = 0, first = 1;					\
	for (uint32_t scope = XARCH_SCOPE_USER; scope <= XARCH_SCOPE_MOUNT; scope++) { \
		err = _verb((struct scope){ scope, env._whose[scope] }, ##__VA_ARGS__); \
		if (first <= 0 && !err != !first)			\
			return 90 + scope;	/* not alike */		\
		first = err;						\
	}								\
	err; })

static int set_own(void)
{
	return EACH_SCOPE(own, set, 0);
}

static int del_own(void)
{
	return EACH_SCOPE(own, del);
}

static int set_locked(void)
{
	return EACH_SCOPE(own, set, XARCH_F_LOCKED);
}

static int set_credentials(void)
{
	return EACH_SCOPE(own, set, XARCH_F_CREDENTIALS);
}

static int set_neighbours(void)
{
	return EACH_SCOPE(neighbours, set, 0);
}

static int del_neighbours(void)
{
	return EACH_SCOPE(neighbours, del);
}

static int get_host(void)
{
	return shown(rule_list(&env.conn, &HOST, -1, NULL, 0));
}

static int get_neighbours(void)
{
	struct scope scope = { XARCH_SCOPE_USER, env.neighbours[XARCH_SCOPE_USER] };

	return shown(rule_list(&env.conn, &scope, -1, NULL, 0));
}

static int resolve_self(void)
{
	return shown(rule_resolve(&env.conn, ARCH, 0, NULL, 0));
}

/* A pid namespace of one's own has no number for the neighbour. */
static int resolve_neighbour(void)
{
	int err = rule_resolve(&env.conn, ARCH, env.neighbour, NULL, 0);

	return err == -ESRCH ? HIDDEN : shown(err);
}

static int load_set(void)
{
	int err = twins_load(&env.conn, "no-such-set", NULL, -1, NULL, 0);

	return err == -EINVAL ? 0 : err;
}

static int unload_set(void)
{
	int err = twins_unload(&env.conn, "no-such-set");

	return err == -ENOENT ? 0 : err;
}

static int get_set(void)
{
	return ask(XARCH_CMD_TWINS_GET, NLM_F_DUMP);
}

static int join_config(void)
{
	return conn_join(&env.conn, env.conn.config);
}

static int join_exec(void)
{
	return conn_join(&env.conn, env.conn.exec);
}

static int join_native(void)
{
	return conn_join(&env.conn, env.conn.native);
}

static const struct {
	const char *name;
	unsigned int cmd;
	int (*try)(void);
} what[] = {
	{ "what the module is (info)", XARCH_CMD_INFO_GET, info },
	{ "set a rule of the host", XARCH_CMD_RULE_SET, set_host },
	{ "remove one", XARCH_CMD_RULE_DEL, del_host },
	{ "set a rule of one's own user, pid, mount namespace", XARCH_CMD_RULE_SET, set_own },
	{ "remove one of these", XARCH_CMD_RULE_DEL, del_own },
	{ "set one with `--lock`", XARCH_CMD_RULE_SET, set_locked },
	{ "set one with `--credentials`", XARCH_CMD_RULE_SET, set_credentials },
	{ "set a rule of another user's container", XARCH_CMD_RULE_SET, set_neighbours },
	{ "remove one of those", XARCH_CMD_RULE_DEL, del_neighbours },
	{ "see the host's rules", XARCH_CMD_RULE_GET, get_host },
	{ "see another user's container's rules", XARCH_CMD_RULE_GET, get_neighbours },
	{ "ask what happens to oneself", XARCH_CMD_RESOLVE, resolve_self },
	{ "ask what happens to another user's process", XARCH_CMD_RESOLVE, resolve_neighbour },
	{ "load a twin set", XARCH_CMD_TWINS_LOAD, load_set },
	{ "unload one", XARCH_CMD_TWINS_UNLOAD, unload_set },
	{ "see one that is not for everybody", XARCH_CMD_TWINS_GET, get_set },
	{ "listen to rule changes", 0, join_config },
	{ "listen to execs", 0, join_exec },
	{ "listen to twin sets that were not seen", 0, join_native },
};

/* The table: a line a row, in cells; the first is a heading. */

#define CELLS (ARRAY_SIZE(who) + 1)

static char table[ARRAY_SIZE(what) + 2][CELLS][64];
static unsigned int rows;

static bool read_row(char *line, char cells[CELLS][64])
{
	unsigned int n = 0;
	char *cell;

	line[strcspn(line, "\n")] = '\0';
	for (cell = strtok(line, "|"); cell; cell = strtok(NULL, "|")) {
		char *end = cell + strlen(cell);

		while (*cell == ' ')
			cell++;
		while (end > cell && end[-1] == ' ')
			*--end = '\0';
		if (n == CELLS)
			return false;
		snprintf(cells[n++], sizeof(cells[0]), "%s", cell);
	}
	return n == CELLS;
}

/* Beside the program: README's, as it was when this was built. */
static bool read_table(void)
{
	char path[4096] = "", line[1024];
	bool good = true;
	FILE *file;

	if (readlink("/proc/self/exe", path, sizeof(path) - 32) < 0)
		return false;
	strcpy(strrchr(path, '/'), "/rights.table");
	file = fopen(path, "re");
	rows = 0;
	while (file && good && fgets(line, sizeof(line), file))
		if (strncmp(line, "| ---", 5))
			good = rows < ARRAY_SIZE(table) && read_row(line, table[rows++]);
	if (file)
		fclose(file);
	return file && good;
}

static int column_of(const char *name)
{
	unsigned int i;

	for (i = 1; i < CELLS; i++)
		if (!strcmp(table[0][i], name))
			return i;
	return -1;
}

static int row_of(const char *name)
{
	unsigned int i;

	for (i = 1; i < rows; i++)
		if (!strcmp(table[i][0], name))
			return i;
	return -1;
}

/* Another user's container, with a rule of its user namespace. */
static bool open_neighbour(void)
{
	uint32_t scope;
	int told[2];
	char byte;

	if (pipe2(told, O_CLOEXEC))
		return false;
	fflush(NULL);
	env.neighbour = fork();
	if (!env.neighbour) {
		if (setgroups(0, NULL) || setresgid(NEIGHBOUR, NEIGHBOUR, NEIGHBOUR) ||
		    setresuid(NEIGHBOUR, NEIGHBOUR, NEIGHBOUR) ||
		    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID))
			_exit(1);
		/* Both end with the test, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		if (write(told[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(told[1]);
	if (read(told[0], &byte, 1) != 1)
		return false;
	close(told[0]);
	for (scope = XARCH_SCOPE_USER; scope <= XARCH_SCOPE_MOUNT; scope++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", env.neighbour,
			 scope == XARCH_SCOPE_PID ? "pid_for_children" : kinds[scope]);
		env.neighbours[scope] = open(path, O_RDONLY | O_CLOEXEC);
		if (env.neighbours[scope] < 0)
			return false;
	}
	return !rule_set(&env.conn, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_PASS,
		.scope = { XARCH_SCOPE_USER, env.neighbours[XARCH_SCOPE_USER] } });
}

FIXTURE(rights)
{
	int unused;
};

FIXTURE_SETUP(rights)
{
	memset(&env, 0, sizeof(env));
	ASSERT_TRUE(read_table());
	conn_open(&env.conn);
	rule_del(&env.conn, HOST, -1);
	ASSERT_EQ(0, rule_set(&env.conn, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_PASS }));
	env.qemu = open(QEMU, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, env.qemu);
	ASSERT_TRUE(open_neighbour());
	ASSERT_EQ(0, mkdir("/run/rights", 0755));
	ASSERT_TRUE(set_load(&env.conn, SET, "/run/rights"));
	mkdir("/var/empty-of-rights", 0755);
}

FIXTURE_TEARDOWN(rights)
{
	kill(env.neighbour, SIGKILL);
	waitpid(env.neighbour, NULL, 0);
	EXPECT_TRUE(set_unload(&env.conn, SET, "/run/rights"));
	EXPECT_EQ(0, rmdir("/run/rights"));
	rule_del(&env.conn, HOST, -1);
	rmdir("/var/empty-of-rights");
	conn_close(&env.conn);
}

struct attempt {
	unsigned int who, what;
};

static int try(void *arg)
{
	struct attempt *attempt = arg;
	int qemu;

	if (!who[attempt->who].become())
		return 98;
	open_own();
	/* Of a mount that is in the caller's own mount namespace, if it can. */
	qemu = open(QEMU, O_RDONLY | O_CLOEXEC);
	if (qemu >= 0)
		env.qemu = qemu;
	if (!env.socket_given)
		conn_open(&env.conn);
	return what[attempt->what].try();
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

TEST_F(rights, are_the_tables)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(who); i++) {
		int column = column_of(who[i].name);

		if (who[i].become == landlock && !has_landlock()) {
			printf("# no Landlock here: left out\n");
			continue;
		}
		ASSERT_LE(0, column) TH_LOG("no column: %s", who[i].name);
		for (j = 0; j < ARRAY_SIZE(what); j++) {
			struct attempt attempt = { i, j };
			int row = row_of(what[j].name), err;
			bool granted;

			ASSERT_LE(0, row) TH_LOG("no row: %s", what[j].name);
			if (!what[j].cmd && !env.conn.config)
				continue;
			err = in_child(try, &attempt);
			granted = !strcmp(table[row][column], "yes");
			EXPECT_TRUE(granted ? !err : err == -EPERM || err == HIDDEN)
				TH_LOG("%s: %s: %s, but %d", what[j].name, who[i].name,
				       table[row][column], err);
			EXPECT_TRUE(granted || !strcmp(table[row][column], "no"));
		}
	}
}

/* Whatever the family answers to has its rows; no row or column is not tried. */
TEST_F(rights, table_is_whole)
{
	unsigned int cmd, i;

	EXPECT_EQ(ARRAY_SIZE(what) + 1, rows);
	for (cmd = 1; cmd < 256; cmd++) {
		unsigned int flags[] = { NLM_F_ACK, NLM_F_DUMP };
		struct request request;
		struct reply reply = { 0 };
		bool known = false, answered = false;

		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			request_begin(&request, &env.conn, cmd, flags[i]);
			answered |= conn_ask(&env.conn, &request, &reply) != -EOPNOTSUPP;
			reply_free(&reply);
		}
		for (i = 0; i < ARRAY_SIZE(what); i++)
			known |= what[i].cmd == cmd;
		EXPECT_EQ(known, answered) TH_LOG("command %u", cmd);
	}
}

TEST_HARNESS_MAIN
