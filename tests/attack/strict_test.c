// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that are not quite foreign programs: the module must not touch them.
 * The exec's errno is the one without a rule, and binfmt_misc, asked next, gets
 * argv and everything else as if the module were absent. Where one bit too many
 * is refused, that bit's good neighbours are shown to be taken.
 */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "netlink.h"
#include "report.h"
#include "rule.h"

#define HEADER64 sizeof(Elf64_Ehdr)
#define HEADER32 sizeof(Elf32_Ehdr)

struct mutation {
	const char *what;
	unsigned int offset;
	unsigned char bytes[2];
	unsigned int len;
};

#define BYTE(what, offset, byte) { what, offset, { byte, 0 }, 1 }
#define HALF(what, member, half) \
	{ what, offsetof(Elf64_Ehdr, member), { (half) & 0xff, (half) >> 8 }, 2 }

/* Each makes an aarch64 header that is not to be matched. */
static const struct mutation bad[] = {
	BYTE("magic", 0, 0x7e),
	BYTE("magic", 1, 'e'),
	BYTE("magic", 2, 'M'),
	BYTE("magic", 3, 'f'),
	BYTE("class none", EI_CLASS, ELFCLASSNONE),
	BYTE("class 32", EI_CLASS, ELFCLASS32),
	BYTE("class 3", EI_CLASS, 3),
	BYTE("class 255", EI_CLASS, 255),
	BYTE("data none", EI_DATA, ELFDATANONE),
	BYTE("data big", EI_DATA, ELFDATA2MSB),
	BYTE("data 3", EI_DATA, 3),
	HALF("type none", e_type, ET_NONE),
	HALF("type rel", e_type, ET_REL),
	HALF("type core", e_type, ET_CORE),
	HALF("type 0x0102", e_type, 0x0102),
	HALF("type 0xff03", e_type, 0xff03),
	HALF("machine none", e_machine, EM_NONE),
	HALF("machine 0x01b7", e_machine, 0x01b7),
	HALF("machine swapped", e_machine, 0xb700),
	HALF("machine arm", e_machine, EM_ARM),
};

/* No arch's, but of its machine: who asks less may take it for one. */
static const struct mutation misfit[] = {
	HALF("entry size 0", e_phentsize, 0),
	HALF("entry size 32", e_phentsize, sizeof(Elf32_Phdr)),
	HALF("entry size 55", e_phentsize, sizeof(Elf64_Phdr) - 1),
	HALF("entry size 57", e_phentsize, sizeof(Elf64_Phdr) + 1),
	HALF("entry size 0x138", e_phentsize, 0x138),
};

