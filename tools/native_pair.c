// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "native_pair.h"
#include "native_run.h"
#include "output.h"
#include "util.h"

#define FILE_MAX (1ul << 30)
#define HOST_LIBRARIES "/usr/lib/x86_64-linux-gnu"
#define HOST_LOADER "ld-linux-x86-64.so.2"
#define AUDIT_PLACEHOLDER "/dev/xarch/@PLUGINS@/............................/"

void native_left_out(struct native_table *table, const char *what,
		     const char *why)
{
	json_array_append_new(table->left_out,
			      json_pack("{s:o, s:o}", "what", json_text(what),
					"why", json_text(why)));
}

bool native_version_pairs(const struct native_package *foreign,
			  const struct native_package *host, bool cross)
{
	size_t len = strlen(foreign->source_version);
	const char *rest = host->version + len;

	if (!cross)
		return !strcmp(foreign->source_version, host->source_version);
	if (strncmp(host->version, foreign->source_version, len) ||
	    strncmp(rest, "cross", strlen("cross")))
		return false;
	rest += strlen("cross");
	return *rest && !rest[strspn(rest, "0123456789")];
}

/* Makes the directories on the way to a file. */
static int make_parents(const char *path)
{
	char *dir = xstrdup(path), *slash;
	int err = 0;

	for (slash = strchr(dir + 1, '/'); slash && !err;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			err = errno;
		*slash = '/';
	}
	free(dir);
	return err;
}

static bool write_file(const struct native_pairing *pairing, const char *name,
		       const char *data, size_t size, char **why)
{
	char *path = xasprintf("%s/%s", pairing->set, name);
	int err = make_parents(path), fd;
	ssize_t written;
	size_t done = 0;

	fd = err ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (!err && fd < 0)
		err = errno;
	while (!err && done < size) {
		written = write(fd, data + done, size - done);
		if (written < 0)
			err = errno;
		else
			done += written;
	}
	/* Whatever the umask is. */
	if (!err && fchmod(fd, 0755))
		err = errno;
	if (fd >= 0 && close(fd) && !err)
		err = errno;
	if (err)
		*why = xasprintf("%s: %s", path, strerror(err));
	free(path);
	return !err;
}

/* Each rule for strings that is for a file; none of them may fail. */
static bool rewrite_strings(const struct native_rules *rules, const char *path,
			    char *data, size_t size, char **why)
{
	size_t i;

	for (i = 0; i < rules->n_strings; i++)
		if (!fnmatch(rules->strings[i].glob, path, 0) &&
		    !native_rewrite_string(data, size, &rules->strings[i], why))
			return false;
	return true;
}

/* A file's place in the packages of this machine; NULL: it has none. */
static char *host_path(const struct native_pairing *pairing, const char *path)
{
	const struct native_rules *rules = pairing->rules;
	const struct native_list *moved = &rules->moved;
	char *full = xasprintf("%s%s", pairing->host, path);
	struct stat st;
	size_t i;

	for (i = 0; lstat(full, &st) || !S_ISREG(st.st_mode); i++) {
		const char *from;

		free(full);
		while (i < moved->n && strncmp(path, moved->rule[i].glob,
					       strlen(moved->rule[i].glob)))
			i++;
		if (i == moved->n)
			return NULL;
		from = moved->rule[i].glob;
		full = xasprintf("%s%s%s", pairing->host,
				 moved->rule[i].words.word[0],
				 path + strlen(from));
	}
	return full;
}

/* A file of this machine's packages, fit to be a twin or a library. */
static char *read_host(const char *path, size_t *size, struct native_elf *elf,
		       char **why)
{
	int self = arch_self();
	struct stat st;
	char *data;

	data = read_file(path, FILE_MAX, size, &st, why);
	if (!data)
		return NULL;
	if (st.st_mode & (S_ISUID | S_ISGID)) {
		*why = xstrdup("its twin has set-id bits");
	} else if (native_elf_read(data, *size, elf, why)) {
		if (self >= 0 && elf->machine == archs[self].machine &&
		    elf->class == archs[self].class)
			return data;
		*why = xstrdup("its twin is no program of this machine");
		native_elf_clear(elf);
	}
	free(data);
	return NULL;
}

/* Where the packages have a library: its links followed, within them. */
static char *find_library(const struct native_pairing *pairing,
			  const char *name)
{
	static const char *const dirs[] = {
		HOST_LIBRARIES, "/lib/x86_64-linux-gnu", "/usr/lib", "/lib",
		"/lib64"
	};
	char *root = realpath(pairing->host, NULL);
	char *path, *real = NULL;
	size_t i;

	for (i = 0; root && i < ARRAY_SIZE(dirs) && !real; i++) {
		path = xasprintf("%s%s/%s", root, dirs[i], name);
		real = realpath(path, NULL);
		free(path);
		if (real && strncmp(real, root, strlen(root))) {
			free(real);
			real = NULL;
		}
	}
	free(root);
	return real;
}

