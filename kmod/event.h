/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_EVENT_H
#define _XARCH_EVENT_H

#include <linux/types.h>

#include "../include/uapi/linux/xarch.h"

struct xarch_ns;
struct xarch_rule;

/**
 * xarch_event_exec() - tell the group "exec" what became of an exec
 * @rule: that decided it, from xarch_rule_get()
 * @path: the program's, as execve() was given it
 * @twin: of a rule that names a set of twins: what became of that
 * @err: 0 or the negative errno that the exec fails with
 *
 * Costs one test when nobody listens. A message that does not fit memory or a
 * listener's buffer is lost; listeners learn of the latter (ENOBUFS).
 *
 * Context: the task in execve().
 */
void xarch_event_exec(const struct xarch_rule *rule, const char *path, enum xarch_twin twin,
		      int err);

/**
 * xarch_event_no_loader() - tell the group "native" that an exec did not see the set
 *	that its twin is in
 * @rule: that decided the exec and names the set
 *
 * At most once a second, set and mount namespace. Costs one test when nobody listens.
 *
 * Context: the task in execve().
 */
void xarch_event_no_loader(const struct xarch_rule *rule);

/**
 * xarch_event_rule() - tell the group "config" of a rule that came or went
 * @rule: the rule
 * @ns: its scope, NULL for the host
 * @cmd: XARCH_CMD_RULE_SET or XARCH_CMD_RULE_DEL
 *
 * Context: xarch_rules_lock held.
 */
void xarch_event_rule(const struct xarch_rule *rule, const struct xarch_ns *ns,
		      enum xarch_cmd cmd);

/**
 * xarch_rule_del_and_tell() - remove a rule, and tell of it
 * @ns: the scope, NULL for the host
 * @arch: whose; there may be none
 *
 * Context: xarch_rules_lock held.
 */
void xarch_rule_del_and_tell(struct xarch_ns *ns, enum xarch_arch arch);

/**
 * xarch_events_off() - tell nobody anything from now on
 *
 * Before the family goes: its groups' numbers may then be another family's.
 *
 * Context: xarch_rules_lock held, and no exec can be in the handler.
 */
void xarch_events_off(void);

#endif /* _XARCH_EVENT_H */
