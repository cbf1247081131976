// SPDX-License-Identifier: GPL-2.0-or-later
/* What twin sets are made by: ELF files, rewriting, rules, the table. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/file.h"
#include "../../tools/native_elf.h"
#include "../../tools/native_rewrite.h"
#include "../../tools/native_rules.h"
#include "../../tools/native_table.h"
#include "../../tools/util.h"

#include "kselftest_harness.h"

FIXTURE(sample) {
	char *data;
	size_t size;
	char *why;
};

FIXTURE_SETUP(sample)
{
	char *path = xasprintf("%s/sample", getenv("NATIVE_SAMPLES"));

	self->data = read_file(path, 1 << 20, &self->size, NULL, &self->why);
	ASSERT_NE(self->data, NULL);
	free(path);
	self->why = NULL;
}

FIXTURE_TEARDOWN(sample)
{
	free(self->data);
	free(self->why);
}

/* What a program prints, a new string. */
static char *output_of(const char *data, size_t size)
{
	char path[] = "/tmp/native_test.XXXXXX", line[512] = "";
	int fd = mkstemp(path);
	FILE *pipe;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    fchmod(fd, 0755) || close(fd))
		return xstrdup("cannot write");
	pipe = popen(path, "r");
	if (pipe && fgets(line, sizeof(line), pipe))
		line[strcspn(line, "\n")] = '\0';
	if (pipe)
		pclose(pipe);
	unlink(path);
	return xstrdup(line);
}

static struct native_string change(enum native_way way, unsigned long count,
				   const char *old, const char *new)
{
	return (struct native_string){
		.old = (char *)(uintptr_t)old, .old_len = strlen(old),
		.new = (char *)(uintptr_t)new, .new_len = strlen(new),
		.count = count, .way = way,
	};
}

TEST_F(sample, is_read)
{
	struct native_elf elf;
	char *text;
	unsigned char id[NATIVE_ID_MAX];

	ASSERT_TRUE(native_elf_read(self->data, self->size, &elf, &self->why));
	EXPECT_EQ(elf.machine, EM_X86_64);
	EXPECT_EQ(elf.class, 64);
	EXPECT_STREQ(elf.interp, "/lib64/ld-linux-x86-64.so.2");
	EXPECT_EQ(elf.id_len, 20);
	EXPECT_LE(elf.id_end, NATIVE_HEAD);
	ASSERT_EQ(elf.n_needed, 1);
	EXPECT_STREQ(elf.needed[0], "libc.so.6");
	text = native_id_text(elf.id, elf.id_len);
	EXPECT_EQ(native_id_parse(text, id), 20);
	EXPECT_EQ(memcmp(id, elf.id, 20), 0);
	free(text);
	native_elf_clear(&elf);
}

TEST_F(sample, cut_anywhere_is_no_harm)
{
	struct native_elf elf;
	size_t size;
	char *copy;

	for (size = 0; size < self->size; size += size < 2048 ? 1 : 97) {
		/* Of its own size, so that the sanitizer sees its end. */
		copy = malloc(size ?: 1);
		ASSERT_NE(copy, NULL);
		memcpy(copy, self->data, size);
		if (native_elf_read(copy, size, &elf, &self->why)) {
			native_elf_clear(&elf);
		} else {
			EXPECT_NE(self->why, NULL);
			free(self->why);
			self->why = NULL;
		}
		free(copy);
	}
}

TEST_F(sample, damage_is_no_harm)
{
	struct native_elf elf;
	unsigned int seed = 1, i, j;
	char *copy = malloc(self->size);

	ASSERT_NE(copy, NULL);
	for (i = 0; i < 20000; i++) {
		memcpy(copy, self->data, self->size);
		for (j = 0; j < 4; j++)
			copy[rand_r(&seed) % 1024] = rand_r(&seed);
		self->why = NULL;
		if (native_elf_read(copy, self->size, &elf, &self->why))
			native_elf_clear(&elf);
		free(self->why);
		self->why = NULL;
		if (!native_rewrite_audit(copy, self->size, "/a", &self->why))
			free(self->why);
		self->why = NULL;
	}
	free(copy);
}

