// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "native_explain.h"
#include "native_report.h"
#include "nl.h"
#include "output.h"
#include "rule.h"
#include "util.h"

/* A container may run programs of ever new names. */
#define LINES_MAX 65536
#define DRAIN_SECONDS 1

struct line {
	uint32_t arch, twin;
	char *path;
	unsigned long long count;
};

struct report {
	struct line **lines;
	size_t n;
	void *tree;			/* the same lines, by what they are of */
	unsigned long long twins, others;
	bool malformed;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int compare(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	if (a->arch != b->arch)
		return a->arch < b->arch ? -1 : 1;
	if (a->twin != b->twin)
		return a->twin < b->twin ? -1 : 1;
	return strcmp(a->path, b->path);
}

static void count(struct report *report, const struct rule *rule)
{
	struct line key = { .arch = rule->arch, .twin = rule->twin, .path = rule->path };
	struct line **found = tfind(&key, &report->tree, compare), *line;

	if (found) {
		(*found)->count++;
		return;
	}
	if (report->n == LINES_MAX) {
		report->others++;
		return;
	}
	line = xrealloc(NULL, sizeof(*line));
	*line = key;
	line->path = xstrdup(rule->path);
	line->count = 1;
	report->lines = xrealloc(report->lines, (report->n + 1) * sizeof(line));
	report->lines[report->n++] = line;
	if (!tsearch(line, &report->tree, compare)) {
		error("out of memory");
		exit(1);
	}
}

static void on_message(void *arg, const struct nlmsghdr *header)
{
	struct report *report = arg;
	struct rule rule = { 0 };

	if (!rule_parse(&rule, header))
		report->malformed = true;
	else if (!rule_has(&rule, XARCH_A_TWINS_VERDICT) || !rule.path ||
		 rule_has(&rule, XARCH_A_ERROR))
		;
	else if (rule.twin == XARCH_TWIN_RUNS)
		report->twins++;
	else
		count(report, &rule);
	rule_clear(&rule);
}

/* Most frequent first; of the same number as compare() has them. */
static int by_count(const void *left, const void *right)
{
	const struct line *a = *(struct line *const *)left, *b = *(struct line *const *)right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return compare(a, b);
}

static const struct column columns[] = {
	{ .title = "EXECS", .key = "execs", .right = true },
	{ .title = "ARCH", .key = "arch" },
	{ .title = "WHY", .text = text_twin },
	{ .title = "PATH", .key = "path" },
	{ 0 }
};

static json_t *record(const void *list, size_t i)
{
	const struct line *line = ((struct line *const *)list)[i];
	struct rule rule = { .path = line->path };
	json_t *json = json_pack("{s:I}", "execs", (json_int_t)line->count);

	rule_set_u32(&rule, XARCH_A_ARCH, line->arch);
	rule_set_u32(&rule, XARCH_A_TWINS_VERDICT, line->twin);
	rule.has |= RULE_BIT(XARCH_A_PATH);
	json_object_update_missing_new(json, rule_json(&rule, rule.has));
	return json;
}

static bool is_left(const struct timespec *end, struct timespec *left)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left->tv_sec = end->tv_sec - now.tv_sec;
	left->tv_nsec = end->tv_nsec - now.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_sec--;
		left->tv_nsec += 1000000000;
	}
	return left->tv_sec >= 0;
}

static bool listen_for(struct report *report, struct conn *conn, const char *label,
		       long seconds, const sigset_t *open)
{
	struct pollfd poll = { .fd = nl_socket_get_fd(conn->sock), .events = POLLIN };
	const struct timespec none = { 0 };
	struct timespec end, left;
	int n;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	while (!stopped && (!seconds || is_left(&end, &left))) {
		n = ppoll(&poll, 1, seconds ? &left : NULL, open);
		if (n < 0 && errno != EINTR) {
			error("%s: poll: %s", label, strerror(errno));
			return false;
		}
		if (n > 0 && conn_listen(conn, on_message, report))
			return false;
	}
	/* What had come by then; more of it may come all the time. */
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += DRAIN_SECONDS;
	while (is_left(&end, &left) && ppoll(&poll, 1, &none, NULL) > 0)
		if (conn_listen(conn, on_message, report))
			return false;
	return true;
}

static void print(const struct report *report, const char *label, unsigned int lost)
{
	if (report->n)
		qsort(report->lines, report->n, sizeof(*report->lines), by_count);
	output_list(columns, record, report->lines, report->n);
	fflush(stdout);
	fprintf(stderr, "%llu execs ran twins\n", report->twins);
	if (report->others)
		warning("%s: %llu more were emulated: those of other names than the first %d",
			label, report->others, LINES_MAX);
	if (lost)
		warning("%s: %u messages were lost: they came faster than they could be read",
			label, lost);
	if (report->malformed)
		warning("%s: some messages were malformed: the module's version does not fit this program's",
			label);
}

bool native_report(const char *label, long seconds)
{
	struct report report = { 0 };
	struct conn conn = { 0 };
	sigset_t open;
	bool good;
	size_t i;

	catch_stops(stop, &open);
	if (conn_open(&conn))
		return false;
	good = !conn_join(&conn, XARCH_MCGRP_EXEC);
	if (good) {
		fputs("listening\n", stderr);
		good = listen_for(&report, &conn, label, seconds, &open);
	}
	if (good)
		print(&report, label, conn_lost(&conn));
	conn_close(&conn);
	for (i = 0; i < report.n; i++) {
		tdelete(report.lines[i], &report.tree, compare);
		free(report.lines[i]->path);
		free(report.lines[i]);
	}
	free(report.lines);
	return good;
}
