// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "config.h"
#include "file.h"
#include "util.h"

/* Longest line: a path or argument of which each byte is escaped, its key. */
#define LINE_MAX_LEN (2 * XARCH_PATH_LEN + 64)

/* Far more than any number of sections and comments. */
#define FILE_MAX (1 << 20)
#define LOCK_SECONDS 10

#define HEADER \
	"# Host rules of xarch, one section an architecture; see xarchctl(8).\n" \
	"# \"xarchctl restore\" sets them, as xarch.service does when the machine starts.\n" \
	"# enable, deny, pass and disable rewrite the section of their architecture and\n" \
	"# leave the rest of this file alone.\n"

struct parser {
	struct config *config;
	struct config_section *section;	/* being read, or NULL */
	uint32_t flags_said;
	size_t line;			/* being read, from 1 */
	char *why;			/* what is wrong with it */
};

static bool wrong(struct parser *parser, char *why)
{
	if (parser->why)
		free(why);
	else
		parser->why = why;
	return false;
}

/* Nothing to do for a section is a mistake of the one who wrote it. */
static bool finish_section(struct parser *parser)
{
	struct config_section *section = parser->section;
	char *why;

	if (!section)
		return true;
	if (rule_has(&section->rule, XARCH_A_ACTION) &&
	    rule_check(&section->rule, &why))
		return true;

	if (rule_has(&section->rule, XARCH_A_ACTION))
		wrong(parser, why);
	else
		wrong(parser, xstrdup("the section says no action"));
	parser->line = section->first;
	return false;
}

