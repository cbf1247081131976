/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_REPORT_H
#define _XARCHCTL_NATIVE_REPORT_H

#include <stdbool.h>

/**
 * native_report() - print what runs emulated although its rule names a twin set
 * @label: what messages begin with
 * @seconds: for how long to listen; 0: until a signal
 *
 * Says "listening" on standard error when nothing can be missed any more. Most frequent
 * first.
 *
 * Return: false after a message.
 */
bool native_report(const char *label, long seconds);

#endif /* _XARCHCTL_NATIVE_REPORT_H */
