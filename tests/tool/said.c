// SPDX-License-Identifier: GPL-2.0-or-later
/* Says how it was run: the foreign program, and with TWIN its twin, which has no libc. */
#ifndef TWIN
#include <stdio.h>

int main(void)
{
	return puts("emulated") < 0;
}
#else
void _start(void);

void _start(void)
{
	static const char word[] = "native\n";
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(1L), "D"(1L), "S"(word), "d"(sizeof(word) - 1)
			 : "rcx", "r11", "memory");
	__asm__ volatile("syscall" : "=a"(ret) : "a"(231L), "D"(0L) : "rcx", "r11", "memory");
}
#endif
