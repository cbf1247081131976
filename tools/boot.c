// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "util.h"

#define UNIT "xarch.service"
#define WANTS "/systemd/system/sysinit.target.wants/" UNIT

/* As "systemctl is-enabled" says, which takes longer than the rest of the verb. */
static bool is_enabled(void)
{
	static const char *const links[] = {
		"/etc" WANTS, "/run" WANTS, "/usr/local/lib" WANTS, "/usr/lib" WANTS,
	};
	char target[sizeof("/dev/null")];
	ssize_t len;
	size_t i;

	len = readlink("/etc/systemd/system/" UNIT, target, sizeof(target));
	if (len == (ssize_t)strlen("/dev/null") && !memcmp(target, "/dev/null", len))
		return false;
	for (i = 0; i < ARRAY_SIZE(links); i++) {
		if (readlink(links[i], target, sizeof(target)) >= 0)
			return true;
	}
	return false;
}

const char *boot_obstacle(void)
{
	/* What sd_booted(3) asks. */
	if (access("/run/systemd/system", F_OK))
		return "systemd does not run here: have \"xarchctl restore\" run when the machine starts";
	if (!is_enabled())
		return "xarch.service is not enabled: run \"sudo systemctl enable xarch.service\"";
	return NULL;
}
