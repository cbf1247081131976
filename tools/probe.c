// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tiny program for each arch: an ELF header, one segment and the few
 * instructions of exit(PROBE_EXIT). It tells whether an arch runs on this host
 * where neither a compiler nor a C library for that arch is at hand.
 */
#include <linux/elf.h>
#include <stddef.h>
#include <string.h>

#include "../include/xarch/archs.h"
#include "probe.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Where the program is mapped. A multiple of the largest page size that any of
 * these kernels and emulators uses (64 KiB), like the segment's file offset,
 * which is 0; above vm.mmap_min_addr, and low enough for every address space.
 */
#define VADDR 0x400000
#define ALIGN 0x10000

/* More than the longest of them: both ELF headers and 12 bytes of code. */
#define PROBE_LEN 256

/*
 * The code, one instruction a line, as the architecture's manual writes it. The
 * call is exit: with one thread it does what exit_group does.
 */
static const unsigned int aarch64[] = {
	0xd2800540,	/* mov	x0, #42 */
	0xd2800ba8,	/* mov	x8, #93 */
	0xd4000001,	/* svc	#0 */
};

static const unsigned int alpha[] = {
	0x221f002a,	/* lda	$16, 42($31) */
	0x201f0001,	/* lda	$0, 1($31) */
	0x00000083,	/* callsys */
};

static const unsigned int arm[] = {
	0xe3a0002a,	/* mov	r0, #42 */
	0xe3a07001,	/* mov	r7, #1 */
	0xef000000,	/* svc	#0 */
};

static const unsigned int cris[] = {
	0xae6f,		/* move.d 42, $r10 */
	42, 0,
	0x9241,		/* moveq 1, $r9 */
	0xe93d,		/* break 13 */
};

static const unsigned int hexagon[] = {
	0x7800c540,	/* { r0 = #42 } */
	0x7800cba6,	/* { r6 = #93 } */
	0x5400c004,	/* { trap0(#1) } */
};

static const unsigned int hppa[] = {
	0x341a0054,	/* ldi	42, %r26 */
	0xe4008200,	/* be,l	0x100(%sr2, %r0), %sr0, %r31: the kernel's gateway page */
	0x34140002,	/* ldi	1, %r20, in the delay slot */
};

static const unsigned int i386[] = {
	0xbb, 42, 0, 0, 0,	/* mov	$42, %ebx */
	0xb8, 1, 0, 0, 0,	/* mov	$1, %eax */
	0xcd, 0x80,		/* int	$0x80 */
};

static const unsigned int loongarch64[] = {
	0x0280a804,	/* addi.w $a0, $zero, 42 */
	0x0281740b,	/* addi.w $a7, $zero, 93 */
	0x002b0000,	/* syscall 0 */
};

static const unsigned int m68k[] = {
	0x722a,		/* moveq #42, %d1 */
	0x7001,		/* moveq #1, %d0 */
	0x4e40,		/* trap	#0 */
};

static const unsigned int microblaze[] = {
	0x30a0002a,	/* addik r5, r0, 42 */
	0x31800001,	/* addik r12, r0, 1 */
	0xb9cc0008,	/* brki	r14, 8 */
};

static const unsigned int mips_o32[] = {
	0x2404002a,	/* addiu $a0, $zero, 42 */
	0x24020fa1,	/* addiu $v0, $zero, 4001 */
	0x0000000c,	/* syscall */
};

static const unsigned int mips_n64[] = {
	0x2404002a,	/* addiu $a0, $zero, 42 */
	0x240213c2,	/* addiu $v0, $zero, 5058 */
	0x0000000c,	/* syscall */
};

static const unsigned int mips_n32[] = {
	0x2404002a,	/* addiu $a0, $zero, 42 */
	0x240217aa,	/* addiu $v0, $zero, 6058 */
	0x0000000c,	/* syscall */
};

static const unsigned int nios2[] = {
	0x01000a84,	/* addi	r4, zero, 42 */
	0x00801744,	/* addi	r2, zero, 93 */
	0x003b683a,	/* trap	0 */
};

static const unsigned int or1k[] = {
	0x9c60002a,	/* l.addi r3, r0, 42 */
	0x9d60005d,	/* l.addi r11, r0, 93 */
	0x20000001,	/* l.sys 1 */
};

static const unsigned int ppc[] = {
	0x3860002a,	/* li	r3, 42 */
	0x38000001,	/* li	r0, 1 */
	0x44000002,	/* sc */
};

static const unsigned int riscv[] = {
	0x02a00513,	/* li	a0, 42 */
	0x05d00893,	/* li	a7, 93 */
	0x00000073,	/* ecall */
};

