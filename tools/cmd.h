/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_CMD_H
#define _XARCHCTL_CMD_H

/* What every verb uses. */
#include "options.h"
#include "settings.h"

/* One a verb, in cmd_*.c. */
extern const struct command cmd_enable, cmd_deny, cmd_pass, cmd_disable;
extern const struct command cmd_show, cmd_explain, cmd_check, cmd_monitor;
extern const struct command cmd_save, cmd_restore, cmd_archs, cmd_exec;
extern const struct command cmd_oci_hook, cmd_cdi, cmd_native;

#endif /* _XARCHCTL_CMD_H */
