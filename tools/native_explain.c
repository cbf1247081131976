// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kmod/note.h"
#include "file.h"
#include "native_explain.h"
#include "native_table.h"
#include "output.h"
#include "util.h"

/* As much as the kernel takes at an exec, whatever the stack's limit. */
#define ENVIRON_MAX (6ul << 20)

char *text_twin(json_t *record)
{
	static const struct {
		const char *twin, *text;
	} reasons[] = {
		{ "none", "no twin in the set" },
		{ "no loader", "the set is not seen" },
		{ "preload", "LD_PRELOAD or LD_AUDIT" },
		{ "argument", "an argument" },
		{ "set-id", "set-id bits" },
	};
	const char *twin = json_string_value(json_object_get(record, "twin"));
	size_t i;

	for (i = 0; twin && i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(twin, reasons[i].twin))
			return xstrdup(reasons[i].text);
	return text_member(record, "twin");
}

/* Return: the variable's name, or NULL where none of the two is set. */
static const char *preloads(const char *text, size_t len)
{
	const char *end = text + len;

	for (; text < end; text += strnlen(text, end - text) + 1) {
		if (!strncmp(text, "LD_PRELOAD=", 11))
			return "LD_PRELOAD";
		if (!strncmp(text, "LD_AUDIT=", 9))
			return "LD_AUDIT";
	}
	return NULL;
}

/* @unseen: set where a process' environment cannot be read */
static const char *find_preload(pid_t target, bool *unseen)
{
	const char *found;
	char *path, *text, *why;
	size_t len;

	*unseen = false;
	if (!target)
		return getenv("LD_PRELOAD") ? "LD_PRELOAD" :
		       getenv("LD_AUDIT") ? "LD_AUDIT" : NULL;
	path = xasprintf("/proc/%d/environ", target);
	text = read_file(path, ENVIRON_MAX, &len, NULL, &why);
	free(path);
	if (!text) {
		free(why);
		*unseen = true;
		return NULL;
	}
	found = preloads(text, len);
	free(text);
	return found;
}

/* Is what the twin names its loader there the set's own? */
static bool sees_loader(const struct native_question *question)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT,
	};
	char *path = xasprintf(NATIVE_MOUNTS "/%s/" NATIVE_LOADER, question->rule->twins);
	struct stat here, there;
	bool same = false;
	int fd;

	fd = question->root < 0 ? open(path, O_PATH | O_CLOEXEC) :
	     (int)syscall(SYS_openat2, question->root, path, &how, sizeof(how));
	if (fd >= 0) {
		same = !fstat(fd, &there) && !stat(path, &here) &&
		       there.st_dev == here.st_dev && there.st_ino == here.st_ino;
		close(fd);
	}
	free(path);
	return same;
}

static json_t *words_json(const struct native_words *words)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < words->n; i++)
		json_array_append_new(json, json_text(words->word[i]));
	return json;
}

/* ", WHAT A B C", or nothing; a new string. */
static char *phrase(const char *what, const struct native_words *words)
{
	char *text = words->n ? xasprintf(", %s", what) : xstrdup("");
	size_t i;

	for (i = 0; i < words->n; i++) {
		char *more = xasprintf("%s %s", text, words->word[i]);

		free(text);
		text = more;
	}
	return text;
}

/* A program that is in the table; what became of it is in @verdict. */
static char *judge(const struct native_question *question, const struct native_twin *twin,
		   const char *path, enum xarch_twin *verdict)
{
	const char *preload;
	char *unless, *only, *why;
	struct stat st;
	bool unseen;

	if (fstat(question->program, &st) || st.st_mode & (S_ISUID | S_ISGID)) {
		*verdict = XARCH_TWIN_SET_ID;
		return xasprintf("its twin %s does not run because the program has set-id bits", path);
	}
	preload = find_preload(question->target, &unseen);
	if (preload) {
		*verdict = XARCH_TWIN_PRELOAD;
		return question->target ?
		       xasprintf("its twin %s does not run because %s is set in the environment of process %d",
				 path, preload, question->target) :
		       xasprintf("its twin %s does not run because %s is set", path, preload);
	}
	if (!sees_loader(question)) {
		*verdict = XARCH_TWIN_NO_LOADER;
		return question->target ?
		       xasprintf("its twin %s does not run because " NATIVE_MOUNTS "/%s is not there in the root directory of process %d",
				 path, question->rule->twins, question->target) :
		       xasprintf("its twin %s does not run because " NATIVE_MOUNTS "/%s is not the set that is loaded",
				 path, question->rule->twins);
	}
	*verdict = XARCH_TWIN_RUNS;
	unless = phrase("not with an argument", &twin->unless);
	only = phrase("only with an argument", &twin->only);
	why = xasprintf("its twin %s runs%s%s%s", path, only, unless, unseen ?
			", if neither LD_PRELOAD nor LD_AUDIT is set, which cannot be seen from here" : "");
	free(unless);
	free(only);
	return why;
}

/* Return: the set's table, or false with @why. */
static bool open_table(const char *name, struct native_table *table, char **why)
{
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name), *inner;
	int root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = false;

	if (root < 0) {
		*why = xasprintf("no twin that can be told: %s: %s: \"xarchctl native load %s\" loads the set",
				 at, strerror(errno), name);
	} else {
		good = native_table_open(root, name, table, &inner);
		if (!good) {
			*why = xasprintf("no twin that can be told: %s: %s", at, inner);
			free(inner);
		}
		close(root);
	}
	free(at);
	return good;
}

static size_t read_id(int program, unsigned char *id)
{
	unsigned char head[XARCH_NOTE_LEN];
	ssize_t len = pread(program, head, sizeof(head), 0);

	return len > 0 ? xarch_build_id(head, len, id) : 0;
}

json_t *native_explain(const struct native_question *question, bool *runs, char **why)
{
	const char *name = question->rule->twins;
	enum xarch_twin verdict = XARCH_TWIN_NONE;
	unsigned char id[XARCH_BUILD_ID_LEN];
	size_t len = read_id(question->program, id);
	const struct native_twin *twin = NULL;
	const struct native_words none = { 0 };
	struct native_table table = { 0 };
	struct rule named = { 0 };
	char *text = len ? native_id_text(id, len) : NULL;
	char *path = NULL;
	bool opened = false;
	json_t *record;

	if (question->rule->flags & XARCH_F_CREDENTIALS)
		*why = xstrdup("no twin: a rule with credentials emulates");
	else if (!len)
		*why = xstrdup("no twin: it has no build-id");
	else
		opened = open_table(name, &table, why);
	if (opened)
		twin = native_table_find(&table, id, len);
	if (twin) {
		path = xasprintf(NATIVE_MOUNTS "/%s/%s", name, twin->twin);
		*why = judge(question, twin, path, &verdict);
	} else if (opened) {
		*why = xasprintf("no twin: the set %s has none for its build-id %s", name, text);
	}
	*runs = verdict == XARCH_TWIN_RUNS;

	/* It knows the verdict's name. */
	rule_set_u32(&named, XARCH_A_TWINS_VERDICT, verdict);
	record = rule_json(&named, named.has);
	json_object_set_new(record, "set", json_text(name));
	json_object_set_new(record, "build_id", json_text(text));
	json_object_set_new(record, "path", json_text(path));
	json_object_set_new(record, "unless", words_json(twin ? &twin->unless : &none));
	json_object_set_new(record, "only", words_json(twin ? &twin->only : &none));
	free(text);
	free(path);
	if (opened)
		native_table_clear(&table);
	return record;
}
