/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_CONTAINER_H
#define _XARCHCTL_CONTAINER_H

#include <sys/types.h>

/**
 * container_pid() - first process of a container
 * @verb: begins the error message
 * @name: the container's name or id, for podman or else docker
 *
 * Return: process id, or 0 after an error message: no such container, say.
 */
pid_t container_pid(const char *verb, const char *name);

#endif /* _XARCHCTL_CONTAINER_H */
