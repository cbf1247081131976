// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "../include/uapi/linux/xarch.h"

#include "compat.h"
#include "format.h"
#include "namespaces.h"
#include "netlink.h"
#include "networks.h"
#include "pin.h"
#include "reaper.h"
#include "rules.h"
#include "twins.h"

static int __init xarch_init(void)
{
	int err;

	err = xarch_ns_init();
	if (err)
		return err;
	err = xarch_networks_init();
	if (err)
		goto err_ns;
	err = xarch_netlink_init();
	if (err)
		goto err_networks;
	err = xarch_format_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	xarch_netlink_exit();
	/* Requests may have come in already. */
	xarch_reaper_stop();
	xarch_rules_exit();
	xarch_pins_exit();
	xarch_twins_exit();
err_networks:
	xarch_networks_exit();
err_ns:
	xarch_ns_exit();
	return err;
}

static void __exit xarch_exit(void)
{
	xarch_format_exit();
	xarch_netlink_exit();
	xarch_reaper_stop();
	xarch_rules_exit();
	xarch_pins_exit();
	xarch_twins_exit();
	xarch_networks_exit();
	xarch_ns_exit();
}

module_init(xarch_init);
module_exit(xarch_exit);

MODULE_DESCRIPTION("Run foreign-architecture programs, with rules per namespace");
MODULE_AUTHOR("The xarch developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XARCH_VERSION);
MODULE_ALIAS_GENL_FAMILY(XARCH_GENL_NAME);
/* Not needed, but to be ahead of it from the start. */
MODULE_SOFTDEP("pre: binfmt_misc");
