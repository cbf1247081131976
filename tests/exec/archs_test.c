// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program of every arch that qemu has, under a rule for it. They all stand at
 * once, so a header that were taken for another arch's would show.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "../../kmod/match.h"
#include "../../tools/probe.h"
#include "../../include/xarch/archs.h"
#include "lab.h"
#include "launch.h"
#include "rule.h"

#define NAME(ID, NAME, ...) [XARCH_ARCH_##ID] = NAME,
static const char *const names[] = { XARCH_ARCHS(NAME) };

int main(void)
{
	char emulator[64];
	struct rule_state state;
	struct outcome o;
	unsigned int arch;
	size_t len;

	ksft_print_header();
	ksft_set_plan(__XARCH_ARCH_MAX - 1);
	lab_open();
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		snprintf(emulator, sizeof(emulator), "/usr/bin/qemu-%s", names[arch]);
		if (arch != XARCH_ARCH_X86_64 && !access(emulator, X_OK) &&
		    rule_emulate(arch, emulator, 0))
			ksft_print_msg("%s: %s\n", names[arch], rule_error);
	}
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		const char *name = names[arch];
		bool good;

		if (arch == XARCH_ARCH_X86_64)
			continue;
		snprintf(emulator, sizeof(emulator), "/usr/bin/qemu-%s", name);
		if (access(emulator, X_OK)) {
			ksft_test_result_skip("%s: no emulator here\n", name);
			continue;
		}
		if (!probe_program(arch, &len)) {
			ksft_test_result_skip("%s: no program for it\n", name);
			continue;
		}
		lab_program(name, arch, 0755);
		launch(&(struct launch){ .path = name }, &o);
		good = !o.error && WIFEXITED(o.status) && WEXITSTATUS(o.status) == PROBE_EXIT &&
		       !o.err[0] && !rule_get(arch, &state) && state.emulated == 1;
		if (!good)
			ksft_print_msg("%s: %s, status %#x, %s\n", name, strerror(o.error),
				       o.status, o.err);
		ksft_test_result(good, "%s\n", name);
		outcome_free(&o);
	}
	lab_close();
	ksft_finished();
}
