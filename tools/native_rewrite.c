// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes in place: no offset of a file moves, so nothing else in it has to be
 * known. (patchelf moves segments, which breaks programs that are not PIE.)
 */
#define _GNU_SOURCE
#include <gelf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "native_rewrite.h"
#include "util.h"

#define PAGE 4096ul

/*
 * The next place of a whole string, at @from or after it; NULL: none. Before a
 * table of strings, which has its own alignment, there may be any byte.
 */
static char *find_string(char *data, size_t size, char *from,
			 const struct native_string *string)
{
	/* A string with the NUL that ends it. */
	size_t len = string->old_len + (string->way != NATIVE_BYTES);
	char *end = data + size, *found;

	for (; from < end; from = found + 1) {
		found = memmem(from, end - from, string->old, len);
		if (!found)
			return NULL;
		if (string->way == NATIVE_SLASHES ||
		    string->way == NATIVE_BYTES || (found > data && !found[-1]))
			return found;
	}
	return NULL;
}

/* Each part of it, between NULs, keeps its length. */
static void put_parts(char *place, const struct native_string *string)
{
	const char *part = string->new, *end = string->new + string->new_len;
	char *last = place + string->old_len;

	while (place < last) {
		size_t room = strlen(place), len = strnlen(part, end - part);

		memset(place, '/', room);
		memcpy(place, part, len);
		place += room + 1;
		part += len < (size_t)(end - part) ? len + 1 : len;
	}
}

static void put_string(char *place, const struct native_string *string)
{
	if (string->way == NATIVE_SLASHES) {
		put_parts(place, string);
		return;
	}
	memset(place, '\0', string->old_len);
	memcpy(place, string->new, string->new_len);
}

bool native_string_fits(const struct native_string *string)
{
	const char *old = string->old, *new = string->new;
	size_t old_left = string->old_len, new_left = string->new_len;

	if (string->way == NATIVE_POINTER)
		return true;
	if (string->way == NATIVE_BYTES)
		return new_left == old_left;
	if (string->way == NATIVE_STRING)
		return new_left <= old_left;
	for (;;) {
		size_t room = strnlen(old, old_left);
		size_t len = strnlen(new, new_left);

		if (len > room || (room < old_left) != (len < new_left))
			return false;
		if (room == old_left)
			return true;
		old += room + 1;
		old_left -= room + 1;
		new += len + 1;
		new_left -= len + 1;
	}
}

/* Has each header of a file's in turn looked at; true from @look ends it. */
static bool each_header(char *data, size_t size,
			bool (*look)(const GElf_Phdr *header, void *arg),
			void *arg)
{
	bool found = false;
	GElf_Phdr header;
	size_t i, n = 0;
	Elf *handle;

	elf_version(EV_CURRENT);
	handle = elf_memory(data, size);
	if (!handle)
		return false;
	if (elf_getphdrnum(handle, &n))
		n = 0;
	for (i = 0; i < n && !found; i++)
		found = gelf_getphdr(handle, i, &header) &&
			header.p_offset <= size &&
			header.p_filesz <= size - header.p_offset &&
			look(&header, arg);
	elf_end(handle);
	return found;
}

/* Pointers that are looked for, in a program that is loaded where it says. */
struct pointers {
	char *data;
	size_t size;
	const struct native_string *string;
	GElf_Addr address;		/* looked at in turn */
	const char *target;		/* what is there */
	bool write;
	GElf_Addr new;
	unsigned long count;
};

static bool holds_address(const GElf_Phdr *header, void *arg)
{
	struct pointers *pointers = arg;

	if (header->p_type != PT_LOAD || header->p_flags & PF_W ||
	    pointers->address < header->p_vaddr ||
	    pointers->address - header->p_vaddr >= header->p_filesz)
		return false;
	pointers->target = pointers->data + header->p_offset +
			   (pointers->address - header->p_vaddr);
	return true;
}

static bool has_string(const GElf_Phdr *header, void *arg)
{
	struct pointers *pointers = arg;
	const char *found;

	if (header->p_type != PT_LOAD || header->p_flags & (PF_W | PF_X))
		return false;
	found = memmem(pointers->data + header->p_offset, header->p_filesz,
		       pointers->string->new, pointers->string->new_len + 1);
	if (found)
		pointers->new = header->p_vaddr +
				(found - pointers->data - header->p_offset);
	return found;
}

static bool look_for_pointers(const GElf_Phdr *header, void *arg)
{
	struct pointers *pointers = arg;
	const struct native_string *string = pointers->string;
	size_t at = (header->p_offset + 7) & ~(size_t)7;
	size_t end = header->p_offset + header->p_filesz;

	if (header->p_type != PT_LOAD || !(header->p_flags & PF_W))
		return false;
	for (; at + sizeof(GElf_Addr) <= end; at += sizeof(GElf_Addr)) {
		memcpy(&pointers->address, pointers->data + at,
		       sizeof(GElf_Addr));
		if (!each_header(pointers->data, pointers->size, holds_address,
				 pointers))
			continue;
		if (string->old_len >= (size_t)(pointers->data +
						pointers->size -
						pointers->target) ||
		    memcmp(pointers->target, string->old,
			   string->old_len + 1))
			continue;
		pointers->count++;
		if (pointers->write)
			memcpy(pointers->data + at, &pointers->new,
			       sizeof(GElf_Addr));
	}
	return false;
}

