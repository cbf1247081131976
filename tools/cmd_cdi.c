// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarchctl cdi: rules as devices of the Container Device Interface, for engines
 * that have no hooks of their own: docker run --device io.xarch/aarch64=deny.
 */
#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "emulator.h"
#include "file.h"
#include "output.h"
#include "phrase.h"
#include "rule.h"
#include "util.h"

#define CDI_DIR		"/etc/cdi"
#define VENDOR		"io.xarch"
/* The first with device names that begin with a digit. */
#define CDI_VERSION	"0.5.0"

#define LETTERS		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS		"0123456789"

enum {
	OPT_ADD = OPT_VERB,
	OPT_DIR,
	OPT_INSTALL,
	OPT_REMOVE,
};

/* The rule that a device stands for: "deny", "emulate:/usr/bin/qemu-aarch64". */
struct device {
	char *name;
	const char *rule;
};

struct listing {
	const struct command *command;
	const char *dir;
	struct device *devices;
	size_t n;
	bool one_arch;			/* an emulator or a set was named */
};

static bool is_device_name(const char *name)
{
	size_t len = strlen(name);

	return len && !name[strspn(name, LETTERS DIGITS "_-.:")] &&
	       strspn(name, LETTERS DIGITS) &&
	       strspn(name + len - 1, LETTERS DIGITS);
}

static struct device *find_device(struct listing *listing, const char *name)
{
	size_t i;

	for (i = 0; i < listing->n; i++)
		if (!strcmp(listing->devices[i].name, name))
			return &listing->devices[i];
	return NULL;
}

static void add_device(struct listing *listing, const char *name,
		       const char *rule)
{
	listing->devices = xrealloc(listing->devices, (listing->n + 1) *
				    sizeof(*listing->devices));
	listing->devices[listing->n].name = xstrdup(name);
	listing->devices[listing->n++].rule = rule;
}

/* NAME=ACTION[:[--native SET] [EMULATOR[ ARG...]]] */
static void add_option(struct listing *listing, const char *text)
{
	const char *equals = strchr(text, '=');
	struct rule rule = { 0 };
	char *name, *label;

	if (!equals)
		usage(listing->command, "--add %s: want NAME=ACTION", text);
	name = xasprintf("%.*s", (int)(equals - text), text);
	if (!is_device_name(name))
		usage(listing->command, "--add: \"%s\" is no name of a device: letters, digits and _-.: between them",
		      name);
	if (find_device(listing, name))
		usage(listing->command, "--add: there is a device %s already",
		      name);
	/* The arch plays no part yet: any will do. */
	label = xasprintf("cdi: --add %s", name);
	if (!phrase_parse(&rule, label, archs[0].name, equals + 1))
		usage(listing->command, NULL);
	if (rule.emulator && *rule.emulator != '/')
		usage(listing->command, "--add %s: the emulator must be an absolute path",
		      name);
	listing->one_arch |= rule.emulator || rule.twins;
	add_device(listing, name, equals + 1);
	rule_clear(&rule);
	free(label);
	free(name);
}

static json_t *device_json(const struct device *device, enum xarch_arch arch,
			   const char *self)
{
	char *rule = xasprintf("%s=%s", archs[arch].name, device->rule);
	json_t *json = json_pack("{s:s, s:{s:[{s:s, s:s, s:[s, s, s, s]}]}}",
				 "name", device->name, "containerEdits", "hooks",
				 "hookName", "createRuntime", "path", self,
				 "args", "xarchctl", "oci-hook", "--rule", rule);

	free(rule);
	return json;
}

static json_t *spec_json(const struct listing *listing, enum xarch_arch arch,
			 const char *self)
{
	json_t *devices = json_array();
	char *kind = xasprintf(VENDOR "/%s", archs[arch].name);
	json_t *spec;
	size_t i;

	for (i = 0; i < listing->n; i++)
		json_array_append_new(devices, device_json(&listing->devices[i],
							   arch, self));
	spec = json_pack("{s:s, s:s, s:o}", "cdiVersion", CDI_VERSION,
			 "kind", kind, "devices", devices);
	free(kind);
	return spec;
}

/* Everybody may read it. */
static const struct stat any_config = {
	.st_mode = 0644, .st_uid = -1, .st_gid = -1,
};

static bool install_spec(const struct listing *listing, enum xarch_arch arch,
			 json_t *spec, json_t *records)
{
	char *path = xasprintf("%s/" VENDOR "-%s.json", listing->dir,
			       archs[arch].name);
	char *text = json_dumps(spec, JSON_INDENT(2));
	json_t *names = json_array();
	size_t i;
	int err;

	err = text ? replace_file(path, text, strlen(text), &any_config) :
		     ENOMEM;
	if (err)
		error("cdi: %s: %s", path, strerror(err));
	for (i = 0; i < listing->n; i++)
		json_array_append_new(names,
				      json_text(listing->devices[i].name));
	if (!err)
		json_array_append_new(records, json_pack("{s:s, s:o, s:o}",
				      "arch", archs[arch].name,
				      "file", json_text(path),
				      "devices", json_incref(names)));
	json_decref(names);
	free(text);
	free(path);
	return !err;
}

