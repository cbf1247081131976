// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for an emulator and tells by its exit status which rule started it.
 * Built once for each IDENTITY, a letter. A rule's emulator is a copy of it
 * whose name ends in that letter, and the rule's one argument is the letter and
 * a number from 1 to 249, the exit status.
 *
 * File, path and argument must fit each other, and the program's path must
 * come behind them: where an exec sees part of one rule and part of another
 * they do not, and the exit status is TAG_MIXED.
 */
#include "tag.h"

static long call3(long number, long a, const void *b, long c)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static long length(const char *string)
{
	const char *end = string;

	while (*end)
		end++;
	return end - string;
}

static int number(const char *digits)
{
	int value = 0;

	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9' || value > 249)
			return 0;
		value = 10 * value + *digits - '0';
	}
	return value <= 249 ? value : 0;
}

static int judge(long argc, char **argv)
{
	if (argc < 4 || !*argv[0] || !*argv[2])
		return 0;
	if (argv[0][length(argv[0]) - 1] != IDENTITY || argv[1][0] != IDENTITY)
		return 0;
	if (argv[2][length(argv[2]) - 1] != 'g')
		return 0;
	return number(argv[1] + 1);
}

__attribute__((noreturn, used)) void tag_main(long *stack)
{
	char **argv = (char **)(stack + 1);
	int status = judge(stack[0], argv);

	if (!status) {
		static const char self = IDENTITY;
		int i;

		call3(1, 2, "# mixed: ", 9);
		call3(1, 2, &self, 1);
		for (i = 0; argv[i]; i++) {
			call3(1, 2, " ", 1);
			call3(1, 2, argv[i], length(argv[i]));
		}
		call3(1, 2, "\n", 1);
		status = TAG_MIXED;
	}
	for (;;)
		call3(231, status, (void *)0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall tag_main\n");