static const unsigned int s390x[] = {
	0xa729, 42,	/* lghi	%r2, 42 */
	0x0a01,		/* svc	1 */
};

static const unsigned int sh4[] = {
	0xe42a,		/* mov	#42, r4 */
	0xe301,		/* mov	#1, r3 */
	0xc311,		/* trapa #0x11 */
};

static const unsigned int sparc[] = {
	0x9010202a,	/* mov	42, %o0 */
	0x82102001,	/* mov	1, %g1 */
	0x91d02010,	/* ta	0x10 */
};

static const unsigned int sparc64[] = {
	0x9010202a,	/* mov	42, %o0 */
	0x82102001,	/* mov	1, %g1 */
	0x91d0206d,	/* ta	0x6d */
};

static const unsigned int x86_64[] = {
	0xbf, 42, 0, 0, 0,	/* mov	$42, %edi */
	0xb8, 60, 0, 0, 0,	/* mov	$60, %eax */
	0x0f, 0x05,		/* syscall */
};

/* Three bytes an instruction, nibble by nibble the other way round in BE. */
static const unsigned int xtensa[] = {
	0x62, 0xa0, 0x2a,	/* movi	a6, 42 */
	0x22, 0xa0, 0x76,	/* movi	a2, 118 */
	0x00, 0x50, 0x00,	/* syscall */
};

static const unsigned int xtensaeb[] = {
	0x26, 0x0a, 0x2a,	/* movi	a6, 42 */
	0x22, 0x0a, 0x76,	/* movi	a2, 118 */
	0x00, 0x05, 0x00,	/* syscall */
};

/*
 * code_data is the byte order of the code, which need not be the header's:
 * aarch64 and arm (BE8, as all big-endian arm since v6) always fetch little
 * endian. flags go to e_flags.
 */
struct probe {
	const unsigned int *code;
	size_t count;
	size_t unit;
	unsigned char code_data;
	unsigned int flags;
};

#define PROBE(ID, CODE, UNIT, DATA, FLAGS)	\
	[XARCH_ARCH_##ID] = {			\
		.code = CODE,			\
		.count = ARRAY_SIZE(CODE),	\
		.unit = UNIT,			\
		.code_data = ELFDATA2##DATA,	\
		.flags = FLAGS,			\
	}
static const struct probe probes[__XARCH_ARCH_MAX] = {
	PROBE(AARCH64, aarch64, 4, LSB, 0),
	PROBE(AARCH64_BE, aarch64, 4, LSB, 0),
	PROBE(ALPHA, alpha, 4, LSB, 0),
	PROBE(ARM, arm, 4, LSB, 0x05000000),		/* EABI 5 */
	PROBE(ARMEB, arm, 4, LSB, 0x05800000),		/* EABI 5, BE8 */
	PROBE(CRIS, cris, 2, LSB, 0),
	PROBE(HEXAGON, hexagon, 4, LSB, 0x67),		/* v67 */
	PROBE(HPPA, hppa, 4, MSB, 0x0210),		/* PA-RISC 1.1 */
	PROBE(I386, i386, 1, LSB, 0),
	PROBE(LOONGARCH64, loongarch64, 4, LSB, 0x43),	/* LP64D, object ABI 1 */
	PROBE(M68K, m68k, 2, MSB, 0),
	PROBE(MICROBLAZE, microblaze, 4, MSB, 0),
	PROBE(MICROBLAZEEL, microblaze, 4, LSB, 0),
	PROBE(MIPS, mips_o32, 4, MSB, 0x1000),		/* O32 */
	PROBE(MIPS64, mips_n64, 4, MSB, 0x20000000),	/* MIPS III */
	PROBE(MIPS64EL, mips_n64, 4, LSB, 0x20000000),	/* MIPS III */
	PROBE(MIPSEL, mips_o32, 4, LSB, 0x1000),	/* O32 */
	PROBE(MIPSN32, mips_n32, 4, MSB, 0x20000020),	/* MIPS III, ABI2 */
	PROBE(MIPSN32EL, mips_n32, 4, LSB, 0x20000020),	/* MIPS III, ABI2 */
	PROBE(NIOS2, nios2, 4, LSB, 0),
	PROBE(OR1K, or1k, 4, MSB, 0),
	PROBE(PPC, ppc, 4, MSB, 0),
	/* ABI 2 on both: under ABI 1, e_entry is a function descriptor. */
	PROBE(PPC64, ppc, 4, MSB, 2),
	PROBE(PPC64LE, ppc, 4, LSB, 2),
	PROBE(RISCV32, riscv, 4, LSB, 0),
	PROBE(RISCV64, riscv, 4, LSB, 0),
	PROBE(S390X, s390x, 2, MSB, 0),
	PROBE(SH4, sh4, 2, LSB, 9),			/* SH4 */
	PROBE(SH4EB, sh4, 2, MSB, 9),			/* SH4 */
	PROBE(SPARC, sparc, 4, MSB, 0),
	PROBE(SPARC32PLUS, sparc, 4, MSB, 0x100),	/* 32PLUS */
	PROBE(SPARC64, sparc64, 4, MSB, 0),
	PROBE(X86_64, x86_64, 1, LSB, 0),
	PROBE(XTENSA, xtensa, 1, LSB, 0),
	PROBE(XTENSAEB, xtensaeb, 1, MSB, 0),
};
#undef PROBE

