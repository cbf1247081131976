// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is wrong is refused: with which errno, at which attribute, in which
 * words; and it changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#include "netlink.h"
#include "process.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define QEMU "/usr/bin/qemu-aarch64"
#define STRINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

FIXTURE(refusal)
{
	struct conn conn;
	struct request request;
	struct reply reply;
};

FIXTURE_SETUP(refusal)
{
	memset(&self->reply, 0, sizeof(self->reply));
	conn_open(&self->conn);
	rule_del(&self->conn, HOST, -1);
	ASSERT_EQ(0, rule_set(&self->conn, &(struct rule){
		.arch = XARCH_ARCH_ARM, .action = XARCH_ACTION_DENY }));
}

FIXTURE_TEARDOWN(refusal)
{
	/* Not one of the refused ones has left anything. */
	EXPECT_EQ(1, rule_count(&self->conn));
	rule_del(&self->conn, HOST, -1);
	reply_free(&self->reply);
	conn_close(&self->conn);
}

/* No attribute: nothing is pointed at. */
#define NONE (-1)

/*
 * What a refusal points at that comes in a dump's NLMSG_DONE instead of in an
 * NLMSG_ERROR: before 6.2 that message has words, but no place for an attribute.
 */
#define AT_END_OF_DUMP(_attr) (kernel_since(6, 2) ? (int)(_attr) : NONE)

/*
 * Is the request refused with this errno, at this attribute, in these words,
 * and nothing changed? Says what is otherwise. @text NULL: any words, but some.
 */
static bool refused(struct conn *conn, struct request *request, int error, int bad,
		    const char *text)
{
	uint32_t before = generation(conn);
	struct reply reply = { 0 };
	bool good;

	conn_ask(conn, request, &reply);
	good = reply.error == -error && reply.bad == bad &&
	       (text ? !strcmp(reply.text, text) : *reply.text) && generation(conn) == before;
	if (!good)
		printf("# error %d at attribute %d: \"%s\"; not %d at %d: \"%s\"; rules %s\n",
		       -reply.error, reply.bad, reply.text, error, bad, text ?: "something",
		       generation(conn) == before ? "as before" : "changed");
	reply_free(&reply);
	return good;
}

#define REFUSED(_error, _bad, _text) \
	EXPECT_TRUE(refused(&self->conn, &self->request, _error, _bad, _text))

/* The same of a RULE_SET that is well-formed; the rule is last. */
#define RULE_REFUSED(_error, _bad, _text, ...) do {				\
	request_rule(&self->request, &self->conn, __VA_ARGS__);			\
	REFUSED(_error, _bad, _text);						\
} while (0)

