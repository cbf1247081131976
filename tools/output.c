// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "settings.h"
#include "util.h"

/* A table has no more columns than this; main() of none comes near. */
#define MAX_COLUMNS 16

json_t *json_text(const char *text)
{
	json_t *json;
	char *valid, *end;

	if (!text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;

	end = valid = xrealloc(NULL, 3 * strlen(text) + 1);
	for (; *text; text++)
		if ((unsigned char)*text < 0x80)
			*end++ = *text;
		else
			end = stpcpy(end, "\xef\xbf\xbd");
	*end = '\0';
	json = json_string(valid);
	free(valid);
	return json;
}

static char *text_value(json_t *value)
{
	char *text, *longer, *item;
	json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return printable(json_string_value(value));
	case JSON_INTEGER:
		return xasprintf("%" JSON_INTEGER_FORMAT,
				 json_integer_value(value));
	case JSON_TRUE:
		return xstrdup("yes");
	case JSON_FALSE:
		return xstrdup("no");
	case JSON_ARRAY:
		text = NULL;
		json_array_foreach(value, i, member) {
			item = text_value(member);
			if (text) {
				longer = xasprintf("%s,%s", text, item);
				free(text);
				free(item);
				item = longer;
			}
			text = item;
		}
		if (text)
			return text;
		/* fallthrough */
	default:
		return xstrdup("-");
	}
}

char *text_member(json_t *record, const char *key)
{
	json_t *value = json_object_get(record, key);

	return value ? text_value(value) : xstrdup("-");
}

char *text_duration(long long ms)
{
	long long s = ms / 1000;

	if (s < 60)
		return xasprintf("%llds", s);
	if (s < 60 * 60)
		return xasprintf("%lldm", s / 60);
	if (s < 24 * 60 * 60)
		return xasprintf("%lldh%lldm", s / 3600, s / 60 % 60);
	return xasprintf("%lldd%lldh", s / 86400, s / 3600 % 24);
}

static char *cell(const struct column *column, json_t *record)
{
	return column->text ? column->text(record) :
			      text_member(record, column->key);
}

/* Characters, of which a UTF-8 one may take more than one byte. */
static int width_of(const char *text)
{
	size_t width = mbstowcs(NULL, text, 0);

	return width == (size_t)-1 ? (int)strlen(text) : (int)width;
}

static void print_cell(const struct column *column, const char *text, int width)
{
	bool last = !column[1].title;
	int blanks = width - width_of(text);

	if (column->right)
		printf("%*s", blanks > 0 ? blanks : 0, "");
	fputs(text, stdout);
	if (last) {
		putchar('\n');
		return;
	}
	printf("%*s", (blanks > 0 && !column->right ? blanks : 0) + 2, "");
}

static void print_row(const struct column *columns, const int *widths,
		      json_t *record)
{
	size_t i;

	for (i = 0; columns[i].title; i++) {
		char *text = cell(&columns[i], record);

		print_cell(&columns[i], text, widths[i]);
		free(text);
	}
}

static void print_table(const struct column *columns,
			json_t *(*record)(const void *list, size_t i),
			const void *list, size_t n)
{
	int widths[MAX_COLUMNS];
	json_t *json;
	size_t i, at;

	if (!n)
		return;
	for (i = 0; columns[i].title; i++)
		widths[i] = width_of(columns[i].title);
	for (at = 0; at < n; at++) {
		json = record(list, at);
		for (i = 0; columns[i].title; i++) {
			char *text = cell(&columns[i], json);
			int width = width_of(text);

			if (width > widths[i])
				widths[i] = width;
			free(text);
		}
		json_decref(json);
	}
	for (i = 0; columns[i].title; i++)
		print_cell(&columns[i], columns[i].title, widths[i]);
	for (at = 0; at < n; at++) {
		json = record(list, at);
		print_row(columns, widths, json);
		json_decref(json);
	}
}

void output_list(const struct column *columns,
		 json_t *(*record)(const void *list, size_t i),
		 const void *list, size_t n)
{
	size_t i;

	if (!settings.json) {
		print_table(columns, record, list, n);
		return;
	}
	putchar('[');
	for (i = 0; i < n; i++) {
		json_t *json = record(list, i);

		fputs(i ? ",\n " : "\n ", stdout);
		json_dumpf(json, stdout, JSON_COMPACT);
		json_decref(json);
	}
	puts(n ? "\n]" : "]");
}

static json_t *array_record(const void *list, size_t i)
{
	return json_incref(json_array_get((json_t *)list, i));
}

void output_array(const struct column *columns, json_t *records)
{
	output_list(columns, array_record, records, json_array_size(records));
}

void output_object(json_t *record)
{
	if (settings.json) {
		json_dumpf(record, stdout, JSON_INDENT(1));
		putchar('\n');
	}
}

void output_line(const struct column *columns, json_t *record)
{
	int widths[MAX_COLUMNS] = { 0 };
	size_t i;

	if (settings.json) {
		json_dumpf(record, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		for (i = 0; columns[i].title; i++)
			widths[i] = columns[i].width;
		print_row(columns, widths, record);
	}
	fflush(stdout);
}
