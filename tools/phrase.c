// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "emulator.h"
#include "native_table.h"
#include "phrase.h"
#include "util.h"

#define BLANKS	" \t"

/*
 * Takes the next word off a text.
 *
 * Return: a new string; or NULL where there is none, or no second quote: *text
 * is not at its end then.
 */
static char *next_word(const char **text)
{
	const char *from = *text + strspn(*text, BLANKS);
	char *word = xrealloc(NULL, strlen(from) + 1);
	char *end = word;

	*text = from;
	if (!*from)
		goto none;
	while (*from && !strchr(BLANKS, *from)) {
		if (*from == '\'' || *from == '"') {
			const char *close = strchr(from + 1, *from);

			if (!close)
				goto none;
			end = mempcpy(end, from + 1, close - from - 1);
			from = close + 1;
		} else {
			*end++ = *from++;
		}
	}
	*end = '\0';
	*text = from;
	return word;
none:
	free(word);
	return NULL;
}

/* Takes "--native SET" off a text, if it begins so. */
static bool parse_set(struct rule *rule, const char *label, const char **text)
{
	const char *rest = *text;
	char *word = next_word(&rest);
	bool given = word && !strcmp(word, "--native");
	bool good;

	free(word);
	if (!given)
		return true;
	word = next_word(&rest);
	good = word && native_name_good(word);
	if (good)
		rule_set_twins(rule, word);
	else
		error("%s: --native: want the name of a twin set", label);
	free(word);
	*text = rest;
	return good;
}

static bool parse_emulator(struct rule *rule, const char *label,
			   const char *text)
{
	bool first = true;
	char *word;

	if (!parse_set(rule, label, &text))
		return false;
	for (; (word = next_word(&text)); first = false) {
		if (first)
			rule_set_emulator(rule, word);
		else
			rule_add_arg(rule, word);
		free(word);
	}
	if (*text)
		error("%s: a quote has no second one", label);
	return !*text;
}

/* An escape sequence or a line of its own has no place in a path or argument. */
static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') ||
		    *text == '\177')
			return true;
	return false;
}

bool phrase_parse(struct rule *rule, const char *label, const char *arch,
		  const char *text)
{
	const char *rest = text + strspn(text, BLANKS);
	size_t len = strcspn(rest, ":" BLANKS);
	char *word;
	int id, action;

	id = arch_parse(arch);
	if (id < 0) {
		word = arch_known();
		error("%s: unknown arch \"%s\"; known: %s", label, arch, word);
		free(word);
		return false;
	}
	if (has_control(text)) {
		error("%s: has a control character, a newline perhaps", label);
		return false;
	}
	word = xasprintf("%.*s", (int)len, rest);
	action = action_parse(word);
	free(word);
	if (action < 0) {
		error("%s: unknown action \"%.*s\": say emulate, deny or pass",
		      label, (int)len, rest);
		return false;
	}
	rest += len;
	if (*rest == ':')
		rest++;

	rule_set_u32(rule, XARCH_A_ARCH, id);
	rule_set_u32(rule, XARCH_A_ACTION, action);
	if (action == XARCH_ACTION_EMULATE)
		return parse_emulator(rule, label, rest);
	if (rest[-1] == ':' || rest[strspn(rest, BLANKS)]) {
		error("%s: %s takes no emulator", label, action_name(action));
		return false;
	}
	return true;
}

bool phrase_option(struct rule *rule, const char *label, const char *text)
{
	char *copy = xstrdup(text), *rest = copy;
	char *arch = strsep(&rest, "=");
	bool good = false;

	if (!rest) {
		error("%s %s: want ARCH=ACTION", label, text);
	} else {
		char *longer = xasprintf("%s %s", label, text);

		good = phrase_parse(rule, longer, arch, rest);
		free(longer);
	}
	free(copy);
	return good;
}

bool phrase_settle(struct rule *rule, const char *label)
{
	char *emulator;

	if (rule->action != XARCH_ACTION_EMULATE)
		return true;
	emulator = emulator_choose(label, rule->arch, rule->emulator, false);
	if (!emulator)
		return false;
	rule_set_emulator(rule, emulator);
	free(emulator);
	return true;
}
