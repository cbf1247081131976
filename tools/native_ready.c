// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "native_build.h"
#include "native_image.h"
#include "native_load.h"
#include "native_ready.h"
#include "native_table.h"
#include "nl.h"
#include "util.h"

/* To build takes minutes: not for what the machine cannot do then. */
static bool have_module(void)
{
	struct conn conn;

	if (conn_open(&conn))
		return false;
	conn_close(&conn);
	return true;
}

static bool build(const char *label, const char *name, enum xarch_arch arch)
{
	const struct native_plan plan = {
		.arch = arch, .suite = name, .name = name, .dir = NATIVE_DIR,
	};

	if (!have_module())
		return false;
	fprintf(stderr, "%s: there is no twin set %s yet: building it from the suite of that name\n",
		label, name);
	if (native_build(&plan))
		return true;
	error("%s: no rule was set: without --native all is emulated; \"xarchctl native build\" can make the set from other archives",
	      label);
	return false;
}

static bool is_for(const char *label, const char *image, const char *name,
		   enum xarch_arch arch)
{
	struct native_table table;
	bool good;
	char *why;

	if (!native_image_table(image, name, &table, &why)) {
		error("%s: %s: %s", label, image, why);
		free(why);
		return false;
	}
	good = table.arch == arch;
	if (!good)
		error("%s: the twin set %s is for %s: \"xarchctl native build %s --suite %s --name SET\" makes one of another name",
		      label, name, archs[table.arch].name, archs[arch].name, name);
	native_table_clear(&table);
	return good;
}

bool native_ready(const char *label, const char *name, enum xarch_arch arch)
{
	char *image = native_image_path(NATIVE_DIR, name);
	bool good;

	/* An image that cannot be looked at is no reason to make another. */
	good = (!access(image, F_OK) || errno != ENOENT || build(label, name, arch)) &&
	       is_for(label, image, name, arch) &&
	       native_load(label, name, NATIVE_AS_BEFORE);
	free(image);
	return good;
}
