/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_TAG_H
#define _XARCH_TEST_TAG_H

/* Exit status of a tag emulator that was not started by one whole rule. */
#define TAG_MIXED 255

#endif /* _XARCH_TEST_TAG_H */
