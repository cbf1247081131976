// SPDX-License-Identifier: GPL-2.0-or-later
/* Containers by name, which their engines know. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "util.h"

static const char *const engines[] = { "podman", "docker" };

/* More than any engine takes. */
#define NAME_LEN	255
/* As much of an engine's answer as is looked at. */
#define ANSWER_LEN	512

/* As engines see it. What begins with '-' would be an option to some. */
static bool is_name(const char *name)
{
	return isalnum((unsigned char)*name) && strlen(name) <= NAME_LEN &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-")];
}

/* First line of what a program wrote into a file. */
static void read_line(int fd, char line[ANSWER_LEN])
{
	ssize_t len = pread(fd, line, ANSWER_LEN - 1, 0);

	line[len > 0 ? len : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/*
 * Return: 0 with the engine's answer; -1 with what it complained of instead;
 * or the errno with which it could not be run.
 */
static int ask(const char *engine, const char *name, char answer[ANSWER_LEN])
{
	const char *const argv[] = {
		engine, "inspect", "--type", "container",
		"--format", "{{.State.Pid}}", "--", name, NULL
	};
	int out = memfd_create("answer", MFD_CLOEXEC);
	int err = memfd_create("complaint", MFD_CLOEXEC);
	posix_spawn_file_actions_t actions;
	int result, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	result = posix_spawnp(&pid, engine, &actions, NULL, (char **)argv,
			      environ);
	posix_spawn_file_actions_destroy(&actions);
	if (!result) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		result = status ? -1 : 0;
		read_line(status ? err : out, answer);
	}
	close(out);
	close(err);
	return result;
}

static void append(char **text, const char *engine, const char *said)
{
	char *longer = xasprintf("%s%s%s: %s", *text ? *text : "",
				 *text ? "; " : "", engine, said);

	free(*text);
	*text = longer;
}

pid_t container_pid(const char *verb, const char *name)
{
	char answer[ANSWER_LEN], *asked = NULL;
	pid_t pid = 0;
	size_t i;
	int err;

	if (!is_name(name)) {
		error("%s: --container: \"%s\" is no name of a container", verb,
		      name);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		err = ask(engines[i], name, answer);
		if (!err)
			break;
		if (err != ENOENT)
			append(&asked, engines[i],
			       err < 0 ? answer : strerror(err));
	}
	if (i < ARRAY_SIZE(engines)) {
		pid = parse_pid(answer);
		if (!pid && !strcmp(answer, "0"))
			error("%s: container %s is not running (says %s)", verb,
			      name, engines[i]);
		else if (!pid)
			error("%s: container %s: %s tells no process id: \"%s\"",
			      verb, name, engines[i], answer);
	} else if (asked) {
		error("%s: no container %s: %s", verb, name, asked);
	} else {
		error("%s: container %s: neither podman nor docker is installed",
		      verb, name);
	}
	free(asked);
	return pid;
}