/* A rule that would be taken, for one attribute more. */
static void begin_rule(struct request *request, const struct conn *conn, uint32_t action)
{
	request_begin(request, conn, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(request, XARCH_A_ARCH, ARCH);
	put_u32(request, XARCH_A_ACTION, action);
}

static void begin_emulate(struct request *request, const struct conn *conn, const char *emulator)
{
	begin_rule(request, conn, XARCH_ACTION_EMULATE);
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

/* What the module says in more than one place. */
#define NOT_OPEN	"the emulator's descriptor is not open in the calling process"
#define ONLY_EMULATE	"only an emulate rule has an emulator, arguments and twins"

TEST_F(refusal, arch_and_action_missing)
{
	static const char text[] = "a rule needs an arch and an action";

	request_begin(&self->request, &self->conn, XARCH_CMD_RULE_SET, NLM_F_ACK);
	REFUSED(EINVAL, NONE, text);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	REFUSED(EINVAL, NONE, text);
	request_begin(&self->request, &self->conn, XARCH_CMD_RULE_SET, NLM_F_ACK);
	put_u32(&self->request, XARCH_A_ACTION, XARCH_ACTION_DENY);
	REFUSED(EINVAL, NONE, text);
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

	for (i = 0; i < ARRAY_SIZE(enums); i++)
		for (value = enums[i].max + one; value; value = value == UINT32_MAX ? 0 : UINT32_MAX) {
			begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
			put_u32(&self->request, enums[i].type, value);
			REFUSED(ERANGE, enums[i].type, RANGE);
		}
}

TEST_F(refusal, unknown_flags)
{
	unsigned int bit;

	for (bit = 5; bit < 32; bit++) {
		begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
		put_u32(&self->request, XARCH_A_FLAGS, XARCH_F_LOCKED | 1U << bit);
		REFUSED(EINVAL, XARCH_A_FLAGS, RESERVED);
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

	for (i = 0; i < ARRAY_SIZE(types); i++)
		for (len = 0; len <= sizeof(zeros); len++) {
			if (len == sizeof(uint32_t))
				continue;
			begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
			put(&self->request, types[i], zeros, len);
			REFUSED(EINVAL, types[i], LENGTH);
		}
}

TEST_F(refusal, attributes_that_a_request_has_not)
{
	unsigned int type;

	/* The kernel's to say alone, or a later version's. */
	for (type = 0; type <= XARCH_A_MAX + 2; type++) {
		if (type == XARCH_A_ARCH || type == XARCH_A_ACTION || type == XARCH_A_SCOPE ||
		    type == XARCH_A_NS_FD || type == XARCH_A_EMULATOR || type == XARCH_A_ARG ||
		    type == XARCH_A_FLAGS || type == XARCH_A_EMULATOR_FD || type == XARCH_A_TWINS)
			continue;
		begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
		put_u32(&self->request, type, 0);
		REFUSED(EINVAL, type, !type || type > XARCH_A_MAX ? UNKNOWN : UNSUPPORTED);
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
		{ XARCH_CMD_TWINS_LOAD, NLM_F_ACK, XARCH_A_ARCH },
		{ XARCH_CMD_TWINS_UNLOAD, NLM_F_ACK, XARCH_A_TWINS_EVERYBODY },
		{ XARCH_CMD_TWINS_GET, NLM_F_DUMP, XARCH_A_TWINS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		request_begin(&self->request, &self->conn, cases[i].cmd, cases[i].flags);
		put_u32(&self->request, cases[i].type, 1);
		REFUSED(EINVAL, cases[i].type, UNSUPPORTED);
	}
}

TEST_F(refusal, strings)
{
	static char path[XARCH_PATH_LEN + 2], arg[XARCH_ARGS_LEN + 1];
	static const struct {
		unsigned int type;
		const char *data;
		size_t len;
	} cases[] = {
		{ XARCH_A_EMULATOR, "/bin/x", 6 },		/* no NUL */
		{ XARCH_A_EMULATOR, "", 0 },
		{ XARCH_A_EMULATOR, path, sizeof(path) },	/* a byte too long */
		{ XARCH_A_ARG, "-a", 2 },
		{ XARCH_A_ARG, "", 0 },
		{ XARCH_A_ARG, arg, sizeof(arg) },
	};
	unsigned int i;

	memset(path, '/', sizeof(path) - 1);
	memset(arg, '/', sizeof(arg) - 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin_emulate(&self->request, &self->conn,
			      cases[i].type == XARCH_A_ARG ? "/e" : NULL);
		put(&self->request, cases[i].type, cases[i].data, cases[i].len);
		REFUSED(EINVAL, cases[i].type, POLICY);
	}
}

/* What comes back would not be what was sent. */
TEST_F(refusal, strings_with_a_nul_inside)
{
	begin_emulate(&self->request, &self->conn, NULL);
	put(&self->request, XARCH_A_EMULATOR, "/bin/x\0junk", 12);
	REFUSED(EINVAL, XARCH_A_EMULATOR, NULL);

	begin_emulate(&self->request, &self->conn, "/e");
	put(&self->request, XARCH_A_ARG, "-a\0-b", 6);
	REFUSED(EINVAL, XARCH_A_ARG, NULL);
}

TEST_F(refusal, emulator_paths)
{
	static const char text[] = "the emulator's path must be absolute";
	static const char *const paths[] = { "", "qemu-aarch64", "./qemu-aarch64", " /e" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		begin_emulate(&self->request, &self->conn, paths[i]);
		REFUSED(EINVAL, XARCH_A_EMULATOR, text);
	}
	begin_emulate(&self->request, &self->conn, NULL);
	REFUSED(EINVAL, NONE, "an emulate rule needs an emulator");
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
		RULE_REFUSED(cases[i].error, XARCH_A_EMULATOR, cases[i].text, &(struct rule){
			.arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = cases[i].path });
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
		{ QEMU, O_PATH, EBADF, NOT_OPEN },
	};
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("# %s\n", cases[i].path);
		rule.emulator_fd = open(cases[i].path, cases[i].flags | O_CLOEXEC);
		ASSERT_LT(0, rule.emulator_fd);
		RULE_REFUSED(cases[i].error, XARCH_A_EMULATOR_FD, cases[i].text, &rule);
		close(rule.emulator_fd);
	}
	RULE_REFUSED(EBADF, XARCH_A_EMULATOR_FD, NOT_OPEN, &rule);
	rule.flags = XARCH_F_LAZY;
	RULE_REFUSED(EINVAL, XARCH_A_EMULATOR_FD,
		"a lazy rule's emulator is opened at exec time: it takes no descriptor", &rule);
	RULE_REFUSED(EINVAL, XARCH_A_EMULATOR_FD, ONLY_EMULATE,
		&(struct rule){ .arch = ARCH, .action = XARCH_ACTION_DENY, .emulator_fd = 1 });
}

TEST_F(refusal, lazy_with_credentials)
{
	RULE_REFUSED(EINVAL, XARCH_A_FLAGS,
		"a rule with credentials cannot be lazy: whoever owns the file system would choose the emulator",
		&(struct rule){ .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
				.flags = XARCH_F_LAZY | XARCH_F_CREDENTIALS });
}

TEST_F(refusal, plain_with_what_it_excludes)
{
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
			     .flags = XARCH_F_PLAIN | XARCH_F_CREDENTIALS };

	RULE_REFUSED(EINVAL, XARCH_A_FLAGS,
		"a rule with credentials cannot be plain: the emulator opens a path that its caller may lead elsewhere",
		&rule);
	rule.flags = XARCH_F_PLAIN | XARCH_F_TRANSPARENT;
	RULE_REFUSED(EINVAL, XARCH_A_FLAGS, "a rule is plain or transparent, not both", &rule);
}

TEST_F(refusal, arguments)
{
	static const char text[] = "too many emulator arguments, or too long";
	const char *args[XARCH_ARGS_MAX + 2];
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE,
			     .flags = XARCH_F_LAZY, .emulator = "/e", .args = args };
	static char half[XARCH_ARGS_LEN / 2 + 1];
	unsigned int i;

	for (i = 0; i <= XARCH_ARGS_MAX; i++)
		args[i] = "";
	args[i] = NULL;
	RULE_REFUSED(E2BIG, XARCH_A_ARG, text, &rule);

	/* Twice half of the room, and one byte. */
	memset(half, 'h', sizeof(half) - 1);
	rule.args = STRINGS(half + 1, half);
	RULE_REFUSED(E2BIG, XARCH_A_ARG, text, &rule);
}

