// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarchctl exec: run a command in a pid namespace of its own with its own rules.
 *
 *	xarchctl		sets the rules, waits, has the command's exit status
 *	  `- process 1		of the new pid namespace: collects orphans
 *	       `- COMMAND
 *
 * Both pass signals on. Without the right to make a pid namespace there is a
 * user namespace around it, in which every id is what it is outside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "native_load.h"
#include "native_table.h"
#include "nl.h"
#include "phrase.h"
#include "rule.h"
#include "util.h"

/* What a shell says of a command that it cannot run, or find. */
#define EXIT_CANNOT_RUN	126
#define EXIT_NOT_FOUND	127

enum {
	OPT_RULE = OPT_VERB,
	OPT_NATIVE,
};

struct execution {
	const struct command *command;
	struct rules rules;
	char **argv;
	sigset_t old_mask;		/* for COMMAND */
	bool has_subordinates;		/* ids, in a user namespace of our own */
};

static bool add_rule(struct execution *exec, const char *text)
{
	struct rule *rule = rules_add(&exec->rules);
	char *label;
	bool good;

	if (!phrase_option(rule, "exec: --rule", text))
		usage(exec->command, NULL);
	rule_set_u32(rule, XARCH_A_SCOPE, XARCH_SCOPE_PID);
	label = xasprintf("exec: --rule %s", archs[rule->arch].name);
	good = phrase_settle(rule, label);
	free(label);
	return good;
}

/* Of a set that is loaded: the table is there for everybody to read. */
static bool find_arch(const char *set, enum xarch_arch *arch)
{
	char *path = xasprintf(NATIVE_MOUNTS "/%s", set);
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct native_table table;
	bool good = false;
	char *why;

	if (root < 0) {
		error("exec: --native: %s: %s: \"sudo xarchctl native load %s\" puts the set there",
		      path, strerror(errno), set);
	} else if (!native_table_open(root, set, &table, &why)) {
		error("exec: --native: %s: %s", path, why);
		free(why);
	} else {
		*arch = table.arch;
		native_table_clear(&table);
		good = true;
	}
	if (root >= 0)
		close(root);
	free(path);
	return good;
}

/*
 * The rule of the set's arch names it, of several the last, which decides; where --rule
 * gave none, one with the usual emulator.
 */
static bool add_set(struct execution *exec, const char *set)
{
	enum xarch_arch arch;
	struct rule *rule;
	size_t i = exec->rules.n;

	if (!native_name_good(set))
		usage(exec->command, "--native: \"%s\" is no name of a set", set);
	if ((!geteuid() && !native_load("exec: --native", set, NATIVE_AS_BEFORE)) ||
	    !find_arch(set, &arch))
		return false;
	while (i && exec->rules.rule[i - 1].arch != arch)
		i--;
	if (!i) {
		char *text = xasprintf("%s=emulate", archs[arch].name);
		bool good = add_rule(exec, text);

		free(text);
		if (!good)
			return false;
		i = exec->rules.n;
	}
	rule = &exec->rules.rule[i - 1];
	if (rule->action != XARCH_ACTION_EMULATE)
		usage(exec->command, "--native: the twins of %s are for %s, whose --rule emulates nothing",
		      set, archs[arch].name);
	rule_set_twins(rule, set);
	return true;
}

static bool write_file(const char *path, const char *fmt, ...)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	va_list args;
	bool good;

	if (fd < 0)
		return false;
	va_start(args, fmt);
	good = vdprintf(fd, fmt, args) > 0;
	va_end(args);
	close(fd);
	return good;
}

/*
 * A command that makes user namespaces for subordinate ids (mmdebstrap, sbuild)
 * needs to have these ids here. Only a setuid helper, newuidmap, can map them,
 * from outside of the new namespace.
 *
 * Return: words for the helper, "ID ID COUNT" each, ended by NULL.
 */
