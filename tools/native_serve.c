// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A container is served by a child of its own, so that one that makes us wait, by a file
 * system that it runs itself, makes nobody else wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../include/uapi/linux/xarch.h"
#include "native_attach.h"
#include "native_serve.h"
#include "nl.h"
#include "util.h"

/* Children at a time. Who finds no place asks again, a second later. */
#define PLACES 32
/* A child has so many seconds, and is killed and forgotten then. */
#define CHILD_SECONDS 5
/* Children that were killed and do not end, as the file system they wait for hangs. */
#define STUCK_MAX 256
/*
 * A container that was refused is not looked at again for so many seconds, and not
 * spoken of again for so many. Few, as another container may have its number by then.
 */
#define REFUSED_SECONDS 5
#define SAID_SECONDS 60
#define REFUSED_MAX 1024
/* Lines of log in so many seconds; what is more is counted. */
#define LINES_SECONDS 60
#define LINES_MAX 5
#define WHY_MAX 256

/* One container and set; the mount namespace's inode number stands for it. */
struct errand {
	struct native_seeker seeker;
	ino_t ns;
	time_t until;			/* its child's limit; refused: may be spoken of */
};

struct serve {
	const char *label;
	struct conn conn;
	struct {
		struct errand errand;
		pid_t child;			/* 0: nobody */
	} places[PLACES];
	char (*why)[WHY_MAX];			/* one a place, shared with the child */
	struct errand refused[REFUSED_MAX];
	size_t refused_next;
	unsigned int stuck, lines, unsaid;
	time_t lines_until;
	bool once, done, attached;
	bool again;			/* the module is another one */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* It only has to end ppoll(). */
static void wake(int signal)
{
	(void)signal;
}

static time_t now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec;
}

/* ---- What it says ---- */

static void say_unsaid(struct serve *serve)
{
	if (serve->unsaid && now() >= serve->lines_until) {
		warning("%s: %u more containers were refused", serve->label, serve->unsaid);
		serve->unsaid = 0;
	}
}

/* A host with ten thousand such containers has other use for its log. */
static void say(struct serve *serve, const struct errand *errand, const char *why)
{
	say_unsaid(serve);
	if (now() >= serve->lines_until) {
		serve->lines = 0;
		serve->lines_until = now() + LINES_SECONDS;
	}
	if (serve->lines++ < LINES_MAX)
		warning("%s: process %d has no set %s and goes on being emulated: %s",
			serve->label, errand->seeker.pid, errand->seeker.set, why);
	else
		serve->unsaid++;
}

/* ---- Which errands ---- */

static bool same_errand(const struct errand *a, const struct errand *b)
{
	return a->ns == b->ns && !strcmp(a->seeker.set, b->seeker.set);
}

static struct errand *find_refused(struct serve *serve, const struct errand *errand)
{
	size_t i;

	for (i = 0; i < REFUSED_MAX; i++)
		if (same_errand(&serve->refused[i], errand))
			return &serve->refused[i];
	return NULL;
}

static bool is_wanted(struct serve *serve, const struct errand *errand)
{
	const struct errand *refused = find_refused(serve, errand);
	size_t i;

	for (i = 0; i < PLACES; i++)
		if (serve->places[i].child && same_errand(&serve->places[i].errand, errand))
			return false;
	return !refused || now() >= refused->until - SAID_SECONDS + REFUSED_SECONDS;
}

/* Of a container that was never refused, or long ago, @why is said. */
static void refuse(struct serve *serve, const struct errand *errand, const char *why)
{
	struct errand *place = find_refused(serve, errand);

	if (why && (!place || now() >= place->until))
		say(serve, errand, why);
	if (!place)
		place = &serve->refused[serve->refused_next++ % REFUSED_MAX];
	*place = *errand;
	place->until = now() + SAID_SECONDS;
}

/* ---- Its children ---- */

static void ended(struct serve *serve, size_t i, int status)
{
	enum native_attached result = WIFEXITED(status) ? (enum native_attached)
				      WEXITSTATUS(status) : NATIVE_REFUSED;
	const struct errand *errand = &serve->places[i].errand;

	serve->places[i].child = 0;
	if (result == NATIVE_HOSTS)
		refuse(serve, errand, NULL);
	if (result == NATIVE_REFUSED)
		refuse(serve, errand, serve->why[i][0] ? serve->why[i] : "it was killed");
	if (result == NATIVE_ATTACHED)
		serve->attached = true;
	if (result == NATIVE_ATTACHED || result == NATIVE_REFUSED)
		serve->done = true;
}

static void reap(struct serve *serve)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < PLACES && serve->places[i].child != pid; i++)
			;
		if (i < PLACES)
			ended(serve, i, status);
		else
			serve->stuck--;
	}
	for (i = 0; i < PLACES; i++) {
		if (!serve->places[i].child || serve->places[i].errand.until > now())
			continue;
		kill(serve->places[i].child, SIGKILL);
		serve->stuck++;
		serve->places[i].child = 0;
		refuse(serve, &serve->places[i].errand, "it made us wait for too long");
	}
}

