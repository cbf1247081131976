// SPDX-License-Identifier: GPL-2.0-or-later
/* tools/cmd_oci_hook.c: the state of a container, up to the rules that it asks for. */
#include <stdint.h>
#include <stdlib.h>

/* Not for the linker to see: this is what the verb does between input and module. */
#include "../../tools/cmd_oci_hook.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hook hook = { .command = &cmd_oci_hook, .scope = SCOPE_INIT };
	json_t *state = parse_state((const char *)data, size);
	size_t i;

	if (state && check_stage(&hook, state) && hook.pid <= 1)
		abort();
	/* Whatever the stage: most inputs have none that is right. */
	if (state && add_annotations(&hook, state))
		for (i = 0; i < hook.rules.n; i++)
			if (hook.rules.rule[i].action == XARCH_ACTION_EMULATE &&
			    !rule_has(&hook.rules.rule[i], XARCH_A_EMULATOR_FD))
				abort();
	json_decref(state);
	clear_rules(&hook.rules);
	return 0;
}
