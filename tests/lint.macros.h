/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's macros in kmod/ that cppcheck, which does not read its headers, must know. */
#define list_for_each_entry(a, head, member)	for (a = first(head); a; a = next(a))
#define list_for_each_entry_safe(a, b, head, member) \
	for (a = first(head), b = next(a); a; a = b, b = next(b))
#define hlist_for_each_entry_rcu(a, head, member)	for (a = first(head); a; a = next(a))
#define hash_for_each_possible(table, a, member, key) \
	for (a = first(table, key); a; a = next(a))
#define for_each_net_rcu(a)	for (a = first(); a; a = next(a))
