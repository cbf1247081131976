// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "native_table.h"
#include "util.h"

#define FORMAT 1
#define TABLE_MAX (8ul << 20)

void native_words_add(struct native_words *words, const char *word)
{
	words->word = xrealloc(words->word,
			       (words->n + 1) * sizeof(*words->word));
	words->word[words->n++] = xstrdup(word);
}

void native_words_clear(struct native_words *words)
{
	while (words->n)
		free(words->word[--words->n]);
	free(words->word);
	words->word = NULL;
}

bool native_name_good(const char *name)
{
	static const char edge[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
	size_t len = strlen(name);

	return len && len <= NATIVE_NAME_MAX && strspn(name, inner) == len &&
	       strchr(edge, name[0]) && strchr(edge, name[len - 1]);
}

struct native_twin *native_table_find(const struct native_table *table,
				      const unsigned char *id, size_t len)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (table->twins[i].id_len == len &&
		    !memcmp(table->twins[i].id, id, len))
			return &table->twins[i];
	return NULL;
}

static json_t *words_json(const struct native_words *words)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->word[i]));
	return list;
}

char *native_table_write(const struct native_table *table)
{
	json_t *twins = json_array(), *json;
	char *text;
	size_t i;

	for (i = 0; i < table->n; i++) {
		const struct native_twin *twin = &table->twins[i];
		char *id = native_id_text(twin->id, twin->id_len);

		json_array_append_new(twins,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}",
				  "build_id", id, "twin", twin->twin,
				  "program", twin->program,
				  "package", twin->package,
				  "unless", words_json(&twin->unless),
				  "only", words_json(&twin->only)));
		free(id);
	}
	json = json_pack("{s:i, s:s, s:s, s:s, s:O, s:o, s:O}",
			 "format", FORMAT, "name", table->name,
			 "arch", archs[table->arch].name,
			 "made_of", table->made_of,
			 "packages", table->packages, "twins", twins,
			 "left_out", table->left_out);
	text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (!text)
		text = xstrdup("");	/* names of files that are no UTF-8 */
	return text;
}

bool native_pattern_good(const char *word)
{
	size_t len = strlen(word);

	return len && len <= NATIVE_PATTERN_LEN && strcspn(word, "*") >= len - 1;
}

static bool read_patterns(json_t *list, struct native_words *words, char **why)
{
	const char *word;
	json_t *entry;
	size_t i;

	if (!json_is_array(list) ||
	    json_array_size(list) > NATIVE_PATTERNS_MAX) {
		*why = xasprintf("want lists of at most %d patterns",
				 NATIVE_PATTERNS_MAX);
		return false;
	}
	json_array_foreach(list, i, entry) {
		word = json_string_value(entry);
		if (!word || !native_pattern_good(word)) {
			*why = xstrdup("a pattern is no text, empty, too long, or has a * before its end");
			return false;
		}
		native_words_add(words, word);
	}
	return true;
}

static bool read_twin(json_t *entry, struct native_twin *twin, char **why)
{
	const char *id, *path, *program, *package;
	json_t *unless, *only;
	json_error_t err;

	if (json_unpack_ex(entry, &err, JSON_STRICT,
			   "{s:s, s:s, s:s, s:s, s:o, s:o}",
			   "build_id", &id, "twin", &path, "program", &program,
			   "package", &package, "unless", &unless,
			   "only", &only)) {
		*why = xstrdup(err.text);
		return false;
	}
	twin->id_len = native_id_parse(id, twin->id);
	if (!twin->id_len) {
		*why = xasprintf("\"%s\" is no build-id", id);
		return false;
	}
	if (!*path || *path == '/') {
		*why = xasprintf("\"%s\" is no path in the set", path);
		return false;
	}
	twin->twin = xstrdup(path);
	twin->program = xstrdup(program);
	twin->package = xstrdup(package);
	return read_patterns(unless, &twin->unless, why) &&
	       read_patterns(only, &twin->only, why);
}

static int compare_ids(const void *a, const void *b)
{
	const struct native_twin *left = *(struct native_twin *const *)a;
	const struct native_twin *right = *(struct native_twin *const *)b;

	if (left->id_len != right->id_len)
		return left->id_len < right->id_len ? -1 : 1;
	return memcmp(left->id, right->id, left->id_len);
}

static bool ids_differ(const struct native_table *table, char **why)
{
	struct native_twin **sorted = xrealloc(NULL, (table->n + 1) *
					       sizeof(*sorted));
	bool good = true;
	size_t i;

	for (i = 0; i < table->n; i++)
		sorted[i] = &table->twins[i];
	qsort(sorted, table->n, sizeof(*sorted), compare_ids);
	for (i = 1; i < table->n && good; i++) {
		if (!compare_ids(&sorted[i - 1], &sorted[i])) {
			*why = xasprintf("%s and %s have the same build-id",
					 sorted[i - 1]->program,
					 sorted[i]->program);
			good = false;
		}
	}
	free(sorted);
	return good;
}

