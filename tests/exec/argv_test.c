// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an emulator is started with: its arguments, the program's path and
 * argv, the descriptor of the program, and nothing changed besides. Asserted
 * on what a fake emulator saw.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define USER 1000

/* From linux/binfmts.h of 7.3. */
#ifndef AT_FLAGS_TRANSPARENT_INTERP
#define AT_FLAGS_TRANSPARENT_INTERP (1 << 1)
#endif

FIXTURE(argv)
{
	const char *emulator;
	const char *prog;
	const char *hex;
};

FIXTURE_SETUP(argv)
{
	const unsigned char *program;
	size_t len;

	lab_open();
	lab_emulator("emulator");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
	self->prog = lab_path("prog");
	program = lab_program_bytes(ARCH, &len);
	self->hex = lab_hex(program, len);
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
}

FIXTURE_TEARDOWN(argv)
{
	lab_close();
}

static int set_args(const char *emulator, const char *const *args)
{
	return rule_set(NULL, &(struct rule){
		.arch = ARCH,
		.action = XARCH_ACTION_EMULATE,
		.emulator = emulator,
		.args = args,
	});
}

/* Launch and compare argv; the rest of the report is for the caller. */
#define EXPECT_ARGV(launched, outcome, ...) do { \
	launch(launched, outcome); \
	EXPECT_EQ(0, (outcome)->error); \
	EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS((outcome)->status)); \
	EXPECT_TRUE(report_list_is(outcome, "arg", STRINGS(__VA_ARGS__))); \
	EXPECT_STREQ("", (outcome)->err); \
} while (0)

#define ONLY_ARGV(launched, ...) do { \
	struct outcome only_; \
	EXPECT_ARGV(launched, &only_, __VA_ARGS__); \
	outcome_free(&only_); \
} while (0)

TEST_F(argv, everything_of_a_plain_exec)
{
	struct outcome o;

	EXPECT_ARGV((&(struct launch){
		.path = self->prog,
		.argv = STRINGS("zeroth", "one", "", "t w o"),
		.envp = STRINGS("A=1", "QEMU_LOG=page", "", "B=\xff"),
	}), &o, self->emulator, self->prog, "zeroth", "one", "", "t w o");
	EXPECT_TRUE(report_list_is(&o, "env", STRINGS("A=1", "QEMU_LOG=page", "", "B=\xff")));
	/* AT_FLAGS_PRESERVE_ARGV0 and no other flag. */
	EXPECT_TRUE(report_is(&o, "at_flags", "1"));
	EXPECT_TRUE(report_is(&o, "secure", "0"));
	EXPECT_TRUE(report_is(&o, "dumpable", "1"));
	EXPECT_TRUE(report_is(&o, "comm", "prog"));
	EXPECT_TRUE(report_is(&o, "exe", self->emulator));
	EXPECT_TRUE(report_is(&o, "execfn", self->prog));
	outcome_free(&o);
}

TEST_F(argv, descriptor_of_the_program)
{
	struct outcome o;

	launch(&(struct launch){ .path = self->prog }, &o);
	ASSERT_NE(NULL, report_get(&o, "execfd", 0));
	/* Never taken for one of the standard streams. */
	EXPECT_LT(2, atoi(report_get(&o, "execfd", 0)));
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	EXPECT_TRUE(report_is(&o, "execfd_position", "0"));
	EXPECT_TRUE(report_is(&o, "execfd_mode", "0"));
	EXPECT_TRUE(report_is(&o, "execfd_cloexec", "0"));
	outcome_free(&o);
}

/* The descriptor can then be 0, which a getauxval() must tell from none. */
TEST_F(argv, descriptor_of_the_program_with_stdin_closed)
{
	struct outcome o;

	launch(&(struct launch){ .path = self->prog, .close_stdin = true }, &o);
	EXPECT_EQ(0, o.error);
	EXPECT_TRUE(report_is(&o, "execfd", "0"));
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	outcome_free(&o);
}

TEST_F(argv, one_emulator_argument)
{
	ASSERT_EQ(0, set_args(self->emulator, STRINGS("-cpu=max")));
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS("a0", "a1") }),
		  self->emulator, "-cpu=max", self->prog, "a0", "a1");
}

TEST_F(argv, odd_emulator_arguments)
{
	ASSERT_EQ(0, set_args(self->emulator, STRINGS("", "-B", "two words", "", "\xc3\xa9\n", "")));
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS("a0") }),
		  self->emulator, "", "-B", "two words", "", "\xc3\xa9\n", "", self->prog, "a0");
	ASSERT_EQ(0, set_args(self->emulator, STRINGS("")));
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS("a0") }),
		  self->emulator, "", self->prog, "a0");
}

