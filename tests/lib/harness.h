/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_HARNESS_H
#define _XARCH_TEST_HARNESS_H

#include "kselftest_harness.h"

/*
 * A case that says nothing else may take this long, in seconds: the harness' 30 are not
 * enough for a few hundred execs on a kernel with checks on a busy machine.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 120

#endif /* _XARCH_TEST_HARNESS_H */