static char **subordinate_words(const char *helper, pid_t pid, const char *path,
				unsigned int own)
{
	struct passwd *user = getpwuid(getuid());
	FILE *file = fopen(path, "re");
	char **words = xrealloc(NULL, 6 * sizeof(*words));
	char *line = NULL;
	size_t room = 0, n = 0, i;

	words[n++] = xstrdup(helper);
	words[n++] = xasprintf("%d", pid);
	words[n++] = xasprintf("%u", own);
	words[n++] = xasprintf("%u", own);
	words[n++] = xstrdup("1");
	while (file && getline(&line, &room, file) > 0) {
		char *rest = line;
		char *name = strsep(&rest, ":");
		char *first = strsep(&rest, ":");
		char *count = strsep(&rest, "\n");

		if (!count || !*count ||
		    (strtoul(name, NULL, 10) != getuid() &&
		     (!user || strcmp(name, user->pw_name))))
			continue;
		words = xrealloc(words, (n + 4) * sizeof(*words));
		for (i = 0; i < 2; i++)
			words[n++] = xstrdup(first);
		words[n++] = xstrdup(count);
	}
	words[n] = NULL;
	free(line);
	if (file)
		fclose(file);
	return words;
}

static bool run_helper(const char *helper, pid_t pid, const char *path,
		       unsigned int own)
{
	char **words = subordinate_words(helper, pid, path, own);
	int status = 0;
	pid_t child;

	/* No subordinate ids: there is nothing that needs a helper. */
	if (!words[5])
		return false;
	child = fork();
	if (!child) {
		execvp(helper, words);
		_exit(EXIT_NOT_FOUND);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

/* In a process that stays outside, once @go says that there is a namespace. */
static void map_from_outside(pid_t pid, int go)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	_exit(run_helper("newuidmap", pid, "/etc/subuid", getuid()) &&
	      run_helper("newgidmap", pid, "/etc/subgid", getgid()) ? 0 : 1);
}

/* Without a helper, one's own ids are all that can be mapped. */
static bool map_own(unsigned int uid, unsigned int gid)
{
	return write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", "%u %u 1", uid, uid) &&
	       write_file("/proc/self/gid_map", "%u %u 1", gid, gid);
}

static bool unshare_user(struct execution *exec)
{
	unsigned int uid = getuid(), gid = getgid();
	pid_t self = getpid(), helper;
	int go[2], status = -1;
	bool good;

	if (pipe2(go, O_CLOEXEC))
		return false;
	helper = fork();
	if (!helper) {
		close(go[1]);
		map_from_outside(self, go[0]);
	}
	close(go[0]);
	good = !unshare(CLONE_NEWUSER | CLONE_NEWPID);
	if (good && write(go[1], "", 1) < 0)
		good = false;
	close(go[1]);
	if (helper > 0)
		waitpid(helper, &status, 0);
	exec->has_subordinates = good && !status;
	return good && (!status || map_own(uid, gid));
}

static bool unshare_all(struct execution *exec)
{
	if (!unshare(CLONE_NEWPID) || (errno == EPERM && unshare_user(exec)))
		return true;
	error("%s: a pid namespace of its own: %s: run it as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)",
	      exec->command->name, strerror(errno));
	return false;
}

/*
 * Lets newuidmap work inside, too: its set-id bit does not count there, where
 * nobody is root.
 */
static void keep_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return;
	data[0].inheritable |= 1U << CAP_SETUID | 1U << CAP_SETGID;
	if (syscall(SYS_capset, &header, data))
		return;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0);
}

static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM,
};

static void block_signals(sigset_t *set, sigset_t *old)
{
	size_t i;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(set, forwarded[i]);
	sigprocmask(SIG_BLOCK, set, old);
}

/*
 * Waits for a process, and meanwhile passes signals on and collects orphans.
 * What comes from the terminal (SI_KERNEL) has reached the process already.
 *
 * Return: its exit status, as a shell tells it.
 */
static int attend(pid_t main_pid, const sigset_t *set)
{
	siginfo_t info;
	int status;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid != main_pid)
				continue;
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		}
		if (sigwaitinfo(set, &info) > 0 && info.si_signo != SIGCHLD &&
		    info.si_code != SI_KERNEL)
			kill(main_pid, info.si_signo);
	}
}

