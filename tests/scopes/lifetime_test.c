// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A rule dies with its namespace, and nothing that the module holds outlives
 * either: namespaces, mounts, memory. It does live as long as anybody can still
 * enter the namespace.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "box.h"
#include "common.h"
#include "lab.h"
#include "usage.h"

#define ALL (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS)
#define OWN_SCOPE(_kind) ((struct scope){ _kind, OWN })

FIXTURE(lifetime)
{
};

FIXTURE_SETUP(lifetime)
{
	scopes_open();
}

FIXTURE_TEARDOWN(lifetime)
{
	scopes_close();
	EXPECT_EQ(0, rules_left(0, 3 * GONE_MS));
}

/* ---- A container's root file system ---- */

static char loop[64];

static void run(const char *line)
{
	int status = command("%s", line);

	if (status)
		fprintf(stderr, "# %s: exit status %d\n", line, status);
	must(!status, "command");
}

static const char *in_bin(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", lab_bin(), name);
	return path;
}

/* An ext4 on a loop device, mounted at "disk". */
static void make_disk(void)
{
	FILE *pipe;

	lab_copy(in_bin("disk.img"), "image");
	/* Nothing loads modules by itself while kernel.modprobe is off. */
	run("modprobe -a loop overlay && mkdir disk");
	pipe = popen("losetup --find --show image", "r");
	must(pipe && fscanf(pipe, "%63s", loop) == 1 && !pclose(pipe), "losetup");
	must(!mount(loop, "disk", "ext4", 0, NULL), "mount ext4");
}

static void make_root(const char *fs)
{
	must(!mkdir("root", 0755), "mkdir");
	if (!strcmp(fs, "tmpfs")) {
		must(!mount("tmpfs", "root", "tmpfs", 0, "mode=755"), "mount tmpfs");
		/* Something that shows in the figures of memory. */
		run("head -c 16M /dev/zero >root/ballast");
	} else {
		make_disk();
		if (!strcmp(fs, "overlay")) {
			run("mkdir lower disk/upper disk/work");
			must(!mount("overlay", "root", "overlay", 0,
				    "lowerdir=lower,upperdir=disk/upper,workdir=disk/work"),
			     "mount overlay");
		} else {
			must(!umount2("disk", 0) && !mount(loop, "root", "ext4", 0, NULL),
			     "mount ext4");
		}
	}
	lab_program("root/prog", ARCH, 0755);
	lab_copy(tag_a, "root/tag_a");
}