TEST_F(argv, as_many_emulator_arguments_as_may_be)
{
	const char *args[XARCH_ARGS_MAX + 2] = { NULL }, *want[XARCH_ARGS_MAX + 4] = { NULL };
	static char text[XARCH_ARGS_MAX + 1][XARCH_ARGS_LEN / XARCH_ARGS_MAX];
	struct outcome o;
	int i;

	/* All together they are as long as they may be, too. */
	for (i = 0; i <= XARCH_ARGS_MAX; i++) {
		memset(text[i], 'a' + i % 26, sizeof(text[i]) - 1);
		args[i] = text[i];
		want[1 + i] = text[i];
	}
	EXPECT_EQ(-E2BIG, set_args(self->emulator, args));
	args[XARCH_ARGS_MAX] = NULL;
	ASSERT_EQ(0, set_args(self->emulator, args));
	want[0] = self->emulator;
	want[1 + XARCH_ARGS_MAX] = self->prog;
	want[2 + XARCH_ARGS_MAX] = "a0";
	launch(&(struct launch){ .path = self->prog, .argv = STRINGS("a0") }, &o);
	EXPECT_TRUE(report_list_is(&o, "arg", want));
	outcome_free(&o);
}

/* Kernels from 5.18 on make it one empty string; earlier ones leave it empty. */
TEST_F(argv, null_argv)
{
	ONLY_ARGV((&(struct launch){ .path = self->prog, .null_argv = true }),
		  self->emulator, self->prog, "");
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS() }),
		  self->emulator, self->prog, "");
}

TEST_F(argv, empty_argv0)
{
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS("") }),
		  self->emulator, self->prog, "");
	ONLY_ARGV((&(struct launch){ .path = self->prog, .argv = STRINGS("", "", "x") }),
		  self->emulator, self->prog, "", "", "x");
}

TEST_F(argv, relative_path)
{
	ONLY_ARGV((&(struct launch){ .path = "prog" }), self->emulator, "prog", "prog");
	ONLY_ARGV((&(struct launch){ .path = "./prog" }), self->emulator, "./prog", "./prog");
	ASSERT_EQ(0, mkdir("sub", 0755));
	ONLY_ARGV((&(struct launch){ .path = "../prog", .cwd = "sub" }),
		  self->emulator, "../prog", "../prog");
}

TEST_F(argv, path_like_an_option)
{
	lab_program("-x", ARCH, 0755);
	lab_program("--", ARCH, 0755);
	lab_program("-", ARCH, 0755);
	ONLY_ARGV((&(struct launch){ .path = "-x", .argv = STRINGS("-x", "-y") }),
		  self->emulator, "./-x", "-x", "-y");
	ONLY_ARGV((&(struct launch){ .path = "--" }), self->emulator, "./--", "--");
	ONLY_ARGV((&(struct launch){ .path = "-" }), self->emulator, "./-", "-");
	/* With an argument of the emulator's own, which may take a value. */
	ASSERT_EQ(0, set_args(self->emulator, STRINGS("-cpu")));
	ONLY_ARGV((&(struct launch){ .path = "-x" }), self->emulator, "-cpu", "./-x", "-x");
}

TEST_F(argv, symlink_keeps_its_name)
{
	struct outcome o;

	ASSERT_EQ(0, symlink("prog", "link"));
	EXPECT_ARGV((&(struct launch){ .path = "./link", .argv = STRINGS("busybox") }), &o,
		    self->emulator, "./link", "busybox");
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	EXPECT_TRUE(report_is(&o, "comm", "link"));
	outcome_free(&o);
}

TEST_F(argv, longest_path)
{
	char path[4096];
	size_t len = strlen(self->prog);

	/* A path of PATH_MAX with its NUL, by "/./././". */
	memset(path, 0, sizeof(path));
	strcpy(path, lab_dir);
	while (strlen(path) + 3 + len - strlen(lab_dir) < sizeof(path) - 1)
		strcat(path, "/.");
	while (strlen(path) + len - strlen(lab_dir) < sizeof(path) - 1)
		strcat(path, "/");
	strcat(path, "/prog");
	ASSERT_EQ(sizeof(path) - 1, strlen(path));
	ONLY_ARGV((&(struct launch){ .path = path, .argv = STRINGS("a0") }),
		  self->emulator, path, "a0");
}

TEST_F(argv, script_with_a_foreign_interpreter)
{
	char line[256];

	snprintf(line, sizeof(line), "#!%s -o p t\n", self->prog);
	lab_write("script", line, strlen(line), 0755);
	ONLY_ARGV((&(struct launch){ .path = "./script", .argv = STRINGS("s0", "s1", "s2") }),
		  self->emulator, self->prog, self->prog, "-o p t", "./script", "s1", "s2");

	snprintf(line, sizeof(line), "#!%s\n", self->prog);
	lab_write("script", line, strlen(line), 0755);
	ASSERT_EQ(0, set_args(self->emulator, STRINGS("-E", "K=V")));
	ONLY_ARGV((&(struct launch){ .path = lab_path("script"), .argv = STRINGS("s0") }),
		  self->emulator, "-E", "K=V", self->prog, self->prog, lab_path("script"));
}

