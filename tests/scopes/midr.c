// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes an aarch64 program to standard output that prints the number of the
 * processor it runs on (MIDR_EL1, eight raw bytes), and exits with 0. Which
 * processor that is, is what -cpu tells an emulator.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>

#define BASE 0x400000

struct program {
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	uint32_t code[11];
} __attribute__((packed));

int main(void)
{
	static const struct program program = {
		.head = {
			.e_ident = {
				ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
			},
			.e_type = ET_EXEC,
			.e_machine = EM_AARCH64,
			.e_version = EV_CURRENT,
			.e_entry = BASE + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = BASE,
			.p_paddr = BASE,
			.p_filesz = sizeof(struct program),
			.p_memsz = sizeof(struct program),
			.p_align = 0x1000,
		},
		.code = {
			0xd10043ff,	/* sub	sp, sp, #16 */
			0xd5380000,	/* mrs	x0, midr_el1 */
			0xf90003e0,	/* str	x0, [sp] */
			0xd2800020,	/* mov	x0, #1 */
			0x910003e1,	/* mov	x1, sp */
			0xd2800102,	/* mov	x2, #8 */
			0xd2800808,	/* mov	x8, #64		write */
			0xd4000001,	/* svc	#0 */
			0xd2800000,	/* mov	x0, #0 */
			0xd2800ba8,	/* mov	x8, #93		exit */
			0xd4000001,	/* svc	#0 */
		},
	};

	return fwrite(&program, sizeof(program), 1, stdout) != 1;
}
