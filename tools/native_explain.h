/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_EXPLAIN_H
#define _XARCHCTL_NATIVE_EXPLAIN_H

#include <stdbool.h>
#include <sys/types.h>
#include <jansson.h>

#include "rule.h"

/**
 * struct native_question - an exec whose rule names a twin set
 * @rule: the rule
 * @program: the program, open for reading
 * @root: root directory of who would run it; -1: our own
 * @target: that process; 0: ourselves
 */
struct native_question {
	const struct rule *rule;
	int program;
	int root;
	pid_t target;
};

/**
 * native_explain() - whether a twin would run, and why not
 * @question: the exec
 * @runs: set: a twin would run, if no argument is against it
 * @why: set to a part of a sentence, a new string
 *
 * As the module decides it, but for the arguments, which are not known: those that
 * matter are told.
 *
 * Return: record with "set", "build_id", "twin" (as in events), "path", "unless" and
 * "only".
 */
json_t *native_explain(const struct native_question *question, bool *runs, char **why);

/**
 * text_twin() - why a program was emulated although its rule names a set
 * @record: with "twin", enum xarch_twin's name
 *
 * Return: words for people, a new string.
 */
char *text_twin(json_t *record);

#endif /* _XARCHCTL_NATIVE_EXPLAIN_H */
