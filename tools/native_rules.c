// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neither INI nor JSON serves here: strings with =, NULs and blanks, beside the
 * reasons for each, as comments.
 */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "native_rules.h"
#include "util.h"

#ifndef XARCH_DATADIR
#define XARCH_DATADIR "/usr/local/share/xarch"
#endif

#define RULES_MAX (1ul << 20)
#define HOST_TRIPLET "x86_64-linux-gnu"

/* A word of a line; NULs may be in it. */
struct word {
	char *text;
	size_t len;
};

struct reader {
	struct native_rules *rules;
	const char *arch, *suite, *name;
	struct native_words versions;
	const char *version;		/* @N@ */
	bool others;			/* lines are for other archs */
	struct word *words;
	size_t n;
};

static void append(struct word *word, const char *text, size_t len)
{
	word->text = xrealloc(word->text, word->len + len + 1);
	memcpy(word->text + word->len, text, len);
	word->len += len;
	word->text[word->len] = '\0';
}

/* The value of the variable that a text begins with; NULL: none does. */
static char *variable(const struct reader *reader, const char *text,
		      size_t *len)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "@ARCH@", reader->rules->debian },
		{ "@TRIPLET@", reader->rules->triplet },
		{ "@HOST@", HOST_TRIPLET },
		{ "@SUITE@", reader->suite },
		{ "@NAME@", reader->name },
		{ "@N@", reader->version },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		*len = strlen(known[i].name);
		if (!strncmp(text, known[i].name, *len) && known[i].value)
			return xstrdup(known[i].value);
	}
	*len = strlen("@SET@");
	if (!strncmp(text, "@SET@", *len))
		return xasprintf(NATIVE_MOUNTS "/%s", reader->name);
	return NULL;
}

/* Takes the next word off a line. */
static const char *take_word(const struct reader *reader, const char *line,
			     struct word *word)
{
	char *value;
	size_t len;

	append(word, "", 0);
	for (; *line && *line != ' ' && *line != '\t'; line += len) {
		len = 1;
		if (*line == '\\' && line[1]) {
			char c = line[1] == 's' ? ' ' :
				 line[1] == '0' ? '\0' : line[1];

			append(word, &c, 1);
			len = 2;
		} else if ((value = variable(reader, line, &len))) {
			append(word, value, strlen(value));
			free(value);
		} else {
			len = 1;
			append(word, line, 1);
		}
	}
	return line;
}

static void split(struct reader *reader, const char *line)
{
	struct word word;

	while (line += strspn(line, " \t"), *line && *line != '#') {
		word = (struct word){ 0 };
		line = take_word(reader, line, &word);
		if (!strcmp(word.text, "\"\""))
			*word.text = word.len = 0;
		reader->words = xrealloc(reader->words, (reader->n + 1) *
					 sizeof(*reader->words));
		reader->words[reader->n++] = word;
	}
}

static void add_path_rule(struct native_list *list, struct reader *reader)
{
	struct native_path_rule *rule;
	size_t i;

	list->rule = xrealloc(list->rule, (list->n + 1) * sizeof(*list->rule));
	rule = &list->rule[list->n++];
	*rule = (struct native_path_rule){
		.glob = xstrdup(reader->words[1].text)
	};
	for (i = 2; i < reader->n; i++)
		native_words_add(&rule->words, reader->words[i].text);
}

static char *read_arch(struct reader *reader)
{
	if (strcmp(reader->words[1].text, reader->arch))
		return NULL;
	free(reader->rules->debian);
	free(reader->rules->triplet);
	reader->rules->debian = xstrdup(reader->words[2].text);
	reader->rules->triplet = xstrdup(reader->words[3].text);
	return NULL;
}

static char *read_archs(struct reader *reader)
{
	size_t i;

	reader->others = true;
	for (i = 1; i < reader->n; i++)
		if (!fnmatch(reader->words[i].text, reader->arch, 0))
			reader->others = false;
	return NULL;
}

static char *read_source(struct reader *reader)
{
	struct word line = { 0 };
	size_t i;

	if (fnmatch(reader->words[1].text, reader->suite, 0))
		return NULL;
	for (i = 2; i < reader->n; i++) {
		if (i > 2)
			append(&line, " ", 1);
		append(&line, reader->words[i].text, reader->words[i].len);
	}
	native_words_add(&reader->rules->sources, line.text);
	free(line.text);
	return NULL;
}

static char *read_keyring(struct reader *reader)
{
	free(reader->rules->keyring);
	reader->rules->keyring = xstrdup(reader->words[1].text);
	return NULL;
}

