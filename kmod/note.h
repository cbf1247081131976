/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NOTE_H
#define _XARCH_NOTE_H

/*
 * A program's GNU build-id, read from its first bytes. As match.h: built into the
 * module, xarchctl, the unit test and the fuzzer alike.
 */
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#endif

/*
 * Bytes of a file's start that are looked at. Linkers put the note right behind the
 * program headers, a dozen of 56 bytes; what lies farther in is not found. Each exec
 * that might have a twin copies as much.
 */
#define XARCH_NOTE_LEN 1024
/* Longest build-id that counts: sha256. */
#define XARCH_BUILD_ID_LEN 32

/**
 * xarch_build_id() - find the build-id of an ELF file
 * @head: first bytes of the file
 * @len: how many there are, XARCH_NOTE_LEN unless the file is shorter
 * @id: takes the build-id
 *
 * Any class and byte order. The file is anybody's: every offset and size in it is
 * taken for a lie until it lies within @len.
 *
 * Return: the build-id's length, 1 to XARCH_BUILD_ID_LEN, or 0 where there is none.
 */
unsigned int xarch_build_id(const unsigned char *head, size_t len,
			    unsigned char id[XARCH_BUILD_ID_LEN]);

#endif /* _XARCH_NOTE_H */
