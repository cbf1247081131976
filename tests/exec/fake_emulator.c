// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for an emulator: runs nothing, and reports what it was given.
 * Static, so that it starts in an empty chroot. report.h has the format.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report.h"

static FILE *out;

static void __attribute__((format(printf, 2, 3))) record(const char *key, const char *format, ...)
{
	va_list args;

	fprintf(out, "%s=", key);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\0', out);
}

static void record_auxv(const char *key, unsigned long type)
{
	unsigned long value;

	errno = 0;
	value = getauxval(type);
	if (value || !errno)
		record(key, "%lu", value);
}

static void record_program(int fd)
{
	static unsigned char content[CONTENT_LEN];
	ssize_t len = pread(fd, content, sizeof(content), 0);
	ssize_t i;

	record("execfd_cloexec", "%d", !!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	record("execfd_mode", "%o", fcntl(fd, F_GETFL) & (O_ACCMODE | O_PATH));
	record("execfd_position", "%ld", (long)lseek(fd, 0, SEEK_CUR));
	fputs("execfd_content=", out);
	for (i = 0; i < len; i++)
		fprintf(out, "%02x", content[i]);
	fputc('\0', out);
}

static void record_link(const char *key, const char *path)
{
	char target[4096];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len >= 0)
		record(key, "%.*s", (int)len, target);
}

int main(int argc, char **argv, char **envp)
{
	struct rlimit core;
	char comm[17] = "";
	char byte;
	int i;

	out = fdopen(REPORT_FD, "w");
	if (!out)
		return 1;
	record("argc", "%d", argc);
	for (i = 0; argv[i]; i++)
		record("arg", "%s", argv[i]);
	for (; *envp; envp++)
		record("env", "%s", *envp);
	record_auxv("execfd", AT_EXECFD);
	record_auxv("at_flags", AT_FLAGS);
	record_auxv("secure", AT_SECURE);
	errno = 0;
	if (getauxval(AT_EXECFD) || !errno)
		record_program(getauxval(AT_EXECFD));
	if (getauxval(AT_EXECFN))
		record("execfn", "%s", (char *)getauxval(AT_EXECFN));
	record("uid", "%d", getuid());
	record("euid", "%d", geteuid());
	record("egid", "%d", getegid());
	record("dumpable", "%d", prctl(PR_GET_DUMPABLE));
	getrlimit(RLIMIT_CORE, &core);
	record("core", "%lld", (long long)core.rlim_cur);
	record("core_max", "%lld", (long long)core.rlim_max);
	prctl(PR_GET_NAME, comm);
	record("comm", "%s", comm);
	record_link("exe", "/proc/self/exe");
	fflush(out);

	if (argc > 1 && !strcmp(argv[1], "hold")) {
		while (read(HOLD_FD, &byte, 1) > 0)
			;
		record("resumed", "yes");
	}
	fclose(out);
	return EMULATOR_EXIT;
}