static char *read_versions(struct reader *reader)
{
	size_t i;

	native_words_clear(&reader->versions);
	for (i = 1; i < reader->n; i++)
		native_words_add(&reader->versions, reader->words[i].text);
	return NULL;
}

static char *read_package(struct reader *reader)
{
	struct native_rules *rules = reader->rules;
	bool cross = reader->n > 2 && !strcmp(reader->words[2].text, "cross");
	struct native_package_rule *package;
	size_t i;

	for (i = cross ? 3 : 2; i < reader->n; i++)
		if (!strchr("/*", *reader->words[i].text))
			return xstrdup("want: package NAME [cross] [PROGRAMS...]");
	rules->packages = xrealloc(rules->packages, (rules->n_packages + 1) *
				   sizeof(*rules->packages));
	package = &rules->packages[rules->n_packages++];
	*package = (struct native_package_rule){
		.name = xstrdup(reader->words[1].text),
		.cross = cross,
		.versioned = reader->version,
	};
	for (i = cross ? 3 : 2; i < reader->n; i++)
		native_words_add(&package->programs, reader->words[i].text);
	return NULL;
}

/* Hexadecimal digits become the bytes that they stand for. */
static bool decode(struct word *word)
{
	unsigned int byte;
	size_t i;

	if (word->len % 2 ||
	    word->text[strspn(word->text, "0123456789abcdef")])
		return false;
	for (i = 0; i < word->len / 2; i++) {
		sscanf(word->text + 2 * i, "%2x", &byte);
		word->text[i] = byte;
	}
	word->len /= 2;
	return true;
}

static char *read_string(struct reader *reader)
{
	struct native_rules *rules = reader->rules;
	struct word *words = reader->words;
	struct native_string *string;
	long count = parse_number(words[2].text, 1000);

	if (!count || !words[3].len)
		return xasprintf("\"%s\" is no count, or there is no string",
				 words[2].text);
	if (!strcmp(words[0].text, "bytes") &&
	    (!decode(&words[3]) || !decode(&words[4])))
		return xstrdup("bytes are hexadecimal digits, two each");
	rules->strings = xrealloc(rules->strings, (rules->n_strings + 1) *
				  sizeof(*rules->strings));
	string = &rules->strings[rules->n_strings++];
	*string = (struct native_string){
		.glob = xstrdup(words[1].text),
		.count = count,
		.old = words[3].text, .old_len = words[3].len,
		.new = words[4].text, .new_len = words[4].len,
		.way = !strcmp(words[0].text, "slashes") ? NATIVE_SLASHES :
		       !strcmp(words[0].text, "pointer") ? NATIVE_POINTER :
		       !strcmp(words[0].text, "bytes") ? NATIVE_BYTES :
							 NATIVE_STRING,
	};
	words[3].text = words[4].text = NULL;
	if (!native_string_fits(string))
		return xasprintf("\"%s\" has no room where \"%s\" is",
				 string->new, string->old);
	return NULL;
}

static char *read_list(struct reader *reader);

static char *read_patterns(struct reader *reader);

static const struct directive {
	const char *name;
	size_t words, most;		/* after the name; most 0: any number */
	char *(*read)(struct reader *reader);
	size_t list;			/* for read_list */
} directives[] = {
	{ "arch",	3, 3, read_arch, 0 },
	{ "archs",	1, 0, read_archs, 0 },
	{ "source",	4, 0, read_source, 0 },
	{ "keyring",	1, 1, read_keyring, 0 },
	{ "versions",	1, 0, read_versions, 0 },
	{ "package",	1, 0, read_package, 0 },
	{ "string",	4, 4, read_string, 0 },
	{ "slashes",	4, 4, read_string, 0 },
	{ "pointer",	4, 4, read_string, 0 },
	{ "bytes",	4, 4, read_string, 0 },
	{ "moved",	2, 2, read_list, offsetof(struct native_rules, moved) },
	{ "never",	2, 0, read_list, offsetof(struct native_rules, never) },
	{ "unless",	2, 0, read_patterns, offsetof(struct native_rules, unless) },
	{ "only",	2, 0, read_patterns, offsetof(struct native_rules, only) },
	{ "plugins",	2, 0, read_list, offsetof(struct native_rules, plugins) },
	{ "tree",	2, 2, read_list, offsetof(struct native_rules, trees) },
	{ "link",	2, 2, read_list, offsetof(struct native_rules, links) },
};

static const struct directive *find_directive(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directives); i++)
		if (!strcmp(directives[i].name, name))
			return &directives[i];
	return NULL;
}

static char *read_list(struct reader *reader)
{
	size_t list = find_directive(reader->words[0].text)->list;

	add_path_rule((struct native_list *)((char *)reader->rules + list),
		      reader);
	return NULL;
}

