// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executes each program named and prints what came of it, a line each: "exit 5",
 * "signal 9", or the errno's name. A shell would run on ENOEXEC what is not a
 * script, and hides which errno it was.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		int result = run_program(argv[i]);

		if (result < 0)
			printf("%s\n", strerrorname_np(-result) ?: "?");
		else if (result >= 1000)
			printf("signal %d\n", result - 1000);
		else
			printf("exit %d\n", result);
	}
	return 0;
}