/* Is the file system itself gone, wherever it was mounted? */
static bool released(const char *fs, long shmem_before)
{
	int fd;

	if (!strcmp(fs, "tmpfs"))
		return meminfo_kb("Shmem") < shmem_before + 8192;
	/* The device is the file system's alone while there is one. */
	fd = open(loop, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static long into_root(const void *arg)
{
	uint32_t kind = *(const uint32_t *)arg;
	static const char *const names[] = { "", "user", "pid", "mnt" };
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", names[kind]);
	fd = open(path, O_RDONLY);
	if (fd < 0 || dup2(fd, 250) != 250)
		return -errno;
	close(fd);
	return chroot("root") || chdir("/") ? -errno : 0;
}

/* Return: seconds until it is unmounted and gone; negative: it is not. */
static double root_goes(struct __test_metadata *_metadata, const char *fs, int flags, uint32_t kind,
			bool from_host)
{
	static const char *const args[] = { "a9", NULL };
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = "/tag_a", .args = args,
	};
	long shmem = meminfo_kb("Shmem");
	double began, unmounted = -1;
	struct box box;

	make_root(fs);
	box = box_open(NULL, flags, 100000);
	EXPECT_EQ(0, box_call(&box, into_root, &kind, sizeof(kind)));
	if (from_host) {
		rule.emulator = lab_path("root/tag_a");
		EXPECT_EQ(0, scoped_set(box_scope(&box, kind), &rule)) TH_LOG("%s", rule_error);
		box_scopes_close();
	} else {
		EXPECT_EQ(0, box_set(&box, (struct scope){ kind, 250 }, &rule))
			TH_LOG("%s", rule_error);
	}
	EXPECT_EQ(9, box_exec(&box, "/prog"));
	EXPECT_FALSE(released(fs, shmem));
	box_close(&box);

	began = now();
	while (now() < began + 10) {
		if (unmounted < 0 && !umount2("root", 0))
			unmounted = now() - began;
		if (unmounted >= 0 && !strcmp(fs, "overlay"))
			umount2("disk", 0);
		if (unmounted >= 0 && released(fs, shmem))
			break;
		nap_ms(20);
	}
	began = now() - began;
	/* What is left says whose fault it is. */
	if (began > GONE_MS / 1000.0)
		printf("# left: %d rules, %d pid, %d mount, %d user namespaces\n", rule_count(NULL),
		       in_use(0), in_use(1), in_use(2));
	EXPECT_LE(0, unmounted) TH_LOG("%s: still mounted", fs);
	if (unmounted < 0)
		umount2("root", MNT_DETACH);
	umount2("disk", 0);
	if (loop[0])
		command("losetup -d %s", loop);
	loop[0] = '\0';
	command("rm -rf root disk lower image");
	return began;
}

static const char *const kind_names[] = { "host", "user", "pid", "mount" };

static void check_root(struct __test_metadata *_metadata, const char *fs, int flags, uint32_t kind,
		       bool from_host)
{
	double took = root_goes(_metadata, fs, flags, kind, from_host);
	char name[128];

	snprintf(name, sizeof(name), "root file system gone (%s, %s scope, set by %s)", fs,
		 kind_names[kind], from_host ? "the host" : "its own root");
	figure(name, "%.2f s", took);
	EXPECT_GT(GONE_MS / 1000.0, took) TH_LOG("%s", name);
}

TEST_F_TIMEOUT(lifetime, root_file_system_on_tmpfs, 120)
{
	check_root(_metadata, "tmpfs", CLONE_NEWPID | CLONE_NEWNS, XARCH_SCOPE_PID, true);
	check_root(_metadata, "tmpfs", ALL, XARCH_SCOPE_MOUNT, false);
}

TEST_F_TIMEOUT(lifetime, root_file_system_on_ext4, 120)
{
	check_root(_metadata, "ext4", CLONE_NEWPID | CLONE_NEWNS, XARCH_SCOPE_MOUNT, true);
	check_root(_metadata, "ext4", ALL, XARCH_SCOPE_PID, false);
	check_root(_metadata, "ext4", ALL, XARCH_SCOPE_USER, false);
}

TEST_F_TIMEOUT(lifetime, root_file_system_on_overlay, 120)
{
	check_root(_metadata, "overlay", CLONE_NEWPID | CLONE_NEWNS, XARCH_SCOPE_PID, true);
	check_root(_metadata, "overlay", ALL, XARCH_SCOPE_MOUNT, false);
	check_root(_metadata, "overlay", ALL, XARCH_SCOPE_PID, false);
}

/* ---- Who can still enter keeps the rule ---- */

struct entering {
	int fd;
	char path[64];
};

static long enter_and_run(const void *arg)
{
	const struct entering *entering = arg;

	if (setns(entering->fd, 0))
		return -10000 - errno;
	return run_program(entering->path);
}

static int run_in(int fd)
{
	struct entering entering = { .fd = fd };
	struct box visitor = box_open(NULL, 0, 0);
	int result;

	snprintf(entering.path, sizeof(entering.path), "%s", prog);
	result = box_call(&visitor, enter_and_run, &entering, sizeof(entering));
	box_close(&visitor);
	return result;
}

static const uint32_t all_kinds[] = { XARCH_SCOPE_USER, XARCH_SCOPE_PID, XARCH_SCOPE_MOUNT };
static const char *const ns_files[] = { "user", "pid", "mnt" };

/*
 * Nobody can be born in a pid namespace whose first process is gone, whatever
 * holds it: its rule goes.
 */
#define ENTERABLE(_i) (all_kinds[_i] != XARCH_SCOPE_PID)

TEST_F_TIMEOUT(lifetime, open_file_keeps_the_rule, 60)
{
	struct scope scopes[3];
	int i;

	for (i = 0; i < 3; i++) {
		struct box box = box_open(NULL, ALL, 100000);

		scopes[i] = box_scope(&box, all_kinds[i]);
		ASSERT_EQ(0, scoped_set(scopes[i], &deny_rule));
		box_close(&box);
	}
	nap_ms(GONE_MS + SLACK_MS);
	EXPECT_EQ(2, rule_count(NULL));
	for (i = 0; i < 3; i++)
		if (ENTERABLE(i))
			EXPECT_EQ(-EACCES, run_in(scopes[i].fd));
	box_scopes_close();
	EXPECT_EQ(0, rules_left(0, GONE_MS + SLACK_MS));
}

TEST_F_TIMEOUT(lifetime, bind_mounted_namespace_file_keeps_the_rule, 60)
{
	struct box boxes[3];
	char path[64], file[64];
	int i;

	/* First all boxes: a copy of the mount in one of them would hold on, too. */
	for (i = 0; i < 3; i++)
		boxes[i] = box_open(NULL, ALL, 100000);
	ASSERT_EQ(0, mkdir("ns", 0755));
	ASSERT_EQ(0, mount("ns", "ns", "tmpfs", 0, NULL));
	/* What would be copied elsewhere may not hold a mount namespace's file. */
	ASSERT_EQ(0, mount(NULL, "ns", NULL, MS_PRIVATE, NULL));
	for (i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "ns/%s", ns_files[i]);
		lab_write(file, "", 0, 0644);
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", boxes[i].pid, ns_files[i]);
		ASSERT_EQ(0, mount(path, file, NULL, MS_BIND, NULL));
		ASSERT_EQ(0, scoped_set(box_scope(&boxes[i], all_kinds[i]), &deny_rule));
		box_close(&boxes[i]);
	}
	box_scopes_close();
	nap_ms(GONE_MS + SLACK_MS);
	EXPECT_EQ(2, rule_count(NULL));
	for (i = 0; i < 3; i++) {
		struct scope scope = { .kind = all_kinds[i] };

		if (!ENTERABLE(i))
			continue;
		snprintf(file, sizeof(file), "ns/%s", ns_files[i]);
		scope.fd = open(file, O_RDONLY | O_CLOEXEC);
		EXPECT_EQ(-EACCES, run_in(scope.fd));
		/* It can be changed by its file, too. */
		EXPECT_EQ(0, scoped_set(scope, &pass_rule));
		EXPECT_EQ(-ENOEXEC, run_in(scope.fd));
		close(scope.fd);
	}
	nap_ms(GONE_MS);
	EXPECT_EQ(2, rule_count(NULL));
	for (i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "ns/%s", ns_files[i]);
		ASSERT_EQ(0, umount2(file, 0));
		if (i != 1)
			EXPECT_EQ(i ? 0 : 1, rules_left(i ? 0 : 1, GONE_MS + SLACK_MS));
	}
	umount2("ns", MNT_DETACH);
}