/* Each leaves one that is. */
static const struct mutation good[] = {
	BYTE("ident version 0", EI_VERSION, 0),
	BYTE("ident version 2", EI_VERSION, 2),
	BYTE("OS ABI 6", EI_OSABI, 6),
	BYTE("OS ABI 64", EI_OSABI, 64),
	BYTE("OS ABI 65", EI_OSABI, 65),
	BYTE("OS ABI 1", EI_OSABI, 1),
	BYTE("OS ABI 2", EI_OSABI, 2),
	BYTE("OS ABI 4", EI_OSABI, 4),
	BYTE("OS ABI 9", EI_OSABI, ELFOSABI_FREEBSD),
	BYTE("OS ABI 97", EI_OSABI, ELFOSABI_ARM),
	BYTE("OS ABI 255", EI_OSABI, ELFOSABI_STANDALONE),
	HALF("version 0", e_version, 0),
	HALF("version 2", e_version, 2),
	BYTE("version high byte", offsetof(Elf64_Ehdr, e_version) + 3, 1),
	HALF("header size 0", e_ehsize, 0),
	HALF("header size 52", e_ehsize, HEADER32),
	HALF("header size 63", e_ehsize, HEADER64 - 1),
	HALF("header size 65", e_ehsize, HEADER64 + 1),
	HALF("header size 0x140", e_ehsize, 0x140),
	BYTE("OS ABI GNU", EI_OSABI, ELFOSABI_GNU),
	BYTE("ABI version", EI_ABIVERSION, 7),
	BYTE("padding", EI_PAD, 0xff),
	BYTE("last of the padding", EI_NIDENT - 1, 0xff),
	HALF("type dyn", e_type, ET_DYN),
	HALF("flags", e_flags, 0xffff),
	HALF("entry", e_entry, 0xffff),
	HALF("no program headers", e_phnum, 0),
	HALF("many program headers", e_phnum, 0xffff),
	HALF("section header size", e_shentsize, 1),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

FIXTURE(strict)
{
	const char *emulator;
	const char *misc;
	unsigned char header[HEADER64];
};

FIXTURE_SETUP(strict)
{
	char entry[300];
	size_t len;

	lab_open();
	lab_emulator("emulator");
	lab_emulator("misc");
	self->emulator = lab_path("emulator");
	self->misc = lab_path("misc");
	memcpy(self->header, lab_program_bytes(XARCH_ARCH_AARCH64, &len), HEADER64);
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_AARCH64, self->emulator, 0));
	/* Takes whatever is named so, whatever it holds; no flags at all. */
	misc_remove("xarch-test");
	snprintf(entry, sizeof(entry), ":xarch-test:E::xt::%s:", self->misc);
	misc_register(entry);
}

FIXTURE_TEARDOWN(strict)
{
	misc_remove("xarch-test");
	lab_close();
}

static void run(const char *name, struct outcome *o)
{
	launch(&(struct launch){
		.path = name,
		.argv = STRINGS("zeroth", "one", "QEMU_X=1"),
		.envp = STRINGS("QEMU_LOG=x", "A=1"),
	}, o);
}

/* The module passed, and what it passed on is as it was. */
static bool passed(const char *misc, const unsigned char *bytes, size_t len)
{
	struct outcome o;
	bool good_so_far;

	lab_write("bad.xt", bytes, len, 0755);
	run("./bad.xt", &o);
	good_so_far = !o.error &&
		      report_list_is(&o, "arg", STRINGS(misc, "./bad.xt", "one", "QEMU_X=1")) &&
		      report_list_is(&o, "env", STRINGS("QEMU_LOG=x", "A=1")) &&
		      report_is(&o, "at_flags", "0") && report_is(&o, "execfd", NULL);
	if (o.error)
		printf("# binfmt_misc's turn: %s\n", strerror(o.error));
	outcome_free(&o);
	return good_so_far;
}

static bool taken(const char *emulator, const unsigned char *bytes, size_t len)
{
	struct outcome o;
	bool yes;

	lab_write("good.xt", bytes, len, 0755);
	run("./good.xt", &o);
	yes = !o.error && report_is(&o, "at_flags", "1") &&
	      report_list_is(&o, "arg", STRINGS(emulator, "./good.xt", "zeroth", "one",
						"QEMU_X=1"));
	outcome_free(&o);
	return yes;
}

/* What the exec of a file that no format takes says. */
static int error_of(const unsigned char *bytes, size_t len)
{
	struct outcome o;
	int error;

	lab_write("plain", bytes, len, 0755);
	run("./plain", &o);
	error = o.error;
	outcome_free(&o);
	return error;
}

static void apply(const struct mutation *mutation, unsigned char *header)
{
	memcpy(header + mutation->offset, mutation->bytes, mutation->len);
}

