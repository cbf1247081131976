// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A container's root can change its directories and mounts at any time, to have us change
 * something outside. Hence: all that is looked at is held by a descriptor and used by
 * that, nothing is looked up but one component at a time, symbolic links are followed
 * nowhere, and what is mounted is read-only and receives nothing from elsewhere; those
 * mount namespaces see it, the host's not among them, that share the container's /dev.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "native_attach.h"
#include "native_table.h"
#include "util.h"

#define WITHIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

struct attach {
	const struct native_seeker *seeker;
	char *why;
	size_t size;
	int ns, root, mounts;	/* of the process */
	int fds;		/* our /proc/self/fd in the host's /proc */
	int tree;		/* a mount of the set, not anywhere yet */
	int dev, home, at;	/* its /dev, /dev/xarch, /dev/xarch/SET */
	dev_t set, host_dev;	/* device of the set, of the host's /dev */
	bool made_home, made_at;
};

__attribute__((format(printf, 2, 3)))
static enum native_attached refuse(struct attach *attach, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(attach->why, attach->size, fmt, args);
	va_end(args);
	return NATIVE_REFUSED;
}

static int open_within(int dir, const char *name, uint64_t resolve)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = resolve,
	};

	return syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

/* ---- The process ---- */

/* Field 22 of its stat is in clock ticks; the name, field 2, can hold anything. */
static bool started_at(int proc, uint64_t ns)
{
	unsigned long long ticks;
	char text[1024], *after;
	ssize_t len;
	int fd = openat(proc, "stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	after = strrchr(text, ')');
	return after && sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u"
			       " %*d %*d %*d %*d %*d %*d %llu", &ticks) == 1 &&
	       ticks == ns / (1000000000ull / sysconf(_SC_CLK_TCK));
}

static bool same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return !stat(path, &b) && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* The directory in /proc stays that process's own, whoever gets its number. */
static enum native_attached open_process(struct attach *attach)
{
	char *path = xasprintf("/proc/%d", attach->seeker->pid);
	int proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum native_attached result = NATIVE_ATTACHED;
	struct stat ns;

	free(path);
	if (proc < 0)
		return NATIVE_GONE;
	attach->ns = openat(proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	attach->root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	attach->mounts = openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC);
	if (!started_at(proc, attach->seeker->started_ns))
		result = NATIVE_GONE;
	else if (attach->ns < 0 || attach->root < 0 || attach->mounts < 0 ||
		 fstat(attach->ns, &ns))
		/* Of one that has ended mountinfo says EINVAL. */
		result = errno == ENOENT || errno == ESRCH || errno == EINVAL ? NATIVE_GONE :
			 refuse(attach, "it cannot be looked at: %s", strerror(errno));
	else if (same_file(&ns, "/proc/1/ns/mnt") || same_file(&ns, "/proc/self/ns/mnt"))
		result = NATIVE_HOSTS;
	close(proc);
	return result;
}

/* ---- The set ---- */

/*
 * A clone of a shared mount would be its peer: what the container mounts in there would
 * show on the host.
 */
