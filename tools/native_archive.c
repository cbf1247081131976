// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "native_archive.h"
#include "native_run.h"
#include "util.h"

static bool put_file(const struct native_archive *archive, const char *name,
		     const char *text, char **why)
{
	struct stat like = { .st_mode = 0644, .st_uid = -1, .st_gid = -1 };
	char *path = xasprintf("%s/%s", archive->dir, name);
	int err = replace_file(path, text, strlen(text), &like);

	if (err)
		*why = xasprintf("%s: %s", path, strerror(err));
	free(path);
	return !err;
}

static bool make_dirs(const struct native_archive *archive, char **why)
{
	static const char *const dirs[] = {
		"etc", "etc/apt.conf.d", "etc/preferences.d", "state",
		"lists", "cache", "debs",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = xasprintf("%s/%s", archive->dir, dirs[i]);
		int err = mkdir(path, 0755) ? errno : 0;

		if (err)
			*why = xasprintf("%s: %s", path, strerror(err));
		free(path);
		if (err)
			return false;
	}
	return true;
}

/* This host's proxies are to be used; nothing else that it is set to. */
static char *proxies(void)
{
	static const char *const argv[] = {
		"apt-config", "dump", "--format", "%F \"%v\";%n",
		"Acquire::http", "Acquire::https", NULL
	};
	char *output, *why;
	struct native_run run = { .output = &output };

	if (!native_run(&run, argv, &why)) {
		free(why);
		free(output);
		return xstrdup("");
	}
	return output;
}

static bool configure(struct native_archive *archive,
		      const struct native_words *sources, const char *keyring,
		      char **why)
{
	char *proxy = proxies();
	char *text = xasprintf("%s"
			       "Dir \"%s\";\n"
			       "Dir::State \"state\";\n"
			       "Dir::State::lists \"%s/lists\";\n"
			       "Dir::State::status \"%s/state/status\";\n"
			       "Dir::Cache \"cache\";\n"
			       "Dir::Etc \"etc\";\n"
			       "APT::Architecture \"" NATIVE_HOST "\";\n"
			       "APT::Architectures { \"" NATIVE_HOST "\"; \"%s\"; };\n"
			       "APT::Update::Error-Mode \"any\";\n"
			       "Acquire::Languages \"none\";\n"
			       "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
			       "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n",
			       proxy, archive->dir, archive->dir, archive->dir,
			       archive->arch);
	bool good;
	size_t i;

	free(proxy);
	good = put_file(archive, "apt.conf", text, why) &&
	       put_file(archive, "state/status", "", why);
	free(text);
	text = xstrdup("");
	for (i = 0; i < sources->n; i++) {
		char *more = xasprintf("%sdeb [arch=" NATIVE_HOST ",%s signed-by=%s] %s\n",
				       text, archive->arch, keyring,
				       sources->word[i]);

		free(text);
		text = more;
	}
	good = good && put_file(archive, "etc/sources.list", text, why);
	free(text);
	return good;
}

bool native_archive_open(struct native_archive *archive, const char *dir,
			 const struct native_words *sources,
			 const char *keyring, const char *arch, char **why)
{
	static const char *const argv[] = {
		"apt-get", "-q", "update", NULL
	};
	struct native_run run = { 0 };
	struct passwd *apt;
	char *debs;

	/* apt runs in directories of its own. */
	archive->dir = realpath(dir, NULL) ?: xstrdup(dir);
	archive->variable = xasprintf("APT_CONFIG=%s/apt.conf", archive->dir);
	archive->arch = arch;
	if (!make_dirs(archive, why) ||
	    !configure(archive, sources, keyring, why))
		return false;
	/* apt downloads as a user without rights where it can write. */
	apt = geteuid() ? NULL : getpwnam("_apt");
	debs = xasprintf("%s/debs", archive->dir);
	if (apt && chown(debs, apt->pw_uid, -1))
		warning("native: %s: %s", debs, strerror(errno));
	free(debs);
	run.variable = archive->variable;
	return native_run(&run, argv, why);
}

static char *field(const char *stanza, const char *name)
{
	size_t len = strlen(name);
	const char *line = stanza;

	for (; *line && *line != '\n'; line += strcspn(line, "\n"),
				       line += *line == '\n')
		if (!strncmp(line, name, len) && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " ");
			return xasprintf("%.*s", (int)strcspn(line, "\n"),
					 line);
		}
	return NULL;
}

/* The version in "Source: name (version)"; without one it is the package's. */
static char *source_version(const char *stanza, const char *version)
{
	char *source = field(stanza, "Source");
	char *open = source ? strchr(source, '(') : NULL;
	char *result = open ? xasprintf("%.*s", (int)strcspn(open + 1, ")"),
					open + 1) : xstrdup(version);

	free(source);
	return result;
}

static bool is_word(const char *text)
{
	return text && *text && !strpbrk(text, " /\t") && *text != '-' &&
	       *text != '.';
}

