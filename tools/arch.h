/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_ARCH_H
#define _XARCHCTL_ARCH_H

#include <stdbool.h>

#include "../include/uapi/linux/xarch.h"
#include "../kmod/match.h"

/* How an ELF header tells an arch: include/xarch/archs.h. */
struct arch {
	const char *name;
	unsigned int class;		/* 32 or 64 */
	bool big_endian;
	unsigned int machine;		/* e_machine */
};

extern const struct arch archs[__XARCH_ARCH_MAX];

/**
 * arch_parse() - arch of a name
 * @name: the table's name, an alias of it (Debian's and uname's spelling), or
 *	a Docker platform (linux/arm64/v8, arm/v7); letter case does not matter
 *
 * Return: enum xarch_arch, or -1 where the name is not known.
 */
int arch_parse(const char *name);

/**
 * arch_known() - the names that arch_parse() knows, without the aliases
 *
 * Return: a new string, names parted by blanks; the caller frees it.
 */
char *arch_known(void);

/**
 * arch_alias() - aliases of an arch, one after the other
 * @arch: whose
 * @i: which, from 0
 *
 * Return: static string, or NULL where there are no more.
 */
const char *arch_alias(enum xarch_arch arch, unsigned int i);

/**
 * arch_is_native() - whether this machine runs programs of an arch by itself
 * @arch: which
 *
 * Return: true for the arch of this very program, and for i386 on x86_64.
 */
bool arch_is_native(enum xarch_arch arch);

/**
 * arch_self() - arch of this program
 *
 * Return: enum xarch_arch, or -1 where the table lacks it.
 */
int arch_self(void);

#endif /* _XARCHCTL_ARCH_H */
