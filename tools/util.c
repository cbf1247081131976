// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "util.h"

static void out_of_memory(void)
{
	fputs("xarchctl: out of memory\n", stderr);
	exit(1);
}

void *xrealloc(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (!new)
		out_of_memory();
	return new;
}

char *xstrdup(const char *text)
{
	char *new = strdup(text);

	if (!new)
		out_of_memory();
	return new;
}

static char *format(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	return text;
}

char *printable(const char *text)
{
	size_t left = strlen(text);
	char *new = xrealloc(NULL, 4 * left + 1);
	char *end = new;
	mbstate_t state = { 0 };

	while (left) {
		wchar_t wide;
		size_t len = mbrtowc(&wide, text, left, &state);

		if (len > left || !iswprint(wide) || wide == L'\\') {
			end += sprintf(end, "\\x%02x", (unsigned char)*text);
			memset(&state, 0, sizeof(state));
			len = 1;
		} else {
			memcpy(end, text, len);
			end += len;
		}
		text += len;
		left -= len;
	}
	*end = '\0';
	return new;
}

static void complain(const char *prefix, const char *fmt, va_list args)
{
	char *text = format(fmt, args);
	char *shown = printable(text);

	fprintf(stderr, "xarchctl: %s%s\n", prefix, shown);
	free(shown);
	free(text);
}

void error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain("", fmt, args);
	va_end(args);
}

void warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain("warning: ", fmt, args);
	va_end(args);
}
