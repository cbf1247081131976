// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

int main(void)
{
	return printf("a hall, built %s\n", __DATE__) < 0;
}
