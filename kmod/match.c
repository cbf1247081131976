// SPDX-License-Identifier: GPL-2.0-only
#include <linux/elf.h>

#include "../include/uapi/linux/xarch.h"
#include "../include/xarch/archs.h"
#include "match.h"

#ifndef __KERNEL__
#include <string.h>
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

int xarch_match(const unsigned char *head, size_t len)
{
	unsigned int type, machine, version, flags, ehsize, phentsize;
	unsigned int want_ehsize, want_phentsize;
	unsigned char class, data;
	size_t i;

	if (len < sizeof(Elf32_Ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return -1;
	class = head[EI_CLASS];
	data = head[EI_DATA];
	if (data != ELFDATA2LSB && data != ELFDATA2MSB)
		return -1;
	if (head[EI_VERSION] != EV_CURRENT)
		return -1;
	if (head[EI_OSABI] != ELFOSABI_NONE && head[EI_OSABI] != ELFOSABI_LINUX)
		return -1;

	if (class == ELFCLASS64) {
		if (len < sizeof(Elf64_Ehdr))
			return -1;
		flags = FIELD(Elf64_Ehdr, e_flags);
		ehsize = FIELD(Elf64_Ehdr, e_ehsize);
		phentsize = FIELD(Elf64_Ehdr, e_phentsize);
		want_ehsize = sizeof(Elf64_Ehdr);
		want_phentsize = sizeof(Elf64_Phdr);
	} else if (class == ELFCLASS32) {
		flags = FIELD(Elf32_Ehdr, e_flags);
		ehsize = FIELD(Elf32_Ehdr, e_ehsize);
		phentsize = FIELD(Elf32_Ehdr, e_phentsize);
		want_ehsize = sizeof(Elf32_Ehdr);
		want_phentsize = sizeof(Elf32_Phdr);
	} else {
		return -1;
	}

	/* The same place in both classes. */
	type = FIELD(Elf32_Ehdr, e_type);
	machine = FIELD(Elf32_Ehdr, e_machine);
	version = FIELD(Elf32_Ehdr, e_version);
	if (type != ET_EXEC && type != ET_DYN)
		return -1;
	if (version != EV_CURRENT)
		return -1;
	if (ehsize != want_ehsize || phentsize != want_phentsize)
		return -1;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == machine && archs[i].class == class &&
		    archs[i].data == data &&
		    (flags & archs[i].flags_mask) == archs[i].flags_value)
			return i;
	return -1;
}

const char *xarch_arch_name(int arch)
{
	if (arch < 0 || arch >= (int)ARRAY_SIZE(archs))
		return NULL;
	return archs[arch].name;
}