static void begin(struct serve *serve, const struct errand *errand)
{
	pid_t parent = getpid(), pid;
	size_t i;

	for (i = 0; i < PLACES && serve->places[i].child; i++)
		;
	if (i == PLACES || serve->stuck >= STUCK_MAX)
		return;
	serve->why[i][0] = '\0';
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(NATIVE_GONE);
		_exit(native_attach(&errand->seeker, serve->why[i], WHY_MAX));
	}
	if (pid < 0) {
		say(serve, errand, strerror(errno));
		return;
	}
	serve->places[i].errand = *errand;
	serve->places[i].errand.until = now() + CHILD_SECONDS;
	serve->places[i].child = pid;
}

/* ---- What it is told ---- */

static bool read_seeker(const struct nlmsghdr *header, struct native_seeker *seeker)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];
	static struct nla_policy policy[XARCH_A_MAX + 1] = {
		[XARCH_A_TWINS] = { .type = NLA_STRING },
		[XARCH_A_PID] = { .type = NLA_U32 },
		[XARCH_A_STARTED_NS] = { .type = NLA_U64 },
	};

	if (genlmsg_parse((struct nlmsghdr *)header, 0, attrs, XARCH_A_MAX, policy) ||
	    !attrs[XARCH_A_TWINS] || !attrs[XARCH_A_PID] || !attrs[XARCH_A_STARTED_NS])
		return false;
	nla_strlcpy(seeker->set, attrs[XARCH_A_TWINS], sizeof(seeker->set));
	seeker->pid = nla_get_u32(attrs[XARCH_A_PID]);
	seeker->started_ns = nla_get_u64(attrs[XARCH_A_STARTED_NS]);
	return true;
}

/* A module that comes anew, by an upgrade, has a new group. */
static bool is_arrival(const struct nlmsghdr *header)
{
	struct genlmsghdr *genl = nlmsg_data(header);
	struct nlattr *name;

	if (header->nlmsg_type != GENL_ID_CTRL || genl->cmd != CTRL_CMD_NEWFAMILY)
		return false;
	name = nlmsg_find_attr((struct nlmsghdr *)header, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME);
	return name && !nla_strcmp(name, XARCH_GENL_NAME);
}

static void on_message(void *arg, const struct nlmsghdr *header)
{
	struct genlmsghdr *genl = nlmsg_data(header);
	struct serve *serve = arg;
	struct errand errand = { 0 };
	struct stat ns;
	char path[64];

	if (is_arrival(header))
		serve->again = true;
	if (header->nlmsg_type != serve->conn.family || genl->cmd != XARCH_CMD_NATIVE_NTF || (serve->once && serve->done) ||
	    !read_seeker(header, &errand.seeker))
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", errand.seeker.pid);
	if (stat(path, &ns))
		return;
	errand.ns = ns.st_ino;
	if (is_wanted(serve, &errand))
		begin(serve, &errand);
}

static bool is_busy(const struct serve *serve)
{
	size_t i;

	for (i = 0; i < PLACES; i++)
		if (serve->places[i].child)
			return true;
	return serve->stuck || serve->unsaid;
}

/* Children that end as well. */
static void catch_signals(sigset_t *open)
{
	struct sigaction action = { .sa_handler = wake };
	sigset_t child;

	catch_stops(stop, open);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigaction(SIGCHLD, &action, NULL);
}

static bool loop(struct serve *serve, const sigset_t *open)
{
	struct pollfd poll = { .fd = nl_socket_get_fd(serve->conn.sock), .events = POLLIN };
	const struct timespec second = { .tv_sec = 1 };

	while (!stopped && !serve->again && !(serve->once && serve->done)) {
		/* Children have a time limit. */
		int n = ppoll(&poll, 1, is_busy(serve) ? &second : NULL, open);

		if (n < 0 && errno != EINTR) {
			error("%s: poll: %s", serve->label, strerror(errno));
			return false;
		}
		if (n > 0 && conn_listen(&serve->conn, on_message, serve))
			return false;
		reap(serve);
		say_unsaid(serve);
	}
	return true;
}

static bool join(struct serve *serve)
{
	int id = genl_ctrl_resolve_grp(serve->conn.sock, "nlctrl", "notify");
	int err = id < 0 ? id : nl_socket_add_membership(serve->conn.sock, id);

	if (err < 0) {
		error("%s: listening for the module: %s", serve->label, nl_geterror(err));
		return false;
	}
	return !conn_join(&serve->conn, XARCH_MCGRP_NATIVE);
}

/* Return: whether it ended as it should. */
static bool listen_and_serve(struct serve *serve, const sigset_t *open)
{
	bool good;

	serve->again = false;
	if (conn_open(&serve->conn))
		return false;
	good = join(serve);
	if (good) {
		fputs("listening\n", stderr);
		good = loop(serve, open);
	}
	conn_close(&serve->conn);
	return good;
}

bool native_serve(const char *label, bool once)
{
	struct serve serve = { .label = label, .once = once };
	sigset_t open;
	bool good;

	serve.why = mmap(NULL, PLACES * WHY_MAX, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (serve.why == MAP_FAILED) {
		error("%s: out of memory", label);
		return false;
	}
	catch_signals(&open);
	do
		good = listen_and_serve(&serve, &open);
	while (good && serve.again);
	munmap(serve.why, PLACES * WHY_MAX);
	return good && (!once || stopped || serve.attached);
}
