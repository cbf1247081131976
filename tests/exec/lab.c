// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/probe.h"
#include "lab.h"
#include "process.h"
#include "report.h"
#include "rule.h"

#define MISC "/proc/sys/fs/binfmt_misc"

char lab_dir[64];

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

void lab_open(void)
{
	/* Not /tmp: systemd mounts that nosuid. */
	strcpy(lab_dir, "/var/tmp/xarch-test.XXXXXX");
	must(mkdtemp(lab_dir) && !chmod(lab_dir, 0755) && !chdir(lab_dir), lab_dir);
	umask(022);
	must(!rule_clear(), "no answer from the module");
}

void lab_close(void)
{
	rule_clear();
	if (chdir("/"))
		abort();
	command("rm -rf %s", lab_dir);
}

const char *lab_path(const char *name)
{
	static char paths[16][512];
	static unsigned int next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", lab_dir, name);
	return path;
}

void lab_write(const char *name, const void *data, size_t len, mode_t mode)
{
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len && !fchmod(fd, mode), name);
	close(fd);
}

const unsigned char *lab_program_bytes(enum xarch_arch arch, size_t *len)
{
	const unsigned char *program = probe_program(arch, len);

	errno = ENOENT;
	must(program, "no program of this arch");
	return program;
}

void lab_program(const char *name, enum xarch_arch arch, mode_t mode)
{
	size_t len;
	const unsigned char *program = lab_program_bytes(arch, &len);

	lab_write(name, program, len, mode);
}

void lab_copy(const char *from, const char *name)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	char buf[65536];
	ssize_t got;

	must(in >= 0, from);
	unlink(name);
	out = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	must(out >= 0, name);
	while ((got = read(in, buf, sizeof(buf))) > 0)
		must(write(out, buf, got) == got, name);
	must(got == 0, from);
	close(in);
	close(out);
}

const char *lab_bin(void)
{
	static char dir[4096];
	char *slash;

	if (!dir[0]) {
		ssize_t len = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

		must(len > 0, "/proc/self/exe");
		dir[len] = '\0';
		slash = strrchr(dir, '/');
		*slash = '\0';
	}
	return dir;
}

void lab_identified(const char *name, const unsigned char *id, mode_t mode)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		Elf64_Nhdr note;
		char owner[4];
		unsigned char id[LAB_ID_LEN];
	} file = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_AARCH64,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = id ? PT_NOTE : PT_NULL,
			.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.p_filesz = sizeof(Elf64_Nhdr) + 4 + LAB_ID_LEN,
		},
		.note = { .n_namesz = 4, .n_descsz = LAB_ID_LEN, .n_type = NT_GNU_BUILD_ID },
		.owner = "GNU",
	};

	if (id)
		memcpy(file.id, id, sizeof(file.id));
	lab_write(name, &file, sizeof(file), mode);
}

void lab_emulator(const char *name)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/fake_emulator", lab_bin());
	lab_copy(path, name);
}

const char *lab_hex(const void *data, size_t len)
{
	static char hex[2 * CONTENT_LEN + 1];
	const unsigned char *bytes = data;
	size_t i;

	hex[0] = '\0';
	for (i = 0; i < len && i < CONTENT_LEN; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	return hex;
}

bool lab_writable(const char *name, bool wait)
{
	int tries = wait ? 100 : 1, fd = -1;

	while (tries-- && fd < 0) {
		fd = open(name, O_WRONLY | O_CLOEXEC);
		must(fd >= 0 || errno == ETXTBSY, name);
		if (fd < 0 && tries)
			nap();
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool lab_umount(const char *name)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (!umount(name))
			return true;
		must(errno == EBUSY, name);
		nap();
	}
	return false;
}

bool lab_kernel_denies_writes(void)
{
	bool writable;
	pid_t pid;
	int wait[2];

	lab_copy("/bin/cat", "native-running");
	must(!pipe2(wait, O_CLOEXEC), "pipe2");
	pid = fork();
	if (!pid) {
		dup2(wait[0], 0);
		execl("native-running", "cat", NULL);
		_exit(127);
	}
	close(wait[0]);
	/* Until the exec has happened nothing is denied. */
	for (int tries = 0; tries < 100; tries++) {
		char link[64], target[512] = "";

		snprintf(link, sizeof(link), "/proc/%d/exe", pid);
		if (readlink(link, target, sizeof(target) - 1) > 0 &&
		    strstr(target, "native-running"))
			break;
		nap();
	}
	writable = lab_writable("native-running", false);
	close(wait[1]);
	waitpid(pid, NULL, 0);
	unlink("native-running");
	return !writable;
}

int command(const char *format, ...)
{
	char line[4096];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fflush(NULL);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void misc_mount(void)
{
	if (!access(MISC "/register", F_OK))
		return;
	command("modprobe binfmt_misc");
	must(!mount("binfmt_misc", MISC, "binfmt_misc", 0, NULL), MISC);
}

static bool misc_put(const char *name, const char *string)
{
	char path[512];
	ssize_t put;
	int fd;

	snprintf(path, sizeof(path), MISC "/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	put = write(fd, string, strlen(string));
	close(fd);
	return put == (ssize_t)strlen(string);
}

void misc_register(const char *string)
{
	misc_mount();
	must(misc_put("register", string), string);
}

void misc_remove(const char *name)
{
	misc_put(name, "-1");
}

void misc_unload(void)
{
	while (!umount(MISC))
		;
	must(!command("rmmod binfmt_misc"), "rmmod binfmt_misc");
}

void misc_load(void)
{
	must(!command("modprobe binfmt_misc"), "modprobe binfmt_misc");
	misc_mount();
}
