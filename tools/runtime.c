// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarch-runtime: an OCI runtime that is runc or crun, and has containers get the
 * rules that their annotations ask for. For engines that know neither hooks nor
 * the Container Device Interface: in Docker's daemon.json,
 *
 *	"runtimes": { "xarch": { "path": "/usr/local/sbin/xarch-runtime" } }
 *
 * A bundle with an annotation of ours gets one more createRuntime hook,
 * "xarchctl oci-hook", in its config.json. Everything else is passed on as it
 * is, and the real runtime takes this process's place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "util.h"

/* Which runtime: its name or path alone in this file, or in XARCH_RUNTIME. */
#define CONFIG_FILE	"/etc/xarch-runtime"
#define CONFIG_MAX	(64 << 20)
#define ANNOTATION	"\"io.xarch."
#define BLANKS		" \t\r\n"

/* The options before the subcommand that take a value of their own. */
static const char *const global_values[] = {
	"log", "log-format", "log-level", "root", "criu", "rootless",
	"cgroup-manager",
};

/* "--name" and, as Go's flag package has it, "-name". NULL: no option. */
static const char *option_name(const char *word)
{
	if (*word != '-' || !word[1])
		return NULL;
	return word + 1 + (word[1] == '-');
}

static bool takes_value(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(global_values); i++)
		if (!strcmp(global_values[i], name))
			return true;
	return false;
}

/* Return: where the subcommand is, or the end. */
static int find_subcommand(int argc, char **argv)
{
	const char *name;
	int i;

	for (i = 1; i < argc; i++) {
		name = option_name(argv[i]);
		if (!name)
			return i;
		if (takes_value(name))
			i++;
	}
	return argc;
}

/* "--bundle DIR", "--bundle=DIR", "-b DIR", "-b=DIR"; the last one counts. */
static const char *find_bundle(int argc, char **argv)
{
	const char *bundle = ".", *name, *value;
	size_t len;
	int i;

	for (i = 0; i < argc; i++) {
		name = option_name(argv[i]);
		if (!name)
			continue;
		len = strcspn(name, "=");
		if (strncmp("bundle", name, len) || (len != 1 && len != 6))
			continue;
		value = name[len] ? name + len + 1 : argv[++i];
		if (value)
			bundle = value;
	}
	return bundle;
}

/*
 * config.json is edited as text: it holds unsigned 64-bit numbers (a resource
 * limit without limit) and numbers of any precision, which no JSON library for
 * C passes through unharmed. These walk over one value, and over its members.
 */
static const char *skip_blanks(const char *at)
{
	return at + strspn(at, BLANKS);
}

static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : NULL;
}

/* Return: what follows the value, or NULL where there is no whole one. */
static const char *skip_value(const char *at)
{
	const char *start = at;
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			if (!at)
				return NULL;
			continue;
		}
		if (!*at)
			return NULL;
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (!depth) {
			at += strcspn(at, ",]}" BLANKS);
			continue;
		}
		at++;
	} while (depth > 0);
	return at == start ? NULL : at;
}

/*
 * Return: value of a member of what is at @at; NULL where there is none, or @at
 * is no object.
 */
static const char *find_member(const char *at, const char *key)
{
	size_t len = strlen(key);

	if (*at != '{')
		return NULL;
	at = skip_blanks(at + 1);
	while (*at == '"') {
		bool found = !strncmp(at + 1, key, len) && at[len + 1] == '"';

		at = skip_string(at);
		if (!at)
			return NULL;
		at = skip_blanks(at);
		if (*at != ':')
			return NULL;
		at = skip_blanks(at + 1);
		if (found)
			return at;
		at = skip_value(at);
		if (!at)
			return NULL;
		at = skip_blanks(at);
		if (*at == ',')
			at = skip_blanks(at + 1);
	}
	return NULL;
}

/*
 * Puts the hook at the head of hooks.createRuntime, whatever of these is there
 * already.
 *
 * Return: the new config, a new string; NULL: it is malformed.
 */
