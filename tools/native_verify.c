// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each check is a shell script. It runs twice in the tree, in a mount namespace
 * of its own: as the host runs foreign programs, and with twins mounted over
 * their programs. What it prints, its exit status and the files that it leaves
 * have to be the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "native_image.h"
#include "native_table.h"
#include "native_verify.h"
#include "output.h"
#include "util.h"

#ifndef XARCH_DATADIR
#define XARCH_DATADIR "/usr/local/share/xarch"
#endif

#define CHECK_MAX (1ul << 20)
#define RESULT_MAX (64ul << 20)
#define WORK "/tmp/check"

struct verify {
	const char *image, *name, *tree;
	struct native_table table;
};

/* What a run of a check gave. */
struct result {
	char *text;
	double seconds;			/* of processor time */
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	error("native: verify: %s: %s", what, strerror(errno));
	_exit(125);
}

static void mount_device(const char *name)
{
	char *from = xasprintf("/dev/%s", name);
	char *to = xasprintf("dev/%s", name);
	int fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	must(fd >= 0 && !mount(from, to, NULL, MS_BIND, NULL), to);
	close(fd);
	free(from);
	free(to);
}

/* The set as it is mounted, else by its image. */
static void mount_set(const struct verify *verify)
{
	char *host = xasprintf(NATIVE_MOUNTS "/%s", verify->name);
	char *to = xasprintf("dev/xarch/%s", verify->name), *why;

	must(!mkdir("dev/xarch", 0755) && !mkdir(to, 0755), to);
	if (mount(host, to, NULL, MS_BIND, NULL) &&
	    !native_image_mount(verify->image, to, &why)) {
		error("native: verify: %s: %s", verify->image, why);
		_exit(125);
	}
	free(host);
	free(to);
}

/* Whether a program of the tree is the one that a twin is for. */
static bool is_program(const struct native_twin *twin, const char *path)
{
	struct native_elf elf;
	char *why, *data;
	bool same = false;
	size_t size;

	data = read_file(path, 1ul << 30, &size, NULL, &why);
	if (data && native_elf_read(data, size, &elf, &why)) {
		same = elf.id_len == twin->id_len &&
		       !memcmp(elf.id, twin->id, elf.id_len);
		native_elf_clear(&elf);
	}
	free(data);
	return same;
}

static void mount_twins(const struct verify *verify)
{
	size_t i;

	for (i = 0; i < verify->table.n; i++) {
		const struct native_twin *twin = &verify->table.twins[i];
		char *from = xasprintf("dev/xarch/%s/%s", verify->name,
				       twin->twin);

		/* Over its program nothing would ask for the arguments that let it in. */
		if (!twin->only.n && is_program(twin, twin->program + 1))
			must(!mount(from, twin->program + 1, NULL, MS_BIND,
				    NULL), twin->program);
		free(from);
	}
}

static void enter_tree(const struct verify *verify, bool twins)
{
	must(!unshare(CLONE_NEWNS), "unshare");
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(!mount(verify->tree, verify->tree, NULL, MS_BIND | MS_REC, NULL) &&
	     !chdir(verify->tree), verify->tree);
	must(!mount("verify", "dev", "tmpfs", 0, "mode=755") &&
	     !mount("verify", "tmp", "tmpfs", 0, NULL) &&
	     !mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL), "dev, tmp, proc");
	mount_device("null");
	mount_device("zero");
	mount_device("urandom");
	if (twins) {
		mount_set(verify);
		mount_twins(verify);
	}
	must(!chroot(".") && !mkdir(WORK, 0755) && !chdir(WORK), WORK);
}

static void run_script(char *script, int out)
{
	/* No twin takes a program's place where LD_PRELOAD is set. */
	static char *const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
		"HOME=/tmp", "LD_PRELOAD=", NULL
	};
	char *const argv[] = { "sh", "-c", script, NULL };

	if (dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(125);
	execve("/bin/sh", argv, environment);
	_exit(errno == ENOEXEC ? 124 : 125);
}