static char *need_libraries(struct native_pairing *pairing, const struct native_elf *elf,
			    bool *fatal);

/* Rewrites and stores a library; what is wrong with it, or NULL. */
static char *make_library(struct native_pairing *pairing, const char *name, const char *to,
			  bool *fatal)
{
	char *path = find_library(pairing, name), *known, *data, *why = NULL;
	struct native_elf elf;
	size_t size;

	if (!path)
		return xstrdup("no package that twins depend on has it");
	data = read_host(path, &size, &elf, &why);
	free(path);
	if (!data)
		return why;
	/* The rules know it by its name for programs. */
	known = xasprintf(HOST_LIBRARIES "/%s", name);
	if (rewrite_strings(pairing->rules, known, data, size, &why))
		why = need_libraries(pairing, &elf, fatal);
	if (!why)
		*fatal = !write_file(pairing, to, data, size, &why);
	native_elf_clear(&elf);
	free(known);
	free(data);
	return why;
}

static void add_library(struct native_pairing *pairing, const char *name, bool *fatal)
{
	char *to = xasprintf(NATIVE_LIBRARIES "/%s", name), *why;
	size_t i = pairing->n_libraries++;

	pairing->libraries = xrealloc(pairing->libraries,
				      pairing->n_libraries * sizeof(*pairing->libraries));
	/* True while it is looked at, and of those that need each other: there are none. */
	pairing->libraries[i] = (struct native_library){
		.name = xstrdup(name), .why = xstrdup("it needs itself"),
	};
	why = make_library(pairing, name, to, fatal);
	free(pairing->libraries[i].why);
	pairing->libraries[i].why = why;
	free(to);
}

/* What libraries are missing to a file of the set, or NULL. */
static char *need_libraries(struct native_pairing *pairing, const struct native_elf *elf,
			    bool *fatal)
{
	size_t i, j;

	for (i = 0; i < elf->n_needed; i++) {
		const char *name = elf->needed[i];

		if (!strcmp(name, HOST_LOADER))
			continue;
		for (j = 0; j < pairing->n_libraries; j++)
			if (!strcmp(pairing->libraries[j].name, name))
				break;
		if (j == pairing->n_libraries)
			add_library(pairing, name, fatal);
		if (pairing->libraries[j].why)
			return xasprintf("%s: %s", name, pairing->libraries[j].why);
	}
	return NULL;
}

struct candidate {
	const char *package;
	const char *path;		/* in the package */
	mode_t mode;
	nlink_t links;
	struct native_elf elf;
};

/* What rules a program out before its twin is looked at. */
static char *unfit(const struct native_pairing *pairing,
		   const struct candidate *program)
{
	const struct native_twin *known =
		native_table_find(pairing->table, program->elf.id,
				  program->elf.id_len);

	if (program->mode & (S_ISUID | S_ISGID))
		return xstrdup("it has set-id bits");
	if (!program->elf.id_len)
		return xstrdup("it has no build-id");
	if (program->elf.id_end > NATIVE_HEAD)
		return xstrdup("its build-id lies beyond the first KiB");
	if (known)
		return xasprintf("it has the build-id of %s", known->program);
	return NULL;
}

static bool is_link(const struct native_pairing *pairing,
		    const struct candidate *program)
{
	const struct native_twin *known =
		native_table_find(pairing->table, program->elf.id,
				  program->elf.id_len);

	return known && program->links > 1 &&
	       !strcmp(known->package, program->package);
}

/*
 * Rewrites and stores a twin; what is wrong with it, or NULL. A program gets the set's
 * loader in place of its own; a plug-in has none.
 */
static char *make_twin(struct native_pairing *pairing, const char *path, bool program,
		       const char *host, const char *name, bool *fatal)
{
	const struct native_rules *rules = pairing->rules;
	char *loader = xasprintf(NATIVE_MOUNTS "/%s/" NATIVE_LOADER,
				 pairing->table->name);
	char *audit = xasprintf(NATIVE_MOUNTS "/%s/" NATIVE_AUDIT,
				pairing->table->name);
	bool plugins = native_list_match(&rules->plugins, path, 0) <
		       rules->plugins.n;
	struct native_elf elf;
	char *why = NULL, *data;
	size_t size;

	data = read_host(host, &size, &elf, &why);
	if (data && !rewrite_strings(rules, host + strlen(pairing->host), data,
				     size, &why))
		goto out;
	if (data && program &&
	    (!native_rewrite_interp(data, size, loader, &why) ||
	     (plugins && !native_rewrite_audit(data, size, audit, &why))))
		goto out;
	if (data)
		why = need_libraries(pairing, &elf, fatal);
	if (data && !why)
		*fatal = !write_file(pairing, name, data, size, &why);
out:
	if (data)
		native_elf_clear(&elf);
	free(data);
	free(loader);
	free(audit);
	return why;
}

