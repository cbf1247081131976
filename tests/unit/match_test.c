// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarch_match(): what it takes, and each reason why it refuses. Every header
 * lies at the end of an allocation of its own, so that the address sanitizer
 * sees a read past what the file has.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"

#include "../../kmod/match.h"
#include "match_naive.h"

#define HEAD_LEN 64

/* xarch_match() of the first @len bytes of @head and nothing behind them. */
static int match(const unsigned char *head, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	int arch;

	if (!copy)
		abort();
	memcpy(copy, head, len);
	arch = xarch_match(copy + (len ? 0 : 1), len);
	free(copy);
	return arch;
}

/*
 * Put every value of 16 bits into a field; only those in @good may match, and
 * they have to. @offset32 and @offset64 are the field's place in either class.
 */
static int check_half(size_t offset32, size_t offset64, int is_size, unsigned int good1,
		      unsigned int good2)
{
	unsigned char head[HEAD_LEN];
	unsigned int value;
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];
		size_t offset = a->bits == 64 ? offset64 : offset32;

		naive_header(a, head);
		if (is_size)
			good1 = good2 = naive_get16(head + offset, a->order);
		for (value = 0; value <= 0xffff; value++) {
			int want = value == good1 || value == good2 ? a->arch : -1;
			int got;

			naive_put16(head + offset, a->order, value);
			got = xarch_match(head, sizeof(head));
			if (got != want) {
				ksft_print_msg("%s: %#x at %zu: %d, not %d\n", a->name, value,
					       offset, got, want);
				return -1;
			}
		}
	}
	return 0;
}

/* The same for a byte, which is at one place in both classes. */
static int check_byte(size_t offset, int good1, int good2)
{
	unsigned char head[HEAD_LEN];
	size_t i;
	int value;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		for (value = 0; value <= 0xff; value++) {
			int want = value == good1 || value == good2 ? a->arch : -1;
			int got;

			head[offset] = value;
			got = xarch_match(head, sizeof(head));
			if (got != want) {
				ksft_print_msg("%s: %#x at %zu: %d, not %d\n", a->name, value,
					       offset, got, want);
				return -1;
			}
		}
	}
	return 0;
}

static uint64_t random_state;

/* xorshift64*: the same numbers everywhere for the same seed. */
static unsigned int random_below(unsigned int limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 2685821657736338717ull >> 32) % limit;
}

TEST(every_arch_is_known_by_name)
{
	size_t i;

	ASSERT_EQ(__XARCH_ARCH_MAX, NAIVE_ARCHS);
	for (i = 0; i < NAIVE_ARCHS; i++) {
		ASSERT_EQ((int)i, naive_archs[i].arch);
		ASSERT_STREQ(naive_archs[i].name, xarch_arch_name(i));
	}
	EXPECT_EQ(NULL, xarch_arch_name(-1));
	EXPECT_EQ(NULL, xarch_arch_name(__XARCH_ARCH_MAX));
}

TEST(every_arch_matches)
{
	static const unsigned char osabis[] = { ELFOSABI_NONE, ELFOSABI_GNU };
	static const unsigned int types[] = { ET_EXEC, ET_DYN };
	unsigned char head[HEAD_LEN];
	size_t i, osabi, type;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];
		size_t len = naive_header(a, head);

		for (osabi = 0; osabi < ARRAY_SIZE(osabis); osabi++) {
			for (type = 0; type < ARRAY_SIZE(types); type++) {
				head[EI_OSABI] = osabis[osabi];
				naive_put16(head + 16, a->order, types[type]);
				/* Both a file of just a header and a longer one. */
				ASSERT_EQ(a->arch, match(head, len)) {
					TH_LOG("%s, its header alone", a->name);
				}
				ASSERT_EQ(a->arch, match(head, sizeof(head))) {
					TH_LOG("%s", a->name);
				}
			}
		}
	}
}

