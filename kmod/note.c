// SPDX-License-Identifier: GPL-2.0-only
#include <linux/elf.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#include "note.h"

/* The note's type by the GNU ABI; the kernel's <linux/elf.h> has no name for it. */
#define GNU_BUILD_ID 3

/* The file as it was given, and how to read numbers in it. */
struct image {
	const unsigned char *bytes;
	size_t len;
	int wide;			/* ELFCLASS64 */
	int big;			/* ELFDATA2MSB */
};

/* The number of @size bytes at @at, which lie within the image. */
static unsigned long long number(const struct image *image, size_t at, size_t size)
{
	unsigned long long value = 0;
	size_t i;

	for (i = 0; i < size; i++)
		value = value << 8 | image->bytes[at + (image->big ? i : size - 1 - i)];
	return value;
}

/* Do @size bytes at @at lie within the image? Neither sum nor product can wrap. */
static int within(const struct image *image, unsigned long long at, unsigned long long size)
{
	return at <= image->len && size <= image->len - at;
}

#define FIELD(image, at, type, member)						\
	((image)->wide ?							\
	 number(image, (at) + offsetof(Elf64_##type, member),			\
		sizeof(((Elf64_##type *)0)->member)) :				\
	 number(image, (at) + offsetof(Elf32_##type, member),			\
		sizeof(((Elf32_##type *)0)->member)))

/*
 * One PT_NOTE: name size, size, type, then both padded to 4 bytes. That is so in
 * segments aligned to 8 as well, whose .note.gnu.property is of such a size.
 */
static unsigned int id_in_notes(const struct image *image, size_t at, size_t end,
				unsigned char *id)
{
	while (end - at >= sizeof(Elf32_Nhdr)) {
		unsigned long long name = number(image, at, 4);
		unsigned long long size = number(image, at + 4, 4);
		unsigned long long type = number(image, at + 8, 4);
		unsigned long long padded;

		at += sizeof(Elf32_Nhdr);
		padded = (name + 3) / 4 * 4;
		if (padded > end - at || size > end - at - padded)
			return 0;
		if (type == GNU_BUILD_ID && name == sizeof("GNU") &&
		    !memcmp(image->bytes + at, "GNU", sizeof("GNU"))) {
			if (!size || size > XARCH_BUILD_ID_LEN)
				return 0;
			memcpy(id, image->bytes + at + padded, size);
			return size;
		}
		padded += (size + 3) / 4 * 4;
		if (padded > end - at)
			return 0;
		at += padded;
	}
	return 0;
}

unsigned int xarch_build_id(const unsigned char *head, size_t len,
			    unsigned char id[XARCH_BUILD_ID_LEN])
{
	struct image image = { .bytes = head, .len = len };
	unsigned long long table, entry;
	unsigned int i, n, found;

	if (len < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return 0;
	image.wide = head[EI_CLASS] == ELFCLASS64;
	image.big = head[EI_DATA] == ELFDATA2MSB;
	table = FIELD(&image, 0, Ehdr, e_phoff);
	n = FIELD(&image, 0, Ehdr, e_phnum);
	entry = image.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (FIELD(&image, 0, Ehdr, e_phentsize) != entry)
		return 0;
	for (i = 0; i < n && within(&image, table, entry); i++, table += entry) {
		unsigned long long at, size;

		if (FIELD(&image, table, Phdr, p_type) != PT_NOTE)
			continue;
		at = FIELD(&image, table, Phdr, p_offset);
		size = FIELD(&image, table, Phdr, p_filesz);
		if (!within(&image, at, size))
			continue;
		found = id_in_notes(&image, at, at + size, id);
		if (found)
			return found;
	}
	return 0;
}
