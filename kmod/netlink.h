/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NETLINK_H
#define _XARCH_NETLINK_H

/**
 * xarch_netlink_init() - answer requests from now on
 * xarch_netlink_exit() - answer none
 */
int xarch_netlink_init(void);
void xarch_netlink_exit(void);

#endif /* _XARCH_NETLINK_H */
