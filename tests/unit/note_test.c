// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of build-ids: both classes, both byte orders, and files that lie. */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "../../kmod/note.h"

#define ID "\x01\x23\x45\x67\x89\xab\xcd\xef\x10\x32\x54\x76\x98\xba\xdc\xfe\x00\x11\x22\x33"
#define ID_LEN 20u
#define HEAD 0x270		/* where the note lies */

struct file {
	int wide, big;
	unsigned char bytes[XARCH_NOTE_LEN];
};

static void put(struct file *file, size_t at, size_t size, uint64_t value)
{
	size_t i;

	for (i = 0; i < size; i++)
		file->bytes[at + (file->big ? size - 1 - i : i)] = value >> 8 * i;
}

#define FIELD(file, at, type, member, value)						\
	((file)->wide ?									\
	 put(file, (at) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)0)->member), value) : \
	 put(file, (at) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member), value))

static size_t entry_len(const struct file *file)
{
	return file->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static size_t table_at(const struct file *file)
{
	return file->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
}

static size_t put_note(struct file *file, size_t at, const char *owner, unsigned int type,
		       const void *id, size_t len)
{
	put(file, at, 4, strlen(owner) + 1);
	put(file, at + 4, 4, len);
	put(file, at + 8, 4, type);
	memcpy(file->bytes + at + 12, owner, strlen(owner) + 1);
	at += 12 + (strlen(owner) + 4) / 4 * 4;
	memcpy(file->bytes + at, id, len);
	return at + (len + 3) / 4 * 4;
}

/* A PT_LOAD, then a PT_NOTE with a property and the build-id. */
static void file_init(struct file *file, int wide, int big)
{
	size_t end, note = HEAD;

	memset(file, 0, sizeof(*file));
	file->wide = wide;
	file->big = big;
	memcpy(file->bytes, ELFMAG, SELFMAG);
	file->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	file->bytes[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	FIELD(file, 0, Ehdr, e_phoff, table_at(file));
	FIELD(file, 0, Ehdr, e_phentsize, entry_len(file));
	FIELD(file, 0, Ehdr, e_phnum, 2);
	FIELD(file, table_at(file), Phdr, p_type, PT_LOAD);
	note = put_note(file, note, "GNU", NT_GNU_PROPERTY_TYPE_0, "1234567890123456", 16);
	note = put_note(file, note, "Go", NT_GNU_BUILD_ID, "xxxx", 4);
	end = put_note(file, note, "GNU", NT_GNU_BUILD_ID, ID, ID_LEN);
	FIELD(file, table_at(file) + entry_len(file), Phdr, p_type, PT_NOTE);
	FIELD(file, table_at(file) + entry_len(file), Phdr, p_offset, HEAD);
	FIELD(file, table_at(file) + entry_len(file), Phdr, p_filesz, end - HEAD);
}

/* Of a copy that ends where the file does, so that the sanitizer sees a read too far. */
static unsigned int build_id(const struct file *file, size_t len, unsigned char *id)
{
	unsigned char *copy = malloc(len ? len : 1);
	unsigned int n;

	memcpy(copy, file->bytes, len);
	n = xarch_build_id(copy, len, id);
	free(copy);
	return n;
}

FIXTURE(note)
{
	struct file file;
	size_t segment;
	unsigned char id[XARCH_BUILD_ID_LEN];
};

FIXTURE_VARIANT(note)
{
	int wide, big;
};

FIXTURE_VARIANT_ADD(note, little64) { .wide = 1, .big = 0 };
FIXTURE_VARIANT_ADD(note, big64) { .wide = 1, .big = 1 };
FIXTURE_VARIANT_ADD(note, little32) { .wide = 0, .big = 0 };
FIXTURE_VARIANT_ADD(note, big32) { .wide = 0, .big = 1 };

FIXTURE_SETUP(note)
{
	file_init(&self->file, variant->wide, variant->big);
	self->segment = table_at(&self->file) + entry_len(&self->file);
}

FIXTURE_TEARDOWN(note)
{
}

TEST_F(note, is_found)
{
	ASSERT_EQ(build_id(&self->file, XARCH_NOTE_LEN, self->id), ID_LEN);
	EXPECT_EQ(memcmp(self->id, ID, ID_LEN), 0);
}

TEST_F(note, files_cut_anywhere)
{
	size_t end = HEAD + 32 + 20 + 36, len;

	for (len = 0; len < XARCH_NOTE_LEN; len++) {
		unsigned int want = len < end ? 0 : ID_LEN;

		EXPECT_EQ(build_id(&self->file, len, self->id), want) TH_LOG("cut at %zu", len);
	}
}

TEST_F(note, lies)
{
	static const uint64_t values[] = { 1, 3, 0xffff, 0x7fffffff, 0xfffffff0, 0xffffffff,
					   UINT64_MAX - 15, UINT64_MAX };
	size_t id_note = HEAD + 32 + 20, i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct file file = self->file;

		FIELD(&file, 0, Ehdr, e_phoff, values[i]);
		EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
		file = self->file;
		FIELD(&file, self->segment, Phdr, p_offset, values[i]);
		EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
		file = self->file;
		FIELD(&file, self->segment, Phdr, p_filesz, values[i]);
		EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
		file = self->file;
		put(&file, id_note, 4, values[i]);
		EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
		file = self->file;
		put(&file, HEAD + 4, 4, values[i] | 0x100);
		EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
	}
	/* So many entries that the table ends beyond the file: the note comes before. */
	FIELD(&self->file, 0, Ehdr, e_phnum, 0xffff);
	EXPECT_EQ(build_id(&self->file, XARCH_NOTE_LEN, self->id), ID_LEN);
}

TEST_F(note, lengths)
{
	size_t id_note = HEAD + 32 + 20, len;

	FIELD(&self->file, self->segment, Phdr, p_filesz, XARCH_NOTE_LEN - HEAD);
	for (len = 0; len < 40; len++) {
		unsigned int want = len > XARCH_BUILD_ID_LEN ? 0 : len;

		put(&self->file, id_note + 4, 4, len);
		EXPECT_EQ(build_id(&self->file, XARCH_NOTE_LEN, self->id), want);
	}
}

TEST_F(note, others)
{
	struct file file = self->file;

	FIELD(&file, 0, Ehdr, e_phentsize, entry_len(&file) + 1);
	EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
	file = self->file;
	FIELD(&file, self->segment, Phdr, p_type, PT_LOAD);
	EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
	file = self->file;
	file.bytes[1] = 'e';
	EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
	/* Another owner's number 3. */
	file = self->file;
	file.bytes[HEAD + 32 + 20 + 12] = 'g';
	EXPECT_EQ(build_id(&file, XARCH_NOTE_LEN, self->id), 0);
}

TEST_HARNESS_MAIN