TEST_F(refusal, what_only_emulate_has)
{
	static const uint32_t flags[] = {
		XARCH_F_LAZY, XARCH_F_CREDENTIALS, XARCH_F_TRANSPARENT, XARCH_F_PLAIN,
		XARCH_F_LOCKED | XARCH_F_LAZY,
	};
	uint32_t action;
	unsigned int i;

	for (action = XARCH_ACTION_DENY; action <= XARCH_ACTION_PASS; action++) {
		begin_rule(&self->request, &self->conn, action);
		put_string(&self->request, XARCH_A_EMULATOR, QEMU);
		REFUSED(EINVAL, XARCH_A_EMULATOR, ONLY_EMULATE);
		begin_rule(&self->request, &self->conn, action);
		put_string(&self->request, XARCH_A_ARG, "-a");
		REFUSED(EINVAL, XARCH_A_ARG, ONLY_EMULATE);
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			begin_rule(&self->request, &self->conn, action);
			put_u32(&self->request, XARCH_A_FLAGS, flags[i]);
			REFUSED(EINVAL, XARCH_A_FLAGS,
					    "only an emulate rule has flags other than locked");
		}
	}
}

TEST_F(refusal, transparent)
{
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU,
			     .flags = XARCH_F_TRANSPARENT };

	if (!(features(&self->conn) & XARCH_FEATURE_TRANSPARENT)) {
		RULE_REFUSED(EOPNOTSUPP, XARCH_A_FLAGS,
			"this kernel has no transparent contract (7.3 and later do)", &rule);
		return;
	}
	rule.args = STRINGS("-cpu");
	RULE_REFUSED(EINVAL, XARCH_A_ARG,
		"a transparent emulator's argv is the program's own: it takes no arguments", &rule);
}

