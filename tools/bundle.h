/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_BUNDLE_H
#define _XARCHCTL_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * bundle_add_hook() - have a container get the rules that it asks for
 * @config: what its config.json holds
 * @len: how many bytes that is
 * @xarchctl: path of the hook's program
 * @why: set to what is wrong with @config, static string
 *
 * Puts "xarchctl oci-hook" at the head of hooks.createRuntime where there is an
 * annotation of ours and no such hook yet. All else stays what it is, each
 * number to its last digit.
 *
 * Return: the new config, a new string; or NULL, with @why, or without where
 * nothing needs to change.
 */
char *bundle_add_hook(const char *config, size_t len, const char *xarchctl,
		      const char **why);

/**
 * bundle_prepare() - bundle_add_hook() for a file
 * @path: config.json of a bundle; where there is none nothing is done
 *
 * The file keeps its owner and mode. The hook's program is the xarchctl beside
 * this one.
 *
 * Return: true, or false after an error message: the container must not be made.
 */
bool bundle_prepare(const char *path);

#endif /* _XARCHCTL_BUNDLE_H */
