// SPDX-License-Identifier: GPL-2.0-or-later
/* Why the module is not there. */
#define _GNU_SOURCE
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "module.h"
#include "native_run.h"
#include "util.h"

#define DKMS "/var/lib/dkms"
#define MOK DKMS "/mok.pub"

/* What strerror() makes of the kernel's answers to a signature that it does not trust. */
static const char *const rejections[] = {
	"Key was rejected by service",	/* module.sig_enforce */
	"Required key not available",
	"Operation not permitted",	/* lockdown */
};

/* First file that a pattern finds, a new string; or NULL. */
static char *find(char *pattern)
{
	glob_t found = { 0 };
	char *path = NULL;

	if (!glob(pattern, 0, NULL, &found))
		path = xstrdup(found.gl_pathv[0]);
	globfree(&found);
	free(pattern);
	return path;
}

static char *find_module(const char *release)
{
	char *path = find(xasprintf("/lib/modules/%s/updates/dkms/xarch.ko*", release));

	return path ? path : find(xasprintf("/lib/modules/%s/*/xarch.ko*", release));
}

/* There is no module for this kernel. */
static char *why_not_built(const char *release)
{
	char *headers = find(xasprintf("/lib/modules/%s/build/Makefile", release));
	/* /var/lib/dkms/xarch/VERSION/source */
	char *source = find(xstrdup(DKMS "/xarch/*/source")), *slash, *why;
	char *log, *version;

	if (!source) {
		why = xstrdup("it is not installed: run \"sudo make install\" in its source tree, or install the package xarch-dkms");
	} else if (!headers) {
		why = xasprintf("there is none for this kernel, because its headers are missing: run \"sudo apt install linux-headers-%s\", upon which DKMS builds it",
				release);
	} else {
		slash = strrchr(source, '/');
		*slash = '\0';
		log = find(xasprintf("%s/build/make.log", source));
		version = strrchr(source, '/') + 1;
		why = xasprintf("DKMS has not built it for this kernel: run \"sudo dkms install xarch/%s -k %s\"%s%s",
				version, release, log ? "; how that failed last time is in " : "",
				log ? log : "");
		free(log);
	}
	free(headers);
	free(source);
	return why;
}

static bool is_rejected(const char *complaint)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rejections); i++)
		if (strstr(complaint, rejections[i]))
			return true;
	return false;
}

static char *load(const char *path)
{
	const char *const argv[] = { "/sbin/modprobe", "xarch", NULL };
	struct native_run run = { 0 };
	char *complaint, *why;

	if (native_run(&run, argv, &complaint))
		return NULL;
	if (is_rejected(complaint))
		why = xasprintf("the kernel rejected the signature of %s (Secure Boot, lockdown or module.sig_enforce): %srun \"sudo mokutil --import " MOK "\", restart the machine, and enrol the key where it asks before it starts",
				path, access(MOK, F_OK) ?
				"run \"sudo dkms generate_mok\" and build it anew by \"sudo dkms autoinstall --force\"; then " :
				"");
	else
		why = xasprintf("it could not be loaded: %s", complaint);
	free(complaint);
	return why;
}

char *module_load(void)
{
	struct utsname kernel;
	char *path, *why;

	uname(&kernel);
	path = find_module(kernel.release);
	if (!path)
		why = why_not_built(kernel.release);
	else if (geteuid())
		why = xstrdup("run \"sudo modprobe xarch\"");
	else
		why = load(path);
	free(path);
	return why;
}

/* The module is the older one: it is there for this kernel, or has to be built. */
static char *how_to_load(void)
{
	struct utsname kernel;
	char *built, *how;

	uname(&kernel);
	built = find(xasprintf(DKMS "/xarch/" XARCH_VERSION "/%s/*/module/xarch.ko*",
			       kernel.release));
	how = xasprintf("run \"%s%s%ssudo rmmod xarch && sudo systemctl restart xarch\"",
			built ? "" : "sudo dkms install xarch/" XARCH_VERSION " -k ",
			built ? "" : kernel.release, built ? "" : " && ");
	free(built);
	return how;
}

char *module_mismatch(const char *loaded)
{
	char *program, *remedy, *mismatch;

	if (!strcmp(loaded, XARCH_VERSION))
		return NULL;
	if (strverscmp(loaded, XARCH_VERSION) < 0) {
		remedy = how_to_load();
	} else {
		program = realpath("/proc/self/exe", NULL);
		remedy = xasprintf("upgrade %s", program ? program : "it");
		free(program);
	}
	mismatch = xasprintf("the loaded module has version %s, this xarchctl %s: %s",
			     loaded, XARCH_VERSION, remedy);
	free(remedy);
	return mismatch;
}
