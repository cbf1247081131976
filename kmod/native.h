/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_NATIVE_H
#define _XARCH_NATIVE_H

/* The arch that this kernel runs by itself. */
#ifdef CONFIG_X86_64
#define XARCH_ARCH_NATIVE	XARCH_ARCH_X86_64
#else
#error "xarch supports x86-64 hosts"
#endif

#endif /* _XARCH_NATIVE_H */
