// SPDX-License-Identifier: GPL-2.0-or-later
/* xarchctl native: twin sets. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "cmd.h"
#include "native_build.h"
#include "native_image.h"
#include "native_load.h"
#include "native_report.h"
#include "native_serve.h"
#include "native_table.h"
#include "native_verify.h"
#include "output.h"
#include "util.h"

#define SECONDS_MAX 1000000

enum {
	OPT_SUITE = OPT_VERB,
	OPT_NAME,
	OPT_INTO,
	OPT_MIRROR,
	OPT_KEYRING,
	OPT_DATA,
	OPT_ROOT,
	OPT_EVERYBODY,
	OPT_ONCE,
	OPT_FOR,
};

struct request {
	const struct command *command;
	const char *suite, *name, *dir, *mirror, *keyring, *data, *root;
	bool all, everybody, once;
	long seconds;
};

static const char *want_name(const struct request *request, const char *name)
{
	if (!native_name_good(name))
		usage(request->command, "\"%s\" is no name of a set: up to %d small letters, digits and +-. between them",
		      name, NATIVE_NAME_MAX);
	return name;
}

static int build(const struct request *request, const char *word)
{
	struct native_plan plan = {
		.arch = parse_arch(request->command, word),
		.suite = request->suite, .dir = request->dir,
		.mirror = request->mirror, .keyring = request->keyring,
		.data = request->data,
	};

	if (!plan.suite)
		usage(request->command, "build: say of which suite, --suite trixie");
	if (plan.suite[strspn(plan.suite, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")])
		usage(request->command, "--suite: \"%s\" is no name of a suite",
		      plan.suite);
	if (plan.mirror && (!strstr(plan.mirror, ":/") ||
			    strpbrk(plan.mirror, " \t\n[]")))
		usage(request->command, "--mirror: \"%s\" is no address",
		      plan.mirror);
	plan.name = want_name(request, request->name ?: plan.suite);
	if (arch_is_native(plan.arch))
		usage(request->command, "build: %s is what this machine is",
		      archs[plan.arch].name);
	return native_build(&plan) ? 0 : EXIT_REFUSED;
}

/* Its table where it is mounted, for everybody; else that of its image. */
static bool open_set(const struct request *request, const char *name,
		     struct native_table *table, bool *mounted, char **why)
{
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name);
	char *image = native_image_path(request->dir, name);
	int root = -1;
	bool good;

	if (!strcmp(request->dir, NATIVE_DIR))
		root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*mounted = root >= 0;
	good = *mounted ? native_table_open(root, name, table, why) :
			  native_image_table(image, name, table, why);
	if (root >= 0)
		close(root);
	free(image);
	free(at);
	return good;
}

static json_t *set_record(const struct request *request, const char *name,
			  const char *image)
{
	struct native_table table;
	json_t *record;
	struct stat st;
	bool mounted;
	char *why;

	if (stat(image, &st))
		st.st_size = 0;
	if (open_set(request, name, &table, &mounted, &why)) {
		record = json_pack("{s:s, s:s, s:i, s:I, s:b, s:n}",
				   "set", name, "arch", archs[table.arch].name,
				   "twins", (int)table.n,
				   "bytes", (json_int_t)st.st_size,
				   "mounted", mounted, "wrong");
		native_table_clear(&table);
	} else {
		record = json_pack("{s:o, s:n, s:n, s:I, s:b, s:o}",
				   "set", json_text(name), "arch", "twins",
				   "bytes", (json_int_t)st.st_size,
				   "mounted", mounted, "wrong", json_text(why));
		free(why);
	}
	return record;
}

static char *text_size(json_t *record)
{
	json_t *bytes = json_object_get(record, "bytes");

	return xasprintf("%.1f MB", json_integer_value(bytes) / 1e6);
}

static const struct column set_columns[] = {
	{ .title = "SET", .key = "set" },
	{ .title = "ARCH", .key = "arch" },
	{ .title = "TWINS", .key = "twins", .right = true },
	{ .title = "SIZE", .right = true, .text = text_size },
	{ .title = "MOUNTED", .key = "mounted" },
	{ .title = "WRONG", .key = "wrong" },
	{ 0 }
};