TEST_F(refusal, native_arch)
{
	uint32_t action;

	for (action = XARCH_ACTION_EMULATE; action <= XARCH_ACTION_PASS; action++)
		RULE_REFUSED(EINVAL, XARCH_A_ARCH,
			"this is the machine's own arch: it needs no rule and takes none",
			&(struct rule){ .arch = XARCH_ARCH_X86_64, .action = action,
					.emulator = action ? NULL : QEMU });
}

TEST_F(refusal, scope_and_descriptor)
{
	unsigned int scope, cmd;
	int fd = ns_own("mnt");

	for (cmd = XARCH_CMD_RULE_SET; cmd <= XARCH_CMD_RULE_GET; cmd++) {
		bool dump = cmd == XARCH_CMD_RULE_GET;
		int at_fd = dump ? AT_END_OF_DUMP(XARCH_A_NS_FD) : XARCH_A_NS_FD;
		int at_scope = dump ? AT_END_OF_DUMP(XARCH_A_SCOPE) : XARCH_A_SCOPE;

		printf("# command %u\n", cmd);
		for (scope = XARCH_SCOPE_HOST; scope <= XARCH_SCOPE_MAX; scope++) {
			if (cmd == XARCH_CMD_RULE_SET)
				begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
			else
				request_begin(&self->request, &self->conn, cmd,
					      dump ? NLM_F_DUMP : NLM_F_ACK);
			if (scope) {
				put_u32(&self->request, XARCH_A_SCOPE, scope);
				REFUSED(EINVAL, at_scope,
					"this scope needs the descriptor of a namespace file");
				continue;
			}
			put_u32(&self->request, XARCH_A_NS_FD, fd);
			REFUSED(EINVAL, at_fd, "the host scope takes no namespace file");
			put_u32(&self->request, XARCH_A_SCOPE, XARCH_SCOPE_HOST);
			REFUSED(EINVAL, at_fd, "the host scope takes no namespace file");
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
	struct rule rule = { .arch = ARCH, .action = XARCH_ACTION_DENY,
			     .scope.kind = XARCH_SCOPE_PID };
	unsigned int i;
	int fds[2];

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		printf("# %s\n", cases[i].path);
		rule.scope.fd = open(cases[i].path, cases[i].flags | O_CLOEXEC);
		if (rule.scope.fd < 0 && errno == ENOENT)	/* time namespaces can be left out */
			continue;
		ASSERT_LE(0, rule.scope.fd);
		RULE_REFUSED(cases[i].error, XARCH_A_NS_FD, cases[i].text, &rule);
		close(rule.scope.fd);
	}
	ASSERT_EQ(0, pipe(fds));
	rule.scope.fd = fds[0];
	RULE_REFUSED(EINVAL, XARCH_A_NS_FD, file, &rule);
	close(fds[0]);
	close(fds[1]);
	RULE_REFUSED(EBADF, XARCH_A_NS_FD, closed, &rule);
	rule.scope.fd = -1;
	RULE_REFUSED(EBADF, XARCH_A_NS_FD, closed, &rule);
}

TEST_F(refusal, rule_that_is_not_there)
{
	request_begin(&self->request, &self->conn, XARCH_CMD_RULE_DEL, NLM_F_ACK);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	REFUSED(ENOENT, NONE, "there is no such rule");
}

TEST_F(refusal, resolve)
{
	request_begin(&self->request, &self->conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	REFUSED(EINVAL, NONE, "the question needs an arch");
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, 0);
	REFUSED(ERANGE, XARCH_A_PID, RANGE);
	request_begin(&self->request, &self->conn, XARCH_CMD_RESOLVE, NLM_F_DUMP);
	put_u32(&self->request, XARCH_A_ARCH, ARCH);
	put_u32(&self->request, XARCH_A_PID, INT32_MAX);
	REFUSED(ESRCH, AT_END_OF_DUMP(XARCH_A_PID), "there is no such process");
}

/* Errors of generic netlink itself, which gives some of them no words. */
TEST_F(refusal, commands)
{
	static const struct {
		unsigned int cmd, flags;
	} cases[] = {
		/* Those that are told, not asked. */
		{ XARCH_CMD_UNSPEC, NLM_F_ACK }, { XARCH_CMD_EXEC_NTF, NLM_F_ACK },
		/* To be done, as dumps; dumps, to be done. */
		{ XARCH_CMD_INFO_GET, NLM_F_DUMP }, { XARCH_CMD_RULE_SET, NLM_F_DUMP },
		{ XARCH_CMD_RULE_DEL, NLM_F_DUMP },
		{ XARCH_CMD_RULE_GET, NLM_F_ACK }, { XARCH_CMD_RESOLVE, NLM_F_ACK },
	};
	unsigned int cmd, i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		request_begin(&self->request, &self->conn, cases[i].cmd, cases[i].flags);
		put_u32(&self->request, XARCH_A_ARCH, XARCH_ARCH_ARM);
		EXPECT_EQ(-EOPNOTSUPP, conn_ask(&self->conn, &self->request, &self->reply));
	}
	for (cmd = XARCH_CMD_MAX + 1; cmd < 256; cmd++) {
		request_begin(&self->request, &self->conn, cmd, NLM_F_ACK);
		EXPECT_EQ(-EOPNOTSUPP, conn_ask(&self->conn, &self->request, &self->reply));
	}
}

