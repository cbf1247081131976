/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_REAPER_H
#define _XARCH_REAPER_H

/**
 * xarch_reaper_wake() - look for dead namespaces for as long as any has rules
 *
 * Context: xarch_rules_lock held, after a namespace got a rule.
 */
void xarch_reaper_wake(void);

/**
 * xarch_reaper_stop() - look no more
 *
 * Context: module exit, with no requests left.
 */
void xarch_reaper_stop(void);

#endif /* _XARCH_REAPER_H */
