// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tools/emulator.c: a file that says it is a program for this machine. The first
 * bytes are the place and number of its program headers, the rest is the file
 * behind its header.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/emulator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Elf64_Ehdr elf = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(elf),
		.e_phentsize = sizeof(Elf64_Phdr),
	};
	const size_t head = sizeof(elf.e_phoff) + sizeof(elf.e_phnum);
	enum emulator_quality quality;
	char *why = NULL;
	int fd;

	if (size < head)
		return 0;
	memcpy(&elf.e_phoff, data, sizeof(elf.e_phoff));
	memcpy(&elf.e_phnum, data + sizeof(elf.e_phoff), sizeof(elf.e_phnum));
	fd = memfd_create("emulator", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) || write(fd, &elf, sizeof(elf)) != sizeof(elf) ||
	    write(fd, data + head, size - head) != (ssize_t)(size - head))
		abort();
	quality = emulator_judge_file("emulator", fd, &why);
	if (!why != (quality == EMULATOR_GOOD))
		abort();
	free(why);
	close(fd);
	return 0;
}
