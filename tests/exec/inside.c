// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests that are themselves a foreign program and look at their own process
 * from inside: built for aarch64, started by inside_test under a rule for qemu.
 * With a word as the first argument it plays a part for these and other tests.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "../../tools/probe.h"

extern char **environ;

static char self_path[4096];

/* Parts. Each prints what it sees, a line a thing. */

static void print_link(const char *path)
{
	char target[4096];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	printf("%.*s\n", (int)(len < 0 ? 0 : len), target);
}

static int part(int argc, char **argv)
{
	char comm[17] = "";
	char byte;
	int i;

	if (!strcmp(argv[1], "argv")) {
		for (i = 0; i < argc; i++)
			printf("[%s]\n", argv[i]);
		return argv[argc] ? 1 : 0;
	}
	if (!strcmp(argv[1], "env")) {
		for (i = 0; environ[i]; i++)
			printf("[%s]\n", environ[i]);
		return 0;
	}
	if (!strcmp(argv[1], "process")) {
		prctl(PR_GET_NAME, comm);
		printf("%s\n", (char *)getauxval(AT_EXECFN));
		printf("%lu\n", getauxval(AT_SECURE));
		print_link("/proc/self/exe");
		printf("%s\n", comm);
		return 0;
	}
	if (!strcmp(argv[1], "ids")) {
		printf("%d %d %lu\n", getuid(), geteuid(), getauxval(AT_SECURE));
		return 0;
	}
	/* Go on when standard input ends; then try to run another one. */
	if (!strcmp(argv[1], "hold")) {
		printf("ready\n");
		fflush(stdout);
		while (read(0, &byte, 1) > 0)
			;
		execv(argv[2], argv + 2);
		printf("%s\n", strerror(errno));
		return 7;
	}
	/* Run itself so many times more, one after the other. */
	if (!strcmp(argv[1], "again")) {
		char left[16];

		if (!atoi(argv[2]))
			return 9;
		snprintf(left, sizeof(left), "%d", atoi(argv[2]) - 1);
		execl(self_path, argv[0], "again", left, NULL);
		return 1;
	}
	return 2;
}

/* A child's output and status. */
static int run(char *output, size_t room, const char *path, const char *const *argv,
	       const char *const *envp)
{
	size_t used = 0;
	int ends[2], status;
	ssize_t got;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execve(path, (char *const *)argv, envp ? (char *const *)envp : environ);
		printf("%s\n", strerror(errno));
		fflush(stdout);
		_exit(127);
	}
	close(ends[1]);
	while ((got = read(ends[0], output + used, room - used - 1)) > 0)
		used += got;
	output[used] = '\0';
	close(ends[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })
#define RUN(path, argv, envp) run(out, sizeof(out), path, argv, envp)

static char out[65536];

/* That it is what it says: emulated, and not by the machine that built it. */
TEST(machine)
{
	struct utsname name;

	ASSERT_EQ(0, uname(&name));
	EXPECT_STREQ("aarch64", name.machine);
}

TEST(argv)
{
	EXPECT_EQ(0, RUN(self_path, ARGV("zeroth", "argv", "one", "", "t w o", "-cpu", "--"), NULL));
	EXPECT_STREQ("[zeroth]\n[argv]\n[one]\n[]\n[t w o]\n[-cpu]\n[--]\n", out);
	EXPECT_EQ(0, RUN(self_path, ARGV("", "argv"), NULL));
	EXPECT_STREQ("[]\n[argv]\n", out);
	EXPECT_EQ(0, RUN(self_path, ARGV("-g", "argv"), NULL));
	EXPECT_STREQ("[-g]\n[argv]\n", out);
}

TEST(environment)
{
	EXPECT_EQ(0, RUN(self_path, ARGV("x", "env"), ARGV("A=1", "LONG=a b c", "E=", "PATH=/x")));
	EXPECT_STREQ("[A=1]\n[LONG=a b c]\n[E=]\n[PATH=/x]\n", out);
	EXPECT_EQ(0, RUN(self_path, ARGV("x", "env"), ARGV()));
	EXPECT_STREQ("", out);
}

TEST(process)
{
	char want[9000], dir[] = "/var/tmp/inside.XXXXXX", file[128], link[128];

	snprintf(want, sizeof(want), "%s\n0\n%s\n%.15s\n", self_path, self_path,
		 strrchr(self_path, '/') + 1);
	EXPECT_EQ(0, RUN(self_path, ARGV("other", "process"), NULL));
	EXPECT_STREQ(want, out);

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, chdir(dir));
	snprintf(link, sizeof(link), "%s/a-rather-long-name", dir);
	ASSERT_EQ(0, symlink(self_path, "a-rather-long-name"));
	snprintf(want, sizeof(want), "%s\n0\n%s\na-rather-long-n\n", link, self_path);
	EXPECT_EQ(0, RUN(link, ARGV("other", "process"), NULL));
	EXPECT_STREQ(want, out);
	snprintf(want, sizeof(want), "./a-rather-long-name\n0\n%s\na-rather-long-n\n", self_path);
	EXPECT_EQ(0, RUN("./a-rather-long-name", ARGV("other", "process"), NULL));
	EXPECT_STREQ(want, out);

	/* A name like an option. */
	snprintf(file, sizeof(file), "%s/-version", dir);
	ASSERT_EQ(0, rename(link, file));
	EXPECT_EQ(0, RUN("-version", ARGV("-version", "argv"), NULL));
	EXPECT_STREQ("[-version]\n[argv]\n", out);
	unlink(file);
	ASSERT_EQ(0, chdir("/"));
	rmdir(dir);
}

