// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "../include/uapi/linux/xarch.h"

#include "family.h"

/* Below all that sends messages; what answers them stands above and is filled in. */
struct genl_family xarch_family __ro_after_init = {
	.name = XARCH_GENL_NAME,
	.version = XARCH_GENL_VERSION,
	.netnsok = true,
	/* xarch_rules_lock is all that requests need; genl_lock is everybody's. */
	.parallel_ops = true,
	.module = THIS_MODULE,
};
