// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "native_archive.h"
#include "native_build.h"
#include "native_image.h"
#include "native_pair.h"
#include "native_rules.h"
#include "native_run.h"
#include "native_table.h"
#include "util.h"

#ifndef XARCH_LIBDIR
#define XARCH_LIBDIR "/usr/local/lib/xarch"
#endif

/* What is on its way to become a set; all of it lies below @work. */
struct build {
	const struct native_plan *plan;
	struct native_rules rules;
	struct native_archive archive;
	struct native_packages packages;
	struct native_table table;
	char *work, *tree, *host, *set;
	char *image;
	time_t began;
	bool current;			/* the set that is there is as new */
};

static void step(const struct build *build, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void step(const struct build *build, const char *fmt, ...)
{
	char *text, *shown;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		exit(1);
	va_end(args);
	shown = printable(text);
	fprintf(stderr, "[%3ld s] %s\n", (long)(time(NULL) - build->began),
		shown);
	free(shown);
	free(text);
}

static const struct {
	const char *program, *package;
} helpers[] = {
	{ "apt-get", "apt" },
	{ "apt-cache", "apt" },
	{ "dpkg-deb", "dpkg" },
	{ "mkfs.erofs", "erofs-utils" },
	{ "cp", "coreutils" },
};

static bool have_helpers(char **why)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		if (!native_find_program(helpers[i].program)) {
			*why = xasprintf("%s is not there: install the package %s",
					 helpers[i].program,
					 helpers[i].package);
			return false;
		}
	return true;
}

/* What the plan says goes before what the rules say. */
static bool choose_source(struct build *build, char **why)
{
	const struct native_plan *plan = build->plan;
	struct native_rules *rules = &build->rules;
	char *line;

	if (plan->mirror) {
		native_words_clear(&rules->sources);
		line = xasprintf("%s %s main", plan->mirror, plan->suite);
		native_words_add(&rules->sources, line);
		free(line);
	}
	if (!rules->sources.n) {
		*why = xasprintf("no source is known for %s: name one, --mirror URL",
				 plan->suite);
		return false;
	}
	if (plan->keyring) {
		free(rules->keyring);
		/* apt has directories of its own. */
		rules->keyring = realpath(plan->keyring, NULL) ?:
				 xstrdup(plan->keyring);
	}
	if (!rules->keyring || access(rules->keyring, R_OK)) {
		*why = xasprintf("%s: %s: install debian-archive-keyring, or name a keyring, --keyring FILE",
				 rules->keyring ?: "no keyring",
				 strerror(errno));
		return false;
	}
	return true;
}

/* The directory of images, and in it, with a lock, one to work in. */
static bool make_work(struct build *build, char **why)
{
	const struct native_plan *plan = build->plan;
	char *slash;
	int fd;

	build->work = xasprintf("%s/.%s.building", plan->dir, plan->name);
	build->tree = xasprintf("%s/tree", build->work);
	build->host = xasprintf("%s/host", build->tree);
	build->set = xasprintf("%s/set", build->work);
	build->image = xasprintf("%s/image", build->work);
	/* With the directories on the way to it, which are nobody's secret. */
	umask(022);
	for (slash = strchr(build->work + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(build->work, 0755);
		*slash = '/';
	}
	fd = open(plan->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		*why = xasprintf("%s: %s", plan->dir, strerror(errno));
		return false;
	}
	/* Held until we exit. */
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		*why = xasprintf("%s: another build is under way", plan->dir);
		close(fd);
		free(build->work);
		build->work = NULL;	/* that one's, not ours to remove */
		return false;
	}
	native_remove_tree(build->work);	/* of one that was killed */
	if (mkdir(build->work, 0755) || mkdir(build->tree, 0700) ||
	    mkdir(build->host, 0755) || mkdir(build->set, 0755)) {
		*why = xasprintf("%s: %s", build->work, strerror(errno));
		return false;
	}
	return true;
}

