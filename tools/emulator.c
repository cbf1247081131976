// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "arch.h"
#include "emulator.h"
#include "native_run.h"
#include "util.h"

/*
 * The loader that a native ELF file asks for, a new string; or NULL. One whose program
 * headers or whose loader's name cannot be read is left to the kernel, which refuses it.
 */
static char *find_loader(int fd, const Elf64_Ehdr *elf)
{
	char loader[PATH_MAX];
	Elf64_Phdr phdr;
	off_t at = elf->e_phoff;
	int i;

	for (i = 0; i < elf->e_phnum; i++, at += sizeof(phdr)) {
		if (pread(fd, &phdr, sizeof(phdr), at) != sizeof(phdr))
			return NULL;
		if (phdr.p_type != PT_INTERP)
			continue;
		/* As the kernel has it: the length with its zero. */
		if (phdr.p_filesz < 2 || phdr.p_filesz > sizeof(loader) ||
		    pread(fd, loader, phdr.p_filesz, phdr.p_offset) != (ssize_t)phdr.p_filesz ||
		    loader[phdr.p_filesz - 1])
			return NULL;
		return xstrdup(loader);
	}
	return NULL;
}

static char *judge_head(const char *path, int fd, char **loader)
{
	union {
		unsigned char bytes[XARCH_MATCH_LEN];
		Elf64_Ehdr elf;
	} head;
	ssize_t len = pread(fd, head.bytes, sizeof(head.bytes), 0);
	int arch;

	if (len < 0)
		return xasprintf("%s: %s", path, strerror(errno));
	if (len >= 2 && !memcmp(head.bytes, "#!", 2))
		return xasprintf("%s: is a script: name the program that it runs, and its arguments with --arg",
				 path);
	arch = xarch_match(head.bytes, len);
	if (arch < 0)
		return xasprintf("%s: is not an ELF program: name an emulator, or install one: "
				 EMULATOR_INSTALL, path);
	if (arch != arch_self())
		return xasprintf("%s: is a program for %s, but an emulator must be one for this machine: install one: "
				 EMULATOR_INSTALL, path, archs[arch].name);
	if (head.bytes[EI_CLASS] == ELFCLASS64)
		*loader = find_loader(fd, &head.elf);
	return NULL;
}

/* Return: what is wrong, a new string; or NULL with @loader set where it has one. */
static char *judge(const char *path, int fd, char **loader)
{
	struct statvfs fs;
	struct stat st;

	*loader = NULL;
	if (fstat(fd, &st) || fstatvfs(fd, &fs))
		return xasprintf("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return xasprintf("%s: is not a regular file: name the emulator's program",
				 path);
	if (fs.f_flag & ST_NOEXEC)
		return xasprintf("%s: its file system is mounted noexec: have the emulator elsewhere, or mount that with exec",
				 path);
	if (!(st.st_mode & 0111))
		return xasprintf("%s: is not executable: run \"chmod +x %s\"",
				 path, path);
	return judge_head(path, fd, loader);
}

enum emulator_quality emulator_judge_file(const char *path, int fd, char **why)
{
	char *loader;

	*why = judge(path, fd, &loader);
	if (*why)
		return EMULATOR_UNUSABLE;
	if (!loader)
		return EMULATOR_GOOD;
	free(loader);
	*why = xasprintf("%s: is dynamically linked, so its loader must exist in every container: a static one needs nothing there: "
			 EMULATOR_INSTALL, path);
	return EMULATOR_DYNAMIC;
}

char *emulator_failure(const char *path, int err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *loader = NULL, *why = NULL;

	if (fd >= 0) {
		why = judge(path, fd, &loader);
		close(fd);
	}
	if (!why && loader && err == ENOENT && access(loader, F_OK))
		why = xasprintf("%s: its loader %s is not there: a static emulator needs none: "
				EMULATOR_INSTALL, path, loader);
	free(loader);
	return why ?: xasprintf("%s: %s", path, strerror(err));
}

