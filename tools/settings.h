/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_SETTINGS_H
#define _XARCHCTL_SETTINGS_H

#include <stdbool.h>

/* The host rules that survive a reboot; config.h has its format. */
#define CONFIG_FILE "/etc/xarch.conf"

/* What --json and --config say, before the verb or after it. */
struct settings {
	bool json;
	const char *config;
};

extern struct settings settings;

#endif /* _XARCHCTL_SETTINGS_H */