static void add_name(struct native_words *names, const char *package,
		     const char *arch)
{
	char *name = xasprintf("%s:%s", package, arch);

	native_words_add(names, name);
	free(name);
}

/*
 * Libraries that packages of this machine depend on. A cross compiler's
 * libraries for its target, and what is compiled against, are no part of a set.
 */
static void add_libraries(struct native_words *names,
			  const struct native_packages *packages, size_t from)
{
	size_t i, len;

	for (i = from; i < packages->n; i++) {
		const char *word = packages->package[i].depends;

		if (strcmp(packages->package[i].arch, NATIVE_HOST))
			continue;
		for (; *word; word += strcspn(word, ","), word += *word == ',') {
			char *name;

			word += strspn(word, " ");
			len = strcspn(word, " :,|(");
			name = xasprintf("%.*s", (int)len, word);
			if ((!strncmp(name, "lib", 3) ||
			     !strncmp(name, "zlib", 4)) &&
			    !strstr(name, "-dev") && !strstr(name, "-cross") &&
			    !native_package_find(packages, name, NATIVE_HOST))
				add_name(names, name, NATIVE_HOST);
			free(name);
		}
	}
}

static bool is_pair(const struct build *build, size_t i,
		    struct native_package **foreign)
{
	struct native_package_rule *rule = &build->rules.packages[i];
	struct native_package *host;

	host = native_package_find(&build->packages, rule->name, NATIVE_HOST);
	*foreign = native_package_find(&build->packages, rule->name,
				       build->rules.debian);
	return host && *foreign &&
	       native_version_pairs(*foreign, host, rule->cross);
}

/* Those of pairs, and libraries. */
static bool is_used(const struct build *build,
		    const struct native_package *package)
{
	struct native_package *foreign;
	size_t i;

	for (i = 0; i < build->rules.n_packages; i++)
		if (!strcmp(build->rules.packages[i].name, package->name))
			return is_pair(build, i, &foreign);
	return true;
}

static void keep_used(struct build *build)
{
	struct native_packages used = { 0 }, rest = { 0 };
	size_t i;

	for (i = 0; i < build->packages.n; i++) {
		struct native_packages *to =
			is_used(build, &build->packages.package[i]) ? &used :
								      &rest;

		to->package = xrealloc(to->package, (to->n + 1) *
				       sizeof(*to->package));
		to->package[to->n++] = build->packages.package[i];
	}
	free(build->packages.package);
	native_packages_clear(&rest);
	build->packages = used;
}

static bool find_packages(struct build *build, char **why)
{
	struct native_words names = { 0 };
	size_t i, n, pairs = 0;
	bool good;

	for (i = 0; i < build->rules.n_packages; i++) {
		add_name(&names, build->rules.packages[i].name, NATIVE_HOST);
		add_name(&names, build->rules.packages[i].name,
			 build->rules.debian);
	}
	good = native_archive_find(&build->archive, &names, &build->packages,
				   why);
	native_words_clear(&names);
	/* Only pairs: what has none need not be downloaded. */
	for (i = 0; good && i < build->rules.n_packages; i++) {
		struct native_package_rule *rule = &build->rules.packages[i];
		struct native_package *host, *foreign;
		char *reason;

		host = native_package_find(&build->packages, rule->name,
					   NATIVE_HOST);
		foreign = native_package_find(&build->packages, rule->name,
					      build->rules.debian);
		if (host && foreign &&
		    native_version_pairs(foreign, host, rule->cross)) {
			pairs++;
			continue;
		}
		if (host && foreign)
			reason = xasprintf("%s has version %s, %s %s",
					   foreign->arch,
					   foreign->source_version, host->arch,
					   rule->cross ? host->version :
					   host->source_version);
		else if (host || foreign || !rule->versioned)
			reason = xasprintf("%s has no such package",
					   foreign ? NATIVE_HOST :
					   build->rules.debian);
		else
			continue;
		native_left_out(&build->table, rule->name, reason);
		step(build, "left out: %s: %s", rule->name, reason);
		free(reason);
	}
	if (good && !pairs) {
		*why = xstrdup("the archive has no package that pairs");
		good = false;
	}
	keep_used(build);
	/* The libraries of those, and of these. */
	for (n = 0; good && n < build->packages.n;) {
		struct native_words more = { 0 };

		add_libraries(&more, &build->packages, n);
		n = build->packages.n;
		if (more.n)
			good = native_archive_find(&build->archive, &more,
						   &build->packages, why);
		native_words_clear(&more);
	}
	return good;
}