TEST_F_TIMEOUT(strict, truncated, 120)
{
	unsigned char header32[HEADER32] = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2MSB, 1 };
	int errors[HEADER64];
	size_t len;

	for (len = 0; len < HEADER64; len++) {
		if (!passed(self->misc, self->header, len))
			EXPECT_EQ(-1, (ssize_t)len);
		errors[len] = error_of(self->header, len);
	}
	EXPECT_TRUE(taken(self->emulator, self->header, HEADER64));

	/* A whole 32-bit header is shorter: mips, o32. */
	header32[17] = ET_EXEC;
	header32[19] = EM_MIPS;
	header32[23] = 1;
	header32[41] = HEADER32;
	header32[43] = sizeof(Elf32_Phdr);
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_MIPS, self->emulator, 0));
	for (len = HEADER32 - 4; len < HEADER32; len++)
		EXPECT_TRUE(passed(self->misc, header32, len));
	EXPECT_TRUE(taken(self->emulator, header32, HEADER32));

	ASSERT_EQ(0, rule_clear());
	for (len = 0; len < HEADER64; len++)
		EXPECT_EQ(error_of(self->header, len), errors[len]);
	EXPECT_EQ(ENOEXEC, errors[HEADER64 - 1]);
}

TEST_F_TIMEOUT(strict, mutated, 120)
{
	unsigned char header[HEADER64];
	int errors[COUNT(bad)];
	unsigned int i;

	/* Also where others of the arch, or close to it, have rules. */
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_X86_64 - 1, self->emulator, 0));
	for (i = 0; i < COUNT(bad); i++) {
		memcpy(header, self->header, sizeof(header));
		apply(&bad[i], header);
		EXPECT_TRUE(passed(self->misc, header, sizeof(header)))
			TH_LOG("mutation: %s", bad[i].what);
		errors[i] = error_of(header, sizeof(header));
	}
	ASSERT_EQ(0, rule_clear());
	for (i = 0; i < COUNT(bad); i++) {
		memcpy(header, self->header, sizeof(header));
		apply(&bad[i], header);
		EXPECT_EQ(error_of(header, sizeof(header)), errors[i])
			TH_LOG("mutation: %s", bad[i].what);
	}
	/* An emulate rule has nothing against what does not fit it. */
	ASSERT_EQ(0, rule_emulate(XARCH_ARCH_AARCH64, self->emulator, 0));
	for (i = 0; i < COUNT(misfit); i++) {
		memcpy(header, self->header, sizeof(header));
		apply(&misfit[i], header);
		EXPECT_TRUE(passed(self->misc, header, sizeof(header)))
			TH_LOG("mutation: %s", misfit[i].what);
	}
}

/* binfmt_misc is asked by the file's name, and would run it. */
static bool denied(const unsigned char *bytes, size_t len)
{
	struct outcome o;
	int error;

	lab_write("denied.xt", bytes, len, 0755);
	run("./denied.xt", &o);
	error = o.error;
	outcome_free(&o);
	return error == EACCES;
}

/* No byte that a program can have otherwise walks around a deny, or a locked rule. */
TEST_F_TIMEOUT(strict, denied_whatever_the_header, 120)
{
	static const struct {
		unsigned int action, flags;
	} rules[] = {
		{ XARCH_ACTION_DENY, 0 },
		{ XARCH_ACTION_DENY, XARCH_F_LOCKED },
		{ XARCH_ACTION_EMULATE, XARCH_F_LOCKED },
	};
	unsigned char header[HEADER64];
	struct rule_state state;
	unsigned int i, j;

	for (j = 0; j < COUNT(rules); j++) {
		bool deny = rules[j].action == XARCH_ACTION_DENY;

		ASSERT_EQ(0, rule_set(NULL, &(struct rule){
			.arch = XARCH_ARCH_AARCH64,
			.action = rules[j].action,
			.flags = rules[j].flags,
			.emulator = deny ? NULL : self->emulator,
		}));
		for (i = 0; deny && i < COUNT(good); i++) {
			memcpy(header, self->header, sizeof(header));
			apply(&good[i], header);
			EXPECT_TRUE(denied(header, sizeof(header)))
				TH_LOG("mutation: %s", good[i].what);
		}
		for (i = 0; i < COUNT(misfit); i++) {
			memcpy(header, self->header, sizeof(header));
			apply(&misfit[i], header);
			EXPECT_TRUE(denied(header, sizeof(header)))
				TH_LOG("mutation: %s", misfit[i].what);
		}
		ASSERT_EQ(0, rule_get(XARCH_ARCH_AARCH64, &state));
		EXPECT_EQ(COUNT(misfit) + (deny ? COUNT(good) : 0), state.denied);
		/* Another machine's, or no program at all, is none of the rule's business. */
		for (i = 0; i < COUNT(bad); i++) {
			memcpy(header, self->header, sizeof(header));
			apply(&bad[i], header);
			EXPECT_TRUE(passed(self->misc, header, sizeof(header)))
				TH_LOG("mutation: %s", bad[i].what);
		}
	}
}

