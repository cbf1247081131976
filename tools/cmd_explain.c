// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl explain: what would happen to a file, by which rule, and why. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "container.h"
#include "native_explain.h"
#include "nl.h"
#include "output.h"
#include "replaced.h"
#include "rule.h"
#include "util.h"

/* The kernel's limits: interpreters of interpreters, and a line of "#!". */
#define MAX_SCRIPTS	5
#define SCRIPT_LEN	256

#define SHOWN (RULE_SETTING | RULE_BIT(XARCH_A_NS_INUM) | \
	       RULE_BIT(XARCH_A_OWNER_USERNS) | RULE_BIT(XARCH_A_VERDICT))

struct explanation {
	const struct command *command;
	pid_t target;			/* 0: ourselves */
	int root;			/* the target's; -1: our own */
	char *program;			/* the file, or what its "#!" names */
	json_t *scripts;		/* files that began with "#!" */
	bool executable;		/* all of them */
	int arch;			/* of the program, or -1 */
	struct rules candidates;
	json_t *native;			/* of its twin; NULL: the rule names no set */
	const char *outcome;
	char *reason;
};

/* As the target sees it, its symbolic links included. */
static int open_file(const struct explanation *expl, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};

	if (expl->root < 0)
		return open(path, how.flags);
	return syscall(SYS_openat2, expl->root, path, &how, sizeof(how));
}