/* Tells this set from one that is built of anything else. */
static void describe(struct build *build)
{
	unsigned long long digest = build->rules.digest;
	size_t i;

	for (i = 0; i < build->packages.n; i++) {
		const struct native_package *package =
			&build->packages.package[i];
		char *text = xasprintf("%s:%s=%s;", package->name,
				       package->arch, package->version);
		const char *c;

		for (c = text; *c; c++)
			digest = (digest ^ (unsigned char)*c) *
				 0x100000001b3ull;
		free(text);
		json_array_append_new(build->table.packages,
			json_pack("{s:s, s:s, s:s}",
				  "package", package->name,
				  "architecture", package->arch,
				  "version", package->version));
	}
	build->table.made_of = xasprintf("%016llx " XARCH_VERSION, digest);
}

static bool is_current(const struct build *build)
{
	char *path = native_image_path(build->plan->dir, build->plan->name);
	struct native_table old;
	bool same = false;
	char *why;

	if (native_image_table(path, build->plan->name, &old, &why)) {
		same = !strcmp(old.made_of, build->table.made_of) &&
		       old.arch == build->table.arch;
		native_table_clear(&old);
	} else {
		free(why);
	}
	free(path);
	return same;
}

static bool download(struct build *build, char **why)
{
	const struct native_words *sources = &build->rules.sources;
	unsigned long long size = 0;
	size_t i;

	for (i = 0; i < build->packages.n; i++)
		size += build->packages.package[i].size;
	step(build, "downloading %zu packages, %.1f MB, from %.*s",
	     build->packages.n, size / 1e6,
	     (int)strcspn(sources->word[0], " "), sources->word[0]);
	if (native_archive_download(&build->archive, &build->packages, why))
		return true;
	if (strstr(*why, "404") || strstr(*why, "No such file") ||
	    strstr(*why, "mismatch") || strstr(*why, "unexpected size")) {
		char *inner = *why;

		*why = xasprintf("the archive has changed meanwhile, build again: %s",
				 inner);
		free(inner);
	}
	return false;
}

static bool pair(struct build *build, char **why)
{
	struct native_pairing pairing = {
		.rules = &build->rules, .host = build->host,
		.set = build->set, .table = &build->table,
	};
	char *audit = xasprintf("%s/audit.so", build->plan->data ?:
				XARCH_LIBDIR "/native");
	struct native_package *foreign;
	bool good = true;
	size_t i;

	for (i = 0; i < build->packages.n && good; i++)
		if (!strcmp(build->packages.package[i].arch, NATIVE_HOST) ||
		    !strcmp(build->packages.package[i].arch, "all"))
			good = native_archive_unpack(&build->archive,
						     &build->packages.package[i],
						     build->host, why);
	for (i = 0; i < build->rules.n_packages && good; i++) {
		char *dir;

		if (!is_pair(build, i, &foreign))
			continue;
		dir = xasprintf("%s/%zu", build->tree, i);
		good = native_archive_unpack(&build->archive, foreign, dir,
					     why) &&
		       native_pair_package(&pairing, &build->rules.packages[i], dir, why);
		native_remove_tree(dir);
		free(dir);
	}
	if (good && !build->table.n) {
		json_t *last = json_array_get(build->table.left_out,
					      json_array_size(build->table.left_out) - 1);
		const char *reason = json_string_value(json_object_get(last, "why"));

		*why = xasprintf("not one program has a twin%s%s", reason ? ", the last as " : "",
				 reason ?: "");
		good = false;
	}
	good = good && native_pair_rest(&pairing, audit, why);
	native_pairing_clear(&pairing);
	free(audit);
	return good;
}