static bool begin_section(struct parser *parser, const char *name, size_t len)
{
	struct config_section *section;
	char *word;
	int arch;

	if (!finish_section(parser))
		return false;

	word = xasprintf("%.*s", (int)len, name);
	arch = arch_parse(word);
	if (arch < 0) {
		wrong(parser, xasprintf("unknown arch \"%s\"", word));
		free(word);
		return false;
	}
	free(word);

	section = &parser->config->section[arch];
	if (section->state != SECTION_ABSENT)
		return wrong(parser,
			     xasprintf("a second section for %s; the first is in line %zu",
				       archs[arch].name, section->first));
	section->state = SECTION_KEPT;
	section->first = section->last = parser->line;
	rule_set_u32(&section->rule, XARCH_A_ARCH, arch);
	rule_set_u32(&section->rule, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
	rule_set_u32(&section->rule, XARCH_A_FLAGS, 0);
	parser->section = section;
	parser->flags_said = 0;
	return true;
}

/*
 * inih tells neither where a section begins nor that it is empty, and cuts
 * what is longer than its buffer: both are seen here, where it gets its lines.
 */
static char *read_line(char *buffer, int size, void *stream)
{
	struct parser *parser = stream;
	const struct config *config = parser->config;
	const char *line, *end;

	if (parser->why || parser->line == config->n)
		return NULL;
	line = config->lines[parser->line++];
	if (strlen(line) >= (size_t)size - 1) {
		wrong(parser, xasprintf("longer than %d bytes", size - 2));
		return NULL;
	}
	strcpy(buffer, line);

	line += strspn(line, " \t");
	end = strchr(line, ']');
	if (*line == '[' && end &&
	    !begin_section(parser, line + 1, end - line - 1))
		return NULL;
	return buffer;
}

static char *unquote(const char *value, char **why)
{
	char *text = xstrdup(value), *end = text;

	*why = NULL;
	if (*value != '"')
		return text;
	for (value++; *value && *value != '"'; value++) {
		if (*value == '\\' && (value[1] == '"' || value[1] == '\\'))
			value++;
		*end++ = *value;
	}
	*end = '\0';
	if (strcmp(value, "\""))
		*why = xstrdup(*value ? "text after the closing quote" :
					"no closing quote");
	return text;
}

static bool set_flag(struct parser *parser, const struct rule_flag *flag,
		     const char *value)
{
	struct rule *rule = &parser->section->rule;

	if (parser->flags_said & flag->bit)
		return wrong(parser, xasprintf("a second \"%s\"", flag->name));
	parser->flags_said |= flag->bit;
	if (!strcmp(value, "yes"))
		rule->flags |= flag->bit;
	else if (strcmp(value, "no"))
		return wrong(parser, xasprintf("%s = \"%s\": say yes or no",
					       flag->name, value));
	return true;
}

static bool set_action(struct parser *parser, const char *value)
{
	struct rule *rule = &parser->section->rule;
	int action = action_parse(value);

	if (rule_has(rule, XARCH_A_ACTION))
		return wrong(parser, xstrdup("a second \"action\""));
	if (action < 0)
		return wrong(parser,
			     xasprintf("action = \"%s\": say emulate, deny or pass",
				       value));
	rule_set_u32(rule, XARCH_A_ACTION, action);
	return true;
}

static bool set_key(struct parser *parser, const char *key, const char *value)
{
	struct rule *rule = &parser->section->rule;
	const struct rule_flag *flag;

	if (!strcmp(key, "action"))
		return set_action(parser, value);
	if (!strcmp(key, "emulator")) {
		if (rule->emulator)
			return wrong(parser, xstrdup("a second \"emulator\""));
		rule_set_emulator(rule, value);
		return true;
	}
	if (!strcmp(key, "native")) {
		if (rule->twins)
			return wrong(parser, xstrdup("a second \"native\""));
		rule_set_twins(rule, value);
		return true;
	}
	if (!strcmp(key, "arg")) {
		rule_add_arg(rule, value);
		return true;
	}
	for (flag = rule_flags; flag->name; flag++)
		if (!strcmp(key, flag->name))
			return set_flag(parser, flag, value);
	return wrong(parser, xasprintf("unknown key \"%s\"", key));
}

static int on_key(void *arg, const char *section, const char *key,
		  const char *value)
{
	struct parser *parser = arg;
	char *plain, *why;
	bool good;

	(void)section;
	if (parser->why)
		return 0;
	if (!parser->section)
		return wrong(parser, xasprintf("\"%s\" before the first section",
					       key));
	plain = unquote(value, &why);
	good = why ? wrong(parser, why) : set_key(parser, key, plain);
	free(plain);
	parser->section->last = parser->line;
	return good;
}

static bool parse(struct config *config, const char *verb)
{
	struct parser parser = { .config = config };
	int line;

	/*
	 * The defaults cut a line at 200 bytes and a value at a semicolon, and
	 * take an indented line for more of the value above it.
	 */
	ini_use_stack = false;
	ini_max_line = ini_initial_alloc = LINE_MAX_LEN;
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_allow_bom = false;
	ini_stop_on_first_error = true;

	line = ini_parse_stream(read_line, &parser, on_key, &parser);
	if (!parser.why && line > 0)
		wrong(&parser, xstrdup("is neither [ARCH] nor \"key = value\" nor a comment"));
	else if (!parser.why && line < 0)
		wrong(&parser, xstrdup("out of memory"));
	else if (!parser.why)
		finish_section(&parser);
	if (!parser.why)
		return true;
	error("%s: %s:%zu: %s", verb, config->path, parser.line, parser.why);
	free(parser.why);
	return false;
}

static bool split_lines(struct config *config, char *text, size_t len,
			const char *verb)
{
	char *end = text + len, *next;

	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		*next = '\0';
		config->lines = xrealloc(config->lines, (config->n + 1) *
					 sizeof(*config->lines));
		config->lines[config->n++] = xstrdup(text);
		if (strlen(text) != (size_t)(next - text)) {
			error("%s: %s:%zu: has a NUL byte", verb, config->path,
			      config->n);
			return false;
		}
	}
	return true;
}

/* Whole, or not at all: what is written back later must not be a part of it. */
static bool load(struct config *config, bool may_lack, const char *verb)
{
	bool is_stdin = !strcmp(config->path, "-"), good;
	char *text, *why;
	size_t len;

	text = is_stdin ? read_fd(STDIN_FILENO, FILE_MAX, &len, &why) :
			  read_file(config->path, FILE_MAX, &len, NULL, &why);
	if (!text) {
		good = !is_stdin && may_lack && errno == ENOENT;
		if (!good)
			error("%s: %s: %s", verb, config->path, why);
		free(why);
		return good;
	}
	good = split_lines(config, text, len, verb) && parse(config, verb);
	free(text);
	return good;
}

