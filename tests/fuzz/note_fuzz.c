// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarch_build_id() sees what any user may put into a file. The sanitizer sees a read
 * beyond it; what is said to be the build-id must stand in it.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
/* libFuzzer's own; there is no header for it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char id[XARCH_BUILD_ID_LEN];
	unsigned int len = xarch_build_id(data, size, id);

	if (len > XARCH_BUILD_ID_LEN || (len && !memmem(data, size, id, len)))
		abort();
	return 0;
}

/* Blind changes hardly ever make a whole file, so start now and then from one. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static const struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		Elf64_Nhdr note;
		char owner[4];
		char id[20];
	} file = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_NOTE,
			.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.p_filesz = sizeof(Elf64_Nhdr) + 24,
		},
		.note = { .n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID },
		.owner = "GNU",
		.id = "an id of 20 bytes...",
	};

	if (seed % 8 == 0 && max_size >= sizeof(file)) {
		memcpy(data, &file, sizeof(file));
		if (size < sizeof(file))
			size = sizeof(file);
	}
	return LLVMFuzzerMutate(data, size, max_size);
}
