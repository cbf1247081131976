/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signed archive as apt sees it: apt's own client, with an apt root of ours
 * below a directory, so nothing of this host's packages plays a part.
 */
#ifndef _XARCHCTL_NATIVE_ARCHIVE_H
#define _XARCHCTL_NATIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "native_table.h"

/* Debian's name of this machine's arch. */
#define NATIVE_HOST "amd64"

/**
 * struct native_package - the newest version of a package
 * @name: its name
 * @arch: Debian's name of its arch
 * @version: its version
 * @source_version: of what it was built from: rebuilding changes only @version
 * @depends: what it depends on
 * @size: bytes to download
 */
struct native_package {
	char *name;
	char *arch;
	char *version;
	char *source_version;
	char *depends;
	unsigned long long size;
};

struct native_packages {
	struct native_package *package;
	size_t n;
};

/**
 * struct native_archive - an archive, and where its things are kept
 * @dir: the directory
 * @variable: apt's variable of the environment
 * @arch: Debian's name of the foreign arch
 * @progress: whether to show on standard error how far a download is
 */
struct native_archive {
	char *dir;
	char *variable;
	const char *arch;
	bool progress;
};

/**
 * native_archive_open() - fetch the archive's index and check its signature
 * @archive: zeros; set, and native_archive_close() frees what it holds
 * @dir: where to keep things; it is there
 * @sources: lines for apt, "URI SUITE COMPONENT..."
 * @keyring: whose keys must have signed it
 * @arch: Debian's name of the foreign arch
 * @why: set to what went wrong, a new string
 *
 * Return: false with @why.
 */
bool native_archive_open(struct native_archive *archive, const char *dir,
			 const struct native_words *sources,
			 const char *keyring, const char *arch, char **why);

/**
 * native_archive_find() - packages of the archive
 * @archive: the archive
 * @names: which, "NAME:ARCH"
 * @packages: those that there are are added
 * @why: set to what went wrong, a new string
 *
 * Return: false with @why.
 */
bool native_archive_find(struct native_archive *archive,
			 const struct native_words *names,
			 struct native_packages *packages, char **why);

/**
 * native_archive_download() - fetch packages, and check them
 * @archive: the archive
 * @packages: which
 * @why: set to what went wrong, a new string
 *
 * Return: false with @why.
 */
bool native_archive_download(struct native_archive *archive,
			     const struct native_packages *packages,
			     char **why);

/**
 * native_archive_unpack() - unpack a package that was downloaded
 * @archive: the archive
 * @package: which
 * @dir: where to; it is made
 * @why: set to what went wrong, a new string
 *
 * Nothing of the package runs.
 *
 * Return: false with @why.
 */
bool native_archive_unpack(struct native_archive *archive,
			   const struct native_package *package,
			   const char *dir, char **why);

void native_archive_close(struct native_archive *archive);

/**
 * native_package_find() - package of a list
 * @packages: the list
 * @name: its name
 * @arch: Debian's name of its arch
 *
 * Return: the package, or NULL.
 */
struct native_package *native_package_find(const struct native_packages *packages,
					   const char *name, const char *arch);

void native_packages_clear(struct native_packages *packages);

#endif /* _XARCHCTL_NATIVE_ARCHIVE_H */