/* e_entry, e_shoff, the ABI version and so on are the emulator's business. */
TEST(other_fields_do_not_matter)
{
	unsigned char head[HEAD_LEN];
	size_t i, at;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		memset(head + 8, 0xff, 8);
		memset(head + 24, 0xff, E_FLAGS(a->bits) - 24);
		for (at = E_PHENTSIZE(a->bits) + 2; at < sizeof(head); at++)
			head[at] = 0xff;
		ASSERT_EQ(a->arch, match(head, sizeof(head))) {
			TH_LOG("%s", a->name);
		}
	}
}

TEST(magic)
{
	ASSERT_EQ(0, check_byte(EI_MAG0, ELFMAG0, ELFMAG0));
	ASSERT_EQ(0, check_byte(EI_MAG1, ELFMAG1, ELFMAG1));
	ASSERT_EQ(0, check_byte(EI_MAG2, ELFMAG2, ELFMAG2));
	ASSERT_EQ(0, check_byte(EI_MAG3, ELFMAG3, ELFMAG3));
}

TEST(class)
{
	unsigned char head[HEAD_LEN];
	size_t i;
	int class;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		for (class = 0; class <= 0xff; class++) {
			head[EI_CLASS] = class;
			/* The sizes still say the old class. */
			ASSERT_EQ(class == (a->bits == 64 ? 2 : 1) ? a->arch : -1,
				  match(head, sizeof(head))) {
				TH_LOG("%s as class %d", a->name, class);
			}
		}
	}
}

/* A machine in a class of which there is no arch, all else being in order. */
TEST(class_of_machine)
{
	unsigned char head[HEAD_LEN];
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		struct naive_arch other = naive_archs[i];

		other.bits = other.bits == 64 ? 32 : 64;
		naive_header(&other, head);
		ASSERT_EQ(naive_match(head, sizeof(head)), match(head, sizeof(head))) {
			TH_LOG("%s in %d bits", other.name, other.bits);
		}
	}
	/* x32: an x86-64 machine in 32 bits. */
	naive_header(&naive_archs[XARCH_ARCH_I386], head);
	naive_put16(head + 18, 'l', EM_X86_64);
	EXPECT_EQ(-1, match(head, sizeof(head)));
	/* arm64's ILP32. */
	naive_put16(head + 18, 'l', EM_AARCH64);
	EXPECT_EQ(-1, match(head, sizeof(head)));
}

TEST(data)
{
	unsigned char head[HEAD_LEN];
	size_t i;
	int data;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		for (data = 0; data <= 0xff; data++) {
			head[EI_DATA] = data;
			/* The fields still are in the old order. */
			ASSERT_EQ(data == (a->order == 'l' ? 1 : 2) ? a->arch : -1,
				  match(head, sizeof(head))) {
				TH_LOG("%s as byte order %d", a->name, data);
			}
		}
	}
}

/* The whole header in the other order: the sister arch, if there is one. */
TEST(byte_order_of_machine)
{
	unsigned char head[HEAD_LEN];
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		struct naive_arch other = naive_archs[i];
		int got;

		other.order = other.order == 'l' ? 'b' : 'l';
		naive_header(&other, head);
		got = match(head, sizeof(head));
		ASSERT_NE(naive_archs[i].arch, got) {
			TH_LOG("%s", other.name);
		}
		ASSERT_EQ(naive_match(head, sizeof(head)), got) {
			TH_LOG("%s", other.name);
		}
	}

	naive_header(&naive_archs[XARCH_ARCH_PPC64], head);
	EXPECT_EQ(XARCH_ARCH_PPC64, match(head, sizeof(head)));
	naive_header(&naive_archs[XARCH_ARCH_PPC64LE], head);
	EXPECT_EQ(XARCH_ARCH_PPC64LE, match(head, sizeof(head)));
}

/* One field in the wrong order, the others in the right one. */
TEST(byte_order_of_fields)
{
	unsigned char head[HEAD_LEN];
	size_t i, field;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];
		const size_t halves[] = {
			16, 18, E_PHENTSIZE(a->bits)
		};

		for (field = 0; field < ARRAY_SIZE(halves); field++) {
			unsigned char *at = head + halves[field];
			unsigned char low;

			naive_header(a, head);
			low = at[0];
			at[0] = at[1];
			at[1] = low;
			ASSERT_EQ(-1, match(head, sizeof(head))) {
				TH_LOG("%s: half word at %zu", a->name, halves[field]);
			}
		}
	}
}