static bool rewrite_pointers(char *data, size_t size,
			     const struct native_string *string, char **why)
{
	struct pointers pointers = {
		.data = data, .size = size, .string = string
	};

	each_header(data, size, look_for_pointers, &pointers);
	if (pointers.count != string->count) {
		*why = xasprintf("pointers to \"%s\" are there %lu times, expected: %lu",
				 string->old, pointers.count, string->count);
		return false;
	}
	if (string->new_len &&
	    !each_header(data, size, has_string, &pointers)) {
		*why = xasprintf("it has no string \"%s\"", string->new);
		return false;
	}
	pointers.write = true;
	each_header(data, size, look_for_pointers, &pointers);
	return true;
}

bool native_rewrite_string(char *data, size_t size,
			   const struct native_string *string, char **why)
{
	unsigned long count = 0;
	char *place;

	if (string->way == NATIVE_POINTER)
		return rewrite_pointers(data, size, string, why);
	for (place = data; (place = find_string(data, size, place, string));
	     place++)
		count++;
	if (count != string->count) {
		*why = string->way == NATIVE_BYTES ?
		       xasprintf("code is there %lu times, expected: %lu",
				 count, string->count) :
		       xasprintf("\"%s\" is there %lu times, expected: %lu",
				 string->old, count, string->count);
		return false;
	}
	for (place = data; (place = find_string(data, size, place, string));
	     place += string->old_len)
		put_string(place, string);
	return true;
}

struct wanted {
	GElf_Word type;
	GElf_Phdr header;
};

static bool is_wanted(const GElf_Phdr *header, void *arg)
{
	struct wanted *wanted = arg;

	if (header->p_type != wanted->type)
		return false;
	wanted->header = *header;
	return true;
}

bool native_rewrite_interp(char *data, size_t size, const char *interp,
			   char **why)
{
	struct wanted wanted = { .type = PT_INTERP };
	size_t room;

	if (!each_header(data, size, is_wanted, &wanted)) {
		*why = xstrdup("it names no loader");
		return false;
	}
	room = wanted.header.p_filesz;
	if (strlen(interp) >= room) {
		*why = xasprintf("there is no room for %s, only for %zu characters",
				 interp, room ? room - 1 : 0);
		return false;
	}
	memset(data + wanted.header.p_offset, 0, room);
	memcpy(data + wanted.header.p_offset, interp, strlen(interp));
	return true;
}

/* A place for a string in what a page holds beyond the end of a segment. */
struct room {
	const char *data;
	size_t size;
	size_t want;			/* with its NUL */
	size_t start, end;		/* of the segment that is looked at */
	GElf_Addr above;		/* strings have addresses above this */
	GElf_Addr address;
	size_t offset;
};

static bool limits_room(const GElf_Phdr *header, void *arg)
{
	struct room *room = arg;

	if (header->p_type == PT_LOAD && header->p_offset > room->start &&
	    header->p_offset < room->end)
		room->end = header->p_offset;
	return false;
}

static bool has_room(const GElf_Phdr *header, void *arg)
{
	struct room *room = arg;
	size_t i;

	if (header->p_type != PT_LOAD || header->p_filesz != header->p_memsz ||
	    header->p_vaddr + header->p_filesz < room->above)
		return false;
	room->offset = header->p_offset + header->p_filesz;
	room->address = header->p_vaddr + header->p_filesz;
	room->start = header->p_offset;
	room->end = (room->offset + PAGE - 1) & ~(PAGE - 1);
	if (room->end > room->size)
		room->end = room->size;
	each_header((char *)room->data, room->size, limits_room, room);
	if (room->end < room->offset || room->end - room->offset < room->want)
		return false;
	for (i = 0; i < room->want; i++)
		if (room->data[room->offset + i])
			return false;
	return true;
}

bool native_rewrite_audit(char *data, size_t size, const char *audit,
			  char **why)
{
	struct wanted dynamic = { .type = PT_DYNAMIC };
	struct room room = {
		.data = data, .size = size, .want = strlen(audit) + 1
	};
	Elf64_Dyn entry;
	size_t i, n, end;
	char *table;

	if (!each_header(data, size, is_wanted, &dynamic)) {
		*why = xstrdup("it has no dynamic section");
		return false;
	}
	table = data + dynamic.header.p_offset;
	n = dynamic.header.p_filesz / sizeof(entry);
	for (i = 0, end = n; i < n; i++) {
		memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag == DT_STRTAB)
			room.above = entry.d_un.d_ptr;
		if (entry.d_tag == DT_AUDIT) {
			*why = xstrdup("it has an audit library of its own");
			return false;
		}
		if (entry.d_tag == DT_NULL) {
			end = i;
			break;
		}
	}
	if (end + 2 > n) {
		*why = xstrdup("its dynamic section has no room for an entry");
		return false;
	}
	if (!each_header(data, size, has_room, &room)) {
		*why = xasprintf("it has no room for the string %s", audit);
		return false;
	}
	memcpy(data + room.offset, audit, room.want);
	entry.d_tag = DT_AUDIT;
	entry.d_un.d_val = room.address - room.above;
	memcpy(table + end * sizeof(entry), &entry, sizeof(entry));
	return true;
}
