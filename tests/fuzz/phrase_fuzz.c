// SPDX-License-Identifier: GPL-2.0-or-later
/* tools/phrase.c: rules in one string, which annotations and --rule bring. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/phrase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want_sound(const struct rule *rule)
{
	if (!rule_has(rule, XARCH_A_ARCH) || !rule_has(rule, XARCH_A_ACTION))
		abort();
	if (rule->action != XARCH_ACTION_EMULATE && (rule->emulator || rule->nargs))
		abort();
	if (rule->nargs && !rule->emulator)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule annotated = { 0 }, option = { 0 };
	char *text = malloc(size + 1), *why = NULL;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (phrase_parse(&annotated, "annotation", "aarch64", text)) {
		want_sound(&annotated);
		rule_check(&annotated, &why);
		free(why);
	}
	if (phrase_option(&option, "--rule", text))
		want_sound(&option);
	rule_clear(&annotated);
	rule_clear(&option);
	free(text);
	return 0;
}
