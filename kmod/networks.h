/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NETWORKS_H
#define _XARCH_NETWORKS_H

/*
 * Network namespaces by the user namespace that administers them. The kernel has them
 * in one list alone; who has to find a few of them would walk those of everybody, and
 * anybody may have many.
 */
struct net;
struct user_namespace;

/**
 * xarch_networks_each() - call a function for the network namespaces of an owner
 * @owner: a user namespace; NULL: for all network namespaces
 * @call: must not sleep
 * @arg: for @call
 *
 * Costs nothing for network namespaces of other owners.
 *
 * Context: any that may be in an RCU read-side section.
 */
void xarch_networks_each(const struct user_namespace *owner,
			 void (*call)(struct net *net, void *arg), void *arg);

/**
 * xarch_networks_init() - begin to know network namespaces, those that are there as well
 *
 * Return: 0 or a negative errno, with nothing begun.
 */
int xarch_networks_init(void);

/**
 * xarch_networks_exit() - forget them
 *
 * Context: nobody is in xarch_networks_each() or will be.
 */
void xarch_networks_exit(void);

#endif /* _XARCH_NETWORKS_H */
