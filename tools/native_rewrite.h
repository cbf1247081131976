/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_REWRITE_H
#define _XARCHCTL_NATIVE_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

/* What is written in the place of a string. */
enum native_way {
	NATIVE_STRING,		/* the other string, then NULs */
	NATIVE_SLASHES,		/* each part of it, between NULs, padded with
				 * slashes: lengths are written down elsewhere
				 */
	NATIVE_POINTER,		/* nothing: pointers to it point to the other,
				 * which the file has; to nothing if it is empty
				 */
	NATIVE_BYTES,		/* as many other bytes; neither are strings */
};

/**
 * struct native_string - a string in a program that becomes another
 * @glob: the programs, by their path in the package
 * @old: what must be there: the whole of a string, NULs inside it allowed
 * @old_len: length of @old, without the NUL that ends it
 * @new: what is written in its place
 * @new_len: length of @new
 * @count: how many times @old, or a pointer to it, must be there
 * @way: what is written
 */
struct native_string {
	char *glob;
	char *old;
	size_t old_len;
	char *new;
	size_t new_len;
	unsigned long count;
	enum native_way way;
};

/**
 * native_string_fits() - whether the new string has room where the old one is
 * @string: both
 */
bool native_string_fits(const struct native_string *string);

/**
 * native_rewrite_string() - put one string in the place of another
 * @data: the file
 * @size: its length, which stays
 * @string: which, and how often it must be there
 * @why: set to what is not as it should be, a new string
 *
 * Return: false with @why: nothing is changed.
 */
bool native_rewrite_string(char *data, size_t size,
			   const struct native_string *string, char **why);

/**
 * native_rewrite_interp() - name another loader
 * @data: the file
 * @size: its length, which stays
 * @interp: path of the loader
 * @why: as of native_rewrite_string()
 *
 * Return: false with @why: nothing is changed.
 */
bool native_rewrite_interp(char *data, size_t size, const char *interp,
			   char **why);

/**
 * native_rewrite_audit() - have the loader ask a library where others are
 * @data: the file, a 64-bit program of this machine
 * @size: its length, which stays
 * @audit: path of the library (DT_AUDIT)
 * @why: as of native_rewrite_string()
 *
 * The entry takes the place of one that the linker left over in the dynamic
 * section, its string that of bytes between two segments that are mapped as
 * the rest of a page.
 *
 * Return: false with @why: nothing is changed.
 */
bool native_rewrite_audit(char *data, size_t size, const char *audit,
			  char **why);

#endif /* _XARCHCTL_NATIVE_REWRITE_H */