static char *read_patterns(struct reader *reader)
{
	size_t i;

	for (i = 2; i < reader->n; i++)
		if (!native_pattern_good(reader->words[i].text))
			return xasprintf("\"%s\" is no pattern of arguments",
					 reader->words[i].text);
	return read_list(reader);
}

static char *read_line(struct reader *reader, const char *line)
{
	const struct directive *directive;
	char *why = NULL;

	split(reader, line);
	if (!reader->n)
		return NULL;
	directive = find_directive(reader->words[0].text);
	if (!directive)
		why = xasprintf("unknown directive \"%s\"",
				reader->words[0].text);
	else if (reader->n - 1 < directive->words ||
		 (directive->most && reader->n - 1 > directive->most))
		why = xasprintf("%s: wrong number of words", directive->name);
	else if (!reader->others || directive->read == read_archs)
		why = directive->read(reader);
	while (reader->n)
		free(reader->words[--reader->n].text);
	free(reader->words);
	reader->words = NULL;
	return why;
}

/* One with @N@ is as many lines as there are versions. */
static char *read_lines(struct reader *reader, const char *line)
{
	char *why = NULL;
	size_t i;

	if (*line == '#' || !strstr(line, "@N@"))
		return read_line(reader, line);
	for (i = 0; i < reader->versions.n && !why; i++) {
		reader->version = reader->versions.word[i];
		why = read_line(reader, line);
	}
	reader->version = NULL;
	return why;
}

static char *read_rules(struct reader *reader, const char *path)
{
	char *text, *line, *rest, *why = NULL, *inner;
	unsigned int number = 0;
	size_t i, len;

	text = read_file(path, RULES_MAX, &len, NULL, &inner);
	if (!text) {
		why = xasprintf("%s: %s", path, inner);
		free(inner);
		return why;
	}
	/* FNV-1a: other rules are no attack, only other rules. */
	for (i = 0; i < len; i++)
		reader->rules->digest = (reader->rules->digest ^
					 (unsigned char)text[i]) *
					0x100000001b3ull;
	for (rest = text; !why && (line = strsep(&rest, "\n"));) {
		number++;
		inner = read_lines(reader, line);
		if (inner)
			why = xasprintf("%s:%u: %s", path, number, inner);
		free(inner);
	}
	/* The next file begins for all. */
	reader->others = false;
	free(text);
	return why;
}

bool native_rules_read(struct native_rules *rules, const char *dir,
		       const char *arch, const char *suite, const char *name,
		       char **why)
{
	struct reader reader = {
		.rules = rules, .arch = arch, .suite = suite, .name = name
	};
	char *pattern = xasprintf("%s/*.rules",
				  dir ?: XARCH_DATADIR "/native");
	glob_t found = { 0 };
	size_t i;

	memset(rules, 0, sizeof(*rules));
	rules->digest = 0xcbf29ce484222325ull;
	*why = NULL;
	glob(pattern, 0, NULL, &found);
	if (!found.gl_pathc)
		*why = xasprintf("%s: there are no such files", pattern);
	for (i = 0; i < found.gl_pathc && !*why; i++)
		*why = read_rules(&reader, found.gl_pathv[i]);
	if (!*why && !rules->debian)
		*why = xasprintf("%s: they know no twins for %s", pattern,
				 arch);
	globfree(&found);
	free(pattern);
	native_words_clear(&reader.versions);
	if (*why)
		native_rules_clear(rules);
	return !*why;
}

size_t native_list_match(const struct native_list *list, const char *path,
			 size_t from)
{
	while (from < list->n && fnmatch(list->rule[from].glob, path, 0))
		from++;
	return from;
}

static void clear_list(struct native_list *list)
{
	while (list->n) {
		free(list->rule[--list->n].glob);
		native_words_clear(&list->rule[list->n].words);
	}
	free(list->rule);
}

void native_rules_clear(struct native_rules *rules)
{
	free(rules->debian);
	free(rules->triplet);
	free(rules->keyring);
	native_words_clear(&rules->sources);
	while (rules->n_packages) {
		free(rules->packages[--rules->n_packages].name);
		native_words_clear(&rules->packages[rules->n_packages].programs);
	}
	free(rules->packages);
	clear_list(&rules->moved);
	clear_list(&rules->never);
	clear_list(&rules->unless);
	clear_list(&rules->only);
	clear_list(&rules->plugins);
	clear_list(&rules->trees);
	clear_list(&rules->links);
	while (rules->n_strings) {
		struct native_string *string =
			&rules->strings[--rules->n_strings];

		free(string->glob);
		free(string->old);
		free(string->new);
	}
	free(rules->strings);
	memset(rules, 0, sizeof(*rules));
}
