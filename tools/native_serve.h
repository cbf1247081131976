/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_SERVE_H
#define _XARCHCTL_NATIVE_SERVE_H

#include <stdbool.h>

/**
 * native_serve() - put sets into the containers that the module tells of
 * @label: what messages begin with
 * @once: end when one container has been served or refused
 *
 * Says "listening" on standard error when nothing can be missed any more, and for each
 * container that cannot have a set, why.
 *
 * Return: true when a signal ended it; with @once, whether the set was put there. false
 * after a message.
 */
bool native_serve(const char *label, bool once);

#endif /* _XARCHCTL_NATIVE_SERVE_H */
