/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion on xarch_match(): the same rules, as plainly as they can be
 * written, sharing nothing with it. Offsets are the gABI's in figures, and the
 * arch table is written out anew with the C library's machine names, so that a
 * slip in include/xarch/archs.h shows as well.
 */
#ifndef _MATCH_NAIVE_H
#define _MATCH_NAIVE_H

#include <elf.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "../../include/uapi/linux/xarch.h"

struct naive_arch {
	int arch;
	const char *name;
	int bits;
	char order;		/* 'l' or 'b' */
	unsigned int machine;
	int abi2;		/* mips: n32 or not; -1 where that is no matter */
};

static const struct naive_arch naive_archs[] = {
	{ XARCH_ARCH_AARCH64,	   "aarch64",	   64, 'l', EM_AARCH64,	     -1 },
	{ XARCH_ARCH_AARCH64_BE,   "aarch64_be",   64, 'b', EM_AARCH64,	     -1 },
	{ XARCH_ARCH_ALPHA,	   "alpha",	   64, 'l', EM_ALPHA,	     -1 },
	{ XARCH_ARCH_ARM,	   "arm",	   32, 'l', EM_ARM,	     -1 },
	{ XARCH_ARCH_ARMEB,	   "armeb",	   32, 'b', EM_ARM,	     -1 },
	{ XARCH_ARCH_CRIS,	   "cris",	   32, 'l', EM_CRIS,	     -1 },
	{ XARCH_ARCH_HEXAGON,	   "hexagon",	   32, 'l', EM_QDSP6,	     -1 },
	{ XARCH_ARCH_HPPA,	   "hppa",	   32, 'b', EM_PARISC,	     -1 },
	{ XARCH_ARCH_I386,	   "i386",	   32, 'l', EM_386,	     -1 },
	{ XARCH_ARCH_LOONGARCH64,  "loongarch64",  64, 'l', EM_LOONGARCH,    -1 },
	{ XARCH_ARCH_M68K,	   "m68k",	   32, 'b', EM_68K,	     -1 },
	{ XARCH_ARCH_MICROBLAZE,   "microblaze",   32, 'b', EM_MICROBLAZE,   -1 },
	{ XARCH_ARCH_MICROBLAZEEL, "microblazeel", 32, 'l', EM_MICROBLAZE,   -1 },
	{ XARCH_ARCH_MIPS,	   "mips",	   32, 'b', EM_MIPS,	      0 },
	{ XARCH_ARCH_MIPS64,	   "mips64",	   64, 'b', EM_MIPS,	     -1 },
	{ XARCH_ARCH_MIPS64EL,	   "mips64el",	   64, 'l', EM_MIPS,	     -1 },
	{ XARCH_ARCH_MIPSEL,	   "mipsel",	   32, 'l', EM_MIPS,	      0 },
	{ XARCH_ARCH_MIPSN32,	   "mipsn32",	   32, 'b', EM_MIPS,	      1 },
	{ XARCH_ARCH_MIPSN32EL,	   "mipsn32el",	   32, 'l', EM_MIPS,	      1 },
	{ XARCH_ARCH_NIOS2,	   "nios2",	   32, 'l', EM_ALTERA_NIOS2, -1 },
	{ XARCH_ARCH_OR1K,	   "or1k",	   32, 'b', EM_OPENRISC,     -1 },
	{ XARCH_ARCH_PPC,	   "ppc",	   32, 'b', EM_PPC,	     -1 },
	{ XARCH_ARCH_PPC64,	   "ppc64",	   64, 'b', EM_PPC64,	     -1 },
	{ XARCH_ARCH_PPC64LE,	   "ppc64le",	   64, 'l', EM_PPC64,	     -1 },
	{ XARCH_ARCH_RISCV32,	   "riscv32",	   32, 'l', EM_RISCV,	     -1 },
	{ XARCH_ARCH_RISCV64,	   "riscv64",	   64, 'l', EM_RISCV,	     -1 },
	{ XARCH_ARCH_S390X,	   "s390x",	   64, 'b', EM_S390,	     -1 },
	{ XARCH_ARCH_SH4,	   "sh4",	   32, 'l', EM_SH,	     -1 },
	{ XARCH_ARCH_SH4EB,	   "sh4eb",	   32, 'b', EM_SH,	     -1 },
	{ XARCH_ARCH_SPARC,	   "sparc",	   32, 'b', EM_SPARC,	     -1 },
	{ XARCH_ARCH_SPARC32PLUS,  "sparc32plus",  32, 'b', EM_SPARC32PLUS,  -1 },
	{ XARCH_ARCH_SPARC64,	   "sparc64",	   64, 'b', EM_SPARCV9,	     -1 },
	{ XARCH_ARCH_X86_64,	   "x86_64",	   64, 'l', EM_X86_64,	     -1 },
	{ XARCH_ARCH_XTENSA,	   "xtensa",	   32, 'l', EM_XTENSA,	     -1 },
	{ XARCH_ARCH_XTENSAEB,	   "xtensaeb",	   32, 'b', EM_XTENSA,	     -1 },
};