/* As long as it lives, its bind-mounted file names it as any other does. */
TEST_F(lifetime, bind_mounted_file_of_a_live_pid_namespace)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0);
	struct scope scope = { .kind = XARCH_SCOPE_PID };
	char path[64];

	lab_write("file", "", 0, 0644);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", box.pid);
	ASSERT_EQ(0, mount(path, "file", NULL, MS_BIND, NULL));
	scope.fd = open("file", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, scoped_set(scope, &deny_rule));
	EXPECT_EQ(-EACCES, run_in(scope.fd));
	nap_ms(GONE_MS);
	EXPECT_EQ(-EACCES, run_in(scope.fd));
	EXPECT_EQ(-EACCES, box_exec(&box, prog));
	close(scope.fd);
	ASSERT_EQ(0, umount2("file", 0));
	nap_ms(GONE_MS);
	EXPECT_EQ(-EACCES, box_exec(&box, prog));
	box_close(&box);
}

/* A rule that was set through a bind mount must not hold the mount. */
TEST_F(lifetime, rule_set_through_a_bind_mount_does_not_hold_it)
{
	struct box box = box_open(NULL, ALL, 100000);
	struct scope scope = { .kind = XARCH_SCOPE_PID };
	char path[64];

	ASSERT_EQ(0, mkdir("ns", 0755));
	ASSERT_EQ(0, mount("ns", "ns", "tmpfs", 0, NULL));
	lab_write("ns/file", "", 0, 0644);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", box.pid);
	ASSERT_EQ(0, mount(path, "ns/file", NULL, MS_BIND, NULL));
	scope.fd = open("ns/file", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, scoped_set(scope, &deny_rule));
	close(scope.fd);
	EXPECT_EQ(0, umount2("ns/file", 0));
	EXPECT_EQ(0, umount2("ns", 0));
	EXPECT_EQ(-EACCES, box_exec(&box, prog));
	box_close(&box);
}

