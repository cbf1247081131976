// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is wrong is refused: with which errno, at which attribute, in which
 * words; and it changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "nl.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"
#define STRINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

FIXTURE(refusal)
{
	struct nl nl;
	struct request request;
	struct reply reply;
};

FIXTURE_SETUP(refusal)
{
	memset(&self->reply, 0, sizeof(self->reply));
	nl_open(&self->nl);
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	ASSERT_EQ(0, rule_set(&self->nl, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_DENY }));
}

FIXTURE_TEARDOWN(refusal)
{
	/* Not one of the refused ones has left anything. */
	EXPECT_EQ(1, rule_count(&self->nl));
	rule_del(&self->nl, -1, XARCH_SCOPE_HOST, 0);
	reply_free(&self->reply);
	nl_close(&self->nl);
}

/* No attribute: nothing is pointed at. */
#define NONE (-1)

/*
 * Is the request refused with this errno, at this attribute, in these words,
 * and nothing changed? Says what is otherwise. @text NULL: any words, but some.
 */
/*
 * What a refusal points at that comes in a dump's NLMSG_DONE instead of in an
 * NLMSG_ERROR: before 6.2 that message has words, but no place for an attribute.
 */
static int at_end_of_dump(int attr)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	return major > 6 || (major == 6 && minor >= 2) ? attr : NONE;
}

static bool refused(struct nl *nl, struct request *request, int error, int bad, const char *text)
{
	uint32_t before = generation(nl);
	struct reply reply = { 0 };
	bool good = true;

	nl_ask(nl, request, &reply);
	if (reply.error != error) {
		printf("# error %d (%s), not %d (%s)\n", reply.error, strerror(reply.error),
		       error, strerror(error));
		good = false;
	}
	if (reply.bad != bad) {
		printf("# points at attribute %d, not %d\n", reply.bad, bad);
		good = false;
	}
	if (text ? strcmp(reply.text, text) : !*reply.text) {
		printf("# says \"%s\", not \"%s\"\n", reply.text, text ?: "something");
		good = false;
	}
	if (generation(nl) != before) {
		printf("# the rules have changed\n");
		good = false;
	}
	reply_free(&reply);
	return good;
}

/* The same of a RULE_SET that is well-formed. */
static bool rule_refused(struct nl *nl, const struct rule *rule, int error, int bad,
			 const char *text)
{
	struct request request;

	request_rule(&request, nl, rule);
	return refused(nl, &request, error, bad, text);
}

/* A rule that would be taken, for one attribute more. */
static void begin_rule(struct request *request, const struct nl *nl, uint32_t action)
{
	request_begin(request, nl, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(request, XARCH_A_ARCH, ARCH);
	put_u32(request, XARCH_A_ACTION, action);
}

static void begin_emulate(struct request *request, const struct nl *nl, const char *emulator)
{
	begin_rule(request, nl, XARCH_ACTION_EMULATE);
	put_u32(request, XARCH_A_FLAGS, XARCH_F_LAZY);
	if (emulator)
		put_string(request, XARCH_A_EMULATOR, emulator);
}


/* What the kernel's own checks say. */
#define RANGE		"integer out of range"
#define RESERVED	"reserved bit set"
#define LENGTH		"invalid attribute length"
#define POLICY		"Attribute failed policy validation"
#define UNSUPPORTED	"Unsupported attribute"
#define UNKNOWN		"Unknown attribute type"

TEST_F(refusal, arch_and_action_missing)
{
	static const char text[] = "a rule needs an arch and an action";

	request_begin(&self->request, &self->nl, XARCH_CMD_RULE_SET, NLM_F_ACK);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, NONE, text));
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, NONE, text));
	request_begin(&self->request, &self->nl, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(&self->request, XARCH_A_ACTION, XARCH_ACTION_DENY);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, NONE, text));
}