#define NAIVE_ARCHS (sizeof(naive_archs) / sizeof(naive_archs[0]))

/* Where the fields are that differ between the classes. */
#define E_FLAGS(bits)		((bits) == 64 ? 48 : 36)
#define E_EHSIZE(bits)		((bits) == 64 ? 52 : 40)
#define E_PHENTSIZE(bits)	((bits) == 64 ? 54 : 42)
#define EHSIZE(bits)		((bits) == 64 ? 64 : 52)
#define PHENTSIZE(bits)		((bits) == 64 ? 56 : 32)

static inline unsigned int naive_get16(const unsigned char *at, char order)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return order == 'l' ? le16toh(value) : be16toh(value);
}

static inline unsigned int naive_get32(const unsigned char *at, char order)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return order == 'l' ? le32toh(value) : be32toh(value);
}

static inline void naive_put16(unsigned char *at, char order, unsigned int value)
{
	uint16_t raw = order == 'l' ? htole16(value) : htobe16(value);

	memcpy(at, &raw, sizeof(raw));
}

static inline void naive_put32(unsigned char *at, char order, unsigned int value)
{
	uint32_t raw = order == 'l' ? htole32(value) : htobe32(value);

	memcpy(at, &raw, sizeof(raw));
}

/* The header of a static program of arch @a; @head has 64 bytes. */
static inline size_t naive_header(const struct naive_arch *a, unsigned char *head)
{
	memset(head, 0, 64);
	memcpy(head, "\177ELF", 4);
	head[4] = a->bits == 64 ? 2 : 1;
	head[5] = a->order == 'l' ? 1 : 2;
	head[6] = 1;
	naive_put16(head + 16, a->order, 2);
	naive_put16(head + 18, a->order, a->machine);
	naive_put32(head + 20, a->order, 1);
	naive_put32(head + E_FLAGS(a->bits), a->order, a->abi2 == 1 ? 0x20 : 0);
	naive_put16(head + E_EHSIZE(a->bits), a->order, EHSIZE(a->bits));
	naive_put16(head + E_PHENTSIZE(a->bits), a->order, PHENTSIZE(a->bits));
	return EHSIZE(a->bits);
}

/* What xarch_match_machine() has to say. */
static inline int naive_is_machine(const struct naive_arch *a, const unsigned char *head,
				   size_t len)
{
	unsigned int type;

	if (len < (size_t)EHSIZE(a->bits))
		return 0;
	type = naive_get16(head + 16, a->order);
	return head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F' &&
	       head[4] == (a->bits == 64 ? 2 : 1) &&
	       head[5] == (a->order == 'l' ? 1 : 2) &&
	       (type == 2 || type == 3) &&
	       naive_get16(head + 18, a->order) == a->machine;
}

static inline int naive_is(const struct naive_arch *a, const unsigned char *head, size_t len)
{
	unsigned int flags;

	if (len < (size_t)EHSIZE(a->bits))
		return 0;
	flags = naive_get32(head + E_FLAGS(a->bits), a->order);
	return naive_is_machine(a, head, len) &&
	       (a->abi2 == -1 || !!(flags & 0x20) == a->abi2) &&
	       naive_get16(head + E_PHENTSIZE(a->bits), a->order) ==
			(unsigned int)PHENTSIZE(a->bits);
}

/* What xarch_match() has to return; -2 where two archs claim the header. */
static inline int naive_match(const unsigned char *head, size_t len)
{
	int found = -1;
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		if (!naive_is(&naive_archs[i], head, len))
			continue;
		if (found != -1)
			return -2;
		found = naive_archs[i].arch;
	}
	return found;
}

#endif /* _MATCH_NAIVE_H */