static unsigned long long digest(const char *path)
{
	unsigned long long sum = 0xcbf29ce484222325ull;	/* FNV-1a */
	unsigned char bytes[65536];
	FILE *file = fopen(path, "re");
	size_t i, n;

	while (file && (n = fread(bytes, 1, sizeof(bytes), file)))
		for (i = 0; i < n; i++)
			sum = (sum ^ bytes[i]) * 0x100000001b3ull;
	if (file)
		fclose(file);
	return sum;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void list_files(int out)
{
	char *const roots[] = { ".", NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	while (tree && (entry = fts_read(tree))) {
		const struct stat *st = entry->fts_statp;
		bool is_file = entry->fts_info == FTS_F;

		if (entry->fts_info != FTS_DP)
			dprintf(out, "%s: mode %o, %lld bytes, %016llx\n",
				entry->fts_path, st->st_mode,
				S_ISDIR(st->st_mode) ? 0LL :
				(long long)st->st_size,
				is_file ? digest(entry->fts_path) : 0);
	}
}

/* In a child: all of a run. Exits with 124 where the arch does not run. */
static void run_check(const struct verify *verify, char *script, bool twins,
		      int out, double *seconds)
{
	struct rusage used;
	int status;
	pid_t pid;

	enter_tree(verify, twins);
	pid = fork();
	if (!pid)
		run_script(script, out);
	must(pid > 0 && wait4(pid, &status, 0, &used) == pid, "fork");
	*seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec +
		   (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 124)
		_exit(124);
	dprintf(out, "ended: %d\n", status);
	list_files(out);
	_exit(0);
}

/* Return: exit status of the run, 0 where it says how the check went. */
static int take_result(const struct verify *verify, char *script, bool twins,
		       struct result *result)
{
	int out = memfd_create("result", MFD_CLOEXEC), status = -1;
	double *seconds = mmap(NULL, sizeof(*seconds), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t len;
	char *why;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		run_check(verify, script, twins, out, seconds);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	lseek(out, 0, SEEK_SET);
	result->text = read_fd(out, RESULT_MAX, &len, &why) ?: why;
	result->seconds = *seconds;
	munmap(seconds, sizeof(*seconds));
	close(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

/* The first line of a text that is another than that of a second text. */
static char *first_difference(const char *a, const char *b)
{
	size_t at = 0, line = 0;

	for (; a[at] && a[at] == b[at]; at++)
		if (a[at] == '\n')
			line = at + 1;
	return xasprintf("emulated \"%.*s\", twins \"%.*s\"",
			 (int)strcspn(a + line, "\n"), a + line,
			 (int)strcspn(b + line, "\n"), b + line);
}

static json_t *check_record(const char *check, const struct result *emulated,
			    const struct result *twins)
{
	bool same = !strcmp(emulated->text, twins->text);
	char *difference = same ? NULL : first_difference(emulated->text,
							  twins->text);
	json_t *record = json_pack("{s:o, s:b, s:f, s:f, s:o}",
				   "check", json_text(check), "same", same,
				   "emulated", emulated->seconds,
				   "twins", twins->seconds,
				   "difference", json_text(difference));

	free(difference);
	return record;
}

static char *text_seconds(json_t *record, const char *key)
{
	return xasprintf("%.2f s", json_real_value(json_object_get(record, key)));
}

static char *text_emulated(json_t *record)
{
	return text_seconds(record, "emulated");
}

static char *text_twins(json_t *record)
{
	return text_seconds(record, "twins");
}

static const struct column columns[] = {
	{ .title = "CHECK", .key = "check", .width = 12 },
	{ .title = "SAME", .key = "same", .width = 4 },
	{ .title = "EMULATED", .right = true, .width = 8, .text = text_emulated },
	{ .title = "TWINS", .right = true, .width = 8, .text = text_twins },
	{ .title = "DIFFERENCE", .key = "difference" },
	{ 0 }
};

/* Return: 0 the same, 1 not, or the check could not be run. */
static int verify_one(const struct verify *verify, const char *path)
{
	struct result emulated = { 0 }, twins = { 0 };
	const char *check = strrchr(path, '/') + 1;
	char *script, *why;
	json_t *record;
	int status;
	size_t len;

	script = read_file(path, CHECK_MAX, &len, NULL, &why);
	if (!script) {
		error("native: %s: %s", path, why);
		free(why);
		return 2;
	}
	status = take_result(verify, script, false, &emulated);
	if (status == 124)
		error("native: %s: programs of %s do not run on this host: \"xarchctl enable %s\"",
		      verify->tree, archs[verify->table.arch].name,
		      archs[verify->table.arch].name);
	if (!status)
		status = take_result(verify, script, true, &twins);
	if (!status) {
		record = check_record(check, &emulated, &twins);
		output_line(columns, record);
		status = !json_is_true(json_object_get(record, "same"));
		json_decref(record);
	} else {
		status = 2;
	}
	free(emulated.text);
	free(twins.text);
	free(script);
	return status;
}

int native_verify(const char *image, const char *name, const char *tree,
		  const char *data)
{
	struct verify verify = { .image = image, .name = name, .tree = tree };
	char *pattern = xasprintf("%s/checks/*", data ?: XARCH_DATADIR "/native");
	char *at = xasprintf(NATIVE_MOUNTS "/%s", name), *why = NULL;
	int root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0, differ = 0;
	glob_t found = { 0 };
	size_t i;

	if (root >= 0 ? !native_table_open(root, name, &verify.table, &why) :
			!native_image_table(image, name, &verify.table, &why)) {
		error("native: %s: %s", name, why);
		free(why);
		status = 2;
	}
	glob(pattern, 0, NULL, &found);
	if (!found.gl_pathc && !status) {
		error("native: %s: there are no checks", pattern);
		status = 2;
	}
	for (i = 0; i < found.gl_pathc && status < 2; i++) {
		status = verify_one(&verify, found.gl_pathv[i]);
		differ |= status;
	}
	if (root >= 0)
		close(root);
	native_table_clear(&verify.table);
	globfree(&found);
	free(pattern);
	free(at);
	return differ || status ? EXIT_REFUSED : 0;
}