TEST_F(refusal, numbers_out_of_range)
{
	static const struct {
		unsigned int type;
		uint32_t max;
	} enums[] = {
		{ XARCH_A_ARCH, XARCH_ARCH_MAX },
		{ XARCH_A_ACTION, XARCH_ACTION_MAX },
		{ XARCH_A_SCOPE, XARCH_SCOPE_MAX },
	};
	const uint32_t one = 1;
	unsigned int i;
	uint32_t value;

	for (i = 0; i < ARRAY_SIZE(enums); i++) {
		for (value = enums[i].max + one; value; value = value == UINT32_MAX ? 0 : UINT32_MAX) {
			begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
			put_u32(&self->request, enums[i].type, value);
			EXPECT_TRUE(refused(&self->nl, &self->request, ERANGE, enums[i].type, RANGE));
		}
	}
}

TEST_F(refusal, unknown_flags)
{
	unsigned int bit;

	for (bit = 4; bit < 32; bit++) {
		begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
		put_u32(&self->request, XARCH_A_FLAGS, XARCH_F_LOCKED | 1U << bit);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_FLAGS, RESERVED));
	}
}

TEST_F(refusal, numbers_of_another_width)
{
	static const unsigned int types[] = {
		XARCH_A_ARCH, XARCH_A_ACTION, XARCH_A_SCOPE, XARCH_A_NS_FD, XARCH_A_FLAGS,
		XARCH_A_EMULATOR_FD,
	};
	static const char zeros[8];
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (len = 0; len <= sizeof(zeros); len++) {
			if (len == sizeof(uint32_t))
				continue;
			begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
			put(&self->request, types[i], zeros, len);
			EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, types[i], LENGTH));
		}
	}
}

TEST_F(refusal, attributes_that_a_request_has_not)
{
	unsigned int type;

	/* The kernel's to say alone, or a later version's. */
	for (type = 0; type <= XARCH_A_MAX + 2; type++) {
		if (type == XARCH_A_ARCH || type == XARCH_A_ACTION || type == XARCH_A_SCOPE ||
		    type == XARCH_A_NS_FD || type == XARCH_A_EMULATOR || type == XARCH_A_ARG ||
		    type == XARCH_A_FLAGS || type == XARCH_A_EMULATOR_FD)
			continue;
		begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
		put_u32(&self->request, type, 0);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, type,
				    !type || type > XARCH_A_MAX ? UNKNOWN : UNSUPPORTED));
	}
}

TEST_F(refusal, attributes_of_other_requests)
{
	static const struct {
		unsigned int cmd, flags, type;
	} cases[] = {
		{ XARCH_CMD_INFO_GET, NLM_F_ACK, XARCH_A_ARCH },
		{ XARCH_CMD_RULE_DEL, NLM_F_ACK, XARCH_A_ACTION },
		{ XARCH_CMD_RULE_DEL, NLM_F_ACK, XARCH_A_FLAGS },
		{ XARCH_CMD_RULE_GET, NLM_F_DUMP, XARCH_A_FLAGS },
		{ XARCH_CMD_RULE_GET, NLM_F_DUMP, XARCH_A_PID },
		{ XARCH_CMD_RESOLVE, NLM_F_DUMP, XARCH_A_SCOPE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		request_begin(&self->request, &self->nl, cases[i].cmd, cases[i].flags);
		put_u32(&self->request, cases[i].type, 1);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, cases[i].type, UNSUPPORTED));
	}
}

TEST_F(refusal, strings)
{
	static char path[XARCH_PATH_LEN + 2];

	memset(path, '/', XARCH_PATH_LEN + 1);

	begin_emulate(&self->request, &self->nl, NULL);
	put(&self->request, XARCH_A_EMULATOR, "/bin/x", 6);	/* no NUL */
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, POLICY));

	begin_emulate(&self->request, &self->nl, NULL);
	put(&self->request, XARCH_A_EMULATOR, "", 0);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, POLICY));

	begin_emulate(&self->request, &self->nl, path);		/* a byte too long */
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, POLICY));

	begin_emulate(&self->request, &self->nl, "/e");
	put(&self->request, XARCH_A_ARG, "-a", 2);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_ARG, POLICY));

	begin_emulate(&self->request, &self->nl, "/e");
	put(&self->request, XARCH_A_ARG, "", 0);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_ARG, POLICY));

	path[XARCH_ARGS_LEN] = '\0';
	begin_emulate(&self->request, &self->nl, "/e");
	put_string(&self->request, XARCH_A_ARG, path);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_ARG, POLICY));
}