static void add_patterns(struct native_words *patterns,
			 const struct native_list *list, const char *path)
{
	size_t i, j;

	for (i = native_list_match(list, path, 0); i < list->n;
	     i = native_list_match(list, path, i + 1))
		for (j = 0; j < list->rule[i].words.n; j++)
			native_words_add(patterns, list->rule[i].words.word[j]);
}

static void add_twin(struct native_pairing *pairing,
		     const struct candidate *program, const char *name)
{
	struct native_table *table = pairing->table;
	struct native_twin *twin;

	table->twins = xrealloc(table->twins,
				(table->n + 1) * sizeof(*table->twins));
	twin = &table->twins[table->n++];
	*twin = (struct native_twin){
		.id_len = program->elf.id_len,
		.twin = xstrdup(name),
		.program = xstrdup(program->path),
		.package = xstrdup(program->package),
	};
	memcpy(twin->id, program->elf.id, program->elf.id_len);
	add_patterns(&twin->unless, &pairing->rules->unless, program->path);
	add_patterns(&twin->only, &pairing->rules->only, program->path);
}

/* The words of a rule as one text. */
static char *sentence(const struct native_words *words)
{
	char *text = xstrdup(words->word[0]), *more;
	size_t i;

	for (i = 1; i < words->n; i++) {
		more = xasprintf("%s %s", text, words->word[i]);
		free(text);
		text = more;
	}
	return text;
}

static bool pair_program(struct native_pairing *pairing,
			 const struct candidate *program, char **why)
{
	const struct native_list *never = &pairing->rules->never;
	size_t rule = native_list_match(never, program->path, 0);
	char *host = host_path(pairing, program->path), *wrong;
	char *name = xasprintf(NATIVE_PROGRAMS "%s", program->path);
	bool fatal = false;

	/* The same program by another name has its twin already. */
	if (is_link(pairing, program)) {
		free(host);
		free(name);
		return true;
	}
	if (rule < never->n)
		wrong = sentence(&never->rule[rule].words);
	else
		wrong = unfit(pairing, program);
	if (!wrong && !host)
		wrong = xstrdup("there is no such program for this machine");
	if (!wrong)
		wrong = make_twin(pairing, program->path, true, host, name, &fatal);
	if (fatal)
		*why = wrong;
	else if (wrong)
		native_left_out(pairing->table, program->path, wrong);
	else
		add_twin(pairing, program, name);
	if (!fatal)
		free(wrong);
	free(host);
	free(name);
	return !fatal;
}

static bool has_file(const struct native_pairing *pairing, const char *name)
{
	char *path = xasprintf("%s/%s", pairing->set, name);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

/*
 * A plug-in that is not there fails whoever loads it: so there is no set then. Two
 * packages may have the same.
 */
static bool pair_plugin(struct native_pairing *pairing,
			const struct candidate *plugin, char **why)
{
	char *id = native_id_text(plugin->elf.id, plugin->elf.id_len);
	char *name = xasprintf(NATIVE_PLUGINS "/%s.so", id);
	char *host = host_path(pairing, plugin->path);
	char *wrong = NULL;
	bool fatal = false;

	if (!host)
		wrong = xstrdup("there is none for this machine");
	else if (!plugin->elf.id_len)
		wrong = xstrdup("it has no build-id");
	else if (!has_file(pairing, name))
		wrong = make_twin(pairing, plugin->path, false, host, name, &fatal);
	if (wrong)
		*why = xasprintf("plug-in %s: %s", plugin->path, wrong);
	free(wrong);
	free(id);
	free(name);
	free(host);
	return !wrong;
}

static bool matches(const struct native_words *patterns, const char *path)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (!fnmatch(patterns->word[i], path, 0))
			return true;
	return false;
}

static bool is_plugin(const struct native_rules *rules, const char *path)
{
	size_t i;

	for (i = 0; i < rules->plugins.n; i++)
		if (matches(&rules->plugins.rule[i].words, path))
			return true;
	return false;
}

