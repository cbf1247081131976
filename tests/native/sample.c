// SPDX-License-Identifier: GPL-2.0-or-later
/* A program that native_test rewrites: it prints what it was told. */
#include <stdio.h>

static const char *volatile directory = "/usr/lib/sample-cross/";
static const char *volatile again = "sample-cross";
static const char *volatile is_cross = "it is 1";
static const char *volatile other = "it is 0 ";
static const char table[] = "/long/first/\0/second/";

int main(void)
{
	printf("%s %s %s %s %s %s\n", directory, again, is_cross, other, table,
	       table + sizeof("/long/first/"));
	return 0;
}
