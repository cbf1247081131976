// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "native_image.h"
#include "native_load.h"
#include "native_run.h"
#include "native_table.h"
#include "nl.h"
#include "util.h"

/* A set that is open, to be told to the module. */
struct load {
	struct conn conn;
	const char *label;
	const char *name;
	enum native_mark mark;
	struct native_table table;
	char *loader;
	int loader_fd;
	int *twin_fds;
	bool good;
};

/* One descriptor a twin: 1,024 at most, which is the usual limit already. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static struct nl_msg *load_message(void *arg, size_t i)
{
	struct load *load = arg;
	size_t payload = 4096, j;
	struct nl_msg *msg;

	(void)i;
	for (i = 0; i < load->table.n; i++) {
		const struct native_twin *twin = &load->table.twins[i];

		payload += 128 + (twin->unless.n + twin->only.n) *
				 (NATIVE_PATTERN_LEN + 1 + NLA_HDRLEN + NLA_ALIGNTO);
	}
	msg = conn_message(&load->conn, XARCH_CMD_TWINS_LOAD, NLM_F_ACK, payload);
	/* There is room: the payload was counted. */
	nla_put_string(msg, XARCH_A_TWINS, load->name);
	nla_put_string(msg, XARCH_A_TWINS_LOADER, load->loader);
	nla_put_u32(msg, XARCH_A_TWINS_LOADER_FD, load->loader_fd);
	if (load->mark == NATIVE_EVERYBODY)
		nla_put_flag(msg, XARCH_A_TWINS_EVERYBODY);
	for (i = 0; i < load->table.n; i++) {
		const struct native_twin *twin = &load->table.twins[i];
		struct nlattr *nest = nla_nest_start(msg, XARCH_A_TWIN);

		nla_put(msg, XARCH_TWIN_A_BUILD_ID, twin->id_len, twin->id);
		nla_put_u32(msg, XARCH_TWIN_A_FD, load->twin_fds[i]);
		for (j = 0; j < twin->unless.n; j++)
			nla_put_string(msg, XARCH_TWIN_A_NOT_ARG, twin->unless.word[j]);
		for (j = 0; j < twin->only.n; j++)
			nla_put_string(msg, XARCH_TWIN_A_ONLY_ARG, twin->only.word[j]);
		nla_nest_end(msg, nest);
	}
	return msg;
}

static struct nl_msg *unload_message(void *arg, size_t i)
{
	struct load *load = arg;
	struct nl_msg *msg = conn_message(&load->conn, XARCH_CMD_TWINS_UNLOAD, NLM_F_ACK, 128);

	(void)i;
	nla_put_string(msg, XARCH_A_TWINS, load->name);
	return msg;
}

static void answered(void *arg, size_t i, const struct conn_reply *reply)
{
	struct load *load = arg;

	(void)i;
	load->good = !reply->error;
	if (reply->error)
		error("%s: %s: %s", load->label, load->name, reply->message);
}

/* One loaded set: is it ours, and for everybody? */
static void see_mark(void *arg, const struct nlmsghdr *header)
{
	struct nlattr *attrs[XARCH_A_MAX + 1];
	static struct nla_policy policy[XARCH_A_MAX + 1] = {
		[XARCH_A_TWINS] = { .type = NLA_STRING },
	};
	struct load *load = arg;

	if (!genlmsg_parse((struct nlmsghdr *)header, 0, attrs, XARCH_A_MAX, policy) &&
	    attrs[XARCH_A_TWINS] && attrs[XARCH_A_TWINS_EVERYBODY] &&
	    !nla_strcmp(attrs[XARCH_A_TWINS], load->name))
		load->mark = NATIVE_EVERYBODY;
}

static void forget_mark(void *arg)
{
	struct load *load = arg;

	load->mark = NATIVE_AS_BEFORE;
}

/* A set that takes the place of another is for whom that was. */
static bool find_mark(struct load *load)
{
	struct conn_reply reply;

	if (load->mark != NATIVE_AS_BEFORE)
		return true;
	if (conn_dump(&load->conn, conn_message(&load->conn, XARCH_CMD_TWINS_GET, NLM_F_DUMP, 0),
		      see_mark, forget_mark, load, &reply))
		return false;
	if (reply.error)
		error("%s: %s: %s", load->label, load->name, reply.message);
	return !reply.error;
}

static bool ask(struct load *load, struct nl_msg *(*build)(void *arg, size_t i))
{
	if (conn_open(&load->conn))
		return false;
	if ((build == load_message && !find_mark(load)) ||
	    conn_batch(&load->conn, 1, build, answered, load))
		load->good = false;
	conn_close(&load->conn);
	return load->good;
}

