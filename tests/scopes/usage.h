/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_USAGE_H
#define _XARCH_TEST_USAGE_H

/* How much is in use of what the module must not hold: namespaces, memory. */

/**
 * struct ns_type - a type of namespace
 * @flag: CLONE_NEW*
 * @limit: the file of its limit
 */
struct ns_type {
	int flag;
	const char *limit;
};

/* pid, mount, user */
#define N_TYPES 3
extern const struct ns_type ns_types[N_TYPES];

void put_number(const char *path, int number);
int get_number(const char *path);

/* How many namespaces of a type there are, exactly. */
int in_use(int type);

/**
 * too_many() - wait until no more are in use than before
 * @type: index of ns_types
 * @before: what in_use() said
 * @until: time by now()
 *
 * Return: how many are too many in the end.
 */
int too_many(int type, int before, double until);

/* A line of /proc/meminfo. */
long meminfo_kb(const char *name);

#endif /* _XARCH_TEST_USAGE_H */
