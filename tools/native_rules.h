/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What twin sets are made of, and what is changed in it: files of lines, each a
 * directive and its words, parted by blanks. # begins a comment, where a word
 * could. In a word \s is a blank, \0 a NUL, \\ a backslash, \# a #;
 * the word "" is empty.
 *
 *	arch ARCH DEBIAN TRIPLET	an arch: xarch's, Debian's, GNU's name
 *	archs ARCH...
 *		the lines from here to the next archs are for these alone
 *	source SUITES URI SUITE COMPONENT...
 *		where suites whose name matches SUITES are, unless --mirror is
 *		given: all sources that match
 *	keyring FILE
 *		whose keys sign them, unless --keyring is given
 *	versions VERSION...
 *		a line with @N@ is as many lines; packages so named need not
 *		be there
 *	package NAME [cross] [PROGRAMS...]
 *		its programs, or of them these, have twins, those of the package
 *		of the same name for this machine. cross: that is a cross
 *		compiler's, of the version of the program's package with crossN
 *		after it
 *	moved FROM TO
 *		what the program's package has below FROM, the twin's has below
 *		TO, where it is not at the same place
 *	never PROGRAMS REASON...
 *	unless PROGRAMS PATTERN...
 *	only PROGRAMS PATTERN...
 *		native_table.h says what patterns do
 *	plugins PROGRAMS PLUGIN...
 *		they load plug-ins: a program's library that has the name of one
 *		of these files gets its twin (audit.c)
 *	string FILES COUNT OLD NEW
 *	slashes FILES COUNT OLD NEW
 *	pointer FILES COUNT OLD NEW
 *	bytes FILES COUNT OLD NEW	in hexadecimal digits
 *		native_rewrite.h; FILES are the twin's paths
 *	tree DIR NAME
 *		a directory of this machine's packages that goes into the set,
 *		at its root, as NAME
 *	link NAME TARGET
 *		a symbolic link of the set: to what the container has
 *
 * ARCH after archs, PROGRAMS, FILES and SUITES are patterns as of fnmatch(3), in
 * which * matches slashes too. @ARCH@ is Debian's name of the arch, @TRIPLET@
 * GNU's, @HOST@ GNU's of this machine, @SUITE@ the suite, @NAME@ the set's, @SET@
 * where it is mounted.
 */
#ifndef _XARCHCTL_NATIVE_RULES_H
#define _XARCHCTL_NATIVE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "native_rewrite.h"
#include "native_table.h"

struct native_package_rule {
	char *name;
	bool cross;
	bool versioned;			/* its line had @N@ */
	struct native_words programs;	/* patterns; none: all */
};

/* A pattern of paths, and words for what it matches. */
struct native_path_rule {
	char *glob;
	struct native_words words;
};

struct native_list {
	struct native_path_rule *rule;
	size_t n;
};

/**
 * struct native_rules - what the files say for one arch and one suite
 * @debian: Debian's name of the arch
 * @triplet: GNU's name of the arch
 * @sources: lines for apt, without options and "deb"
 * @keyring: file
 * @packages: programs of these packages have twins
 * @n_packages: how many
 * @moved: glob is FROM, the word TO
 * @never: the words are the reason
 * @unless: the words are patterns of arguments
 * @only: the words are patterns of arguments
 * @plugins: the words are paths
 * @trees: glob is a directory, the word a name
 * @links: glob is a name, the word where it leads
 * @strings: what is rewritten
 * @n_strings: how many
 * @digest: tells other rules apart
 */
struct native_rules {
	char *debian;
	char *triplet;
	struct native_words sources;
	char *keyring;
	struct native_package_rule *packages;
	size_t n_packages;
	struct native_list moved, never, unless, only, plugins, trees, links;
	struct native_string *strings;
	size_t n_strings;
	unsigned long long digest;
};

/**
 * native_rules_read() - rules for a set
 * @rules: set; native_rules_clear() frees what it holds
 * @dir: where the files (*.rules) are; NULL: where they were installed
 * @arch: xarch's name of the arch
 * @suite: the suite
 * @name: of the set
 * @why: set to what is wrong, a new string
 *
 * Return: false with @why.
 */
bool native_rules_read(struct native_rules *rules, const char *dir,
		       const char *arch, const char *suite, const char *name,
		       char **why);

/**
 * native_list_match() - the first rule for a path
 * @list: the rules
 * @path: the path
 * @from: rule to begin with, 0 for all
 *
 * Return: index, or the length of the list where there is none.
 */
size_t native_list_match(const struct native_list *list, const char *path,
			 size_t from);

void native_rules_clear(struct native_rules *rules);

#endif /* _XARCHCTL_NATIVE_RULES_H */