TEST_F(sample, strings_are_rewritten)
{
	struct native_string dir = change(NATIVE_STRING, 1, "/usr/lib/sample-cross/", "/usr/lib/sample/");
	struct native_string name = change(NATIVE_STRING, 1, "sample-cross", "sample");
	struct native_string empty = change(NATIVE_STRING, 1, "it is 0 ", "");
	char *said;

	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &dir, &self->why));
	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &name, &self->why));
	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &empty, &self->why));
	said = output_of(self->data, self->size);
	EXPECT_STREQ(said, "/usr/lib/sample/ sample it is 1  /long/first/ /second/");
	free(said);
}

TEST_F(sample, strings_are_there_as_expected_or_nothing_changes)
{
	struct native_string twice = change(NATIVE_STRING, 2, "sample-cross", "x");
	struct native_string part = change(NATIVE_STRING, 1, "lib/sample-cross/", "x");
	char *before = malloc(self->size);

	ASSERT_NE(before, NULL);
	memcpy(before, self->data, self->size);
	EXPECT_FALSE(native_rewrite_string(self->data, self->size, &twice, &self->why));
	EXPECT_STREQ(self->why, "\"sample-cross\" is there 1 times, expected: 2");
	free(self->why);
	EXPECT_FALSE(native_rewrite_string(self->data, self->size, &part, &self->why));
	EXPECT_EQ(memcmp(before, self->data, self->size), 0);
	free(before);
}

TEST_F(sample, slashes_keep_lengths)
{
	static const char old[] = "/long/first/\0/second/", new[] = "/a/\0/b/";
	struct native_string table = {
		.old = (char *)(uintptr_t)old, .old_len = sizeof(old) - 1,
		.new = (char *)(uintptr_t)new, .new_len = sizeof(new) - 1,
		.count = 1, .way = NATIVE_SLASHES,
	};
	char *said;

	ASSERT_TRUE(native_string_fits(&table));
	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &table, &self->why));
	said = output_of(self->data, self->size);
	EXPECT_NE(strstr(said, " /a////////// /b//////"), NULL) TH_LOG("%s", said);
	free(said);
	table.new = (char *)(uintptr_t)"/a/\0/bbbbbbbbb/";
	table.new_len = 15;
	EXPECT_FALSE(native_string_fits(&table));
	table.new_len = 3;
	EXPECT_FALSE(native_string_fits(&table));
}

TEST_F(sample, pointers_are_turned)
{
	struct native_string one = change(NATIVE_POINTER, 1, "it is 1", "0 ");
	struct native_string none = change(NATIVE_POINTER, 1, "it is 2", "");
	struct native_string lost = change(NATIVE_POINTER, 1, "it is 0 ", "nowhere to be found");
	char *said;

	EXPECT_FALSE(native_rewrite_string(self->data, self->size, &none, &self->why));
	free(self->why);
	EXPECT_FALSE(native_rewrite_string(self->data, self->size, &lost, &self->why));
	EXPECT_STREQ(self->why, "it has no string \"nowhere to be found\"");
	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &one, &self->why));
	said = output_of(self->data, self->size);
	EXPECT_STREQ(said, "/usr/lib/sample-cross/ sample-cross 0  it is 0  /long/first/ /second/");
	free(said);
}

TEST_F(sample, bytes_are_replaced)
{
	struct native_string bytes = change(NATIVE_BYTES, 1, "it is 1", "it is 7");
	char *said;

	/* Not a whole string, so no other way would find it. */
	bytes.old++;
	bytes.new++;
	bytes.old_len = --bytes.new_len;
	ASSERT_TRUE(native_string_fits(&bytes));
	ASSERT_TRUE(native_rewrite_string(self->data, self->size, &bytes, &self->why));
	said = output_of(self->data, self->size);
	EXPECT_NE(strstr(said, " it is 7 "), NULL) TH_LOG("%s", said);
	free(said);
	bytes.new_len--;
	EXPECT_FALSE(native_string_fits(&bytes));
}

TEST_F(sample, loader_is_renamed)
{
	struct native_elf elf;

	EXPECT_FALSE(native_rewrite_interp(self->data, self->size, "/this/one/is/a/bit/too/long.so", &self->why));
	ASSERT_TRUE(native_rewrite_interp(self->data, self->size, "/dev/xarch/bookworm/ld.so", &self->why));
	ASSERT_TRUE(native_elf_read(self->data, self->size, &elf, &self->why));
	EXPECT_STREQ(elf.interp, "/dev/xarch/bookworm/ld.so");
	native_elf_clear(&elf);
}

