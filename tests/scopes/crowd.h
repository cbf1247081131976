/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_CROWD_H
#define _XARCH_TEST_CROWD_H

#include "rule.h"

/**
 * struct crowd - many rules: one of every arch in each of many mount namespaces
 * @rules: how many, at most
 * @archs: how many in each namespace
 * @namespaces: how many
 * @scopes: the namespaces; their files hold them
 */
struct crowd {
	unsigned int rules;
	unsigned int archs;
	unsigned int namespaces;
	struct scope *scopes;
	/* private: */
	struct crowd_inum *inums;
};

/* Make the namespaces for so many rules; the caller ends up in a new one. */
void crowd_open(struct crowd *crowd, unsigned int rules);
void crowd_close(struct crowd *crowd);

/* Set the rules from @from to @to - 1. Return: 0 or a negative errno. */
int crowd_set(const struct crowd *crowd, unsigned int from, unsigned int to);

/* Which namespace has this number, -1: none. */
int crowd_find(const struct crowd *crowd, uint32_t inum);

#endif /* _XARCH_TEST_CROWD_H */
