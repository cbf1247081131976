/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of a twin set: which program has which twin.
 *
 * It is /table.json of the set's image:
 *
 *	{
 *	  "format": 1,
 *	  "name": "trixie",		the set is for /dev/xarch/NAME
 *	  "arch": "aarch64",		of the programs
 *	  "made_of": "...",		what it was built from, see native_build.c
 *	  "packages": [ {
 *	    "package": "dash", "architecture": "amd64", "version": "0.5.12-12"
 *	  } ],
 *	  "twins": [ {
 *	    "build_id": "33ab...",	of the program, hexadecimal
 *	    "twin": "bin/usr/bin/dash",	a file of the set
 *	    "program": "/usr/bin/dash",	where the package has the program
 *	    "package": "dash",
 *	    "unless": [ "-march=native" ],
 *	    "only": [ ]
 *	  } ],
 *	  "left_out": [ { "what": "bash", "why": "it differs in HOSTTYPE" } ]
 *	}
 *
 * "unless" and "only" are patterns of arguments, argv[1] and those after it. A
 * program runs emulated when an argument matches one of "unless", and when
 * there is an "only" and no argument matches any of it. A pattern matches a
 * whole argument; one that ends in * matches all that begin so. No pattern is
 * empty. These are the module's own: include/uapi/linux/xarch.h, whose limits
 * the table keeps.
 */
#ifndef _XARCHCTL_NATIVE_TABLE_H
#define _XARCHCTL_NATIVE_TABLE_H

#include <stdbool.h>
#include <jansson.h>

#include "arch.h"
#include "native_elf.h"

#define NATIVE_TABLE "table.json"

/* The set is seen at NATIVE_MOUNTS/NAME, its loader has this name there. */
#define NATIVE_MOUNTS "/dev/xarch"
#define NATIVE_LOADER "ld.so"

/* "/dev/xarch/NAME/l/" has to fit where "/lib/x86_64-linux-gnu/" was. */
#define NATIVE_NAME_MAX 8

/* A table that has more is none of ours. */
#define NATIVE_TWINS_MAX XARCH_TWINS_MAX
#define NATIVE_PATTERNS_MAX 64
#define NATIVE_PATTERN_LEN XARCH_TWIN_ARG_LEN

/**
 * struct native_words - a list of words
 * @word: the words
 * @n: how many
 */
struct native_words {
	char **word;
	size_t n;
};

void native_words_add(struct native_words *words, const char *word);
void native_words_clear(struct native_words *words);

/**
 * struct native_twin - a program and its twin
 * @id: the program's build-id
 * @id_len: how many bytes that has
 * @twin: the twin's file, relative to the set's root
 * @program: path of the program in its package, for people
 * @package: the program's package, for people
 * @unless: patterns of arguments that rule the twin out
 * @only: patterns of arguments; where there are any, one must be there
 */
struct native_twin {
	unsigned char id[NATIVE_ID_MAX];
	size_t id_len;
	char *twin;
	char *program;
	char *package;
	struct native_words unless;
	struct native_words only;
};

/**
 * struct native_table - the table of a set
 * @name: the set's name
 * @arch: of the programs
 * @made_of: tells sets apart that were built from different things
 * @packages: what the set was built from: JSON, for people
 * @left_out: what was left out of it: JSON, for people
 * @twins: the pairs
 * @n: how many
 */
struct native_table {
	char *name;
	enum xarch_arch arch;
	char *made_of;
	json_t *packages;
	json_t *left_out;
	struct native_twin *twins;
	size_t n;
};

/**
 * native_name_good() - whether a set may have a name
 * @name: the name
 *
 * Lower case letters, digits, + - . between them, at most NATIVE_NAME_MAX.
 */
bool native_name_good(const char *name);

/**
 * native_pattern_good() - whether a word can be a pattern of arguments
 * @word: the word
 */
bool native_pattern_good(const char *word);

/**
 * native_table_find() - pair of a build-id
 * @table: the table
 * @id: the build-id
 * @len: how many bytes it has
 *
 * Return: the pair, or NULL.
 */
struct native_twin *native_table_find(const struct native_table *table,
				      const unsigned char *id, size_t len);

/**
 * native_table_write() - a table as text
 * @table: the table
 *
 * Return: a new string, to be freed.
 */
char *native_table_write(const struct native_table *table);

/**
 * native_table_read() - table of a text
 * @text: the text
 * @len: its length
 * @table: set; native_table_clear() frees what it holds
 * @why: set to what is wrong, a new string
 *
 * Return: false with @why: the text is no table.
 */
bool native_table_read(const char *text, size_t len,
		       struct native_table *table, char **why);

/**
 * native_table_open() - table of a set that can be seen
 * @root: the set's root, open
 * @name: what the set must be called
 * @table: as of native_table_read()
 * @why: as of native_table_read()
 *
 * Return: false with @why.
 */
bool native_table_open(int root, const char *name,
		       struct native_table *table, char **why);

/**
 * native_twin_open() - the twin's file, fit to be run in place of its program
 * @root: the set's root, open
 * @table: the set's table
 * @twin: which
 * @why: set to what is wrong with it, a new string
 *
 * It must be a regular file within the set, executable, without set-id bits,
 * writable by its owner alone, a program of this machine with the loader of
 * the set.
 *
 * Return: descriptor, opened for reading; -1 with @why.
 */
int native_twin_open(int root, const struct native_table *table,
		     const struct native_twin *twin, char **why);

void native_table_clear(struct native_table *table);

#endif /* _XARCHCTL_NATIVE_TABLE_H */