TEST_F(sample, audit_library_is_asked)
{
	char *said;

	ASSERT_TRUE(native_rewrite_audit(self->data, self->size, "/nosuch/audit.so", &self->why));
	/* The loader says that it is not there, on standard error, and goes on. */
	said = output_of(self->data, self->size);
	EXPECT_EQ(strncmp(said, "/usr/lib/sample-cross/", 22), 0) TH_LOG("%s", said);
	free(said);
	EXPECT_FALSE(native_rewrite_audit(self->data, self->size, "/nosuch/audit.so", &self->why));
	EXPECT_STREQ(self->why, "it has an audit library of its own");
}

#define ID1 "00112233445566778899aabbccddeeff00112233"
#define ID2 "ffeeddccbbaa99887766554433221100ffeeddcc"
#define TWIN(id, rest) "{\"build_id\":\"" id "\",\"twin\":\"bin/a\",\"program\":\"/bin/a\",\"package\":\"p\"," \
	"\"unless\":[\"-v\"],\"only\":[]" rest "}"
#define TABLE(twins) "{\"format\":1,\"name\":\"t\",\"arch\":\"aarch64\",\"made_of\":\"x\",\"packages\":[]," \
	"\"twins\":[" twins "],\"left_out\":[]}"

static const struct {
	const char *text, *why;
} tables[] = {
	{ TABLE(TWIN(ID1, "") "," TWIN(ID2, "")), NULL },
	{ "", "line 1: '[' or '{' expected near end of file" },
	{ "{\"format\":1", "line 1: '}' expected near end of file" },
	{ "{\"format\":2}", "it has format 2, this xarchctl knows 1: build the set anew" },
	{ "{\"format\":1}", "Object item not found: name" },
	{ TABLE(""), "want lists of packages, of what was left out, and of 1 to 1024 twins" },
	{ TABLE(TWIN(ID1, "") "," TWIN(ID1, "")), "/bin/a and /bin/a have the same build-id" },
	{ TABLE(TWIN("0011", "")), "twin 1: \"0011\" is no build-id" },
	{ TABLE(TWIN("zz112233445566778899aabbccddeeff00112233", "")),
	  "twin 1: \"zz112233445566778899aabbccddeeff00112233\" is no build-id" },
	{ TABLE(TWIN(ID1, ",\"more\":1")), "twin 1: 1 object item(s) left unpacked: more" },
	{ TABLE("7"), "twin 1: Expected object, got integer" },
	{ "{\"format\":1,\"format\":1}", "line 1: duplicate object key near '\"format\"'" },
};

TEST(tables_are_read_or_refused)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct native_table table;
		char *why = NULL;
		bool good = native_table_read(tables[i].text, strlen(tables[i].text), &table, &why);

		ASSERT_EQ(good, !tables[i].why) TH_LOG("%s: %s", tables[i].text, why ? why : "good");
		if (good)
			native_table_clear(&table);
		else
			EXPECT_STREQ(why, tables[i].why);
		free(why);
	}
}

TEST(patterns_have_limits)
{
	static const char *const bad[] = { "\"\"", "7", "null", "\"a*b\"", "\"**\"" };
	struct native_table table;
	char *text, *why;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text = xasprintf(TABLE("{\"build_id\":\"" ID1 "\",\"twin\":\"a\",\"program\":\"p\",\"package\":\"p\","
				       "\"unless\":[%s],\"only\":[]}"), bad[i]);
		ASSERT_FALSE(native_table_read(text, strlen(text), &table, &why));
		EXPECT_STREQ(why, "twin 1: a pattern is no text, empty, too long, or has a * before its end");
		free(why);
		free(text);
	}
}