static void add_package(struct native_packages *packages, const char *stanza)
{
	struct native_package package = {
		.name = field(stanza, "Package"),
		.arch = field(stanza, "Architecture"),
		.version = field(stanza, "Version"),
	};
	char *pre = field(stanza, "Pre-Depends");
	char *depends = field(stanza, "Depends");
	char *size = field(stanza, "Size");

	/* They become parts of paths. */
	if (is_word(package.name) && is_word(package.arch) &&
	    is_word(package.version) &&
	    !native_package_find(packages, package.name, package.arch)) {
		package.source_version = source_version(stanza,
							package.version);
		package.depends = xasprintf("%s, %s", pre ?: "",
					    depends ?: "");
		package.size = size ? strtoull(size, NULL, 10) : 0;
		packages->package = xrealloc(packages->package,
					     (packages->n + 1) *
					     sizeof(*packages->package));
		packages->package[packages->n++] = package;
	} else {
		free(package.name);
		free(package.arch);
		free(package.version);
	}
	free(pre);
	free(depends);
	free(size);
}

bool native_archive_find(struct native_archive *archive,
			 const struct native_words *names,
			 struct native_packages *packages, char **why)
{
	const char **argv = xrealloc(NULL, (names->n + 4) * sizeof(*argv));
	char *output, *stanza, *next;
	struct native_run run = {
		.variable = archive->variable, .output = &output
	};
	bool good;

	argv[0] = "apt-cache";
	argv[1] = "show";
	argv[2] = "--no-all-versions";
	memcpy(argv + 3, names->word, names->n * sizeof(*argv));
	argv[names->n + 3] = NULL;
	/* It fails when one of the names is unknown: then it is not there. */
	good = native_run(&run, argv, why);
	if (!good && !native_interrupted()) {
		free(*why);
		*why = NULL;
		good = true;
	}
	for (stanza = output; good && *stanza; stanza = next) {
		next = strstr(stanza, "\n\n");
		next = next ? next + 2 : stanza + strlen(stanza);
		add_package(packages, stanza);
	}
	free(output);
	free(argv);
	return good;
}

struct meter {
	const char *dir;
	unsigned long long total;
};

/* What there is of a download so far, on one line that is written again. */
static void show_meter(void *arg)
{
	const struct meter *meter = arg;
	unsigned long long sum = 0;
	struct dirent *entry;
	DIR *dir = opendir(meter->dir);
	struct stat st;

	while (dir && (entry = readdir(dir)))
		if (!fstatat(dirfd(dir), entry->d_name, &st,
			     AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
			sum += st.st_size;
	if (dir)
		closedir(dir);
	fprintf(stderr, "\r  %llu of %llu MB ", sum / 1000000,
		meter->total / 1000000);
}

bool native_archive_download(struct native_archive *archive,
			     const struct native_packages *packages, char **why)
{
	const char **argv = xrealloc(NULL, (packages->n + 4) * sizeof(*argv));
	char *debs = xasprintf("%s/debs", archive->dir);
	struct meter meter = { .dir = debs };
	struct native_run run = {
		.dir = debs, .variable = archive->variable,
		.tick = archive->progress ? show_meter : NULL, .arg = &meter,
	};
	bool good;
	size_t i;

	argv[0] = "apt-get";
	argv[1] = "-q";
	argv[2] = "download";
	for (i = 0; i < packages->n; i++) {
		argv[i + 3] = xasprintf("%s:%s=%s", packages->package[i].name,
					packages->package[i].arch,
					packages->package[i].version);
		meter.total += packages->package[i].size;
	}
	argv[i + 3] = NULL;
	good = native_run(&run, argv, why);
	if (archive->progress)
		fprintf(stderr, "\r\033[K");
	while (i--)
		free((char *)argv[i + 3]);
	free(argv);
	free(debs);
	return good;
}

bool native_archive_unpack(struct native_archive *archive,
			   const struct native_package *package,
			   const char *dir, char **why)
{
	/* An epoch's colon is written otherwise in a file's name. */
	char *pattern = xasprintf("%s/debs/%s_*_%s.deb", archive->dir,
				  package->name, package->arch);
	const char *argv[] = { "dpkg-deb", "-x", NULL, dir, NULL };
	struct native_run run = { 0 };
	glob_t found = { 0 };
	bool good = false;
	char *inner;

	glob(pattern, 0, NULL, &found);
	if (found.gl_pathc != 1) {
		*why = xasprintf("%s: %s", pattern, found.gl_pathc ?
				 "there are several" : "it did not arrive");
	} else {
		argv[2] = found.gl_pathv[0];
		good = native_run(&run, argv, &inner);
		if (!good) {
			*why = xasprintf("%s: %s", package->name, inner);
			free(inner);
		}
	}
	globfree(&found);
	free(pattern);
	return good;
}

void native_archive_close(struct native_archive *archive)
{
	free(archive->dir);
	free(archive->variable);
}

struct native_package *native_package_find(const struct native_packages *packages,
					   const char *name, const char *arch)
{
	size_t i;

	for (i = 0; i < packages->n; i++)
		if (!strcmp(packages->package[i].name, name) &&
		    !strcmp(packages->package[i].arch, arch))
			return &packages->package[i];
	return NULL;
}

void native_packages_clear(struct native_packages *packages)
{
	while (packages->n) {
		struct native_package *package =
			&packages->package[--packages->n];

		free(package->name);
		free(package->arch);
		free(package->version);
		free(package->source_version);
		free(package->depends);
	}
	free(packages->package);
	packages->package = NULL;
}
