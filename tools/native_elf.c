// SPDX-License-Identifier: GPL-2.0-or-later
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_elf.h"
#include "util.h"

bool native_elf_is(const void *data, size_t size)
{
	return size >= EI_NIDENT && !memcmp(data, ELFMAG, SELFMAG);
}

/* A string of the file; NULL where it does not end in it. */
static const char *string_at(const char *data, size_t size, size_t offset)
{
	if (offset >= size || !memchr(data + offset, '\0', size - offset))
		return NULL;
	return data + offset;
}

/* Where in the file an address is, or its size where it is not. */
static size_t offset_of(Elf *handle, size_t n, GElf_Addr address, size_t size)
{
	GElf_Phdr header;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!gelf_getphdr(handle, i, &header) ||
		    header.p_type != PT_LOAD)
			continue;
		if (address >= header.p_vaddr &&
		    address - header.p_vaddr < header.p_filesz)
			return header.p_offset + (address - header.p_vaddr);
	}
	return size;
}

static void read_note(Elf *handle, const GElf_Phdr *header,
		      struct native_elf *elf)
{
	Elf_Type type = header->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
	Elf_Data *data = elf_getdata_rawchunk(handle, header->p_offset,
					      header->p_filesz, type);
	size_t next = 0, name, desc;
	GElf_Nhdr note;

	while (data && !elf->id_len &&
	       (next = gelf_getnote(data, next, &note, &name, &desc))) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp((char *)data->d_buf + name, "GNU", 4))
			continue;
		if (note.n_descsz < NATIVE_ID_MIN ||
		    note.n_descsz > NATIVE_ID_MAX)
			continue;
		memcpy(elf->id, (char *)data->d_buf + desc, note.n_descsz);
		elf->id_len = note.n_descsz;
		elf->id_end = header->p_offset + desc + note.n_descsz;
	}
}

static bool read_dynamic(Elf *handle, size_t n, const GElf_Phdr *header,
			 const char *bytes, size_t size,
			 struct native_elf *elf, char **why)
{
	Elf_Data *data = elf_getdata_rawchunk(handle, header->p_offset,
					      header->p_filesz, ELF_T_DYN);
	size_t strings = size;
	const char *name;
	GElf_Dyn entry;
	int i;

	for (i = 0; data && gelf_getdyn(data, i, &entry); i++)
		if (entry.d_tag == DT_STRTAB)
			strings = offset_of(handle, n, entry.d_un.d_ptr, size);
	for (i = 0; data && gelf_getdyn(data, i, &entry); i++) {
		if (entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag != DT_NEEDED)
			continue;
		name = entry.d_un.d_val < size - strings ?
		       string_at(bytes, size, strings + entry.d_un.d_val) :
		       NULL;
		if (!name) {
			*why = xstrdup("the name of a library lies outside of the file");
			return false;
		}
		elf->needed = xrealloc(elf->needed, (elf->n_needed + 1) *
				       sizeof(*elf->needed));
		elf->needed[elf->n_needed++] = xstrdup(name);
	}
	if (!data)
		*why = xstrdup("its dynamic section lies outside of the file");
	return data;
}

static bool read_headers(Elf *handle, char *data, size_t size,
			 struct native_elf *elf, char **why)
{
	GElf_Phdr header;
	GElf_Ehdr file;
	const char *interp;
	size_t i, n;

	if (!gelf_getehdr(handle, &file) || elf_getphdrnum(handle, &n)) {
		*why = xasprintf("it is no sound ELF file: %s", elf_errmsg(-1));
		return false;
	}
	elf->machine = file.e_machine;
	elf->class = file.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	elf->big_endian = file.e_ident[EI_DATA] == ELFDATA2MSB;
	for (i = 0; i < n; i++) {
		if (!gelf_getphdr(handle, i, &header)) {
			*why = xasprintf("it has a bad program header: %s",
					 elf_errmsg(-1));
			return false;
		}
		switch (header.p_type) {
		case PT_INTERP:
			interp = string_at(data, size, header.p_offset);
			if (!interp) {
				*why = xstrdup("the name of its loader lies outside of the file");
				return false;
			}
			free(elf->interp);
			elf->interp = xstrdup(interp);
			break;
		case PT_NOTE:
			read_note(handle, &header, elf);
			break;
		case PT_DYNAMIC:
			if (!read_dynamic(handle, n, &header, data, size, elf,
					  why))
				return false;
			break;
		}
	}
	return true;
}

bool native_elf_read(void *data, size_t size, struct native_elf *elf,
		     char **why)
{
	Elf *handle;
	bool good;

	memset(elf, 0, sizeof(*elf));
	if (!native_elf_is(data, size)) {
		*why = xstrdup("it is no ELF file");
		return false;
	}
	elf_version(EV_CURRENT);
	handle = elf_memory(data, size);
	if (!handle) {
		*why = xasprintf("it is no sound ELF file: %s", elf_errmsg(-1));
		return false;
	}
	good = read_headers(handle, data, size, elf, why);
	elf_end(handle);
	if (!good)
		native_elf_clear(elf);
	return good;
}

void native_elf_clear(struct native_elf *elf)
{
	while (elf->n_needed)
		free(elf->needed[--elf->n_needed]);
	free(elf->needed);
	free(elf->interp);
	memset(elf, 0, sizeof(*elf));
}

char *native_id_text(const unsigned char *id, size_t len)
{
	char *text = xrealloc(NULL, 2 * len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", id[i]);
	text[2 * len] = '\0';
	return text;
}

size_t native_id_parse(const char *text, unsigned char *id)
{
	size_t i, len = strlen(text);
	unsigned int byte;

	if (len % 2 || len < 2 * NATIVE_ID_MIN || len > 2 * NATIVE_ID_MAX ||
	    text[strspn(text, "0123456789abcdef")])
		return 0;
	for (i = 0; i < len / 2; i++) {
		sscanf(text + 2 * i, "%2x", &byte);
		id[i] = byte;
	}
	return len / 2;
}
