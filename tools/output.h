/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_OUTPUT_H
#define _XARCHCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

/*
 * Everything that xarchctl prints is a record: a JSON object. --json prints
 * the records themselves; else a table of columns shows them.
 */
struct column {
	const char *title;
	const char *key;		/* member of the record */
	bool right;			/* aligned to the right: a number */
	int width;			/* least width, in characters */
	/* Text of a cell where the member's plain text is not it; new string. */
	char *(*text)(json_t *record);
};

/**
 * output_list() - print records: a JSON array, or a table with its titles
 * @columns: of the table; one without title ends them
 * @record: makes record @i, a new reference
 * @list: for @record
 * @n: how many records; none make an empty array, or nothing at all
 *
 * A table asks for each record twice, the first time to measure it: a hundred
 * thousand are never held at once.
 */
void output_list(const struct column *columns,
		 json_t *(*record)(const void *list, size_t i),
		 const void *list, size_t n);

/**
 * output_array() - as output_list(), of records at hand
 * @columns: of the table
 * @records: JSON array; the caller keeps it
 */
void output_array(const struct column *columns, json_t *records);

/**
 * output_object() - print one record with --json, nothing else
 * @record: JSON object; the caller keeps it
 */
void output_object(json_t *record);

/**
 * output_line() - print one record at once: one line of JSON, or one row
 * @columns: of the row; their least widths align rows with each other
 * @record: JSON object; the caller keeps it
 */
void output_line(const struct column *columns, json_t *record);

/**
 * json_text() - JSON string of bytes
 * @text: bytes, or NULL
 *
 * JSON is Unicode: where @text is no UTF-8, each byte of it beyond ASCII
 * becomes U+FFFD.
 *
 * Return: new reference; JSON's null for NULL.
 */
json_t *json_text(const char *text);

/**
 * text_member() - member of a record as a table shows it
 * @record: JSON object
 * @key: member
 *
 * Return: new string: the plain text, a list parted by commas, yes or no, "-"
 * for null, an empty list or no such member.
 */
char *text_member(json_t *record, const char *key);

/**
 * text_duration() - a time span, in the largest units that tell enough
 * @ms: milliseconds
 *
 * Return: new string, "5s", "12m", "3h20m", "4d7h".
 */
char *text_duration(long long ms);

#endif /* _XARCHCTL_OUTPUT_H */
