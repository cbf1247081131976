/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_MATCH_H
#define _XARCH_MATCH_H

/*
 * The one pure function that decides whether a file is ours. It is built into
 * the module, xarchctl, the unit test and the fuzzer alike, so it may use what
 * both the kernel and the C library have and nothing else.
 */
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* Bytes of a file's start that the decision needs: sizeof(Elf64_Ehdr). */
#define XARCH_MATCH_LEN 64

/**
 * xarch_match() - tell the arch of an executable file
 * @head: first bytes of the file
 * @len: how many there are; a file shorter than its ELF header never matches
 *
 * Strict as the kernel's own ELF loader (load_elf_binary() and elf_check_arch()): ELF
 * magic, class, byte order, ET_EXEC or ET_DYN, e_machine, e_flags where the arch table
 * asks, and the e_phentsize of the class. EI_OSABI, both versions and e_ehsize do not
 * count, there or here: real programs have odd ones.
 *
 * Return: enum xarch_arch, or -1 for anything else.
 */
int xarch_match(const unsigned char *head, size_t len);

/**
 * xarch_match_machine() - could a file be taken for a program of an arch?
 * @head: first bytes of the file
 * @len: how many there are
 * @arch: enum xarch_arch
 *
 * The wide side, for rules that forbid: whatever its e_flags and e_phentsize, which
 * another format or an emulator may not look at.
 */
bool xarch_match_machine(const unsigned char *head, size_t len, int arch);

/**
 * xarch_arch_name() - name of an arch, as in the arch table
 * @arch: enum xarch_arch
 *
 * Return: static string, or NULL where @arch is not in the enumeration.
 */
const char *xarch_arch_name(int arch);

#endif /* _XARCH_MATCH_H */