static char *add_hook(const char *config, const char *xarchctl)
{
	static const char nothing[] = "null";
	const char *top = skip_blanks(config), *hooks, *list, *end;
	const char *before = "", *after = "", *rest;
	const char *where;
	char *new;

	end = skip_value(top);
	if (*top != '{' || !end || *skip_blanks(end))
		return NULL;

	hooks = find_member(top, "hooks");
	list = hooks ? find_member(hooks, "createRuntime") : NULL;
	if (list && *list == '[') {
		where = list + 1;
		rest = where;
	} else if (list && !strncmp(list, nothing, strlen(nothing))) {
		before = "[";
		after = "]";
		where = list;
		rest = list + strlen(nothing);
	} else if (hooks && *hooks == '{') {
		before = "\"createRuntime\":[";
		after = "]";
		where = hooks + 1;
		rest = where;
	} else if (hooks && !strncmp(hooks, nothing, strlen(nothing))) {
		before = "{\"createRuntime\":[";
		after = "]}";
		where = hooks;
		rest = hooks + strlen(nothing);
	} else if (!hooks) {
		before = "\"hooks\":{\"createRuntime\":[";
		after = "]}";
		where = top + 1;
		rest = where;
	} else {
		return NULL;
	}
	/* Something follows in the object or list that is added to. */
	if (rest == where && !strchr("]}", *skip_blanks(rest)))
		after = xasprintf("%s,", after);
	new = xasprintf("%.*s%s{\"path\":\"%s\",\"args\":[\"xarchctl\",\"oci-hook\"]}%s%s",
			(int)(where - config), config, before, xarchctl, after,
			rest);
	return new;
}

static char *read_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_size > CONFIG_MAX) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	text = xrealloc(NULL, st->st_size + 1);
	while (len < (size_t)st->st_size && got > 0) {
		got = read(fd, text + len, st->st_size - len);
		if (got > 0)
			len += got;
	}
	close(fd);
	text[len] = '\0';
	if (got < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Return: whether the bundle is as it should be. */
static bool prepare(const char *bundle)
{
	char *path = xasprintf("%s/config.json", bundle);
	char *config, *new, *xarchctl, *slash;
	struct stat st;
	int err;

	config = read_file(path, &st);
	/* What is wrong with it the runtime says better. */
	if (!config || !strstr(config, ANNOTATION))
		return true;

	xarchctl = own_path();
	slash = strrchr(xarchctl, '/');
	if (slash)
		*slash = '\0';
	xarchctl = xasprintf("%s/xarchctl", xarchctl);
	new = add_hook(config, xarchctl);
	if (!new) {
		error("%s: is no JSON object that a hook can be added to", path);
		return false;
	}
	err = replace_file(path, new, strlen(new), st.st_mode & 07777);
	if (err)
		error("%s: %s", path, strerror(err));
	return !err;
}

/* The real one: from the environment, from the file, or what there is. */
static void execute(char **argv)
{
	static const char *const usual[] = { "runc", "crun" };
	const char *named = getenv("XARCH_RUNTIME");
	struct stat st;
	char *line;
	size_t i;

	if (!named || !*named) {
		line = read_file(CONFIG_FILE, &st);
		if (line) {
			named = skip_blanks(line);
			line[strcspn(line, "\n")] = '\0';
		}
	}
	if (named && *named) {
		execvp(named, argv);
		error("%s: %s", named, strerror(errno));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(usual); i++)
		execvp(usual[i], argv);
	error("no runc and no crun found: name a runtime in " CONFIG_FILE);
}

int main(int argc, char **argv)
{
	int at = find_subcommand(argc, argv);

	if (at < argc && (!strcmp(argv[at], "create") ||
			  !strcmp(argv[at], "run")) &&
	    !prepare(find_bundle(argc - at - 1, argv + at + 1)))
		return 1;
	execute(argv);
	return 1;
}
