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
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "file.h"
#include "util.h"

/* Which runtime: its name or path alone in this file, or in XARCH_RUNTIME. */
#define CONFIG_FILE	"/etc/xarch-runtime"
#define CONFIG_MAX	65536
#define BLANKS		" \t\r\v\f"

/* Whether it makes a container. It does wherever one of these words stands. */
static bool makes_container(int argc, char **argv)
{
	static const char *const verbs[] = { "create", "run", "restore" };
	size_t v;
	int i;

	for (i = 1; i < argc; i++)
		for (v = 0; v < ARRAY_SIZE(verbs); v++)
			if (!strcmp(argv[i], verbs[v]))
				return true;
	return false;
}

static bool prepare_directory(const char *path)
{
	char *config = xasprintf("%s/config.json", path);
	bool good = bundle_prepare(config);

	free(config);
	return good;
}

static bool prepare_file(const char *path)
{
	struct stat st;

	return stat(path, &st) || S_ISDIR(st.st_mode) || bundle_prepare(path);
}

/* What a word can mean to one runtime or another; @next follows it, or is NULL. */
static bool prepare_word(const char *word, const char *next)
{
	const char *value = strchr(word, '='), *letter;
	bool good = prepare_directory(word);

	if (*word != '-')
		return good;
	if (value)
		good &= prepare_directory(value + 1);
	if (!strncmp(word, "--conf", strlen("--conf")))
		return good && (value ? prepare_file(value + 1) :
					!next || prepare_file(next));
	/* Several short options in one word, of which the last has a value. */
	for (letter = word + 1; isalpha((unsigned char)*letter); letter++) {
		if (*letter == 'b')
			good &= prepare_directory(letter + 1);
		else if (*letter == 'f' && letter[1])
			good &= prepare_file(letter + 1);
		else if (*letter == 'f' && next)
			good &= prepare_file(next);
	}
	return good;
}

/*
 * Runtimes differ in their options and in how these may be written: "--bundle
 * DIR", "-bundle=DIR", "-bDIR", "--bund DIR", and crun has its "--config FILE".
 * To take one for another would leave a container without its rules, so that no
 * option is understood here: whatever could be a bundle, and is one, gets the
 * hook. Where there is no annotation of ours it stays as it is, and a hook does
 * nothing to those that this call is not about.
 */
static bool prepare(int argc, char **argv)
{
	bool good = prepare_directory(".");
	int i;

	for (i = 1; i < argc; i++)
		good &= prepare_word(argv[i], argv[i + 1]);
	return good;
}

/*
 * Return: the only word of the file, a new string; or NULL: there is none; or
 * with *@good false, after an error message.
 */
static char *configured(bool *good)
{
	char *text, *line, *rest, *end, *why, *named = NULL;
	size_t len;

	text = read_file(CONFIG_FILE, CONFIG_MAX, &len, NULL, &why);
	*good = text || errno == ENOENT;
	if (!*good)
		error(CONFIG_FILE ": %s", why);
	if (!text) {
		free(why);
		return NULL;
	}
	if (strlen(text) != len) {
		error(CONFIG_FILE ": has a NUL byte");
		*good = false;
	}
	for (rest = text; *good && (line = strsep(&rest, "\n"));) {
		line += strspn(line, BLANKS);
		if (!*line || *line == '#')
			continue;
		if (named) {
			error(CONFIG_FILE ": has a second line: name one runtime, and comments that begin with #");
			*good = false;
			break;
		}
		for (end = line + strlen(line);
		     end > line && strchr(BLANKS, end[-1]); end--)
			;
		*end = '\0';
		named = xstrdup(line);
	}
	free(text);
	return named;
}

/* The real one: from the environment, from the file, or what there is. */
static void execute(char **argv)
{
	static const char *const usual[] = { "runc", "crun" };
	const char *named = getenv("XARCH_RUNTIME");
	bool good;
	size_t i;

	if (!named || !*named) {
		named = configured(&good);
		if (!good)
			return;
	}
	if (named) {
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
	if (makes_container(argc, argv) && !prepare(argc, argv))
		return 1;
	execute(argv);
	return 1;
}
