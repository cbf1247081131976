/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_ATTACH_H
#define _XARCHCTL_NATIVE_ATTACH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * enum native_attached - what became of a set that a process does not see
 * @NATIVE_ATTACHED: it is there now
 * @NATIVE_GONE: the process has ended, which nobody need be told
 * @NATIVE_HOSTS: the process is in the host's own mount namespace, which is never
 *	touched; nobody need be told either
 * @NATIVE_REFUSED: the container is not such that it can be put there without harm, or
 *	it does not fit
 */
enum native_attached {
	NATIVE_ATTACHED,
	NATIVE_GONE,
	NATIVE_HOSTS,
	NATIVE_REFUSED,
};

/**
 * struct native_seeker - a process that does not see a set
 * @set: the set's name
 * @pid: the process
 * @started_ns: when it started, in nanoseconds since boot: another process may have
 *	its number by now
 */
struct native_seeker {
	char set[32];
	pid_t pid;
	uint64_t started_ns;
};

/**
 * native_attach() - put a set's mount at its place in a process's container
 * @seeker: the process
 * @why: room for what is wrong, empty where it works
 * @size: bytes of @why
 *
 * Moves the calling process to the container's mount namespace and takes rights from it:
 * to be called in a child of its own, with one thread. The container can make it wait,
 * as by a file system that is a program of its own.
 *
 * It is put into a tmpfs at /dev alone that is the container's own. What was made for
 * it is removed where it fails.
 */
enum native_attached native_attach(const struct native_seeker *seeker, char *why, size_t size);

#endif /* _XARCHCTL_NATIVE_ATTACH_H */
