/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_PHRASE_H
#define _XARCHCTL_PHRASE_H

#include <stdbool.h>

#include "rule.h"

/*
 * Rules as people write them where there is one string for a whole rule:
 *
 *	emulate [--native SET] [EMULATOR [ARG...]] | deny | pass
 *
 * Words are parted by blanks; '...' and "..." hold blanks and the other quote,
 * and a backslash is a backslash. A colon may stand for the first blank.
 */

/**
 * phrase_parse() - rule of an arch and what is to be done with it
 * @rule: empty rule; gets arch and action, and the emulator as it is written
 * @label: begins the error message
 * @arch: name of an arch
 * @text: as above
 *
 * Return: true, or false after an error message.
 */
bool phrase_parse(struct rule *rule, const char *label, const char *arch,
		  const char *text);

/**
 * phrase_option() - rule of "ARCH=" and what is to be done with it
 * @rule: as of phrase_parse()
 * @label: begins the error message
 * @text: the argument of --rule
 *
 * Return: true, or false after an error message.
 */
bool phrase_option(struct rule *rule, const char *label, const char *text);

/**
 * phrase_settle() - find or judge the emulator of a rule
 * @rule: from phrase_parse()
 * @label: begins the error message
 *
 * Return: true, or false after an error message: there is none, say.
 */
bool phrase_settle(struct rule *rule, const char *label);

#endif /* _XARCHCTL_PHRASE_H */