struct arch {
	unsigned char class;
	unsigned char data;
	unsigned short machine;
};

#define ARCH(ID, NAME, CLASS, DATA, MACHINE, MASK, VALUE)	\
	[XARCH_ARCH_##ID] = {					\
		.class = ELFCLASS##CLASS,			\
		.data = ELFDATA2##DATA,				\
		.machine = MACHINE,				\
	},
static const struct arch archs[__XARCH_ARCH_MAX] = { XARCH_ARCHS(ARCH) };
#undef ARCH

/* A file that is being written, front to back. */
struct writer {
	unsigned char *at;
	unsigned char data;
};

static void put(struct writer *w, size_t size, unsigned int value)
{
	size_t i;

	for (i = 0; i < size; i++) {
		w->at[w->data == ELFDATA2LSB ? i : size - 1 - i] = value;
		value >>= 8;
	}
	w->at += size;
}

/* Elf32_Ehdr or Elf64_Ehdr, which differ in the size of addresses alone. */
static void put_ehdr(struct writer *w, enum xarch_arch arch, size_t ehsize, size_t phentsize)
{
	const unsigned char ident[EI_NIDENT] = {
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
		archs[arch].class, archs[arch].data, EV_CURRENT, ELFOSABI_NONE,
	};
	size_t addr = archs[arch].class == ELFCLASS64 ? 8 : 4;

	memcpy(w->at, ident, sizeof(ident));
	w->at += sizeof(ident);
	put(w, 2, ET_EXEC);
	put(w, 2, archs[arch].machine);
	put(w, 4, EV_CURRENT);
	put(w, addr, VADDR + ehsize + phentsize);	/* e_entry */
	put(w, addr, ehsize);				/* e_phoff */
	put(w, addr, 0);				/* e_shoff */
	put(w, 4, probes[arch].flags);
	put(w, 2, ehsize);
	put(w, 2, phentsize);
	put(w, 2, 1);					/* e_phnum */
	put(w, 2, 0);					/* e_shentsize */
	put(w, 2, 0);					/* e_shnum */
	put(w, 2, 0);					/* e_shstrndx */
}

/* Elf32_Phdr or Elf64_Phdr: one segment, the whole file. */
static void put_phdr(struct writer *w, enum xarch_arch arch, size_t len)
{
	size_t addr = archs[arch].class == ELFCLASS64 ? 8 : 4;

	put(w, 4, PT_LOAD);
	if (addr == 8)
		put(w, 4, PF_R | PF_X);
	put(w, addr, 0);				/* p_offset */
	put(w, addr, VADDR);				/* p_vaddr */
	put(w, addr, VADDR);				/* p_paddr */
	put(w, addr, len);				/* p_filesz */
	put(w, addr, len);				/* p_memsz */
	if (addr == 4)
		put(w, 4, PF_R | PF_X);
	put(w, addr, ALIGN);
}

const unsigned char *probe_program(enum xarch_arch arch, size_t *len)
{
	static unsigned char programs[__XARCH_ARCH_MAX][PROBE_LEN];
	const struct probe *probe;
	size_t ehsize, phentsize, i;
	struct writer w;

	*len = 0;
	if ((unsigned int)arch >= __XARCH_ARCH_MAX || !probes[arch].count)
		return NULL;
	probe = &probes[arch];

	if (archs[arch].class == ELFCLASS64) {
		ehsize = sizeof(Elf64_Ehdr);
		phentsize = sizeof(Elf64_Phdr);
	} else {
		ehsize = sizeof(Elf32_Ehdr);
		phentsize = sizeof(Elf32_Phdr);
	}
	*len = ehsize + phentsize + probe->count * probe->unit;

	w.at = programs[arch];
	w.data = archs[arch].data;
	put_ehdr(&w, arch, ehsize, phentsize);
	put_phdr(&w, arch, *len);
	w.data = probe->code_data;
	for (i = 0; i < probe->count; i++)
		put(&w, probe->unit, probe->code[i]);
	return programs[arch];
}
