/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arch table: how an ELF header tells each architecture.
 *
 * One list for the module, the tool and the tests; define
 *
 *	X(ID, name, class, data, machine, flags_mask, flags_value)
 *
 * and expand XARCH_ARCHS. ID completes XARCH_ARCH_; name is also the end of
 * qemu's program name (qemu-aarch64); class, data and machine complete
 * ELFCLASS, ELFDATA2 and the e_machine number. A header is of the arch when
 * (e_flags & flags_mask) == flags_value besides. Where two ABIs share a
 * machine (mips o32 and n32), only e_flags tells them apart: EF_MIPS_ABI2 is
 * 0x20. Machine numbers are those of the gABI's registry and the kernel's
 * elf-em.h; not all are in every elf-em.h, hence numbers.
 *
 * The order is that of enum xarch_arch.
 */
#ifndef _XARCH_ARCHS_H
#define _XARCH_ARCHS_H

#define XARCH_ARCHS(X) \
	X(AARCH64,	"aarch64",	64, LSB, 183,	 0, 0) \
	X(AARCH64_BE,	"aarch64_be",	64, MSB, 183,	 0, 0) \
	X(ALPHA,	"alpha",	64, LSB, 0x9026, 0, 0) \
	X(ARM,		"arm",		32, LSB, 40,	 0, 0) \
	X(ARMEB,	"armeb",	32, MSB, 40,	 0, 0) \
	X(CRIS,		"cris",		32, LSB, 76,	 0, 0) \
	X(HEXAGON,	"hexagon",	32, LSB, 164,	 0, 0) \
	X(HPPA,		"hppa",		32, MSB, 15,	 0, 0) \
	X(I386,		"i386",		32, LSB, 3,	 0, 0) \
	X(LOONGARCH64,	"loongarch64",	64, LSB, 258,	 0, 0) \
	X(M68K,		"m68k",		32, MSB, 4,	 0, 0) \
	X(MICROBLAZE,	"microblaze",	32, MSB, 189,	 0, 0) \
	X(MICROBLAZEEL,	"microblazeel",	32, LSB, 189,	 0, 0) \
	X(MIPS,		"mips",		32, MSB, 8,	 0x20, 0) \
	X(MIPS64,	"mips64",	64, MSB, 8,	 0, 0) \
	X(MIPS64EL,	"mips64el",	64, LSB, 8,	 0, 0) \
	X(MIPSEL,	"mipsel",	32, LSB, 8,	 0x20, 0) \
	X(MIPSN32,	"mipsn32",	32, MSB, 8,	 0x20, 0x20) \
	X(MIPSN32EL,	"mipsn32el",	32, LSB, 8,	 0x20, 0x20) \
	X(NIOS2,	"nios2",	32, LSB, 113,	 0, 0) \
	X(OR1K,		"or1k",		32, MSB, 92,	 0, 0) \
	X(PPC,		"ppc",		32, MSB, 20,	 0, 0) \
	X(PPC64,	"ppc64",	64, MSB, 21,	 0, 0) \
	X(PPC64LE,	"ppc64le",	64, LSB, 21,	 0, 0) \
	X(RISCV32,	"riscv32",	32, LSB, 243,	 0, 0) \
	X(RISCV64,	"riscv64",	64, LSB, 243,	 0, 0) \
	X(S390X,	"s390x",	64, MSB, 22,	 0, 0) \
	X(SH4,		"sh4",		32, LSB, 42,	 0, 0) \
	X(SH4EB,	"sh4eb",	32, MSB, 42,	 0, 0) \
	X(SPARC,	"sparc",	32, MSB, 2,	 0, 0) \
	X(SPARC32PLUS,	"sparc32plus",	32, MSB, 18,	 0, 0) \
	X(SPARC64,	"sparc64",	64, MSB, 43,	 0, 0) \
	X(X86_64,	"x86_64",	64, LSB, 62,	 0, 0) \
	X(XTENSA,	"xtensa",	32, LSB, 94,	 0, 0) \
	X(XTENSAEB,	"xtensaeb",	32, MSB, 94,	 0, 0)

#endif /* _XARCH_ARCHS_H */