/* What comes back would not be what was sent. */
TEST_F(refusal, strings_with_a_nul_inside)
{
	begin_emulate(&self->request, &self->nl, NULL);
	put(&self->request, XARCH_A_EMULATOR, "/bin/x\0junk", 12);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, NULL));

	begin_emulate(&self->request, &self->nl, "/e");
	put(&self->request, XARCH_A_ARG, "-a\0-b", 6);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_ARG, NULL));
}

TEST_F(refusal, emulator_paths)
{
	static const char text[] = "the emulator's path must be absolute";
	static const char *const paths[] = { "", "qemu-aarch64", "./qemu-aarch64", " /e" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		begin_emulate(&self->request, &self->nl, paths[i]);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, text));
	}
	begin_emulate(&self->request, &self->nl, NULL);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, NONE,
			    "an emulate rule needs an emulator"));
}

/* Where the emulator itself is at fault, its attribute is pointed at. */
TEST_F(refusal, emulator_files)
{
	static const struct {
		const char *path;
		int error;
		const char *text;
	} cases[] = {
		{ "/no/such/emulator", ENOENT, "there is no such emulator" },
		{ "/usr/bin", EACCES, NULL },
		{ "/etc/passwd", EACCES, NULL },
		{ "/dev/null", EACCES, NULL },
		{ "/usr/bin/ldd", ELIBBAD, NULL },		/* a script */
		{ "/opt/arm64/usr/bin/true", ELIBBAD, NULL },	/* foreign */
		{ "/etc/passwd/x", ENOTDIR, NULL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("# %s\n", cases[i].path);
		EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_EMULATE,
			.emulator = cases[i].path,
		}, cases[i].error, XARCH_A_EMULATOR, cases[i].text));
	}
}

TEST_F(refusal, emulator_descriptors)
{
	static const struct {
		const char *path;
		int flags, error;
		const char *text;
	} cases[] = {
		{ "/usr/bin", O_RDONLY, EACCES, NULL },
		{ "/etc/passwd", O_RDONLY, EACCES, NULL },
		{ "/dev/null", O_RDONLY, EACCES, NULL },
		{ "/proc/self/ns/mnt", O_RDONLY, EACCES, NULL },
		{ "/usr/bin/ldd", O_RDONLY, ELIBBAD, NULL },
		{ "/opt/arm64/usr/bin/true", O_RDONLY, ELIBBAD, NULL },
		{ QEMU, O_PATH, EBADF,
		  "the emulator's descriptor is not open in the calling process" },
	};
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("# %s\n", cases[i].path);
		rule.emulator_fd = open(cases[i].path, cases[i].flags | O_CLOEXEC);
		ASSERT_LT(0, rule.emulator_fd);
		EXPECT_TRUE(rule_refused(&self->nl, &rule, cases[i].error, XARCH_A_EMULATOR_FD,
					 cases[i].text));
		close(rule.emulator_fd);
	}
	EXPECT_TRUE(rule_refused(&self->nl, &rule, EBADF, XARCH_A_EMULATOR_FD,
		"the emulator's descriptor is not open in the calling process"));
	rule.flags = XARCH_F_LAZY;
	EXPECT_TRUE(rule_refused(&self->nl, &rule, EINVAL, XARCH_A_EMULATOR_FD,
		"a lazy rule's emulator is opened at exec time: it takes no descriptor"));
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY, .emulator_fd = 1,
	}, EINVAL, XARCH_A_EMULATOR_FD, "only an emulate rule has an emulator and arguments"));
}

TEST_F(refusal, lazy_with_credentials)
{
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
		.flags = XARCH_F_LAZY | XARCH_F_CREDENTIALS,
	}, EINVAL, XARCH_A_FLAGS,
		"a rule with credentials cannot be lazy: whoever owns the file system would choose the emulator"));
}