TEST(table_comes_back_as_it_went)
{
	struct native_table table, again;
	char *why, *text, *second;

	ASSERT_TRUE(native_table_read(tables[0].text, strlen(tables[0].text), &table, &why));
	ASSERT_EQ(table.n, 2);
	EXPECT_EQ(table.twins[0].id_len, 20);
	EXPECT_EQ(table.twins[1].id[0], 0xff);
	EXPECT_STREQ(table.twins[0].unless.word[0], "-v");
	EXPECT_EQ(native_table_find(&table, table.twins[1].id, 20), &table.twins[1]);
	EXPECT_EQ(native_table_find(&table, table.twins[1].id, 19), NULL);
	text = native_table_write(&table);
	ASSERT_TRUE(native_table_read(text, strlen(text), &again, &why));
	second = native_table_write(&again);
	EXPECT_STREQ(text, second);
	free(text);
	free(second);
	native_table_clear(&table);
	native_table_clear(&again);
}

TEST(names)
{
	EXPECT_TRUE(native_name_good("trixie"));
	EXPECT_TRUE(native_name_good("t-1.2+x"));
	EXPECT_FALSE(native_name_good(""));
	EXPECT_FALSE(native_name_good(".."));
	EXPECT_FALSE(native_name_good("a/b"));
	EXPECT_FALSE(native_name_good("Trixie"));
	EXPECT_FALSE(native_name_good("-a"));
	EXPECT_FALSE(native_name_good("ninechars"));
}

/* What a set has at bin/a, and what whoever loads the set says to it. */
FIXTURE(set) {
	char dir[32];
	int root;
	struct native_table table;
	char *why;
};

FIXTURE_SETUP(set)
{
	strcpy(self->dir, "/tmp/native_test.XXXXXX");
	ASSERT_NE(mkdtemp(self->dir), NULL);
	self->root = open(self->dir, O_RDONLY | O_DIRECTORY);
	ASSERT_GE(self->root, 0);
	ASSERT_EQ(mkdirat(self->root, "bin", 0755), 0);
	ASSERT_TRUE(native_table_read(tables[0].text, strlen(tables[0].text), &self->table, &self->why));
	self->why = NULL;
}

FIXTURE_TEARDOWN(set)
{
	unlinkat(self->root, "bin/a", 0);
	unlinkat(self->root, "bin", AT_REMOVEDIR);
	rmdir(self->dir);
	close(self->root);
	native_table_clear(&self->table);
	free(self->why);
}

static bool put_twin(int root, const char *interp, mode_t mode)
{
	char *path = xasprintf("%s/sample", getenv("NATIVE_SAMPLES")), *data, *why;
	int fd = openat(root, "bin/a", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t size;
	bool good;

	data = read_file(path, 1 << 20, &size, NULL, &why);
	good = data && fd >= 0 && (!interp || native_rewrite_interp(data, size, interp, &why)) &&
	       write(fd, data, size) == (ssize_t)size && !fchmod(fd, mode);
	close(fd);
	free(data);
	free(path);
	return good;
}

TEST_F(set, good_twins_are_opened)
{
	int fd;

	ASSERT_TRUE(put_twin(self->root, "/dev/xarch/t/ld.so", 0755));
	fd = native_twin_open(self->root, &self->table, &self->table.twins[0], &self->why);
	ASSERT_GE(fd, 0) TH_LOG("%s", self->why);
	close(fd);
}

#define REFUSED(reason) do { \
	ASSERT_EQ(native_twin_open(self->root, &self->table, &self->table.twins[0], &self->why), -1); \
	EXPECT_STREQ(self->why, reason); \
	free(self->why); \
	self->why = NULL; \
} while (0)

TEST_F(set, bad_twins_are_refused)
{
	REFUSED("bin/a: No such file or directory");
	ASSERT_TRUE(put_twin(self->root, NULL, 0755));
	REFUSED("bin/a: wants the loader /lib64/ld-linux-x86-64.so.2, not /dev/xarch/t/ld.so");
	ASSERT_TRUE(put_twin(self->root, "/dev/xarch/t/ld.so", 04755));
	REFUSED("bin/a: has set-id bits");
	ASSERT_TRUE(put_twin(self->root, "/dev/xarch/t/ld.so", 0775));
	REFUSED("bin/a: is writable by others");
	ASSERT_TRUE(put_twin(self->root, "/dev/xarch/t/ld.so", 0644));
	REFUSED("bin/a: is no program");
	ASSERT_EQ(unlinkat(self->root, "bin/a", 0), 0);
	ASSERT_EQ(symlinkat("/bin/true", self->root, "bin/a"), 0);
	REFUSED("bin/a: Too many levels of symbolic links");
	free(self->table.twins[0].twin);
	self->table.twins[0].twin = xstrdup("../../bin/true");
	REFUSED("../../bin/true: Invalid cross-device link");
}