static int list(const struct request *request, const char *word)
{
	char *pattern = xasprintf("%s/*" NATIVE_SUFFIX, request->dir);
	json_t *records = json_array();
	glob_t found = { 0 };
	size_t i;

	(void)word;
	glob(pattern, 0, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		const char *file = strrchr(found.gl_pathv[i], '/') + 1;
		char *name = xasprintf("%.*s", (int)(strlen(file) -
						     strlen(NATIVE_SUFFIX)),
				       file);

		json_array_append_new(records, set_record(request, name,
							  found.gl_pathv[i]));
		free(name);
	}
	output_array(set_columns, records);
	json_decref(records);
	globfree(&found);
	free(pattern);
	return 0;
}

static const struct column twin_columns[] = {
	{ .title = "PROGRAM", .key = "program" },
	{ .title = "PACKAGE", .key = "package" },
	{ .title = "BUILD-ID", .key = "build_id" },
	{ .title = "TWIN", .key = "twin" },
	{ .title = "UNLESS", .key = "unless" },
	{ .title = "ONLY", .key = "only" },
	{ 0 }
};

static const struct column left_out_columns[] = {
	{ .title = "LEFT OUT", .key = "what" },
	{ .title = "WHY", .key = "why" },
	{ 0 }
};

static int show(const struct request *request, const char *word)
{
	const char *name = want_name(request, word);
	struct native_table table;
	json_t *json, *twins;
	bool mounted;
	char *text, *why;

	if (!open_set(request, name, &table, &mounted, &why)) {
		error("native: %s: %s", name, why);
		free(why);
		return EXIT_REFUSED;
	}
	text = native_table_write(&table);
	json = json_loads(text, 0, NULL);
	twins = json_object_get(json, "twins");
	if (settings.json) {
		output_object(json);
	} else {
		output_array(twin_columns, twins);
		if (json_array_size(table.left_out))
			putchar('\n');
		output_array(left_out_columns, table.left_out);
	}
	json_decref(json);
	free(text);
	native_table_clear(&table);
	return 0;
}

static int remove_set(const struct request *request, const char *word)
{
	const char *name = want_name(request, word);
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name);
	char *image = native_image_path(request->dir, name);
	int err = unlink(image) ? errno : 0;

	/* Whoever runs a twin keeps what it needs of the set. */
	if (!err && !strcmp(request->dir, NATIVE_DIR) &&
	    !umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW))
		rmdir(at);
	if (err)
		error("native: %s: %s", image, strerror(err));
	free(image);
	free(at);
	return err ? EXIT_REFUSED : 0;
}

static int load(const struct request *request, const char *word)
{
	return native_load("native load", want_name(request, word), request->everybody ?
			   NATIVE_EVERYBODY : NATIVE_ADMIN) ? 0 : EXIT_REFUSED;
}

static int unload(const struct request *request, const char *word)
{
	return native_unload("native unload", want_name(request, word)) ? 0 : EXIT_REFUSED;
}

static int attach(const struct request *request, const char *word)
{
	(void)word;
	return native_serve("native attach", request->once) ? 0 : EXIT_REFUSED;
}

static int report(const struct request *request, const char *word)
{
	(void)word;
	return native_report("native report", request->seconds) ? 0 : EXIT_REFUSED;
}

static int verify(const struct request *request, const char *word)
{
	const char *name = want_name(request, word);
	char *image = native_image_path(request->dir, name);
	int status;

	if (!request->root)
		usage(request->command, "verify: say with which tree, --root TREE");
	status = native_verify(image, name, request->root, request->data);
	free(image);
	return status;
}

static const struct {
	const char *name;
	int words;
	int (*run)(const struct request *request, const char *word);
} verbs[] = {
	{ "build",  1, build },
	{ "list",   0, list },
	{ "show",   1, show },
	{ "verify", 1, verify },
	{ "remove", 1, remove_set },
	{ "load",   1, load },
	{ "unload", 1, unload },
	{ "attach", 0, attach },
	{ "report", 0, report },
};