TEST(secure)
{
	EXPECT_EQ(0, getauxval(AT_SECURE));
}

TEST(script)
{
	char name[] = "/var/tmp/inside.XXXXXX", want[9000], line[4200];
	int fd = mkstemp(name);

	ASSERT_LE(0, fd);
	snprintf(line, sizeof(line), "#!%s argv\n", self_path);
	ASSERT_EQ((ssize_t)strlen(line), write(fd, line, strlen(line)));
	ASSERT_EQ(0, fchmod(fd, 0755));
	close(fd);
	EXPECT_EQ(0, RUN(name, ARGV("x", "y", "z"), NULL));
	snprintf(want, sizeof(want), "[%s]\n[argv]\n[%s]\n[y]\n[z]\n", self_path, name);
	EXPECT_STREQ(want, out);
	unlink(name);
}

TEST(native_program)
{
	EXPECT_EQ(5, RUN("/bin/sh", ARGV("sh", "-c", "echo hello; exit 5"), NULL));
	EXPECT_STREQ("hello\n", out);
}

static int make_probe(struct __test_metadata *_metadata, enum xarch_arch arch, char *name)
{
	const unsigned char *program;
	size_t len;
	int fd;

	program = probe_program(arch, &len);
	ASSERT_NE(NULL, program);
	fd = mkstemp(name);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)len, write(fd, program, len));
	ASSERT_EQ(0, fchmod(fd, 0755));
	close(fd);
	return 0;
}

/* inside_test has set a rule for riscv64, and made ppc64le one of the denied. */
TEST(programs_of_other_archs)
{
	char riscv[] = "/var/tmp/inside.XXXXXX", ppc[] = "/var/tmp/inside.XXXXXX";
	char s390x[] = "/var/tmp/inside.XXXXXX";

	make_probe(_metadata, XARCH_ARCH_RISCV64, riscv);
	EXPECT_EQ(PROBE_EXIT, RUN(riscv, ARGV("x"), NULL));
	make_probe(_metadata, XARCH_ARCH_PPC64LE, ppc);
	EXPECT_EQ(127, RUN(ppc, ARGV("x"), NULL));
	EXPECT_STREQ("Permission denied\n", out);
	make_probe(_metadata, XARCH_ARCH_S390X, s390x);
	EXPECT_EQ(127, RUN(s390x, ARGV("x"), NULL));
	EXPECT_STREQ("Exec format error\n", out);
	unlink(riscv);
	unlink(ppc);
	unlink(s390x);
}

FIXTURE(slow) { };

FIXTURE_SETUP(slow)
{
}

FIXTURE_TEARDOWN(slow)
{
}

TEST_F_TIMEOUT(slow, a_hundred_execs, 200)
{
	char probe[] = "/var/tmp/inside.XXXXXX";
	int i;

	make_probe(_metadata, XARCH_ARCH_AARCH64, probe);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(PROBE_EXIT, RUN(probe, ARGV("x"), NULL));
	unlink(probe);
}

/* One process that becomes another program over and over. */
TEST_F_TIMEOUT(slow, a_chain_of_execs, 100)
{
	EXPECT_EQ(9, RUN(self_path, ARGV("x", "again", "8"), NULL));
	EXPECT_STREQ("", out);
}

TEST(memfd)
{
	const unsigned char *program;
	int fd = memfd_create("x", MFD_CLOEXEC), status;
	size_t len;
	pid_t pid;

	program = probe_program(XARCH_ARCH_AARCH64, &len);
	ASSERT_EQ((ssize_t)len, write(fd, program, len));
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, fd, "", ARGV("x"), environ, AT_EMPTY_PATH);
		_exit(errno == ENOSYS ? 100 : 101);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	if (WEXITSTATUS(status) == 100)
		SKIP(return, "this emulator has no execveat");
	EXPECT_EQ(PROBE_EXIT, WEXITSTATUS(status));
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int count;

static void *counting_thread(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		count++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *exec_thread(void *unused)
{
	(void)unused;
	execl(self_path, "x", "again", "0", NULL);
	_exit(1);
}

TEST(threads)
{
	pthread_t threads[4];
	int i, status;
	pid_t pid;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, counting_thread, NULL));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(4000, count);

	/* An exec by one that is not the first ends the others. */
	pid = fork();
	if (!pid) {
		pthread_create(&threads[0], NULL, exec_thread, NULL);
		pthread_join(threads[0], NULL);
		_exit(2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(9, WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	ssize_t len = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);

	if (len <= 0)
		return 3;
	self_path[len] = '\0';
	if (argc > 1)
		return part(argc, argv);
	return test_harness_run(argc, argv);
}
