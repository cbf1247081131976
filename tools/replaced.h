/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_REPLACED_H
#define _XARCHCTL_REPLACED_H

#include <jansson.h>

#include "rule.h"

/* What a rule's pinned emulator is to the file at its path. */
#define EMULATOR_CURRENT	"current"
#define EMULATOR_REPLACED	"replaced"	/* the path leads to another by now */
#define EMULATOR_DELETED	"deleted"	/* it leads nowhere */

/**
 * emulator_state() - whether a rule's emulator is still the file at its path
 * @rule: from the kernel
 *
 * Return: one of the above; NULL where there is nothing to compare: no emulator, one
 * that is looked up at each exec, a module that does not tell, or paths that are not
 * the host's.
 */
const char *emulator_state(const struct rule *rule);

/**
 * emulator_state_json() - give a rule's record its "emulator_state"
 * @record: the record, of rule_json()
 * @rule: its rule
 *
 * Return: @record.
 */
json_t *emulator_state_json(json_t *record, const struct rule *rule);

/**
 * emulator_state_note() - a sentence for people
 * @rule: from the kernel
 *
 * Return: what is the matter, and the command that mends it; a new string. NULL where
 * nothing is.
 */
char *emulator_state_note(const struct rule *rule);

#endif /* _XARCHCTL_REPLACED_H */