static int run(const struct command *command, int argc, char **argv)
{
	struct request request = { .command = command, .dir = NATIVE_DIR };
	const char *verb;
	size_t i;
	int opt;

	while ((opt = next_option(command, argc, argv, NULL)) != OPT_END) {
		switch (opt) {
		case OPT_SUITE:
			request.suite = optarg;
			break;
		case OPT_NAME:
			request.name = optarg;
			break;
		case OPT_INTO:
			request.dir = optarg;
			break;
		case OPT_MIRROR:
			request.mirror = optarg;
			break;
		case OPT_KEYRING:
			request.keyring = optarg;
			break;
		case OPT_DATA:
			request.data = optarg;
			break;
		case OPT_ROOT:
			request.root = optarg;
			break;
		case OPT_EVERYBODY:
			request.everybody = true;
			break;
		case OPT_ONCE:
			request.once = true;
			break;
		case OPT_FOR:
			request.seconds = parse_number(optarg, SECONDS_MAX);
			if (request.seconds <= 0)
				usage(command, "--for: \"%s\" is not a number of seconds from 1 to %d",
				      optarg, SECONDS_MAX);
			break;
		}
	}
	verb = argv[optind];
	if (!verb)
		usage(command, "say what to do with a set");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, verb))
			break;
	if (i == ARRAY_SIZE(verbs))
		usage(command, "\"%s\" is nothing to do with a set", verb);
	if (argc - optind - 1 != verbs[i].words)
		usage(command, "%s: takes %s", verb, !verbs[i].words ?
		      "nothing else" : i ? "the name of one set" : "one arch");
	return verbs[i].run(&request, argv[optind + 1]);
}

static const struct option options[] = {
	{ "suite",	required_argument,	NULL, OPT_SUITE },
	{ "name",	required_argument,	NULL, OPT_NAME },
	{ "into",	required_argument,	NULL, OPT_INTO },
	{ "mirror",	required_argument,	NULL, OPT_MIRROR },
	{ "keyring",	required_argument,	NULL, OPT_KEYRING },
	{ "data",	required_argument,	NULL, OPT_DATA },
	{ "root",	required_argument,	NULL, OPT_ROOT },
	{ "everybody",	no_argument,		NULL, OPT_EVERYBODY },
	{ "once",	no_argument,		NULL, OPT_ONCE },
	{ "for",	required_argument,	NULL, OPT_FOR },
	{ 0 }
};

const struct command cmd_native = {
	.name = "native",
	.synopsis = "build ARCH --suite SUITE [--name SET] [--mirror URL] [--keyring FILE] | list | show SET | verify SET --root TREE | remove SET | load SET [--everybody] | unload SET | attach [--once] | report [--for SECONDS]",
	.summary = "Make and look at twin sets: programs of this machine that do the work of foreign ones",
	.details =
	"build makes a set from a signed archive, or makes it anew where the archive has\n"
	"changed; it says what it downloads. show lists programs and their twins. verify\n"
	"runs both, in TREE, a system of ARCH, and says which differ. load mounts a set at\n"
	NATIVE_MOUNTS "/SET and gives it to the module, which \"enable --native SET\" does as\n"
	"well; unload takes it away: what rules name it emulate again. attach waits for\n"
	"containers whose programs have twins and do not see the set, and puts it there.\n"
	"report counts what is emulated although its rule names a set, and says why.\n\n"
	"      --suite SUITE     of Debian's archive, such as trixie\n"
	"      --name SET        name of the set; SUITE without it\n"
	"      --mirror URL      another archive, or another address of it\n"
	"      --keyring FILE    whose keys have signed it\n"
	"      --into DIR        where images are, in place of " NATIVE_DIR "\n"
	"      --root TREE       for verify\n"
	"      --everybody       for load: rules of user namespaces may name the set\n"
	"      --once            for attach: end after the first container\n"
	"      --for SECONDS     for report: how long to listen; until interrupted without it\n"
	"      --data DIR        what sets are made by, in place of what was installed\n",
	.options = options,
	.run = run,
};