/* The process that set a rule may go, and its user namespace with it. */
TEST_F(lifetime, rule_does_not_hold_its_setters_namespaces)
{
	int before = in_use(2);
	struct box outer = box_open(NULL, ALL, 100000);
	struct box plain = box_open(NULL, CLONE_NEWPID, 0);

	ASSERT_EQ(0, box_set(&outer, OWN_SCOPE(XARCH_SCOPE_USER), tag_rule(ARCH, 3, 0)));
	ASSERT_EQ(0, box_set(&outer, OWN_SCOPE(XARCH_SCOPE_PID), tag_rule(ARCH, 3, 0)));
	ASSERT_EQ(0, box_set(&outer, OWN_SCOPE(XARCH_SCOPE_MOUNT), tag_rule(ARCH, 3, 0)));
	EXPECT_EQ(3, box_exec(&outer, prog));
	box_close(&outer);
	EXPECT_EQ(0, too_many(2, before, now() + 10));
	box_close(&plain);
}

/* ---- Numbers, zombies ---- */

TEST_F_TIMEOUT(lifetime, reused_number_revives_no_rule, 90)
{
	int flags[] = { 0, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS };
	struct box boxes[12];
	uint32_t kind;
	int n;

	for (kind = XARCH_SCOPE_USER; kind <= XARCH_SCOPE_MOUNT; kind++) {
		struct box box = box_open(NULL, flags[kind], 100000);
		uint32_t inum = box_inum(&box, kind);
		bool again = false;

		ASSERT_EQ(0, scoped_set(box_scope(&box, kind), &deny_rule));
		EXPECT_EQ(-EACCES, box_exec(&box, prog));
		box_scopes_close();
		box_close(&box);
		/* At once: as long as there is the rule there is no other with this number. */
		box = box_open(NULL, flags[kind], 100000);
		EXPECT_EQ(-ENOEXEC, box_exec(&box, prog));
		EXPECT_FALSE(box_inum(&box, kind) == inum && rule_count(NULL));
		box_scopes_close();
		box_close(&box);
		EXPECT_EQ(0, rules_left(0, GONE_MS + SLACK_MS));
		/* The lowest number is reused first, so all new ones stay until it comes. */
		for (n = 0; n < 12 && !again; n++) {
			struct scope scope;

			nap_ms(50);
			boxes[n] = box_open(NULL, flags[kind], 100000);
			again = box_inum(&boxes[n], kind) == inum;
			scope = box_scope(&boxes[n], kind);
			EXPECT_EQ(-ENOEXEC, box_exec(&boxes[n], prog));
			EXPECT_EQ(0, rule_list(NULL, &scope, -1, NULL, 0));
		}
		box_scopes_close();
		while (n)
			box_close(&boxes[--n]);
		if (!again)
			printf("# the kernel did not reuse the number of a %s namespace\n",
			       kind_names[kind]);
		EXPECT_TRUE(again);
	}
}

static long orphan_in(const void *arg)
{
	const int *fd = arg;
	pid_t pid;

	if (setns(*fd, 0))
		return -errno;
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	return pid > 0 ? 0 : -errno;
}

/*
 * A pid namespace whose first process was killed but waits for a child that its
 * parent, outside, does not collect; and then is a zombie itself. Neither keeps
 * the rule or gets in anybody's way.
 */
TEST_F(lifetime, unreaped_first_process_and_child)
{
	struct box box = box_open(NULL, CLONE_NEWPID, 0), outside;
	struct scope pid = box_scope(&box, XARCH_SCOPE_PID);

	ASSERT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	outside = box_open(NULL, 0, 0);
	ASSERT_EQ(0, box_call(&outside, orphan_in, &pid.fd, sizeof(pid.fd)));
	EXPECT_EQ(1, box_exec(&box, prog));
	box_kill(&box);
	EXPECT_EQ(0, rules_left(0, GONE_MS + SLACK_MS));
	EXPECT_EQ(0, rule_list(NULL, &pid, -1, NULL, 0));
	box_close(&outside);
	ASSERT_TRUE(wait_for_state(box.pid, 'Z'));
	EXPECT_EQ(0, rule_count(NULL));
	box_reap(&box);
	/* One that is set now is gone at the next look. */
	EXPECT_EQ(0, scoped_set(pid, tag_rule(ARCH, 1, 0)));
	EXPECT_EQ(0, rules_left(0, GONE_MS + SLACK_MS));
}

TEST_HARNESS_MAIN