TEST_F(argv, script_whose_interpreter_is_like_an_option)
{
	lab_program("-x", ARCH, 0755);
	lab_write("script", "#! -x\n", 6, 0755);
	ONLY_ARGV((&(struct launch){ .path = "./script", .argv = STRINGS("s0", "s1") }),
		  self->emulator, "./-x", "-x", "./script", "s1");
}

/* A script whose interpreter is a script whose interpreter is foreign. */
TEST_F(argv, script_of_a_script)
{
	char line[256];

	snprintf(line, sizeof(line), "#!%s i\n", self->prog);
	lab_write("inner", line, strlen(line), 0755);
	snprintf(line, sizeof(line), "#!%s o\n", lab_path("inner"));
	lab_write("outer", line, strlen(line), 0755);
	ONLY_ARGV((&(struct launch){ .path = "./outer", .argv = STRINGS("s0", "s1") }),
		  self->emulator, self->prog, self->prog, "i", lab_path("inner"), "o",
		  "./outer", "s1");
}

TEST_F(argv, fexecve)
{
	int fd = open("prog", O_RDONLY);
	char path[32];
	struct outcome o;

	ASSERT_LE(0, fd);
	fd = dup2(fd, 77);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	EXPECT_ARGV((&(struct launch){
		.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
		.argv = STRINGS("f0", "f1"),
	}), &o, self->emulator, path, "f0", "f1");
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	outcome_free(&o);
}

/* binfmt_misc refuses these: /dev/fd/N is gone when the emulator starts. */
TEST_F(argv, fexecve_of_a_cloexec_descriptor)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	struct outcome o;

	ASSERT_LE(0, fd);
	EXPECT_ARGV((&(struct launch){
		.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
		.argv = STRINGS("f0", "f1"),
	}), &o, self->emulator, self->prog, "f0", "f1");
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	outcome_free(&o);

	fd = open("prog", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ONLY_ARGV((&(struct launch){
		.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
	}), self->emulator, self->prog, "");
}

/* A path that leads to another file by now must not be what is passed. */
TEST_F(argv, fexecve_of_a_cloexec_descriptor_that_lost_its_path)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	struct outcome o;

	ASSERT_LE(0, fd);
	lab_write("other", "other", 5, 0755);
	ASSERT_EQ(0, rename("other", "prog"));
	EXPECT_ARGV((&(struct launch){
		.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
		.argv = STRINGS("f0"),
	}), &o, self->emulator, "/", "f0");
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	outcome_free(&o);
}

TEST_F(argv, memfd)
{
	const unsigned int flags[] = { 0, MFD_CLOEXEC };
	const unsigned char *program;
	struct outcome o;
	char path[32];
	unsigned int i;
	size_t len;
	int fd;

	program = lab_program_bytes(ARCH, &len);
	for (i = 0; i < 2; i++) {
		fd = memfd_create("prog", flags[i]);
		ASSERT_EQ((ssize_t)len, write(fd, program, len));
		snprintf(path, sizeof(path), "/dev/fd/%d", fd);
		EXPECT_ARGV((&(struct launch){
			.at = true, .dirfd = fd, .path = "", .at_flags = AT_EMPTY_PATH,
			.argv = STRINGS("m0", "m1"),
		}), &o, self->emulator, flags[i] ? "/" : path, "m0", "m1");
		EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
		outcome_free(&o);
		close(fd);
	}
}