/* Every value of @len bytes at a place: what programs have there is no matter. */
static int check_any(size_t offset32, size_t offset64, size_t len)
{
	unsigned char head[HEAD_LEN];
	unsigned int value;
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		for (value = 0; value <= (len == 1 ? 0xff : 0xffff); value++) {
			memcpy(head + (a->bits == 64 ? offset64 : offset32), &value, len);
			if (xarch_match(head, sizeof(head)) != a->arch) {
				ksft_print_msg("%s: %#x\n", a->name, value);
				return -1;
			}
		}
	}
	return 0;
}

/* OABI and FDPIC arm programs, AppImages and ifunc have odd ones. */
TEST(osabi_and_versions_do_not_count)
{
	EXPECT_EQ(0, check_any(EI_VERSION, EI_VERSION, 1));
	EXPECT_EQ(0, check_any(EI_OSABI, EI_OSABI, 1));
	EXPECT_EQ(0, check_any(EI_ABIVERSION, EI_ABIVERSION, 1));
	EXPECT_EQ(0, check_any(20, 20, 2));
	EXPECT_EQ(0, check_any(22, 22, 2));
}

/* Forbidding rules are asked of all that may be taken for a program of the machine. */
TEST(machine_whatever_flags_and_sizes)
{
	unsigned char head[HEAD_LEN];
	unsigned int round;
	size_t i, j;

	random_state = 20250101;
	for (round = 0; round < 20000; round++) {
		unsigned int changes = random_below(4);

		i = random_below(NAIVE_ARCHS);
		naive_header(&naive_archs[i], head);
		naive_put32(head + E_FLAGS(naive_archs[i].bits), 'l', random_below(0xffffffff));
		naive_put16(head + E_PHENTSIZE(naive_archs[i].bits), 'l', random_below(0x10000));
		ASSERT_TRUE(xarch_match_machine(head, sizeof(head), i));
		while (changes--)
			head[random_below(24)] = random_below(256);
		for (j = 0; j < NAIVE_ARCHS; j++)
			ASSERT_EQ(!!naive_is_machine(&naive_archs[j], head, sizeof(head)),
				  xarch_match_machine(head, sizeof(head), j));
	}
}

/* Among those refused: ET_NONE, ET_REL (objects, modules), ET_CORE. */
TEST(type)
{
	ASSERT_EQ(0, check_half(16, 16, 0, ET_EXEC, ET_DYN));
}

TEST(machine)
{
	unsigned char head[HEAD_LEN];
	unsigned int machine;
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		naive_header(a, head);
		for (machine = 0; machine <= 0xffff; machine++) {
			naive_put16(head + 18, a->order, machine);
			ASSERT_EQ(naive_match(head, sizeof(head)),
				  xarch_match(head, sizeof(head))) {
				TH_LOG("%s: machine %u", a->name, machine);
			}
		}
	}
}

TEST(ehsize_does_not_count)
{
	EXPECT_EQ(0, check_any(E_EHSIZE(32), E_EHSIZE(64), 2));
}

TEST(phentsize)
{
	ASSERT_EQ(0, check_half(E_PHENTSIZE(32), E_PHENTSIZE(64), 1, 0, 0));
}

TEST(truncated)
{
	unsigned char head[HEAD_LEN];
	size_t i, len, at;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];
		size_t whole = naive_header(a, head);

		for (len = 0; len <= sizeof(head); len++) {
			ASSERT_EQ(len < whole ? -1 : a->arch, match(head, len)) {
				TH_LOG("%s: %zu bytes", a->name, len);
			}
		}
	}
	/* No bytes at all, nor a place where they would be. */
	EXPECT_EQ(-1, xarch_match(NULL, 0));
	/* Zeroes, as the kernel pads a short file, are no header. */
	memset(head, 0, sizeof(head));
	for (at = 0; at <= sizeof(head); at++)
		EXPECT_EQ(-1, match(head, at));
}

