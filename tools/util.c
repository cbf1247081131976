// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "util.h"

static void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
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

	fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, prefix,
		shown);
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

char *own_path(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = '\0';
	return xstrdup(path);
}

long parse_number(const char *word, long max)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(word, &end, 10);
	if (errno || end == word || *end || number <= 0 || number > max)
		return 0;
	return number;
}

pid_t parse_pid(const char *word)
{
	return parse_number(word, INT_MAX);
}

void catch_stops(void (*stop)(int), sigset_t *open)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigprocmask(SIG_BLOCK, &stops, open);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