TEST_F(argv, execveat_of_a_directory_and_a_name)
{
	char path[64];
	int fd;

	fd = open(".", O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/dev/fd/%d/prog", fd);
	ONLY_ARGV((&(struct launch){ .at = true, .dirfd = fd, .path = "prog" }),
		  self->emulator, path, "prog");
	close(fd);

	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ONLY_ARGV((&(struct launch){ .at = true, .dirfd = fd, .path = "prog" }),
		  self->emulator, self->prog, "prog");
	/* An absolute path and the current directory need no descriptor. */
	ONLY_ARGV((&(struct launch){ .at = true, .dirfd = fd, .path = self->prog }),
		  self->emulator, self->prog, self->prog);
	ONLY_ARGV((&(struct launch){ .at = true, .dirfd = AT_FDCWD, .path = "prog" }),
		  self->emulator, "prog", "prog");
}

TEST_F(argv, program_that_may_be_run_and_not_read)
{
	struct outcome o;

	lab_program("secret", ARCH, 0111);
	EXPECT_ARGV((&(struct launch){ .path = "./secret", .uid = USER }), &o,
		    self->emulator, "./secret", "./secret");
	EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
	EXPECT_TRUE(report_is(&o, "secure", "0"));
	/* Nobody may read it out of the process: neither dump nor ptrace. */
	EXPECT_NE(NULL, report_get(&o, "dumpable", 0));
	EXPECT_STRNE("1", report_get(&o, "dumpable", 0));
	outcome_free(&o);
}

TEST_F(argv, program_that_may_not_be_run)
{
	struct rule_state state;
	struct outcome o;

	lab_program("data", ARCH, 0644);
	launch(&(struct launch){ .path = "./data" }, &o);
	EXPECT_EQ(EACCES, o.error);
	outcome_free(&o);
	/* The kernel's own answer: no rule was asked. */
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ(0, state.failed + state.denied + state.emulated);
}

/* Kernels from 7.3 on can run an emulator without its showing anywhere. */
TEST_F(argv, transparent)
{
	int fd = open("prog", O_RDONLY | O_CLOEXEC);
	int err = rule_emulate(ARCH, self->emulator, XARCH_F_TRANSPARENT);
	struct rule_state state;
	struct outcome o;
	int i;

	if (err == -EOPNOTSUPP) {
		EXPECT_STRNE("", rule_error);
		/* And the rule that stood still stands. */
		EXPECT_EQ(0, rule_get(ARCH, &state));
		SKIP(return, "this kernel has no transparent contract");
	}
	ASSERT_EQ(0, err);
	for (i = 0; i < 2; i++) {
		launch(&(struct launch){
			.at = i, .dirfd = fd, .path = i ? "" : "./prog", .at_flags = AT_EMPTY_PATH,
			.argv = STRINGS("zeroth", "one"),
		}, &o);
		EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(o.status));
		EXPECT_TRUE(report_list_is(&o, "arg", STRINGS("zeroth", "one")));
		EXPECT_TRUE(report_is(&o, "exe", self->prog));
		EXPECT_TRUE(report_is(&o, "comm", "prog"));
		EXPECT_TRUE(report_is(&o, "execfd_content", self->hex));
		EXPECT_NE(0, atoi(report_get(&o, "at_flags", 0) ?: "0") &
			     AT_FLAGS_TRANSPARENT_INTERP);
		outcome_free(&o);
	}
	/* Arguments would show: there can be none. */
	EXPECT_EQ(-EINVAL, rule_set(NULL, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_TRANSPARENT,
		.emulator = self->emulator, .args = STRINGS("-x"),
	}));
}

/*
 * argv that is just short enough for a native program and not for the emulator
 * with its path and arguments: E2BIG. ENOEXEC would hand a spoilt argv on to
 * the next format.
 */
TEST_F(argv, too_long)
{
	/* A quarter of the stack's limit may be arguments. */
	enum { STACK = 1 << 20, LONGEST = STACK / 4, CHUNK = 1000 };
	static char chunk[CHUNK], last[CHUNK];
	const char *argv[LONGEST / CHUNK + 4];
	int low = 0, high = LONGEST, n, native, failed = 0, len;
	struct rule_state state;
	struct outcome o;

	memset(chunk, 'c', sizeof(chunk) - 1);
	memset(last, 'l', sizeof(last) - 1);
#define TRY(file, total) do { \
	for (n = 0; n < (total) / CHUNK; n++) \
		argv[n] = chunk; \
	argv[n] = last + sizeof(last) - 1 - (total) % CHUNK; \
	argv[n + 1] = NULL; \
	launch(&(struct launch){ .path = file, .argv = argv, .stack_limit = STACK }, &o); \
} while (0)
	/* The longest that a native program takes, under a name as long. */
	lab_copy("/bin/true", "true");
	while (low + 1 < high) {
		native = (low + high) / 2;
		TRY("./true", native);
		if (o.error)
			high = native;
		else
			low = native;
		outcome_free(&o);
	}
	ASSERT_LT(CHUNK, low);
	for (len = low; len > low - 400; len -= len > low - 20 ? 1 : 37) {
		TRY("./prog", len);
		if (o.error) {
			EXPECT_EQ(E2BIG, o.error);
			failed++;
		} else {
			EXPECT_EQ(EMULATOR_EXIT, WEXITSTATUS(o.status));
			EXPECT_STREQ(self->emulator, report_get(&o, "arg", 0) ?: "none");
		}
		outcome_free(&o);
	}
	EXPECT_LT(0, failed);
	ASSERT_EQ(0, rule_get(ARCH, &state));
	EXPECT_EQ((uint64_t)failed, state.failed);
	/* And it left nothing denied. */
	EXPECT_TRUE(lab_writable("prog", false));
	ASSERT_EQ(0, rule_clear());
	EXPECT_TRUE(lab_writable("emulator", true));
}

TEST_HARNESS_MAIN
