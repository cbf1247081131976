// SPDX-License-Identifier: GPL-2.0-only
#include <linux/elf.h>
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#include "../include/uapi/linux/xarch.h"
#include "../include/xarch/archs.h"
#include "match.h"

#ifndef __KERNEL__
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

struct arch {
	const char *name;
	unsigned char class;
	unsigned char data;
	unsigned short machine;
	unsigned int flags_mask;
	unsigned int flags_value;
};

#define ARCH(ID, NAME, CLASS, DATA, MACHINE, MASK, VALUE)	\
	[XARCH_ARCH_##ID] = {					\
		.name = NAME,					\
		.class = ELFCLASS##CLASS,			\
		.data = ELFDATA2##DATA,				\
		.machine = MACHINE,				\
		.flags_mask = MASK,				\
		.flags_value = VALUE,				\
	},
static const struct arch archs[__XARCH_ARCH_MAX] = { XARCH_ARCHS(ARCH) };
#undef ARCH

/* The header is in the file's byte order and its place may be unaligned. */
static unsigned int field(const unsigned char *head, size_t offset, size_t size,
			  unsigned char data)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		size_t at = data == ELFDATA2MSB ? i : size - 1 - i;

		value = value << 8 | head[offset + at];
	}
	return value;
}

#define FIELD(type, member) \
	field(head, offsetof(type, member), sizeof(((type *)0)->member), data)

/* What a header says that counts. */
struct header {
	unsigned char class;
	unsigned char data;
	unsigned int machine;
	unsigned int flags;
	bool phentsize_fits;
};

/* Return: whether it is the header of a program, of whatever arch. */
static bool read_header(const unsigned char *head, size_t len, struct header *header)
{
	unsigned char data;
	unsigned int type;

	if (len < sizeof(Elf32_Ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return false;
	header->class = head[EI_CLASS];
	header->data = head[EI_DATA];
	data = header->data;
	if (data != ELFDATA2LSB && data != ELFDATA2MSB)
		return false;

	if (header->class == ELFCLASS64) {
		if (len < sizeof(Elf64_Ehdr))
			return false;
		header->flags = FIELD(Elf64_Ehdr, e_flags);
		header->phentsize_fits = FIELD(Elf64_Ehdr, e_phentsize) == sizeof(Elf64_Phdr);
	} else if (header->class == ELFCLASS32) {
		header->flags = FIELD(Elf32_Ehdr, e_flags);
		header->phentsize_fits = FIELD(Elf32_Ehdr, e_phentsize) == sizeof(Elf32_Phdr);
	} else {
		return false;
	}

	/* The same place in both classes. */
	header->machine = FIELD(Elf32_Ehdr, e_machine);
	type = FIELD(Elf32_Ehdr, e_type);
	return type == ET_EXEC || type == ET_DYN;
}

static bool is_of_machine(const struct header *header, const struct arch *arch)
{
	return arch->machine == header->machine && arch->class == header->class &&
	       arch->data == header->data;
}

int xarch_match(const unsigned char *head, size_t len)
{
	struct header header;
	size_t i;

	if (!read_header(head, len, &header) || !header.phentsize_fits)
		return -1;
	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (is_of_machine(&header, &archs[i]) &&
		    (header.flags & archs[i].flags_mask) == archs[i].flags_value)
			return i;
	return -1;
}

bool xarch_match_machine(const unsigned char *head, size_t len, int arch)
{
	struct header header;

	return read_header(head, len, &header) && is_of_machine(&header, &archs[arch]);
}

const char *xarch_arch_name(int arch)
{
	if (arch < 0 || arch >= (int)ARRAY_SIZE(archs))
		return NULL;
	return archs[arch].name;
}
