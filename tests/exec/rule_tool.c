// SPDX-License-Identifier: GPL-2.0-or-later
/* For the scripts among the tests: host rules by ./rule.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/xarch/archs.h"
#include "rule.h"

#define NAME(ID, NAME, ...) [XARCH_ARCH_##ID] = NAME,
static const char *const names[] = { XARCH_ARCHS(NAME) };

static int usage(void)
{
	fputs("usage: rule_tool clear | deny ARCH | pass ARCH | emulate ARCH EMULATOR [FLAGS]\n",
	      stderr);
	return 2;
}

static int arch_named(const char *name)
{
	int arch;

	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
		if (!strcmp(names[arch], name))
			return arch;
	exit(usage());
}

int main(int argc, char **argv)
{
	int err;

	if (argc == 2 && !strcmp(argv[1], "clear"))
		err = rule_clear();
	else if (argc == 3 && !strcmp(argv[1], "deny"))
		err = rule_deny(arch_named(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "pass"))
		err = rule_pass(arch_named(argv[2]));
	else if (argc >= 4 && argc <= 5 && !strcmp(argv[1], "emulate"))
		err = rule_emulate(arch_named(argv[2]), argv[3], argc > 4 ? atoi(argv[4]) : 0);
	else
		return usage();
	if (err)
		fprintf(stderr, "rule_tool: %s: %s\n", strerror(-err), rule_error);
	return err ? 1 : 0;
}