TEST_F(refusal, arguments)
{
	static const char text[] = "too many emulator arguments, or too long";
	const char *args[XARCH_ARGS_MAX + 2];
	static char half[XARCH_ARGS_LEN / 2 + 1];
	unsigned int i;

	for (i = 0; i <= XARCH_ARGS_MAX; i++)
		args[i] = "";
	args[i] = NULL;
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = args,
	}, E2BIG, XARCH_A_ARG, text));

	/* Twice half of the room, and one byte. */
	memset(half, 'h', sizeof(half) - 1);
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .flags = XARCH_F_LAZY,
		.emulator = "/e", .args = STRINGS(half + 1, half),
	}, E2BIG, XARCH_A_ARG, text));
}

TEST_F(refusal, what_only_emulate_has)
{
	static const char text[] = "only an emulate rule has an emulator and arguments";
	static const uint32_t flags[] = {
		XARCH_F_LAZY, XARCH_F_CREDENTIALS, XARCH_F_TRANSPARENT,
		XARCH_F_LOCKED | XARCH_F_LAZY,
	};
	uint32_t action;
	unsigned int i;

	for (action = XARCH_ACTION_DENY; action <= XARCH_ACTION_PASS; action++) {
		begin_rule(&self->request, &self->nl, action);
		put_string(&self->request, XARCH_A_EMULATOR, QEMU);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_EMULATOR, text));
		begin_rule(&self->request, &self->nl, action);
		put_string(&self->request, XARCH_A_ARG, "-a");
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_ARG, text));
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			begin_rule(&self->request, &self->nl, action);
			put_u32(&self->request, XARCH_A_FLAGS, flags[i]);
			EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, XARCH_A_FLAGS,
					    "only an emulate rule has flags other than locked"));
		}
	}
}

TEST_F(refusal, transparent)
{
	struct rule rule = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
		.flags = XARCH_F_TRANSPARENT,
	};

	request_begin(&self->request, &self->nl, XARCH_CMD_INFO_GET, NLM_F_ACK);
	ASSERT_EQ(0, nl_ask(&self->nl, &self->request, &self->reply));
	if (!(record_u32(self->reply.records[0], XARCH_A_FEATURES) & XARCH_FEATURE_TRANSPARENT)) {
		EXPECT_TRUE(rule_refused(&self->nl, &rule, EOPNOTSUPP, XARCH_A_FLAGS,
			"this kernel has no transparent contract (7.3 and later do)"));
		return;
	}
	rule.args = STRINGS("-cpu");
	EXPECT_TRUE(rule_refused(&self->nl, &rule, EINVAL, XARCH_A_ARG,
		"a transparent emulator's argv is the program's own: it takes no arguments"));
}

TEST_F(refusal, native_arch)
{
	uint32_t action;

	for (action = XARCH_ACTION_EMULATE; action <= XARCH_ACTION_PASS; action++)
		EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
			.arch = XARCH_ARCH_X86_64, .action = action,
			.emulator = action ? NULL : QEMU,
		}, EINVAL, XARCH_A_ARCH,
			"this is the machine's own arch: it needs no rule and takes none"));
}

TEST_F(refusal, scope_and_descriptor)
{
	static const char *const commands[] = { "set", "del", "get" };
	unsigned int scope, i;
	int fd = ns_own("mnt");

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		unsigned int cmd = XARCH_CMD_RULE_SET + i;
		bool dump = cmd == XARCH_CMD_RULE_GET;
		unsigned int flags = dump ? NLM_F_DUMP : NLM_F_ACK;
		int at_fd = dump ? at_end_of_dump(XARCH_A_NS_FD) : XARCH_A_NS_FD;
		int at_scope = dump ? at_end_of_dump(XARCH_A_SCOPE) : XARCH_A_SCOPE;

		printf("# %s\n", commands[i]);
		if (cmd == XARCH_CMD_RULE_SET)
			begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
		else
			request_begin(&self->request, &self->nl, cmd, flags);
		put_u32(&self->request, XARCH_A_NS_FD, fd);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, at_fd,
				    "the host scope takes no namespace file"));
		put_u32(&self->request, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
		EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, at_fd,
				    "the host scope takes no namespace file"));
		for (scope = XARCH_SCOPE_USER; scope <= XARCH_SCOPE_MAX; scope++) {
			if (cmd == XARCH_CMD_RULE_SET)
				begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
			else
				request_begin(&self->request, &self->nl, cmd, flags);
			put_u32(&self->request, XARCH_A_SCOPE, scope);
			EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, at_scope,
				"this scope needs the descriptor of a namespace file"));
		}
	}
	close(fd);
}