TEST_F(strict, a_misfit_that_is_denied_is_told)
{
	unsigned char header[HEADER64];
	struct nlmsghdr *event;
	struct conn conn;
	int err = events_open(&conn);

	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel cannot restrict a group to administrators");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, rule_deny(XARCH_ARCH_AARCH64));
	memcpy(header, self->header, sizeof(header));
	apply(&misfit[0], header);
	EXPECT_TRUE(denied(header, sizeof(header)));
	event = conn_event(&conn, 2000);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(XARCH_CMD_EXEC_NTF, record_cmd(event));
	EXPECT_EQ(XARCH_ARCH_AARCH64, record_u32(event, XARCH_A_ARCH));
	EXPECT_EQ(XARCH_ACTION_DENY, record_u32(event, XARCH_A_ACTION));
	EXPECT_EQ(EACCES, record_u32(event, XARCH_A_ERROR));
	EXPECT_STREQ("./denied.xt", record_string(event, XARCH_A_PATH));
	free(event);
	conn_close(&conn);
}

TEST_F(strict, allowed_variety)
{
	unsigned char header[HEADER64];
	unsigned int i;

	for (i = 0; i < COUNT(good); i++) {
		memcpy(header, self->header, sizeof(header));
		apply(&good[i], header);
		EXPECT_TRUE(taken(self->emulator, header, sizeof(header)))
			TH_LOG("mutation: %s", good[i].what);
	}
}

/* What is not a program of any arch, and native ones, with a deny rule for all. */
TEST_F(strict, others_are_left_alone)
{
	static const char script[] = "#!/bin/sh\nexit 44\n";
	struct rule_state state;
	struct outcome o;
	unsigned int arch;

	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		/* The machine's own arch takes no rule. */
		ASSERT_EQ(arch == XARCH_ARCH_X86_64 ? -EINVAL : 0, rule_deny(arch));
	}
	lab_write("script", script, sizeof(script) - 1, 0755);
	launch(&(struct launch){ .path = "./script" }, &o);
	EXPECT_EQ(44, WEXITSTATUS(o.status));
	outcome_free(&o);
	lab_write("text", "exit 44\n", 8, 0755);
	EXPECT_EQ(ENOEXEC, error_of((const unsigned char *)"exit 44\n", 8));
	launch(&(struct launch){ .path = self->emulator }, &o);
	EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(o.status));
	outcome_free(&o);
	/* A directory, a fifo: refused before any format is asked. */
	ASSERT_EQ(0, mkdir("dir", 0755));
	ASSERT_EQ(0, mkfifo("fifo", 0755));
	launch(&(struct launch){ .path = "./dir" }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	launch(&(struct launch){ .path = "./fifo" }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	launch(&(struct launch){ .path = "./absent" }, &o);
	EXPECT_EQ(ENOENT, o.error);
	outcome_free(&o);
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		if (arch == XARCH_ARCH_X86_64)
			continue;
		ASSERT_EQ(0, rule_get(arch, &state));
		EXPECT_EQ(0, state.denied + state.failed + state.emulated);
	}
}

TEST_HARNESS_MAIN
