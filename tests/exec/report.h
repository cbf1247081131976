/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_REPORT_H
#define _XARCH_TEST_REPORT_H

/*
 * What the fake emulator tells of how the kernel started it: records
 * "key=value", each with its NUL, written to a descriptor that it inherits.
 * Not to a file (it may be in an empty chroot) and not to a place named in
 * argv or the environment (those are what is examined).
 */
#define REPORT_FD	200
/* With the argument "hold" first: go on once this descriptor is at its end. */
#define HOLD_FD		201

#define EMULATOR_EXIT	43
/* Longest piece of the program that it reports, in bytes. */
#define CONTENT_LEN	4096

#endif /* _XARCH_TEST_REPORT_H */
