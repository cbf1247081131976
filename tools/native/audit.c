// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gives twins of programs that load plug-ins the twins of the plug-ins: gcc
 * names its liblto_plugin.so to the linker, ar finds it by itself, and it is a
 * library of the container's arch. An audit library (rtld-audit(7)) that is
 * asked for every library by its path, and answers by build-id.
 *
 * It stands on nothing, for the C library of a set is not this host's.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <sys/syscall.h>

#define HEAD 4096
#define ID_MAX 32

/* In place of this the set is told where the set has them. */
static const volatile char plugins[] =
	"/dev/xarch/@PLUGINS@/............................/";

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile ("syscall" : "=a" (result)
			  : "a" (number), "D" (a), "S" (b), "d" (c)
			  : "rcx", "r11", "memory");
	return result;
}

/* The first bytes of a file; how many there are, or less than 0. */
static long read_head(const char *path, unsigned char *head)
{
	long fd = call(SYS_open, (long)path, O_RDONLY | O_CLOEXEC, 0), len;

	if (fd < 0)
		return fd;
	len = call(SYS_read, fd, (long)head, HEAD);
	call(SYS_close, fd, 0, 0);
	return len;
}

static size_t round_up(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* The build-id among the notes from @at on; NULL: none. */
static const unsigned char *find_id(const unsigned char *head, size_t at,
				    size_t end, size_t *len)
{
	while (at + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = (const void *)(head + at);
		size_t name = at + sizeof(*note);
		size_t desc = name + round_up(note->n_namesz);

		if (desc < name || desc > end || note->n_descsz > end - desc)
			return NULL;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
		    head[name] == 'G' && note->n_descsz <= ID_MAX) {
			*len = note->n_descsz;
			return head + desc;
		}
		at = desc + round_up(note->n_descsz);
	}
	return NULL;
}

static const unsigned char *build_id(const unsigned char *head, size_t size,
				     size_t *len)
{
	const Elf64_Ehdr *file = (const void *)head;
	const unsigned char *id = NULL;
	size_t i, at, end;

	if (size < sizeof(*file) || file->e_ident[EI_MAG0] != ELFMAG0 ||
	    file->e_ident[EI_MAG1] != 'E' || file->e_ident[EI_MAG2] != 'L' ||
	    file->e_ident[EI_MAG3] != 'F' || file->e_machine == EM_X86_64 ||
	    file->e_ident[EI_CLASS] != ELFCLASS64 ||
	    file->e_ident[EI_DATA] != ELFDATA2LSB)
		return NULL;
	for (i = 0; i < file->e_phnum && !id; i++) {
		const Elf64_Phdr *header;

		at = file->e_phoff + i * sizeof(*header);
		if (at > size - sizeof(*header) || at % 8)
			return NULL;
		header = (const void *)(head + at);
		if (header->p_type != PT_NOTE || header->p_offset > size ||
		    header->p_offset % 4)
			continue;
		end = header->p_filesz > size - header->p_offset ?
		      size : header->p_offset + header->p_filesz;
		id = find_id(head, header->p_offset, end, len);
	}
	return id;
}

char *la_objsearch(const char *name, uintptr_t *cookie, unsigned int flag)
{
	/* The loader copies it before it asks again. */
	static char path[sizeof(plugins) + 2 * ID_MAX + sizeof(".so")];
	static unsigned char head[HEAD] __attribute__((aligned(8)));
	static const char digits[] = "0123456789abcdef";
	const unsigned char *id;
	const char *slash = name;
	size_t n, i, len = 0;
	long size;

	(void)cookie;
	while (*slash && *slash != '/')
		slash++;
	if (flag != LA_SER_ORIG || !*slash)
		return (char *)name;
	size = read_head(name, head);
	id = size > 0 ? build_id(head, size, &len) : NULL;
	if (!id)
		return (char *)name;
	for (n = 0; plugins[n]; n++)
		path[n] = plugins[n];
	for (i = 0; i < len; i++) {
		path[n++] = digits[id[i] >> 4];
		path[n++] = digits[id[i] & 15];
	}
	path[n++] = '.';
	path[n++] = 's';
	path[n++] = 'o';
	path[n] = '\0';
	/* One that is not there is the loader's to complain of, by its name. */
	return call(SYS_access, (long)path, 4, 0) ? (char *)name : path;
}

unsigned int la_version(unsigned int version)
{
	return version;
}
