// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../include/xarch/archs.h"
#include "arch.h"
#include "util.h"

#define LSB false
#define MSB true
#define ARCH(ID, NAME, CLASS, DATA, MACHINE, MASK, VALUE)	\
	[XARCH_ARCH_##ID] = {					\
		.name = NAME,					\
		.class = CLASS,					\
		.big_endian = DATA,				\
		.machine = MACHINE,				\
	},
const struct arch archs[__XARCH_ARCH_MAX] = { XARCH_ARCHS(ARCH) };

/* Names of Debian's ports, of uname -m, of the GNU tools and of Docker. */
static const struct {
	const char *name;
	enum xarch_arch arch;
} aliases[] = {
	{ "arm64",		XARCH_ARCH_AARCH64 },
	{ "armv8",		XARCH_ARCH_AARCH64 },
	{ "arm64be",		XARCH_ARCH_AARCH64_BE },
	{ "armhf",		XARCH_ARCH_ARM },
	{ "armel",		XARCH_ARCH_ARM },
	{ "armv7",		XARCH_ARCH_ARM },
	{ "armv7l",		XARCH_ARCH_ARM },
	{ "armv6",		XARCH_ARCH_ARM },
	{ "armv6l",		XARCH_ARCH_ARM },
	{ "armv5",		XARCH_ARCH_ARM },
	{ "armbe",		XARCH_ARCH_ARMEB },
	{ "parisc",		XARCH_ARCH_HPPA },
	{ "386",		XARCH_ARCH_I386 },
	{ "i486",		XARCH_ARCH_I386 },
	{ "i586",		XARCH_ARCH_I386 },
	{ "i686",		XARCH_ARCH_I386 },
	{ "x86",		XARCH_ARCH_I386 },
	{ "loong64",		XARCH_ARCH_LOONGARCH64 },
	{ "m68000",		XARCH_ARCH_M68K },
	{ "mipseb",		XARCH_ARCH_MIPS },
	{ "mips64eb",		XARCH_ARCH_MIPS64 },
	{ "mips64le",		XARCH_ARCH_MIPS64EL },
	{ "mipsle",		XARCH_ARCH_MIPSEL },
	{ "mipsn32le",		XARCH_ARCH_MIPSN32EL },
	{ "openrisc",		XARCH_ARCH_OR1K },
	{ "powerpc",		XARCH_ARCH_PPC },
	{ "powerpc64",		XARCH_ARCH_PPC64 },
	{ "ppc64el",		XARCH_ARCH_PPC64LE },
	{ "powerpc64le",	XARCH_ARCH_PPC64LE },
	{ "superh",		XARCH_ARCH_SH4 },
	{ "sparcv8plus",	XARCH_ARCH_SPARC32PLUS },
	{ "sparcv9",		XARCH_ARCH_SPARC64 },
	{ "amd64",		XARCH_ARCH_X86_64 },
	{ "x86-64",		XARCH_ARCH_X86_64 },
	{ "x64",		XARCH_ARCH_X86_64 },
};

/*
 * Docker writes OS/ARCH[/VARIANT]. A variant is a level of the instruction
 * set, which an emulator covers whole, so the name without it says enough.
 */
int arch_parse(const char *name)
{
	size_t len, i;

	if (!strncasecmp(name, "linux/", 6))
		name += 6;
	len = strcspn(name, "/");
	if (name[len] && (strncmp(name + len, "/v", 2) ||
			  name[len + 2 + strspn(name + len + 2, "0123456789")]))
		return -1;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (strlen(archs[i].name) == len &&
		    !strncasecmp(archs[i].name, name, len))
			return i;
	for (i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strlen(aliases[i].name) == len &&
		    !strncasecmp(aliases[i].name, name, len))
			return aliases[i].arch;
	return -1;
}

char *arch_known(void)
{
	char *known = xstrdup(archs[0].name);
	size_t i;

	for (i = 1; i < ARRAY_SIZE(archs); i++) {
		char *longer = xasprintf("%s %s", known, archs[i].name);

		free(known);
		known = longer;
	}
	return known;
}

const char *arch_alias(enum xarch_arch arch, unsigned int i)
{
	size_t at;

	for (at = 0; at < ARRAY_SIZE(aliases); at++)
		if (aliases[at].arch == arch && !i--)
			return aliases[at].name;
	return NULL;
}

/* Put there by the linker: the ELF header of this very program. */
extern const unsigned char __ehdr_start[] __attribute__((visibility("hidden")));

int arch_self(void)
{
	return xarch_match(__ehdr_start, XARCH_MATCH_LEN);
}

bool arch_is_native(enum xarch_arch arch)
{
	int self = arch_self();

	return (int)arch == self ||
	       (self == XARCH_ARCH_X86_64 && arch == XARCH_ARCH_I386);
}