enum emulator_quality emulator_judge(const char *path, char **why)
{
	enum emulator_quality quality;
	int fd;

	/* Not waiting for a writer, should it be a pipe. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		*why = xasprintf("%s: %s%s", path, strerror(errno),
				 errno != ENOENT ? "" :
				 ": name another emulator, or install one: "
				 EMULATOR_INSTALL);
		return EMULATOR_UNUSABLE;
	}
	quality = emulator_judge_file(path, fd, why);
	close(fd);
	return quality;
}

char *emulator_find(enum xarch_arch arch, char **why)
{
	/* In the order of preference; the arch stands between the two. */
	static const struct {
		const char *before, *after;
	} candidates[] = {
		{ "/usr/local/bin/qemu-",	"-static" },
		{ "/usr/bin/qemu-",		"-static" },
		{ "/bin/qemu-",			"-static" },
		{ "/usr/local/bin/qemu-",	"" },
		{ "/usr/bin/qemu-",		"" },
		{ "/bin/qemu-",			"" },
		{ "/usr/libexec/qemu-binfmt/",	"-binfmt-P" },
	};
	enum emulator_quality best = EMULATOR_UNUSABLE, quality;
	char *found = NULL, *path, *reason;
	size_t i;

	*why = NULL;
	for (i = 0; i < ARRAY_SIZE(candidates) && best != EMULATOR_GOOD; i++) {
		path = xasprintf("%s%s%s", candidates[i].before,
				 archs[arch].name, candidates[i].after);
		if (access(path, F_OK)) {
			free(path);
			continue;
		}
		quality = emulator_judge(path, &reason);
		/* The first reason is kept until there is something better. */
		if (quality > best || !*why) {
			free(*why);
			*why = reason;
			reason = NULL;
		}
		if (quality > best) {
			free(found);
			found = path;
			path = NULL;
			best = quality;
		}
		free(reason);
		free(path);
	}
	if (!found && !*why)
		*why = xasprintf("no emulator found (qemu-%s-static or qemu-%s in /usr/local/bin or /usr/bin): name one with --emulator, or install one: "
				 EMULATOR_INSTALL, archs[arch].name,
				 archs[arch].name);
	return found;
}

static char *absolute(const char *path)
{
	char *cwd, *full;

	if (*path == '/')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	full = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return full;
}

char *emulator_choose(const char *label, enum xarch_arch arch,
		      const char *path, bool lazy)
{
	enum emulator_quality quality;
	char *chosen, *why;

	if (path) {
		chosen = absolute(path);
		quality = emulator_judge(chosen, &why);
		if (quality == EMULATOR_UNUSABLE && !lazy) {
			free(chosen);
			chosen = NULL;
		}
	} else {
		chosen = emulator_find(arch, &why);
	}
	if (!chosen)
		error("%s: %s", label, why);
	else if (why)
		warning("%s: %s", label, why);
	free(why);
	return chosen;
}

/*
 * qemu writes guests' core files by itself. It asks whether it may since its commit
 * "linux-user/elfload: check PR_GET_DUMPABLE before creating coredump", in 9.0.
 */
#define QEMU_ASKS_DUMPABLE 9

char *emulator_flaw(const char *path)
{
	const char *const argv[] = { "timeout", "10", path, "--version", NULL };
	char *output = NULL, *why = NULL, *flaw = NULL;
	const struct native_run run = { .output = &output };
	const char *version;
	unsigned int major;

	if (native_run(&run, argv, &why) && !strncmp(output, "qemu-", 5) &&
	    (version = strstr(output, " version ")) &&
	    sscanf(version, " version %u", &major) == 1 && major < QEMU_ASKS_DUMPABLE)
		flaw = xasprintf("%s: is qemu %u, which writes a core file of a set-id program that raised its limit, readable and where the caller chose: use qemu %d or later, or leave --credentials out",
				 path, major, QEMU_ASKS_DUMPABLE);
	free(output);
	free(why);
	return flaw;
}