TEST_F(refusal, descriptors_of_other_things)
{
	static const char type[] =
		"rules are for mount, pid and user namespaces; this one is of another type";
	static const char kind[] =
		"the namespace file is of another type (mount, pid, user) than the scope asked for";
	static const char file[] =
		"the descriptor is not of a namespace file (/proc/PID/ns/mnt, pid or user)";
	static const char closed[] =
		"the namespace's descriptor is not open in the calling process";
	static const struct {
		const char *path;
		int flags, error;
		const char *text;
	} cases[] = {
		{ "/proc/self/ns/net", O_RDONLY, EINVAL, type },
		{ "/proc/self/ns/uts", O_RDONLY, EINVAL, type },
		{ "/proc/self/ns/ipc", O_RDONLY, EINVAL, type },
		{ "/proc/self/ns/cgroup", O_RDONLY, EINVAL, type },
		{ "/proc/self/ns/time", O_RDONLY, EINVAL, type },
		{ "/proc/self/ns/user", O_RDONLY, EINVAL, kind },
		{ "/proc/self/ns/mnt", O_RDONLY, EINVAL, kind },
		{ "/proc/self/ns/mnt", O_PATH, EBADF, closed },
		{ "/etc/passwd", O_RDONLY, EINVAL, file },
		{ "/proc/self/ns", O_RDONLY, EINVAL, file },
		{ "/dev/null", O_RDONLY, EINVAL, file },
	};
	unsigned int i;
	int fd, fds[2];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("# %s\n", cases[i].path);
		fd = open(cases[i].path, cases[i].flags | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)	/* time namespaces can be left out */
			continue;
		ASSERT_LE(0, fd);
		EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_DENY,
			.scope = XARCH_SCOPE_PID, .ns_fd = fd,
		}, cases[i].error, XARCH_A_NS_FD, cases[i].text));
		close(fd);
	}
	ASSERT_EQ(0, pipe(fds));
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY,
		.scope = XARCH_SCOPE_PID, .ns_fd = fds[0] }, EINVAL, XARCH_A_NS_FD, file));
	close(fds[0]);
	close(fds[1]);
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY,
		.scope = XARCH_SCOPE_PID, .ns_fd = fds[0] }, EBADF, XARCH_A_NS_FD, closed));
	EXPECT_TRUE(rule_refused(&self->nl, &(struct rule){
		.arch = ARCH, .action = XARCH_ACTION_DENY,
		.scope = XARCH_SCOPE_PID, .ns_fd = -1 }, EBADF, XARCH_A_NS_FD, closed));
}

TEST_F(refusal, rule_that_is_not_there)
{
	request_begin(&self->request, &self->nl, XARCH_CMD_RULE_DEL, NLM_F_ACK);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	EXPECT_TRUE(refused(&self->nl, &self->request, ENOENT, NONE, "there is no such rule"));
}

TEST_F(refusal, resolve)
{
	request_begin(&self->request, &self->nl, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	EXPECT_TRUE(refused(&self->nl, &self->request, EINVAL, NONE, "the question needs an arch"));
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, 0);
	EXPECT_TRUE(refused(&self->nl, &self->request, ERANGE, XARCH_A_PID, RANGE));
	request_begin(&self->request, &self->nl, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, INT32_MAX);
	EXPECT_TRUE(refused(&self->nl, &self->request, ESRCH, at_end_of_dump(XARCH_A_PID),
			    "there is no such process"));
}

/* Errors of generic netlink itself, which gives some of them no words. */
static int error_of(struct nl *nl, struct request *request)
{
	struct reply reply = { 0 };
	int error = nl_ask(nl, request, &reply);

	reply_free(&reply);
	return error;
}