static bool open_twins(struct load *load, int root)
{
	char *why;
	size_t i;

	load->loader_fd = openat(root, NATIVE_LOADER, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (load->loader_fd < 0) {
		error("%s: %s: %s", load->label, load->loader, strerror(errno));
		return false;
	}
	load->twin_fds = xrealloc(NULL, load->table.n * sizeof(int));
	for (i = 0; i < load->table.n; i++)
		load->twin_fds[i] = -1;
	raise_limit();
	for (i = 0; i < load->table.n; i++) {
		load->twin_fds[i] = native_twin_open(root, &load->table,
						     &load->table.twins[i], &why);
		if (load->twin_fds[i] < 0) {
			error("%s: %s: %s", load->label, load->name, why);
			free(why);
			return false;
		}
	}
	return true;
}

static bool load_from(struct load *load, int root)
{
	bool good;
	size_t i;

	good = open_twins(load, root) && ask(load, load_message);
	for (i = 0; load->twin_fds && i < load->table.n; i++)
		if (load->twin_fds[i] >= 0)
			close(load->twin_fds[i]);
	free(load->twin_fds);
	if (load->loader_fd >= 0)
		close(load->loader_fd);
	return good;
}

/* Is what is mounted there the set that its image holds? */
static bool mounted_is(const char *at, const char *name, const struct native_table *image)
{
	int root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct native_table table;
	bool same;
	char *why;

	if (root < 0)
		return false;
	if (!native_table_open(root, name, &table, &why)) {
		free(why);
		close(root);
		return false;
	}
	same = !strcmp(table.made_of, image->made_of);
	native_table_clear(&table);
	close(root);
	return same;
}

/* Return: descriptor of the set's root, mounted by us or before; -1 after a message. */
static int mount_set(struct load *load, const char *at, const char *image, bool *ours)
{
	char *why;
	int root;

	*ours = false;
	if (!mounted_is(at, load->name, &load->table)) {
		if ((mkdir(NATIVE_MOUNTS, 0755) && errno != EEXIST) ||
		    (mkdir(at, 0755) && errno != EEXIST)) {
			error("%s: %s: %s", load->label, at, strerror(errno));
			return -1;
		}
		/* Over an older one, which whoever uses it keeps. */
		if (!native_image_mount(image, at, &why)) {
			error("%s: %s: %s", load->label, image, why);
			free(why);
			return -1;
		}
		*ours = true;
	}
	root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		error("%s: %s: %s", load->label, at, strerror(errno));
	return root;
}

/*
 * What is below the set is older ones, each of which keeps an image that nobody can
 * remove. The container that has a copy of such a mount keeps that.
 */
static bool drop_older(const char *label, const char *at)
{
	int set = open_tree(AT_FDCWD, at, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			    AT_SYMLINK_NOFOLLOW);
	bool good = set >= 0;

	if (good) {
		while (!umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW))
			;
		good = !move_mount(set, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH);
	}
	if (!good)
		error("%s: %s: the older set cannot be replaced: %s", label, at,
		      strerror(errno));
	if (set >= 0)
		close(set);
	return good;
}

/* Its service waits for the first set. A machine without it has containers emulated. */
static void start_service(void)
{
	static const char *const argv[] = {
		"systemctl", "start", "--no-block", "xarch-native.service", NULL
	};
	struct native_run run = { 0 };
	char *why;

	if (access("/run/systemd/system", F_OK))
		return;
	if (!native_run(&run, argv, &why))
		free(why);
}

bool native_load(const char *label, const char *name, enum native_mark mark)
{
	struct load load = {
		.label = label, .name = name, .mark = mark, .loader_fd = -1,
	};
	char *image = native_image_path(NATIVE_DIR, name);
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name);
	bool ours = false;
	char *why;
	int root;

	load.loader = xasprintf("%s/" NATIVE_LOADER, at);
	if (!native_name_good(name)) {
		error("%s: \"%s\" is no name of a twin set", label, name);
	} else if (access(image, F_OK)) {
		error("%s: there is no twin set %s: \"xarchctl native build ARCH --suite %s\" makes one",
		      label, name, name);
	} else if (!native_image_table(image, name, &load.table, &why)) {
		error("%s: %s: %s", label, image, why);
		free(why);
	} else {
		root = mount_set(&load, at, image, &ours);
		if (root >= 0) {
			load.good = load_from(&load, root);
			close(root);
		}
		if (load.good && ours)
			load.good = drop_older(label, at);
		if (load.good)
			start_service();
		else if (ours)
			umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW);
		native_table_clear(&load.table);
	}
	free(load.loader);
	free(image);
	free(at);
	return load.good;
}

bool native_unload(const char *label, const char *name)
{
	struct load load = { .label = label, .name = name };
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name);

	if (ask(&load, unload_message)) {
		/* Whoever runs a twin keeps what it needs of the set. */
		while (!umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW))
			;
		rmdir(at);
	}
	free(at);
	return load.good;
}
