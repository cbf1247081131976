/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_HOOK_ERRORS_H
#define _XARCHCTL_HOOK_ERRORS_H

/**
 * hook_errors_catch() - keep error messages that nobody would see
 *
 * crun runs hooks with their standard error thrown away, and says no more than
 * that one of them failed.
 */
void hook_errors_catch(void);

/**
 * hook_errors_tell() - have the engine show the messages that were kept
 *
 * Through the standard error of the runtime that runs this hook, and its log.
 */
void hook_errors_tell(void);

#endif /* _XARCHCTL_HOOK_ERRORS_H */