TEST_F(refusal, headers)
{
	begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
	request_genl(&self->request)->reserved = 1;
	EXPECT_EQ(-EINVAL, conn_ask(&self->conn, &self->request, &self->reply));

	begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
	self->request.head.nlmsg_flags |= NLM_F_CREATE;
	EXPECT_EQ(-EINVAL, conn_ask(&self->conn, &self->request, &self->reply));

	/* Three bytes that make no attribute. */
	begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
	memset(self->request.bytes + self->request.head.nlmsg_len, 0, 3);
	self->request.head.nlmsg_len += 3;
	EXPECT_EQ(-EINVAL, conn_ask(&self->conn, &self->request, &self->reply));

	/* An attribute that claims to be longer than the message. */
	begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
	put_u32(&self->request, XARCH_A_FLAGS, 0);
	((struct nlattr *)(self->request.bytes + self->request.head.nlmsg_len - 8))->nla_len = 9;
	EXPECT_EQ(-EINVAL, conn_ask(&self->conn, &self->request, &self->reply));

	/* One that claims to hold others. */
	begin_rule(&self->request, &self->conn, XARCH_ACTION_DENY);
	put_u32(&self->request, XARCH_A_FLAGS | NLA_F_NESTED, 0);
	EXPECT_EQ(-EINVAL, conn_ask(&self->conn, &self->request, &self->reply));

	EXPECT_EQ(1, rule_count(&self->conn));
}

/* The rule that was to be replaced is there, is the same, and does its work. */
TEST_F(refusal, old_rule_goes_on)
{
	static const struct rule good = { .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = QEMU };
	static const struct rule bad[] = {
		{ .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = "/no/such/emulator" },
		{ .arch = ARCH, .action = XARCH_ACTION_EMULATE, .emulator = "/usr/bin/ldd" },
		{ .arch = ARCH, .action = XARCH_ACTION_DENY, .flags = XARCH_F_LAZY },
	};
	unsigned int i;

	ASSERT_EQ(0, rule_set(&self->conn, &good));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_NE(0, rule_set(&self->conn, &bad[i]));
	EXPECT_EQ(RAN, run_arch(ARCH));
	rules_get(&self->conn, true, &self->reply);
	ASSERT_EQ(2, self->reply.n);
	EXPECT_STREQ(QEMU, record_string(self->reply.records[0], XARCH_A_EMULATOR));
	EXPECT_EQ(1, record_u64(self->reply.records[0], XARCH_A_EMULATED));
	ASSERT_EQ(0, rule_del(&self->conn, HOST, ARCH));
}

TEST_HARNESS_MAIN