static void print_spec(json_t *spec)
{
	json_dumpf(spec, stdout, JSON_INDENT(2));
	putchar('\n');
}

static const struct column columns[] = {
	{ .title = "ARCH", .key = "arch" },
	{ .title = "FILE", .key = "file" },
	{ .title = "DEVICES", .key = "devices" },
	{ 0 }
};

static int remove_specs(const struct listing *listing)
{
	char *pattern = xasprintf("%s/" VENDOR "-*.json", listing->dir);
	glob_t found = { 0 };
	int status = 0;
	size_t i;

	glob(pattern, 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++)
		if (unlink(found.gl_pathv[i])) {
			error("cdi: %s: %s", found.gl_pathv[i],
			      strerror(errno));
			status = EXIT_REFUSED;
		}
	globfree(&found);
	free(pattern);
	return status;
}

/* Without words: every arch that this host has an emulator for. */
static bool wanted(enum xarch_arch arch, int n, char **words)
{
	char *emulator, *why;
	int i;

	for (i = 0; i < n; i++)
		if (arch_parse(words[i]) == (int)arch)
			return true;
	if (n || arch_is_native(arch))
		return false;
	emulator = emulator_find(arch, &why);
	free(emulator);
	free(why);
	return emulator;
}

static int list(const struct listing *listing, bool install, int n,
		char **words)
{
	json_t *records = json_array();
	bool good = true, any = false;
	char *self = own_path();
	json_t *spec;
	size_t i;

	if (install && mkdir(listing->dir, 0755) && errno != EEXIST) {
		error("cdi: %s: %s", listing->dir, strerror(errno));
		good = false;
	}
	for (i = 0; i < ARRAY_SIZE(archs) && good; i++) {
		if (!wanted(i, n, words))
			continue;
		any = true;
		spec = spec_json(listing, i, self);
		if (install)
			good = install_spec(listing, i, spec, records);
		else
			print_spec(spec);
		json_decref(spec);
	}
	if (good && !any)
		error("cdi: no emulator found: name archs, or install emulators: "
		      EMULATOR_INSTALL);
	if (install)
		output_array(columns, records);
	json_decref(records);
	free(self);
	return good && any ? 0 : EXIT_REFUSED;
}

static int run(const struct command *command, int argc, char **argv)
{
	static const char *const usual[] = { "emulate", "deny", "pass" };
	struct listing listing = { .command = command, .dir = CDI_DIR };
	bool install = false, remove = false;
	int opt, status, i;

	for (i = 0; i < (int)ARRAY_SIZE(usual); i++)
		add_device(&listing, usual[i], usual[i]);
	while ((opt = next_option(command, argc, argv, NULL)) != OPT_END) {
		switch (opt) {
		case OPT_ADD:
			add_option(&listing, optarg);
			break;
		case OPT_DIR:
			listing.dir = optarg;
			break;
		case OPT_INSTALL:
			install = true;
			break;
		case OPT_REMOVE:
			remove = true;
			break;
		}
	}
	for (i = optind; i < argc; i++)
		parse_arch(command, argv[i]);
	if (listing.one_arch && argc - optind != 1)
		usage(command, "--add: one emulator, or set, serves one arch: name it");
	if (remove && (install || optind < argc))
		usage(command, "--remove: removes all, takes nothing else");

	status = remove ? remove_specs(&listing) :
		 list(&listing, install, argc - optind, argv + optind);
	while (listing.n)
		free(listing.devices[--listing.n].name);
	free(listing.devices);
	return status;
}

static const struct option options[] = {
	{ "add",	required_argument,	NULL, OPT_ADD },
	{ "dir",	required_argument,	NULL, OPT_DIR },
	{ "install",	no_argument,		NULL, OPT_INSTALL },
	{ "remove",	no_argument,		NULL, OPT_REMOVE },
	{ 0 }
};

const struct command cmd_cdi = {
	.name = "cdi",
	.synopsis = "[ARCH]... [--add NAME=ACTION[:EMULATOR[ ARG...]]]... [--install] [--dir DIR] | --remove",
	.summary = "Describe rules as devices (CDI), for docker run --device io.xarch/ARCH=deny",
	.details =
	"Prints a specification for each ARCH, by default for those that this host has an\n"
	"emulator for. Its devices are emulate, deny and pass.\n\n"
	"      --add DEVICE      a device of your own, such as\n"
	"                        old='emulate:/opt/qemu/qemu-aarch64 -cpu cortex-a72'\n"
	"      --install         write them to " CDI_DIR ", replacing those that are there\n"
	"      --remove          remove them there\n"
	"      --dir DIR         DIR in place of " CDI_DIR "\n",
	.options = options,
	.run = run,
};
