// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl check: run a tiny program of each arch. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "emulator.h"
#include "nl.h"
#include "output.h"
#include "probe.h"
#include "replaced.h"
#include "rule.h"
#include "util.h"

/* An emulator starts in milliseconds; in an emulated machine, in a second. */
#define TIME_LIMIT_MS 10000

/* One probe: what became of it. */
struct result {
	bool works;
	long long ms;
	char *why;			/* it does not work */
};

struct checking {
	const struct command *command;
	struct conn conn;
	char *dir;			/* private, for the programs */
	json_t *records;
	bool failed;
};

static long long clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A file system that runs no programs at all would prove nothing. */
static char *make_dir(const struct command *command)
{
	const char *const parents[] = {
		getenv("TMPDIR"), "/tmp", "/var/tmp", "/run", "/dev/shm",
	};
	struct statvfs fs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parents); i++) {
		char *dir;

		if (!parents[i] || statvfs(parents[i], &fs) ||
		    fs.f_flag & ST_NOEXEC)
			continue;
		dir = xasprintf("%s/xarchctl.XXXXXX", parents[i]);
		if (mkdtemp(dir))
			return dir;
		free(dir);
	}
	error("%s: no directory for temporary programs: TMPDIR, /tmp, /var/tmp, /run and /dev/shm are not writable, or mounted noexec",
	      command->name);
	return NULL;
}