bool config_read(struct config *config, const char *path, const char *verb)
{
	memset(config, 0, sizeof(*config));
	config->fd = -1;
	config->path = xstrdup(path);
	if (load(config, false, verb))
		return true;
	config_end(config);
	return false;
}

/*
 * Who has the lock sets rules meanwhile, and is done in an instant. One that is
 * stopped must not stop all others for ever.
 *
 * Return: 0, or an errno; EWOULDBLOCK after an error message.
 */
static int wait_for_lock(const struct config *config, const char *verb)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int left = LOCK_SECONDS * 20;

	while (flock(config->fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return errno;
		if (left == LOCK_SECONDS * 20)
			warning("%s: %s: waiting for another xarchctl that changes it",
				verb, config->path);
		if (!left--) {
			error("%s: %s: another xarchctl has been changing it for %d seconds: nothing is done (\"fuser %s\" tells which)",
			      verb, config->path, LOCK_SECONDS, config->temp);
			return EWOULDBLOCK;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/*
 * The file that will replace the present one is the lock as well. A lock on
 * the present one could be held by anybody who may read it, and for ever.
 *
 * Return: whether others keep their hands off it, or config->error says why it
 * cannot be changed.
 */
static bool lock(struct config *config, const char *verb)
{
	struct stat ours, theirs;

	for (;;) {
		config->fd = open(config->temp, O_RDWR | O_CREAT | O_NOFOLLOW |
				  O_CLOEXEC, 0600);
		if (config->fd < 0) {
			config->error = errno;
			return true;
		}
		config->error = wait_for_lock(config, verb);
		if (config->error) {
			/* It is not ours to remove. */
			close(config->fd);
			config->fd = -1;
			return config->error != EWOULDBLOCK;
		}
		/* Who had it before us made it the present file, or removed it. */
		if (!fstat(config->fd, &ours) && !stat(config->temp, &theirs) &&
		    ours.st_dev == theirs.st_dev &&
		    ours.st_ino == theirs.st_ino)
			return true;
		close(config->fd);
	}
}

bool config_begin(struct config *config, const char *path, const char *verb)
{
	char *target = realpath(path, NULL);

	memset(config, 0, sizeof(*config));
	config->path = target ? target : xstrdup(path);
	config->temp = xasprintf("%s.new", config->path);
	if (lock(config, verb) && load(config, true, verb))
		return true;
	config_end(config);
	return false;
}

const struct config_section *config_section(const struct config *config,
					    size_t i)
{
	size_t arch;

	for (arch = 0; arch < ARRAY_SIZE(config->section); arch++)
		if (config->section[arch].state != SECTION_ABSENT && !i--)
			return &config->section[arch];
	return NULL;
}

bool config_can_keep(const struct rule *rule, const char **why)
{
	size_t i;

	*why = "a line break in a path or an argument";
	if (rule->emulator && strchr(rule->emulator, '\n'))
		return false;
	for (i = 0; i < rule->nargs; i++)
		if (strchr(rule->args[i], '\n'))
			return false;
	return true;
}

void config_set(struct config *config, const struct rule *rule)
{
	struct config_section *section = &config->section[rule->arch];
	struct rule *copy = &section->rule;
	size_t i;

	rule_clear(copy);
	rule_set_u32(copy, XARCH_A_ARCH, rule->arch);
	rule_set_u32(copy, XARCH_A_ACTION, rule->action);
	rule_set_u32(copy, XARCH_A_FLAGS, rule->flags);
	if (rule->emulator)
		rule_set_emulator(copy, rule->emulator);
	for (i = 0; i < rule->nargs; i++)
		rule_add_arg(copy, rule->args[i]);
	rule_set_twins(copy, rule->twins);
	section->state = SECTION_SET;
}

bool config_remove(struct config *config, enum xarch_arch arch)
{
	struct config_section *section = &config->section[arch];

	if (section->state == SECTION_ABSENT ||
	    section->state == SECTION_REMOVED)
		return false;
	section->state = SECTION_REMOVED;
	return true;
}

/* Quotes where reading would lose something, or see a quoted value. */
static void write_value(FILE *file, const char *key, const char *value)
{
	size_t len = strlen(value);
	bool plain = len && value[0] > ' ' && value[0] < 0x7f &&
		     value[len - 1] > ' ' && value[len - 1] < 0x7f &&
		     value[0] != '"';

	fprintf(file, "%s = ", key);
	if (plain) {
		fprintf(file, "%s\n", value);
		return;
	}
	putc('"', file);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', file);
		putc(*value, file);
	}
	fputs("\"\n", file);
}

static void write_section(FILE *file, const struct rule *rule)
{
	const struct rule_flag *flag;
	size_t i;

	fprintf(file, "[%s]\naction = %s\n", archs[rule->arch].name,
		action_name(rule->action));
	if (rule->emulator)
		write_value(file, "emulator", rule->emulator);
	for (i = 0; i < rule->nargs; i++)
		write_value(file, "arg", rule->args[i]);
	if (rule->twins)
		write_value(file, "native", rule->twins);
	for (flag = rule_flags; flag->name; flag++)
		if (rule->flags & flag->bit)
			fprintf(file, "%s = yes\n", flag->name);
}

static struct config_section *section_at(struct config *config, size_t line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(config->section); i++)
		if (config->section[i].first == line)
			return &config->section[i];
	return NULL;
}

static void write_all(struct config *config, FILE *file)
{
	struct config_section *section;
	size_t blank = 0;		/* blank lines held back */
	size_t i;

	if (!config->n)
		fputs(HEADER, file);
	for (i = 0; i < config->n; i++) {
		if (!*config->lines[i]) {
			blank++;
			continue;
		}
		section = section_at(config, i + 1);
		if (section && section->state == SECTION_REMOVED) {
			/* With the line that parted it from what is above. */
			blank -= !!blank;
			i = section->last - 1;
			continue;
		}
		for (; blank; blank--)
			putc('\n', file);
		if (section && section->state == SECTION_SET) {
			write_section(file, &section->rule);
			i = section->last - 1;
		} else {
			fprintf(file, "%s\n", config->lines[i]);
		}
	}
	for (i = 0; i < ARRAY_SIZE(config->section); i++) {
		section = &config->section[i];
		if (section->state == SECTION_SET && !section->first) {
			putc('\n', file);
			write_section(file, &section->rule);
		}
	}
}

static int sync_directory(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return err;
}

int config_commit(struct config *config)
{
	struct stat st;
	mode_t mode = 0644;
	FILE *file;
	int err = 0;

	if (config->error)
		return config->error;
	if (!stat(config->path, &st))
		mode = st.st_mode & 07777;
	if (ftruncate(config->fd, 0))
		return errno;
	file = fdopen(dup(config->fd), "w");
	if (!file)
		return errno;
	write_all(config, file);
	if (fflush(file) || fchmod(config->fd, mode) || fsync(config->fd))
		err = errno;
	if (fclose(file) && !err)
		err = errno;
	if (!err && rename(config->temp, config->path))
		err = errno;
	if (err)
		return err;
	free(config->temp);
	config->temp = NULL;
	return sync_directory(config->path);
}

void config_end(struct config *config)
{
	size_t i;

	if (config->fd >= 0) {
		/* Before others may have it. */
		if (config->temp)
			unlink(config->temp);
		close(config->fd);
	}
	for (i = 0; i < config->n; i++)
		free(config->lines[i]);
	free(config->lines);
	for (i = 0; i < ARRAY_SIZE(config->section); i++)
		rule_clear(&config->section[i].rule);
	free(config->temp);
	free(config->path);
	memset(config, 0, sizeof(*config));
	config->fd = -1;
}