/* Return: the interpreter that "#!" names, a new string; NULL: there is none. */
static char *interpreter(char *head)
{
	char *name = head + 2;

	if (strncmp(head, "#!", 2))
		return NULL;
	name += strspn(name, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return *name ? xstrdup(name) : NULL;
}

static bool read_head(struct explanation *expl, char *head, size_t *len)
{
	int fd = open_file(expl, expl->program);
	struct stat st;
	ssize_t got;

	if (fd >= 0 && !fstat(fd, &st) && !S_ISREG(st.st_mode)) {
		error("%s: %s: is not a regular file", expl->command->name,
		      expl->program);
		close(fd);
		return false;
	}
	got = fd < 0 ? -1 : pread(fd, head, SCRIPT_LEN, 0);
	if (got < 0) {
		error("%s: %s: %s", expl->command->name, expl->program,
		      strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	head[got] = '\0';
	*len = got;
	expl->executable &= !!(st.st_mode & 0111);
	close(fd);
	return true;
}

static bool too_deep(const struct explanation *expl)
{
	error("%s: %s: more than %d interpreters, one running the other: the kernel gives up (ELOOP)",
	      expl->command->name, expl->program, MAX_SCRIPTS);
	return false;
}

/* Why the module does not take a file for a program of any arch; free() it. */
static char *why_unknown(const unsigned char *head, size_t len)
{
	bool big = len > EI_DATA && head[EI_DATA] == ELFDATA2MSB;
	unsigned int type, machine;
	int arch;

	if (len < SELFMAG || memcmp(head, ELFMAG, SELFMAG))
		return xstrdup("no program of a known arch: xarch leaves it alone");
	if (len < sizeof(Elf32_Ehdr))
		return xstrdup("an ELF file cut within its header: xarch leaves it alone");
	for (arch = 0; arch <= XARCH_ARCH_MAX; arch++)
		if (xarch_match_machine(head, len, arch))
			return xasprintf("an ELF program for %s's machine with an e_flags or e_phentsize that no loader takes: xarch leaves it alone, but for a deny or locked rule, which denies it",
					 xarch_arch_name(arch));
	type = big ? head[16] << 8 | head[17] : head[17] << 8 | head[16];
	machine = big ? head[18] << 8 | head[19] : head[19] << 8 | head[18];
	if (type != ET_EXEC && type != ET_DYN)
		return xasprintf("an ELF file that is no program (e_type %u): xarch leaves it alone",
				 type);
	return xasprintf("an ELF program for a machine that xarch does not know (e_machine %u, class %u, byte order %u): xarch leaves it alone",
			 machine, head[EI_CLASS], head[EI_DATA]);
}

/* Follows scripts to the program that runs them, and tells its arch. */
static bool find_program(struct explanation *expl)
{
	char head[SCRIPT_LEN + 1];
	size_t len;
	char *next;

	for (;;) {
		if (!read_head(expl, head, &len))
			return false;
		expl->arch = xarch_match((unsigned char *)head, len);
		next = interpreter(head);
		if (!next) {
			if (expl->arch < 0)
				expl->reason = why_unknown((unsigned char *)head, len);
			return true;
		}
		if (json_array_size(expl->scripts) == MAX_SCRIPTS) {
			free(next);
			return too_deep(expl);
		}
		json_array_append_new(expl->scripts, json_text(expl->program));
		free(expl->program);
		expl->program = next;
	}
}

static bool resolve(struct explanation *expl)
{
	struct rule wanted = { 0 };
	struct conn_reply reply = { 0 };
	struct conn conn = { 0 };
	bool good;

	rule_set_u32(&wanted, XARCH_A_ARCH, expl->arch);
	if (expl->target)
		rule_set_u32(&wanted, XARCH_A_PID, expl->target);
	good = !conn_open(&conn) && !rules_get(&conn, XARCH_CMD_RESOLVE, &wanted,
					   &expl->candidates, &reply);
	conn_close(&conn);
	if (good && reply.error) {
		error("%s: %s", expl->command->name, reply.message);
		return false;
	}
	return good;
}

static char *rule_words(const struct rule *rule)
{
	json_t *record = rule_json(rule, SHOWN);
	char *scope = text_scope(record);
	char *words = rule->scope == XARCH_SCOPE_HOST ?
		      xstrdup("the host's rule") :
		      xasprintf("the rule of %s", scope);

	free(scope);
	json_decref(record);
	return words;
}

static void judge_emulated(struct explanation *expl, const struct rule *rule,
			   const char *words, const char *why)
{
	struct native_question question = {
		.rule = rule, .root = expl->root, .target = expl->target,
		.program = rule->twins ? open_file(expl, expl->program) : -1,
	};
	char *note = emulator_state_note(rule), *twin = NULL;
	bool runs = false;

	if (question.program >= 0) {
		expl->native = native_explain(&question, &runs, &twin);
		close(question.program);
	}
	expl->outcome = runs ? "twin" : "emulated";
	if (runs)
		expl->reason = xasprintf("%s: %s %s", twin, words, why);
	else
		expl->reason = xasprintf("emulated by %s: %s %s%s%s%s%s", rule->emulator,
					 words, why, note ? "; " : "", note ?: "",
					 twin ? "; " : "", twin ?: "");
	free(twin);
	free(note);
}

static bool judge_winner(struct explanation *expl, const struct rule *rule)
{
	char *words;
	const char *why = rule->flags & XARCH_F_LOCKED ?
			  "is locked, so that no nearer scope overrides it" :
			  "is the nearest";

	/* The emulator is an interpreter as well. */
	if (rule->action == XARCH_ACTION_EMULATE &&
	    json_array_size(expl->scripts) == MAX_SCRIPTS)
		return too_deep(expl);
	words = rule_words(rule);
	switch (rule->action) {
	case XARCH_ACTION_EMULATE:
		judge_emulated(expl, rule, words, why);
		break;
	case XARCH_ACTION_DENY:
		expl->outcome = "denied";
		expl->reason = xasprintf("denied (EACCES): %s %s",
					 words, why);
		break;
	default:
		expl->outcome = "passed";
		expl->reason = xasprintf("left to binfmt_misc: %s %s",
					 words, why);
	}
	free(words);
	return true;
}

static bool judge(struct explanation *expl)
{
	size_t i;

	if (expl->arch < 0) {
		expl->outcome = "unknown";
		return true;
	}
	if (expl->arch == arch_self()) {
		expl->outcome = "native";
		expl->reason = xstrdup("a program for this machine: xarch leaves it alone");
		return true;
	}
	if (!resolve(expl))
		return false;
	for (i = 0; i < expl->candidates.n; i++)
		if (expl->candidates.rule[i].verdict == XARCH_VERDICT_WINS)
			return judge_winner(expl, &expl->candidates.rule[i]);
	expl->outcome = "passed";
	expl->reason = xasprintf("left to binfmt_misc: no rule for %s applies: \"xarchctl enable %s\" makes one",
				 archs[expl->arch].name,
				 archs[expl->arch].name);
	return true;
}

static const struct column columns[] = {
	{ .title = "SCOPE", .text = text_scope },
	{ .title = "VERDICT", .key = "verdict" },
	{ .title = "ACTION", .key = "action" },
	{ .title = "FLAGS", .key = "flags" },
	{ .title = "EMULATOR", .text = text_emulator },
	{ 0 }
};

static void print(const struct explanation *expl, const char *file)
{
	json_t *candidates = json_array();
	json_t *record;
	size_t i;

	for (i = 0; i < expl->candidates.n; i++)
		json_array_append_new(candidates,
				      emulator_state_json(rule_json(&expl->candidates.rule[i],
								    SHOWN),
							  &expl->candidates.rule[i]));
	record = json_pack("{s:o, s:O, s:o, s:b, s:o, s:s, s:s, s:O?, s:o}",
			   "file", json_text(file),
			   "scripts", expl->scripts,
			   "program", json_text(expl->program),
			   "executable", expl->executable,
			   "arch", json_text(xarch_arch_name(expl->arch)),
			   "outcome", expl->outcome,
			   "reason", expl->reason,
			   "native", expl->native,
			   "candidates", candidates);
	if (settings.json) {
		output_object(record);
	} else {
		char *program = printable(expl->program);
		char *reason = printable(expl->reason);
		char *scripts = text_member(record, "scripts");

		if (json_array_size(expl->scripts))
			printf("script:   %s\n", scripts);
		printf("program:  %s\n", program);
		if (!expl->executable)
			puts("note:     not executable: it cannot be run as it is");
		printf("arch:     %s\n", expl->arch < 0 ? "none" :
					 archs[expl->arch].name);
		printf("outcome:  %s\n", reason);
		if (json_array_size(candidates))
			putchar('\n');
		output_array(columns, candidates);
		free(program);
		free(reason);
		free(scripts);
	}
	json_decref(record);
}

static bool open_root(struct explanation *expl)
{
	char path[32];

	expl->root = -1;
	if (!expl->target)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/root", expl->target);
	expl->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (expl->root < 0)
		error("%s: process %d: %s", expl->command->name, expl->target,
		      errno == ENOENT ? "there is no such process" :
					strerror(errno));
	return expl->root >= 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct explanation expl = { .command = command, .executable = true };
	const char *container = NULL;
	bool good;
	int opt;

	while ((opt = next_option(command, argc, argv, NULL)) != OPT_END) {
		if (opt == OPT_CONTAINER) {
			container = optarg;
			continue;
		}
		expl.target = parse_pid(optarg);
		if (!expl.target)
			usage(command, "--target: \"%s\" is not a process id",
			      optarg);
	}
	if (argc - optind != 1)
		usage(command, "say which file");
	if (container && expl.target)
		usage(command, "--target or --container: one of them");
	if (container) {
		expl.target = container_pid(command->name, container);
		if (!expl.target)
			return EXIT_REFUSED;
	}

	expl.program = xstrdup(argv[optind]);
	expl.scripts = json_array();
	good = open_root(&expl) && find_program(&expl) && judge(&expl);
	if (good)
		print(&expl, argv[optind]);

	if (expl.root >= 0)
		close(expl.root);
	json_decref(expl.scripts);
	json_decref(expl.native);
	rules_clear(&expl.candidates);
	free(expl.program);
	free(expl.reason);
	return good ? 0 : EXIT_REFUSED;
}

static const struct option options[] = {
	{ "target", required_argument, NULL, OPT_TARGET },
	{ "container", required_argument, NULL, OPT_CONTAINER },
	{ 0 }
};

const struct command cmd_explain = {
	.name = "explain",
	.synopsis = "FILE [-t PID | --container NAME]",
	.summary = "Tell what would happen to a program, by which rule, and why",
	.details =
	"  -t, --target PID      as this process would run it; FILE is looked up in its root\n"
	"      --container NAME  as this container of podman or docker would\n",
	.options = options,
	.run = run,
};