static char *write_program(const char *path, const unsigned char *program,
			   size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char *why = NULL;

	if (fd < 0 || write(fd, program, len) != (ssize_t)len)
		why = xasprintf("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return why;
}

/*
 * In the child: standard error goes to @log. An exec that fails is told
 * through @report, which a successful one closes.
 */
static void execute(const char *path, int log, int report)
{
	char *const argv[] = { (char *)path, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int err;

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execv(path, argv);
	err = errno;
	/* Its end of file says the same, should this fail. */
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* First line that the program, or its emulator, had to say. */
static char *log_line(int log)
{
	char line[256];
	ssize_t len = pread(log, line, sizeof(line) - 1, 0);

	if (len <= 0)
		return NULL;
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return xasprintf(": %s", line);
}

static bool wait_for(pid_t pid, int *status)
{
	struct pollfd poll_fd = { .fd = syscall(SYS_pidfd_open, pid, 0),
				  .events = POLLIN };
	bool ended = poll(&poll_fd, 1, TIME_LIMIT_MS) == 1;

	if (!ended)
		kill(pid, SIGKILL);
	close(poll_fd.fd);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return ended;
}

/* What the end of a program means. */
static char *judge_end(bool ended, int status, int log)
{
	char *said = log_line(log);
	char *why = NULL;

	if (!ended)
		why = xasprintf("has not ended after %d s%s",
				TIME_LIMIT_MS / 1000, said ? said : "");
	else if (WIFSIGNALED(status))
		why = xasprintf("ended by signal %d (%s)%s", WTERMSIG(status),
				strsignal(WTERMSIG(status)), said ? said : "");
	else if (WEXITSTATUS(status) != PROBE_EXIT)
		why = xasprintf("wrong exit status %d%s", WEXITSTATUS(status),
				said ? said : "");
	free(said);
	return why;
}

static char *describe_errno(int err, enum xarch_arch arch,
			    const struct rule *rule)
{
	if (err == ENOEXEC && !rule)
		return xasprintf("no rule: run \"xarchctl enable %s\"",
				 archs[arch].name);
	if (err == ENOEXEC && rule->action == XARCH_ACTION_PASS)
		return xasprintf("passed on by a rule, and nothing else runs it");
	if (err == EACCES && rule && rule->action == XARCH_ACTION_DENY)
		return xasprintf("denied by a rule: \"xarchctl explain\" tells by which");
	if (rule && rule->emulator)
		return emulator_failure(rule->emulator, err);
	return xstrdup(strerror(err));
}

/* Return: errno of a failed exec, or 0 with @status and @ended set. */
static int spawn(const char *path, int log, int *status, bool *ended)
{
	int report[2];
	int err = 0;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return errno;
	pid = fork();
	if (pid < 0) {
		err = errno;
		close(report[0]);
		close(report[1]);
		return err;
	}
	if (!pid)
		execute(path, log, report[1]);
	close(report[1]);
	if (read(report[0], &err, sizeof(err)) != sizeof(err))
		err = 0;
	close(report[0]);
	*ended = wait_for(pid, status);
	return err;
}

static void try(const char *path, enum xarch_arch arch,
		const struct rule *rule, struct result *result)
{
	long long start = clock_ms();
	int log = memfd_create("xarchctl", MFD_CLOEXEC);
	int status = 0, err;
	bool ended = true;

	err = spawn(path, log, &status, &ended);
	result->ms = clock_ms() - start;
	result->why = err ? describe_errno(err, arch, rule) :
			    judge_end(ended, status, log);
	result->works = !result->why;
	close(log);
}

static void run_probe(const struct checking *checking, enum xarch_arch arch,
		      const struct rule *rule, struct result *result)
{
	const unsigned char *program;
	char *path;
	size_t len;

	program = probe_program(arch, &len);
	if (!program) {
		result->why = xstrdup("no test program for this arch");
		return;
	}
	path = xasprintf("%s/%s", checking->dir, archs[arch].name);
	result->why = write_program(path, program, len);
	if (!result->why)
		try(path, arch, rule, result);
	unlink(path);
	free(path);
}

/* The rule that decides for us, or NULL. Return: false after a message. */
static bool resolve(struct checking *checking, enum xarch_arch arch,
		    struct rules *candidates, const struct rule **winner)
{
	struct rule wanted = { 0 };
	struct conn_reply reply;
	size_t i;

	rule_set_u32(&wanted, XARCH_A_ARCH, arch);
	if (rules_get(&checking->conn, XARCH_CMD_RESOLVE, &wanted, candidates,
		      &reply))
		return false;
	if (reply.error) {
		error("%s %s: %s", checking->command->name, archs[arch].name,
		      reply.message);
		return false;
	}
	*winner = NULL;
	for (i = 0; i < candidates->n; i++)
		if (candidates->rule[i].verdict == XARCH_VERDICT_WINS)
			*winner = &candidates->rule[i];
	return true;
}

static json_t *by(enum xarch_arch arch, const struct rule *rule)
{
	if (rule && rule->emulator)
		return json_text(rule->emulator);
	return json_string(arch_is_native(arch) ? "native" : "binfmt_misc");
}

static void check(struct checking *checking, enum xarch_arch arch)
{
	struct rules candidates = { 0 };
	struct result result = { 0 };
	const struct rule *rule;
	char *note;

	if (!resolve(checking, arch, &candidates, &rule)) {
		checking->failed = true;
		goto clear;
	}
	run_probe(checking, arch, rule, &result);
	note = rule ? emulator_state_note(rule) : NULL;
	if (note)
		warning("%s %s: %s", checking->command->name, archs[arch].name, note);
	free(note);
	checking->failed |= !result.works;
	json_array_append_new(checking->records,
			      json_pack("{s:s, s:b, s:I, s:o, s:o, s:s?}",
					"arch", archs[arch].name,
					"works", result.works,
					"ms", result.ms,
					"by", result.works ? by(arch, rule) :
							     json_null(),
					"reason", json_text(result.why),
					"emulator_state", rule ? emulator_state(rule) : NULL));
	free(result.why);
clear:
	rules_clear(&candidates);
}

static bool check_enabled(struct checking *checking)
{
	struct rules rules = { 0 };
	struct rule wanted = { 0 };
	struct conn_reply reply;
	bool any = false, good = false;
	size_t i;

	rule_set_u32(&wanted, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	if (rules_get(&checking->conn, XARCH_CMD_RULE_GET, &wanted, &rules,
		      &reply))
		goto clear;
	if (reply.error) {
		error("%s: %s", checking->command->name, reply.message);
		goto clear;
	}
	for (i = 0; i < rules.n; i++)
		if (rules.rule[i].action == XARCH_ACTION_EMULATE) {
			check(checking, rules.rule[i].arch);
			any = true;
		}
	if (!any)
		error("%s: no arch is enabled on the host: run \"xarchctl enable ARCH\", or name the archs to check",
		      checking->command->name);
	good = any;
clear:
	rules_clear(&rules);
	return good;
}

static char *text_works(json_t *record)
{
	return xstrdup(json_is_true(json_object_get(record, "works")) ?
		       "works" : "fails");
}

static char *text_ms(json_t *record)
{
	char *ms = text_member(record, "ms");
	char *text = xasprintf("%s ms", ms);

	free(ms);
	return text;
}

static char *text_outcome(json_t *record)
{
	return text_member(record,
			   json_is_true(json_object_get(record, "works")) ?
			   "by" : "reason");
}

static const struct column columns[] = {
	{ .title = "ARCH", .key = "arch" },
	{ .title = "RESULT", .text = text_works },
	{ .title = "TIME", .text = text_ms, .right = true },
	{ .title = "BY", .text = text_outcome },
	{ 0 }
};

static int run(const struct command *command, int argc, char **argv)
{
	struct checking checking = { .command = command };
	bool good = true;
	int i;

	next_option(command, argc, argv, NULL);
	for (i = optind; i < argc; i++)
		parse_arch(command, argv[i]);
	if (conn_open(&checking.conn))
		return EXIT_REFUSED;
	checking.dir = make_dir(command);
	if (!checking.dir) {
		conn_close(&checking.conn);
		return EXIT_REFUSED;
	}
	checking.records = json_array();
	if (optind == argc)
		good = check_enabled(&checking);
	for (i = optind; i < argc; i++)
		check(&checking, parse_arch(command, argv[i]));
	output_array(columns, checking.records);

	json_decref(checking.records);
	rmdir(checking.dir);
	free(checking.dir);
	conn_close(&checking.conn);
	return good && !checking.failed ? 0 : EXIT_REFUSED;
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "[ARCH]...",
	.summary = "Run a tiny program of each architecture and say whether it works",
	.details =
	"Without ARCH, every architecture that the host emulates is checked.\n",
	.run = run,
};