static bool is_meant(const struct native_package_rule *package, const char *path)
{
	return !package->programs.n || matches(&package->programs, path);
}

static bool pair_file(struct native_pairing *pairing,
		      const struct native_package_rule *package,
		      const char *path, const FTSENT *entry, char **why)
{
	struct candidate file = {
		.package = package->name, .path = path,
		.mode = entry->fts_statp->st_mode,
		.links = entry->fts_statp->st_nlink,
	};
	char *data, *inner = NULL;
	bool good = true;
	size_t size;

	data = read_file(entry->fts_accpath, FILE_MAX, &size, NULL, &inner);
	if (data && native_elf_is(data, size) &&
	    native_elf_read(data, size, &file.elf, &inner)) {
		if (file.elf.machine == archs[pairing->table->arch].machine) {
			if (file.elf.interp && is_meant(package, path))
				good = pair_program(pairing, &file, why);
			else if (file.elf.interp)
				native_left_out(pairing->table, path,
						"it is not one of its package that have twins");
			else if (is_plugin(pairing->rules, path))
				good = pair_plugin(pairing, &file, why);
		}
		native_elf_clear(&file.elf);
	}
	if (inner)
		native_left_out(pairing->table, path, inner);
	free(inner);
	free(data);
	return good;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

bool native_pair_package(struct native_pairing *pairing,
			 const struct native_package_rule *package,
			 const char *dir, char **why)
{
	char *const roots[] = { (char *)dir, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	bool good = true;
	FTSENT *entry;

	while (good && tree && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F && !native_interrupted())
			good = pair_file(pairing, package,
					 entry->fts_path + strlen(dir), entry,
					 why);
	if (tree)
		fts_close(tree);
	return good;
}

static bool add_audit(struct native_pairing *pairing, const char *audit,
		      char **why)
{
	char *to = xasprintf(NATIVE_MOUNTS "/%s/" NATIVE_PLUGINS "/",
			     pairing->table->name);
	struct native_string string = {
		.old = (char *)AUDIT_PLACEHOLDER,
		.old_len = strlen(AUDIT_PLACEHOLDER),
		.new = to, .new_len = strlen(to), .count = 1,
	};
	char *inner = NULL, *data;
	bool good = false;
	size_t size;

	data = read_file(audit, FILE_MAX, &size, NULL, &inner);
	if (data)
		good = native_rewrite_string(data, size, &string, &inner) &&
		       write_file(pairing, NATIVE_AUDIT, data, size, &inner);
	if (!good)
		*why = xasprintf("%s: %s", audit, inner);
	free(inner);
	free(data);
	free(to);
	return good;
}

static bool add_tree(struct native_pairing *pairing, const char *dir,
		     const char *name, char **why)
{
	char *from = xasprintf("%s%s", pairing->host, dir);
	char *to = xasprintf("%s/%s", pairing->set, name);
	const char *argv[] = { "cp", "-r", "--", from, to, NULL };
	struct native_run run = { 0 };
	bool good = access(from, F_OK) || native_run(&run, argv, why);

	free(from);
	free(to);
	return good;
}

static bool add_link(struct native_pairing *pairing, const char *name, const char *target,
		     char **why)
{
	char *path = xasprintf("%s/%s", pairing->set, name);
	int err = make_parents(path);

	if (!err && symlink(target, path))
		err = errno;
	if (err)
		*why = xasprintf("%s: %s", path, strerror(err));
	free(path);
	return !err;
}

bool native_pair_rest(struct native_pairing *pairing, const char *audit,
		      char **why)
{
	const struct native_list *trees = &pairing->rules->trees;
	const struct native_list *links = &pairing->rules->links;
	bool fatal = false;
	char *wrong;
	size_t i;

	wrong = make_library(pairing, HOST_LOADER, NATIVE_LOADER, &fatal);
	if (wrong) {
		*why = xasprintf(HOST_LOADER ": %s", wrong);
		free(wrong);
		return false;
	}
	if (pairing->rules->plugins.n && !add_audit(pairing, audit, why))
		return false;
	for (i = 0; i < trees->n; i++)
		if (!add_tree(pairing, trees->rule[i].glob,
			      trees->rule[i].words.word[0], why))
			return false;
	for (i = 0; i < links->n; i++)
		if (!add_link(pairing, links->rule[i].glob, links->rule[i].words.word[0], why))
			return false;
	return true;
}

void native_pairing_clear(struct native_pairing *pairing)
{
	while (pairing->n_libraries) {
		free(pairing->libraries[--pairing->n_libraries].name);
		free(pairing->libraries[pairing->n_libraries].why);
	}
	free(pairing->libraries);
}
