/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_FAMILY_H
#define _XARCH_FAMILY_H

#include <net/genetlink.h>

/* Groups in the order of the family's table. */
enum xarch_group {
	XARCH_GROUP_CONFIG,
	XARCH_GROUP_EXEC,
	XARCH_GROUP_NATIVE,
};

/* The generic netlink family; netlink.c gives it its commands and groups. */
extern struct genl_family xarch_family;

#endif /* _XARCH_FAMILY_H */