static void run_command(const struct execution *exec)
{
	int err;

	if (exec->has_subordinates)
		keep_capabilities();
	sigprocmask(SIG_SETMASK, &exec->old_mask, NULL);
	execvp(exec->argv[0], exec->argv);
	err = errno;
	error("%s: %s: %s", exec->command->name, exec->argv[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* Process 1 of the namespace. It begins when @go says that the rules are set. */
static void run_init(const struct execution *exec, const sigset_t *set, int go)
{
	pid_t pid;
	char byte;

	/* Before @go is read: its end of file tells of a death before this. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(EXIT_REFUSED);

	/* What is mounted outside later is to be seen, not the other way. */
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL)) {
		error("%s: a /proc of its own: %s", exec->command->name,
		      strerror(errno));
		_exit(EXIT_REFUSED);
	}
	pid = fork();
	if (pid < 0) {
		error("%s: fork: %s", exec->command->name, strerror(errno));
		_exit(EXIT_REFUSED);
	}
	if (!pid)
		run_command(exec);
	_exit(attend(pid, set));
}

static char *label(const void *arg, size_t i)
{
	const struct execution *exec = arg;

	return xasprintf("exec: --rule %s",
			 archs[exec->rules.rule[i].arch].name);
}

static bool set_rules(struct execution *exec, pid_t init)
{
	bool *accepted = xrealloc(NULL, exec->rules.n * sizeof(bool) + 1);
	struct conn conn = { 0 };
	bool good = false;
	char path[32];
	size_t i;
	int ns;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", init);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0) {
		error("exec: %s: %s", path, strerror(errno));
	} else if (!conn_open(&conn)) {
		for (i = 0; i < exec->rules.n; i++)
			rule_set_u32(&exec->rules.rule[i], XARCH_A_NS_FD, ns);
		good = rules_set(&conn, &exec->rules, label, exec, accepted);
	}
	conn_close(&conn);
	if (ns >= 0)
		close(ns);
	free(accepted);
	return good;
}

static int execute(struct execution *exec)
{
	sigset_t set;
	int go[2];
	pid_t init;
	bool good;

	if (!unshare_all(exec))
		return EXIT_REFUSED;
	block_signals(&set, &exec->old_mask);
	if (pipe2(go, O_CLOEXEC)) {
		error("exec: pipe: %s", strerror(errno));
		return EXIT_REFUSED;
	}
	init = fork();
	if (!init) {
		close(go[1]);
		run_init(exec, &set, go[0]);
	}
	close(go[0]);
	good = init > 0;
	if (!good)
		error("exec: fork: %s", strerror(errno));
	else if (exec->rules.n)
		good = set_rules(exec, init);
	if (good)
		good = write(go[1], "", 1) == 1;
	/* Without a word through it, process 1 ends. */
	close(go[1]);
	if (init > 0) {
		int status = attend(init, &set);

		return good ? status : EXIT_REFUSED;
	}
	return EXIT_REFUSED;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct execution exec = { .command = command };
	int status = EXIT_REFUSED, option;
	const char *set = NULL;
	bool good = true;

	while ((option = next_option(command, argc, argv, NULL)) != OPT_END)
		if (option == OPT_NATIVE)
			set = optarg;
		else
			good &= add_rule(&exec, optarg);
	if (optind == argc)
		usage(command, "say which command");
	exec.argv = argv + optind;
	if (good && set)
		good = add_set(&exec, set);
	if (good)
		status = execute(&exec);
	rules_clear(&exec.rules);
	return status;
}

static const struct option options[] = {
	{ "rule", required_argument, NULL, OPT_RULE },
	{ "native", required_argument, NULL, OPT_NATIVE },
	{ 0 }
};

const struct command cmd_exec = {
	.name = "exec",
	.synopsis = "[--rule ARCH=ACTION[:[--native SET] [EMULATOR[ ARG...]]]]... [--native SET] -- COMMAND...",
	.summary = "Run a command in a pid namespace of its own, with its own rules",
	.details =
	"      --rule RULE       a rule for COMMAND and all that it starts, containers\n"
	"                        included; ACTION is emulate, deny or pass; may repeat\n"
	"      --native SET      programs that have a twin in this set run that instead\n\n"
	"The exit status is the command's, or 128 and the number of the signal that\n"
	"ended it; 127 where it was not found, 126 where it could not be run, 1 where\n"
	"the rules were refused: it is not run then.\n",
	.options = options,
	.takes_command = true,
	.run = run,
};
