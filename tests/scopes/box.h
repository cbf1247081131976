/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_BOX_H
#define _XARCH_TEST_BOX_H

#include <stddef.h>
#include <sys/types.h>

#include "rule.h"

/*
 * Boxes: processes in namespaces of their own, such as containers are, that do
 * what the test tells them. A box can be in a box:
 *
 *	test ---- box a                      CLONE_NEWUSER | NEWPID | NEWNS
 *	      `-- box b ---- box in b        CLONE_NEWPID
 *
 * The test talks to each of them directly. They die with the process that
 * opened them.
 */

/**
 * struct box - a box
 * @pid: of its process, in the host's pid namespace
 * @slot: private
 */
struct box {
	pid_t pid;
	int slot;
};

/* Before the first box of a test. Boxes share descriptors made before them. */
void box_setup(void);

/**
 * box_open() - make a box
 * @parent: the box to make it in, NULL: none
 * @flags: CLONE_NEW* of the namespaces that it gets for itself
 * @uid: with CLONE_NEWUSER, the user outside who is root inside. From @uid
 *	on 1000 ids are mapped, or @uid alone if the parent is not privileged.
 *	Root outside is @uid 0
 *
 * Without CLONE_NEWUSER it has its parent's credentials.
 */
struct box box_open(const struct box *parent, int flags, uid_t uid);

/* A box without namespaces of its own, whose process is this user's. */
struct box box_open_as(uid_t uid);

/**
 * box_call() - have a function called in the box
 * @box: the box
 * @fn: the function; @arg for it is copied, and must not point into memory
 *	that has changed since box_setup()
 * @arg: NULL: none
 * @len: bytes of @arg
 *
 * Return: what it returned. Its rule_error is copied to ours.
 */
long box_call(const struct box *box, long (*fn)(const void *arg), const void *arg, size_t len);

/**
 * box_exec() - execute a program in a child of the box's process
 * @box: the box, NULL: in our own child
 * @path: absolute path
 *
 * Return: its exit status, or the exec's errno, negative.
 */
int box_exec(const struct box *box, const char *path);

/* Set and remove rules in the name of the box; see struct box_scope. */
int box_set(const struct box *box, struct scope scope, const struct rule *rule);
int box_del(const struct box *box, struct scope scope, int arch);

/*
 * As @fd of a scope: the box's own namespace, whichever that is, or what it has
 * of its own (/proc/self/ns).
 */
#define OWN (-2)

/* A namespace of the box (NULL: our own). The descriptor holds it. */
struct scope box_scope(const struct box *box, uint32_t kind);

/* Let go of all of them. */
void box_scopes_close(void);

/* The inode number of that namespace. */
uint32_t box_inum(const struct box *box, uint32_t kind);

/* Kill the box's process and collect it. */
void box_close(const struct box *box);

/* The same in two steps: between them it is a zombie. */
void box_kill(const struct box *box);
void box_reap(const struct box *box);

#endif /* _XARCH_TEST_BOX_H */