/* o32 and n32 differ in one bit of e_flags; n64 in its class. */
TEST(mips_abis)
{
	static const struct {
		int arch;
		int abi2;
		int want;
	} cases[] = {
		{ XARCH_ARCH_MIPS,	0, XARCH_ARCH_MIPS },
		{ XARCH_ARCH_MIPS,	1, XARCH_ARCH_MIPSN32 },
		{ XARCH_ARCH_MIPSEL,	0, XARCH_ARCH_MIPSEL },
		{ XARCH_ARCH_MIPSEL,	1, XARCH_ARCH_MIPSN32EL },
		{ XARCH_ARCH_MIPS64,	0, XARCH_ARCH_MIPS64 },
		{ XARCH_ARCH_MIPS64,	1, XARCH_ARCH_MIPS64 },
		{ XARCH_ARCH_MIPS64EL,	0, XARCH_ARCH_MIPS64EL },
		{ XARCH_ARCH_MIPS64EL,	1, XARCH_ARCH_MIPS64EL },
	};
	/* None; o32 of MIPS32r2; what Debian's mips64el has; all but ABI2. */
	static const unsigned int flags[] = { 0, 0x70001007, 0x80000007, 0xffffffdf };
	unsigned char head[HEAD_LEN];
	size_t i, other;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct naive_arch *a = &naive_archs[cases[i].arch];

		naive_header(a, head);
		for (other = 0; other < ARRAY_SIZE(flags); other++) {
			naive_put32(head + E_FLAGS(a->bits), a->order,
				    flags[other] | (cases[i].abi2 ? 0x20 : 0));
			ASSERT_EQ(cases[i].want, match(head, sizeof(head))) {
				TH_LOG("%s, ABI2 %d, flags %#x", a->name, cases[i].abi2,
				       flags[other]);
			}
		}
	}
}

/* Elsewhere e_flags tell ABI versions and the like, and all are accepted. */
TEST(flags_of_others)
{
	unsigned char head[HEAD_LEN];
	unsigned int bit;
	size_t i;

	for (i = 0; i < NAIVE_ARCHS; i++) {
		const struct naive_arch *a = &naive_archs[i];

		if (a->abi2 != -1)
			continue;
		naive_header(a, head);
		for (bit = 0; bit < 32; bit++) {
			naive_put32(head + E_FLAGS(a->bits), a->order, 1u << bit);
			ASSERT_EQ(a->arch, match(head, sizeof(head))) {
				TH_LOG("%s: flag %#x", a->name, 1u << bit);
			}
		}
	}
}

/*
 * Some bytes of a right header changed, often to what is right elsewhere.
 * MATCH_TEST_SEED takes other ones.
 */
TEST(random_mutations)
{
	static const unsigned char values[] = { 0, 1, 2, 3, 4, 32, 52, 56, 64, 0x7f, 0x90, 0xff };
	const char *seed = getenv("MATCH_TEST_SEED");
	unsigned int round, matches = 0;

	random_state = seed ? strtoull(seed, NULL, 0) | 1 : 20250101;
	for (round = 0; round < 1000000; round++) {
		unsigned char head[HEAD_LEN];
		size_t len = sizeof(head);
		unsigned int changes = random_below(4);
		int want, got;

		naive_header(&naive_archs[random_below(NAIVE_ARCHS)], head);
		while (changes--)
			head[random_below(sizeof(head))] =
				random_below(2) ? values[random_below(ARRAY_SIZE(values))] :
						  random_below(256);
		if (!random_below(4))
			len = random_below(sizeof(head) + 1);
		want = naive_match(head, len);
		got = match(head, len);
		ASSERT_EQ(want, got) {
			TH_LOG("round %u, %zu bytes", round, len);
		}
		matches += got != -1;
	}
	/* Both answers have to be common, or this would prove little. */
	EXPECT_LT(100000u, matches);
	EXPECT_GT(900000u, matches);
}

TEST_HARNESS_MAIN
