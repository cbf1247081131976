/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_ELF_H
#define _XARCHCTL_NATIVE_ELF_H

#include <stdbool.h>
#include <stddef.h>

#include "../kmod/note.h"

/* A GNU build-id has 20 bytes as a rule; the linker can make others. */
#define NATIVE_ID_MIN 8
#define NATIVE_ID_MAX 32

/* All that the module reads of a program: a build-id beyond it is not seen. */
#define NATIVE_HEAD XARCH_NOTE_LEN

/**
 * struct native_elf - what twin sets want to know of an ELF file
 * @machine: e_machine
 * @class: 32 or 64
 * @big_endian: its byte order
 * @interp: path of its loader, or NULL
 * @id: GNU build-id
 * @id_len: how many bytes of @id there are, 0: none
 * @id_end: where the note of the build-id ends in the file
 * @needed: names of the libraries that it is linked to
 * @n_needed: how many those are
 */
struct native_elf {
	unsigned int machine;
	unsigned int class;
	bool big_endian;
	char *interp;
	unsigned char id[NATIVE_ID_MAX];
	size_t id_len;
	size_t id_end;
	char **needed;
	size_t n_needed;
};

/**
 * native_elf_is() - whether bytes begin as an ELF file does
 * @data: the bytes
 * @size: how many
 */
bool native_elf_is(const void *data, size_t size);

/**
 * native_elf_read() - what an ELF file is
 * @data: the file, whole; it stays as it is
 * @size: its length
 * @elf: set; native_elf_clear() frees what it holds
 * @why: set to what is wrong with the file, a new string
 *
 * Only program headers count, as for the kernel.
 *
 * Return: false with @why: it is no sound ELF file.
 */
bool native_elf_read(void *data, size_t size, struct native_elf *elf,
		     char **why);

void native_elf_clear(struct native_elf *elf);

/**
 * native_id_text() - a build-id in hexadecimal digits
 * @id: its bytes
 * @len: how many
 *
 * Return: a new string.
 */
char *native_id_text(const unsigned char *id, size_t len);

/**
 * native_id_parse() - build-id of hexadecimal digits
 * @text: the digits
 * @id: set; NATIVE_ID_MAX bytes
 *
 * Return: how many bytes it has, 0: @text is none.
 */
size_t native_id_parse(const char *text, unsigned char *id);

#endif /* _XARCHCTL_NATIVE_ELF_H */