static const struct {
	const char *text, *why;
} bad_rules[] = {
	{ "nosuch a b", "1: unknown directive \"nosuch\"" },
	{ "\n# x\narch aarch64", "3: arch: wrong number of words" },
	{ "string a 0 b c", "1: \"0\" is no count, or there is no string" },
	{ "string a 1 b longer", "1: \"longer\" has no room where \"b\" is" },
	{ "slashes a 1 a\\0bb bb\\0a", "1: \"bb\" has no room where \"a\" is" },
	{ "bytes a 1 0g 00", "1: bytes are hexadecimal digits, two each" },
	{ "bytes a 1 00 0000", "1: \"\" has no room where \"\" is" },
	{ "unless a *b", "1: \"*b\" is no pattern of arguments" },
	{ "package a b", "1: want: package NAME [cross] [PROGRAMS...]" },
	{ "archs riscv64\nstring a 1 b longer\nfrob", "3: unknown directive \"frob\"" },
	{ "", ": they know no twins for aarch64" },
};

TEST(rules_are_read_or_refused)
{
	char dir[] = "/tmp/native_test.XXXXXX", *path, *why;
	struct native_rules rules;
	struct stat like = { .st_mode = 0644, .st_uid = -1, .st_gid = -1 };
	size_t i;

	ASSERT_NE(mkdtemp(dir), NULL);
	EXPECT_FALSE(native_rules_read(&rules, dir, "aarch64", "s", "t", &why));
	EXPECT_NE(strstr(why, "there are no such files"), NULL);
	free(why);
	path = xasprintf("%s/x.rules", dir);
	for (i = 0; i < sizeof(bad_rules) / sizeof(bad_rules[0]); i++) {
		ASSERT_EQ(replace_file(path, bad_rules[i].text, strlen(bad_rules[i].text), &like), 0);
		ASSERT_FALSE(native_rules_read(&rules, dir, "aarch64", "s", "t", &why));
		EXPECT_STREQ(why + strlen(why) - strlen(bad_rules[i].why), bad_rules[i].why);
		free(why);
	}
	unlink(path);
	rmdir(dir);
	free(path);
}

static bool rules_out(const struct native_rules *rules, const char *program, const char *argument)
{
	const struct native_list *list = &rules->unless;
	size_t i, j;

	for (i = native_list_match(list, program, 0); i < list->n; i = native_list_match(list, program, i + 1))
		for (j = 0; j < list->rule[i].words.n; j++)
			if (!strcmp(list->rule[i].words.word[j], argument))
				return true;
	return false;
}

TEST(shipped_rules_are_sound)
{
	static const char *const names[] = { "trixie", "bookworm", "sid" };
	char *dir = xasprintf("%s/native", getenv("XARCH_TOOLS")), *why;
	struct native_rules rules;
	size_t i;

	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(native_rules_read(&rules, dir, "aarch64", names[i], names[i], &why)) TH_LOG("%s", why);
		EXPECT_EQ(rules.sources.n, strcmp(names[i], "sid") ? 3 : 1);
		EXPECT_LT(native_list_match(&rules.never, "/usr/bin/uname", 0), rules.never.n);
		EXPECT_EQ(native_list_match(&rules.never, "/usr/bin/cat", 0), rules.never.n);
		/* Lines that are as many as there are versions are so for all of these. */
		EXPECT_TRUE(rules_out(&rules, "/usr/bin/aarch64-linux-gnu-g++-14", "-v"));
		EXPECT_TRUE(rules_out(&rules, "/usr/bin/aarch64-linux-gnu-gcc-12", "-v"));
		EXPECT_TRUE(rules_out(&rules, "/usr/bin/openssl", "version"));
		EXPECT_LT(native_list_match(&rules.plugins, "/usr/bin/aarch64-linux-gnu-ld.bfd", 0), rules.plugins.n);
		native_rules_clear(&rules);
	}
	free(dir);
}

TEST_HARNESS_MAIN