static enum native_attached clone_set(struct attach *attach)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		.propagation = MS_PRIVATE,
	};
	char *path = xasprintf(NATIVE_MOUNTS "/%s", attach->seeker->set);
	struct stat set, home, dev;

	attach->tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				 AT_SYMLINK_NOFOLLOW);
	free(path);
	if (attach->tree < 0 || fstat(attach->tree, &set) || stat(NATIVE_MOUNTS, &home) ||
	    stat("/dev", &dev))
		return refuse(attach, "the set cannot be found: %s", strerror(errno));
	if (set.st_dev == home.st_dev)
		return refuse(attach, "the set is not mounted on the host");
	if (mount_setattr(attach->tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return refuse(attach, "the set's mount cannot be made private: %s",
			      strerror(errno));
	attach->set = set.st_dev;
	attach->host_dev = dev.st_dev;
	return NATIVE_ATTACHED;
}

/* ---- Its /dev ---- */

/* One line of a mountinfo file, see proc(5). */
struct mounted {
	unsigned int id, parent, major, minor;
	char root[16];			/* enough to tell "/" from others */
	char type[32];
};

static bool parse_mounted(const char *line, struct mounted *mounted)
{
	const char *end = strstr(line, " - ");

	if (!end || sscanf(line, "%u %u %u:%u %15s", &mounted->id, &mounted->parent,
			   &mounted->major, &mounted->minor, mounted->root) != 5 ||
	    sscanf(end, " - %31s", mounted->type) != 1)
		return false;
	return true;
}

static bool has_id(const struct mounted *mounted, const void *statx)
{
	return mounted->id == ((const struct statx *)statx)->stx_mnt_id;
}

static bool has_device(const struct mounted *mounted, const void *statx)
{
	const struct statx *dev = statx;

	return mounted->major == dev->stx_dev_major && mounted->minor == dev->stx_dev_minor;
}

static bool is_upon(const struct mounted *mounted, const void *lower)
{
	return mounted->parent == ((const struct mounted *)lower)->id;
}

/* Return: 1 found, 0 not, -1 the list cannot be read */
static int find_mounted(int fd, const void *wanted, struct mounted *found,
			bool (*is_it)(const struct mounted *mounted, const void *wanted))
{
	int again = fd < 0 || lseek(fd, 0, SEEK_SET) ? -1 : dup(fd);
	FILE *file = again < 0 ? NULL : fdopen(again, "r");
	char *line = NULL;
	size_t room = 0;
	int result = 0;

	if (!file)
		return -1;
	while (!result && getline(&line, &room, file) > 0)
		if (!parse_mounted(line, found))
			result = -1;
		else if (is_it(found, wanted))
			result = 1;
	if (ferror(file))
		result = -1;
	free(line);
	fclose(file);
	return result;
}

/*
 * It may be a shared mount, as LXC and systemd make it: its peers are mounts of the same
 * file system, none of them the host's, so what is mounted upon it gets no farther than
 * to namespaces that the container made or let have its /dev.
 */
static enum native_attached check_dev(struct attach *attach, const struct statx *dev, int host)
{
	struct mounted mounted;

	if (find_mounted(attach->mounts, dev, &mounted, has_id) != 1 ||
	    !(dev->stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return refuse(attach, "its /dev is not a mount of its own");
	if (strcmp(mounted.type, "tmpfs") || strcmp(mounted.root, "/"))
		return refuse(attach, "its /dev is not a tmpfs of its own, but %s",
			      mounted.type);
	if (makedev(dev->stx_dev_major, dev->stx_dev_minor) == attach->host_dev ||
	    find_mounted(host, dev, &mounted, has_device))
		return refuse(attach, "its /dev is a file system that the host has mounted as well");
	return NATIVE_ATTACHED;
}

/* From here on the container's mounts are what paths lead to. */
static enum native_attached enter(struct attach *attach)
{
	int host = open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC);
	enum native_attached result;
	struct statx dev;

	attach->fds = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (setns(attach->ns, CLONE_NEWNS))
		return refuse(attach, "its mount namespace cannot be entered: %s",
			      strerror(errno));
	attach->dev = open_within(attach->root, "dev", RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS |
				  RESOLVE_NO_MAGICLINKS);
	if (attach->dev < 0)
		return refuse(attach, "its /dev: %s", errno == ELOOP ? "is a symbolic link" :
			      strerror(errno));
	if (statx(attach->dev, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &dev))
		return refuse(attach, "its /dev: %s", strerror(errno));
	result = check_dev(attach, &dev, host);
	if (result != NATIVE_ATTACHED)
		return result;
	/*
	 * Its tmpfs knows the users of its user namespace alone, and the directories are
	 * to be theirs.
	 */
	setfsgid(dev.stx_gid);
	setfsuid(dev.stx_uid);
	umask(022);
	return NATIVE_ATTACHED;
}

/* ---- Putting it there ---- */

/* A directory of a name, within one and its mount; made where it is not there. */
static int make_dir(struct attach *attach, int parent, const char *name, bool *made)
{
	int fd;

	if (!mkdirat(parent, name, 0755))
		*made = true;
	else if (errno != EEXIST)
		goto fail;
	fd = open_within(parent, name, WITHIN | RESOLVE_NO_XDEV);
	if (fd >= 0)
		return fd;
fail:
	if (errno == EXDEV)
		refuse(attach, "another mount is at its %s", name);
	else if (errno == ELOOP || errno == ENOTDIR)
		refuse(attach, "its %s is no directory", name);
	else
		refuse(attach, "its %s cannot be made: %s", name, strerror(errno));
	return -1;
}

/*
 * What is at the set's place may be an older set of the name, which the host has put
 * another in place of since. What runs from it keeps it. A container's root can pretend
 * that it is one, and then loses a mount of its own. What is mounted upon one whose peer
 * the host has would go from there as well: then it stays, and is refused after this.
 */
static void detach_older(struct attach *attach)
{
	int fd = open_within(attach->home, attach->seeker->set, WITHIN);
	struct mounted older, upper;
	struct statx root;
	char name[16];

	if (fd < 0)
		return;
	/* By the host's /proc: names in the container's lead where its root wants. */
	snprintf(name, sizeof(name), "%d", fd);
	if (!statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &root) &&
	    find_mounted(attach->mounts, &root, &older, has_id) == 1 &&
	    !strcmp(older.type, "erofs") &&
	    !find_mounted(attach->mounts, &older, &upper, is_upon) &&
	    !fchdir(attach->fds))
		umount2(name, MNT_DETACH);
	close(fd);
}

/* A mount may have come and still not be where its path leads. */
static bool is_seen(struct attach *attach)
{
	char *path = xasprintf("dev/xarch/%s", attach->seeker->set);
	int fd = open_within(attach->root, path, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS |
			     RESOLVE_NO_MAGICLINKS);
	struct stat st;
	bool seen = fd >= 0 && !fstat(fd, &st) && st.st_dev == attach->set;

	if (fd >= 0)
		close(fd);
	free(path);
	return seen;
}

static enum native_attached put(struct attach *attach)
{
	attach->home = make_dir(attach, attach->dev, "xarch", &attach->made_home);
	if (attach->home < 0)
		return NATIVE_REFUSED;
	detach_older(attach);
	attach->at = make_dir(attach, attach->home, attach->seeker->set, &attach->made_at);
	if (attach->at < 0)
		return NATIVE_REFUSED;
	if (move_mount(attach->tree, "", attach->at, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		return refuse(attach, "the set cannot be mounted there: %s", errno == ENOSPC ?
			      "it has as many mounts as fs.mount-max allows" : strerror(errno));
	if (!is_seen(attach))
		return refuse(attach, "the set was mounted there and cannot be seen");
	return NATIVE_ATTACHED;
}

/* Not what others have put something into, or mounted upon. */
static void remove_made(const struct attach *attach)
{
	if (attach->made_at)
		unlinkat(attach->home, attach->seeker->set, AT_REMOVEDIR);
	if (attach->made_home)
		unlinkat(attach->dev, "xarch", AT_REMOVEDIR);
}

enum native_attached native_attach(const struct native_seeker *seeker, char *why, size_t size)
{
	struct attach attach = { .seeker = seeker, .why = why, .size = size };
	enum native_attached result;

	why[0] = '\0';
	/* It becomes part of a path. */
	if (!native_name_good(seeker->set))
		return refuse(&attach, "\"%s\" is no name of a set", seeker->set);
	result = open_process(&attach);
	if (result == NATIVE_ATTACHED)
		result = clone_set(&attach);
	if (result == NATIVE_ATTACHED)
		result = enter(&attach);
	/* Another service, or the container itself, may have been faster at any point. */
	if (result == NATIVE_ATTACHED && !is_seen(&attach)) {
		result = put(&attach);
		if (result == NATIVE_REFUSED && is_seen(&attach))
			result = NATIVE_ATTACHED;
	}
	if (result == NATIVE_REFUSED)
		remove_made(&attach);
	return result;
}