static bool read_all(json_t *json, struct native_table *table, char **why)
{
	const char *name, *arch, *made_of;
	json_t *packages, *twins, *left_out, *entry;
	json_error_t err;
	int format, known;
	char *inner;
	size_t i;

	if (!json_unpack(json, "{s:i}", "format", &format) &&
	    format != FORMAT) {
		*why = xasprintf("it has format %d, this xarchctl knows %d: build the set anew",
				 format, FORMAT);
		return false;
	}
	if (json_unpack_ex(json, &err, JSON_STRICT,
			   "{s:i, s:s, s:s, s:s, s:o, s:o, s:o}",
			   "format", &format, "name", &name, "arch", &arch,
			   "made_of", &made_of, "packages", &packages,
			   "twins", &twins, "left_out", &left_out)) {
		*why = xstrdup(err.text);
		return false;
	}
	known = arch_parse(arch);
	if (!native_name_good(name) || known < 0) {
		*why = xasprintf("\"%s\" of \"%s\" names no set", name, arch);
		return false;
	}
	if (!json_is_array(packages) || !json_is_array(left_out) ||
	    !json_is_array(twins) || !json_array_size(twins) ||
	    json_array_size(twins) > NATIVE_TWINS_MAX) {
		*why = xasprintf("want lists of packages, of what was left out, and of 1 to %d twins",
				 NATIVE_TWINS_MAX);
		return false;
	}
	table->name = xstrdup(name);
	table->arch = known;
	table->made_of = xstrdup(made_of);
	table->packages = json_incref(packages);
	table->left_out = json_incref(left_out);
	table->twins = xrealloc(NULL, json_array_size(twins) *
				sizeof(*table->twins));
	json_array_foreach(twins, i, entry) {
		memset(&table->twins[table->n], 0, sizeof(*table->twins));
		if (!read_twin(entry, &table->twins[table->n++], &inner)) {
			*why = xasprintf("twin %zu: %s", i + 1, inner);
			free(inner);
			return false;
		}
	}
	return ids_differ(table, why);
}

bool native_table_read(const char *text, size_t len,
		       struct native_table *table, char **why)
{
	json_error_t err;
	json_t *json;
	bool good;

	memset(table, 0, sizeof(*table));
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &err);
	if (!json) {
		*why = xasprintf("line %d: %s", err.line, err.text);
		return false;
	}
	good = read_all(json, table, why);
	json_decref(json);
	if (!good)
		native_table_clear(table);
	return good;
}

/* A file within the set, whatever the table says its path is. */
static int open_within(int root, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_XDEV,
	};

	return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

bool native_table_open(int root, const char *name,
		       struct native_table *table, char **why)
{
	int fd = open_within(root, NATIVE_TABLE);
	char *text, *inner = NULL;
	bool good = false;
	size_t len;

	if (fd < 0) {
		*why = xasprintf(NATIVE_TABLE ": %s", strerror(errno));
		return false;
	}
	text = read_fd(fd, TABLE_MAX, &len, &inner);
	close(fd);
	if (text)
		good = native_table_read(text, len, table, &inner);
	free(text);
	if (good && strcmp(table->name, name)) {
		inner = xasprintf("it is that of \"%s\"", table->name);
		native_table_clear(table);
		good = false;
	}
	if (!good)
		*why = xasprintf(NATIVE_TABLE ": %s", inner);
	free(inner);
	return good;
}

/* What the kernel would make of the file, and of its loader. */
static char *not_runnable(int fd, size_t size, const struct native_table *table)
{
	char *loader = xasprintf(NATIVE_MOUNTS "/%s/" NATIVE_LOADER,
				 table->name);
	struct native_elf elf;
	char *why = NULL;
	void *data;

	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		free(loader);
		return xasprintf("cannot be read: %s", strerror(errno));
	}
	if (native_elf_read(data, size, &elf, &why)) {
		int self = arch_self();

		if (self < 0 || elf.machine != archs[self].machine ||
		    elf.class != archs[self].class)
			why = xstrdup("is no program of this machine");
		else if (!elf.interp || strcmp(elf.interp, loader))
			why = xasprintf("wants the loader %s, not %s",
					elf.interp ?: "-", loader);
		native_elf_clear(&elf);
	}
	munmap(data, size);
	free(loader);
	return why;
}

int native_twin_open(int root, const struct native_table *table,
		     const struct native_twin *twin, char **why)
{
	int fd = open_within(root, twin->twin);
	char *wrong = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		wrong = xstrdup(strerror(errno));
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111) || !st.st_size)
		wrong = xstrdup("is no program");
	else if (st.st_mode & (S_ISUID | S_ISGID))
		wrong = xstrdup("has set-id bits");
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		wrong = xstrdup("is writable by others");
	else
		wrong = not_runnable(fd, st.st_size, table);
	if (!wrong)
		return fd;
	*why = xasprintf("%s: %s", twin->twin, wrong);
	free(wrong);
	if (fd >= 0)
		close(fd);
	return -1;
}

void native_table_clear(struct native_table *table)
{
	while (table->n) {
		struct native_twin *twin = &table->twins[--table->n];

		free(twin->twin);
		free(twin->program);
		free(twin->package);
		native_words_clear(&twin->unless);
		native_words_clear(&twin->only);
	}
	free(table->twins);
	free(table->name);
	free(table->made_of);
	json_decref(table->packages);
	json_decref(table->left_out);
	memset(table, 0, sizeof(*table));
}