TEST_F(refusal, commands)
{
	static const unsigned int events[] = { XARCH_CMD_UNSPEC, XARCH_CMD_EXEC_NTF };
	static const unsigned int dos[] = {
		XARCH_CMD_INFO_GET, XARCH_CMD_RULE_SET, XARCH_CMD_RULE_DEL,
	};
	static const unsigned int dumps[] = { XARCH_CMD_RULE_GET, XARCH_CMD_RESOLVE };
	unsigned int cmd, i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		request_begin(&self->request, &self->nl, events[i], NLM_F_ACK);
		EXPECT_EQ(EOPNOTSUPP, error_of(&self->nl, &self->request));
	}
	for (cmd = XARCH_CMD_MAX + 1; cmd < 256; cmd++) {
		request_begin(&self->request, &self->nl, cmd, NLM_F_ACK);
		EXPECT_EQ(EOPNOTSUPP, error_of(&self->nl, &self->request));
	}
	for (i = 0; i < ARRAY_SIZE(dos); i++) {
		request_begin(&self->request, &self->nl, dos[i], NLM_F_DUMP);
		put_u32(&self->request, XARCH_A_ARCH, XARCH_ARCH_ARM);
		EXPECT_EQ(EOPNOTSUPP, error_of(&self->nl, &self->request));
	}
	for (i = 0; i < ARRAY_SIZE(dumps); i++) {
		request_begin(&self->request, &self->nl, dumps[i], NLM_F_ACK);
		put_u32(&self->request, XARCH_A_ARCH, XARCH_ARCH_ARM);
		EXPECT_EQ(EOPNOTSUPP, error_of(&self->nl, &self->request));
	}
}

TEST_F(refusal, headers)
{
	begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
	request_genl(&self->request)->reserved = 1;
	EXPECT_EQ(EINVAL, error_of(&self->nl, &self->request));

	begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
	self->request.nl.nlmsg_flags |= NLM_F_CREATE;
	EXPECT_EQ(EINVAL, error_of(&self->nl, &self->request));

	/* Three bytes that make no attribute. */
	begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
	memset(self->request.bytes + self->request.nl.nlmsg_len, 0, 3);
	self->request.nl.nlmsg_len += 3;
	EXPECT_EQ(EINVAL, error_of(&self->nl, &self->request));

	/* An attribute that claims to be longer than the message. */
	begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
	put_u32(&self->request, XARCH_A_FLAGS, 0);
	((struct nlattr *)(self->request.bytes + self->request.nl.nlmsg_len - 8))->nla_len = 9;
	EXPECT_EQ(EINVAL, error_of(&self->nl, &self->request));

	/* One that claims to hold others. */
	begin_rule(&self->request, &self->nl, XARCH_ACTION_DENY);
	put_u32(&self->request, XARCH_A_FLAGS | NLA_F_NESTED, 0);
	EXPECT_EQ(EINVAL, error_of(&self->nl, &self->request));

	EXPECT_EQ(1, rule_count(&self->nl));
}

/* The rule that was to be replaced is there, is the same, and does its work. */
TEST_F(refusal, old_rule_goes_on)
{
	static const struct rule good = {
		.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
	};
	static const struct rule bad[] = {
		{ .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = "/no/such/emulator" },
		{ .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = "/usr/bin/ldd" },
		{ .arch = ARCH, .action = XARCH_ACTION_DENY, .flags = XARCH_F_LAZY },
	};
	unsigned int i;

	ASSERT_EQ(0, rule_set(&self->nl, &good));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_NE(0, rule_set(&self->nl, &bad[i]));
	EXPECT_EQ(RAN, run_program(ARCH));
	rules_get(&self->nl, true, &self->reply);
	ASSERT_EQ(2, self->reply.n);
	EXPECT_STREQ(QEMU, record_string(self->reply.records[0], XARCH_A_EMULATOR));
	EXPECT_EQ(1, record_u64(self->reply.records[0], XARCH_A_EMULATED));
	ASSERT_EQ(0, rule_del(&self->nl, ARCH, XARCH_SCOPE_HOST, 0));
}

TEST_HARNESS_MAIN
