// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook_errors.h"
#include "output.h"
#include "util.h"

#define TEXT_LEN	4096
#define CMDLINE_LEN	(16 << 10)

static int caught = -1;

void hook_errors_catch(void)
{
	struct stat null, own;

	if (stat("/dev/null", &null) || fstat(STDERR_FILENO, &own) ||
	    !S_ISCHR(own.st_mode) || own.st_rdev != null.st_rdev)
		return;
	caught = memfd_create("errors", MFD_CLOEXEC);
	if (caught >= 0)
		dup2(caught, STDERR_FILENO);
}

/* Whole or not at all: nothing can be said of a failure here. */
static void add_to_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK |
		      O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", text);
	close(fd);
}

/* Return: the value of the runtime's option --log, in @cmdline; or NULL. */
static const char *find_log(char cmdline[CMDLINE_LEN])
{
	char path[32], *word;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = read(fd, cmdline, CMDLINE_LEN - 1);
	close(fd);
	if (len <= 0)
		return NULL;
	cmdline[len] = '\0';
	for (word = cmdline; word < cmdline + len; word += strlen(word) + 1) {
		if (!strncmp(word, "--log=/", strlen("--log=/")))
			return word + strlen("--log=");
		if (!strcmp(word, "--log") && word + strlen(word) + 1 <
		    cmdline + len && word[strlen(word) + 1] == '/')
			return word + strlen(word) + 1;
	}
	return NULL;
}

/*
 * podman shows the log where that is a single message, which crun's own will
 * be, and the runtime's standard error where it is more. containerd shows the
 * last message of the log.
 */
void hook_errors_tell(void)
{
	char text[TEXT_LEN], path[32], cmdline[CMDLINE_LEN];
	char *last, *line;
	const char *log;
	json_t *message;
	ssize_t len;

	len = caught < 0 ? 0 : pread(caught, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return;
	text[len - 1] = '\0';
	/* The last one is what went wrong; warnings come before it. */
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;

	snprintf(path, sizeof(path), "/proc/%d/fd/2", getppid());
	add_to_file(path, last);
	log = find_log(cmdline);
	if (!log)
		return;
	message = json_pack("{s:o, s:s}", "msg", json_text(last),
			    "level", "error");
	line = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (line)
		add_to_file(log, line);
	free(line);
}