/* Each twin as whoever loads the set will look at it. */
static bool check(struct build *build, char **why)
{
	int root = open(build->set, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = root >= 0;
	size_t i;

	for (i = 0; i < build->table.n && good; i++) {
		int fd = native_twin_open(root, &build->table,
					  &build->table.twins[i], why);

		good = fd >= 0;
		if (good)
			close(fd);
	}
	if (root >= 0)
		close(root);
	return good;
}

static bool write_image(struct build *build, char **why)
{
	char *text = native_table_write(&build->table);
	char *table = xasprintf("%s/" NATIVE_TABLE, build->set);
	char *path = native_image_path(build->plan->dir, build->plan->name);
	FILE *file = fopen(table, "we");
	bool good = file && fputs(text, file) >= 0;
	int fd = -1;

	good = file && !fclose(file) && good;
	if (!good)
		*why = xasprintf("%s: %s", table, strerror(errno));
	good = good && native_image_make(build->set, build->image, why);
	if (good) {
		fd = open(build->image, O_RDONLY | O_CLOEXEC);
		good = fd >= 0 && !fchmod(fd, 0644) && !fsync(fd) &&
		       !native_interrupted() && !rename(build->image, path);
		if (!good)
			*why = xasprintf("%s: %s", path, native_interrupted() ?
					 "interrupted" : strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	free(path);
	free(table);
	free(text);
	return good;
}

static bool run(struct build *build, char **why)
{
	const struct native_plan *plan = build->plan;

	if (!have_helpers(why) ||
	    !native_rules_read(&build->rules, plan->data,
			       archs[plan->arch].name, plan->suite, plan->name,
			       why))
		return false;
	if (!choose_source(build, why) || !make_work(build, why))
		return false;
	step(build, "reading the index of %s for " NATIVE_HOST " and %s",
	     plan->suite, build->rules.debian);
	if (!native_archive_open(&build->archive, build->work,
				 &build->rules.sources, build->rules.keyring,
				 build->rules.debian, why))
		return false;
	build->archive.progress = isatty(STDERR_FILENO);
	if (!find_packages(build, why))
		return false;
	describe(build);
	if (is_current(build)) {
		build->current = true;
		return true;
	}
	if (!download(build, why))
		return false;
	step(build, "pairing programs");
	if (!pair(build, why) || !check(build, why))
		return false;
	step(build, "writing the image");
	return write_image(build, why);
}

bool native_build(const struct native_plan *plan)
{
	struct build build = {
		.plan = plan, .began = time(NULL),
		.table = {
			.name = xstrdup(plan->name), .arch = plan->arch,
			.packages = json_array(), .left_out = json_array(),
		},
	};
	sigset_t old;
	char *why = NULL;
	bool good;

	native_hold_signals(&old);
	good = run(&build, &why);
	if (!good)
		error("native: %s: %s; %s", plan->name, why ?: "interrupted",
		      "there is no new set");
	else if (build.current)
		step(&build, "%s is as new as the archive already",
		     plan->name);
	else
		step(&build, "%s: %zu programs have twins", plan->name,
		     build.table.n);
	if (build.work)
		native_remove_tree(build.work);
	free(why);
	native_archive_close(&build.archive);
	native_packages_clear(&build.packages);
	native_rules_clear(&build.rules);
	native_table_clear(&build.table);
	free(build.work);
	free(build.tree);
	free(build.host);
	free(build.set);
	free(build.image);
	/* A signal that came meanwhile takes its effect now. */
	native_release_signals(&old);
	return good;
}
