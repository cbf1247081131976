/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * xarch: run programs of foreign architectures through an emulator.
 *
 * Generic netlink family "xarch", version 1, reachable from every network
 * namespace. include/spec/xarch.yaml describes the same in YNL's terms. All
 * numbers are u32 or u64 in host byte order. Unknown attributes, unknown bits
 * and values out of range are refused with an extack message; set
 * NETLINK_EXT_ACK on the socket or it never arrives. A refused request changes
 * nothing. Everything here is append only.
 *
 * A rule is (scope, arch) -> action. The host scope stands for everything that
 * has no nearer rule; the others are one namespace each, named by a descriptor
 * of its nsfs file that is open in the calling process (never by number).
 *
 * XARCH_CMD_INFO_GET (do)
 *   > XARCH_A_SCOPE, XARCH_A_NS_FD   absent: nothing is asked of a namespace
 *   < XARCH_A_VERSION, XARCH_A_FEATURES, XARCH_A_GENERATION, XARCH_A_RULES
 *   < XARCH_A_NS_INITIAL       the namespace is the machine's initial one, which
 *                              no process in a container can tell by itself
 *
 * XARCH_CMD_RULE_SET (do): create the rule, or replace it whole
 *   > XARCH_A_ARCH
 *   > XARCH_A_ACTION
 *   > XARCH_A_SCOPE            absent: XARCH_SCOPE_HOST
 *   > XARCH_A_NS_FD            namespace scopes only, and then always
 *   > XARCH_A_FLAGS            absent: 0; of an emulate rule all of enum
 *                              xarch_flag, of the others XARCH_F_LOCKED alone
 *   > XARCH_A_EMULATOR         XARCH_ACTION_EMULATE only, and then always:
 *                              absolute path; the emulator's argv[0]
 *   > XARCH_A_EMULATOR_FD      the emulator, open in the calling process; not
 *                              with XARCH_F_LAZY. Absent: the path is opened
 *                              as the caller sees it, which is for rules of
 *                              the initial user namespace alone
 *   > XARCH_A_ARG *            XARCH_ACTION_EMULATE only: the arguments that
 *                              the emulator is always given, in order
 *   > XARCH_A_TWINS            XARCH_ACTION_EMULATE only: the name of a loaded
 *                              set; a program that has a twin in it runs that
 *                              instead of the emulator
 *   < (ack)
 *   Rights: CAP_SYS_ADMIN in the user namespace that owns the scope, of the
 *   socket's opener and of the caller alike. The host scope, XARCH_F_LOCKED
 *   and XARCH_F_CREDENTIALS need it in the initial user namespace.
 *   An emulator that is kept open must be on a file system of the initial user
 *   namespace (another's would keep that namespace alive), and for a rule of
 *   another user namespace on one known to be local (a daemon could stall us).
 *
 * XARCH_CMD_RULE_DEL (do)
 *   > XARCH_A_ARCH             absent: every rule of the scope
 *   > XARCH_A_SCOPE, XARCH_A_NS_FD   as above
 *   < (ack)                    ENOENT: there is no such rule
 *   Rights: as XARCH_CMD_RULE_SET; a locked rule as its setting.
 *
 * XARCH_CMD_RULE_GET (dump): the rules that the reader may see, as they stood
 * at one moment, however many messages that takes
 *   > XARCH_A_ARCH, XARCH_A_SCOPE, XARCH_A_NS_FD   each narrows the answer
 *   < XARCH_A_ARCH, XARCH_A_ACTION, XARCH_A_SCOPE, XARCH_A_FLAGS
 *   < XARCH_A_NS_INUM          namespace scopes; a label, never an identity
 *   < XARCH_A_EMULATOR, XARCH_A_ARG *   of an emulate rule
 *   < XARCH_A_EMULATOR_DEV, XARCH_A_EMULATOR_INO   of one without XARCH_F_LAZY
 *   < XARCH_A_TWINS            of a rule that names a set, and these with it:
 *   < XARCH_A_TWINS_RUN, XARCH_A_TWINS_NO_LOADER, XARCH_A_TWINS_PRELOAD
 *   < XARCH_A_TWINS_ARGUMENT
 *   < XARCH_A_AGE_MS, XARCH_A_OWNER_USERNS
 *   < XARCH_A_EMULATED, XARCH_A_DENIED, XARCH_A_FAILED
 *   < XARCH_A_LAST_USED_MS     absent: never used
 *   < XARCH_A_GENERATION
 *   A reader sees the host's rules, the rules of its own namespaces and their
 *   ancestors, and those of every scope that it may set.
 *   A reader is told numbers of its own user namespace and those below alone. Of a
 *   rule that belongs elsewhere counters, last use, emulator's file, owner and
 *   namespace number are left out here and in RESOLVE; of an exec ids that have no
 *   name there; of XARCH_CMD_INFO_GET the number of rules, which is for the host's
 *   administrator.
 *
 * XARCH_CMD_RESOLVE (dump): what would happen to an exec of this arch. One
 * message a candidate scope, nearest first, whether it has a rule or not
 *   > XARCH_A_ARCH
 *   > XARCH_A_PID              absent: the caller. Another's needs
 *                              CAP_SYS_ADMIN in its user namespace
 *   < XARCH_A_SCOPE, XARCH_A_NS_INUM
 *   < XARCH_A_VERDICT
 *   < the attributes of XARCH_CMD_RULE_GET's answer where there is a rule
 *
 * XARCH_CMD_TWINS_LOAD (do): put a twin set there, or in place of the one of
 * that name; what runs by the old one goes on
 *   > XARCH_A_TWINS            the set's name
 *   > XARCH_A_TWINS_LOADER     absolute path by which twins name their dynamic
 *                              loader; a twin runs where that path leads to
 *   > XARCH_A_TWINS_LOADER_FD  this file, open in the calling process
 *   > XARCH_A_TWINS_EVERYBODY  present: rules of user namespaces may name it
 *   > XARCH_A_TWIN *           one each, of the attributes enum xarch_twin_attr:
 *     > XARCH_TWIN_A_BUILD_ID  of the foreign program
 *     > XARCH_TWIN_A_FD        the twin, open in the calling process
 *     > XARCH_TWIN_A_NOT_ARG * arguments that rule the twin out
 *     > XARCH_TWIN_A_ONLY_ARG *  if any, one of them must be there
 *   < (ack)
 *   Rights: CAP_SYS_ADMIN in the initial user namespace. Each file must be a
 *   native ELF program without set-id bits on a read-only file system.
 *
 * XARCH_CMD_TWINS_UNLOAD (do): rules that name the set emulate until it is
 * loaded again
 *   > XARCH_A_TWINS
 *   < (ack)                    ENOENT: no such set is loaded
 *   Rights: as XARCH_CMD_TWINS_LOAD
 *
 * XARCH_CMD_TWINS_GET (dump): the loaded sets; without CAP_SYS_ADMIN in the
 * initial user namespace those for everybody
 *   > (nothing)
 *   < XARCH_A_TWINS, XARCH_A_TWINS_LOADER, XARCH_A_TWINS_N, XARCH_A_TWINS_BYTES
 *   < XARCH_A_TWINS_EVERYBODY
 *
 * Group "config" (XARCH_MCGRP_CONFIG): rule changes
 *   < XARCH_CMD_RULE_SET | XARCH_CMD_RULE_DEL with the attributes of
 *     XARCH_CMD_RULE_GET's answer. A rule that died with its namespace is a
 *     XARCH_CMD_RULE_DEL as well.
 *
 * Group "exec" (XARCH_MCGRP_EXEC): one message per redirected, denied or
 * failed exec
 *   < XARCH_CMD_EXEC_NTF
 *   < XARCH_A_ARCH, XARCH_A_ACTION, XARCH_A_SCOPE, XARCH_A_NS_INUM  the rule
 *   < XARCH_A_PID              thread group, in the initial pid namespace
 *   < XARCH_A_PID_NS_INUM      of its own pid namespace
 *   < XARCH_A_UID              real user, in the initial user namespace
 *   < XARCH_A_COMM             of the task before the exec
 *   < XARCH_A_PATH             the program's, as it was given
 *   < XARCH_A_EMULATOR         of an emulate rule
 *   < XARCH_A_TWINS_VERDICT    of a rule that names a set: did a twin run
 *   < XARCH_A_ERROR            errno that the exec failed with; absent: none
 *
 * Messages of these two groups go to the network namespaces whose owner is the
 * user namespace of the task or scope at hand, or an ancestor of it; joining
 * needs CAP_SYS_ADMIN there.
 *
 * Group "native" (XARCH_MCGRP_NATIVE): an exec had a twin, and was emulated
 * because the set's loader is not at its path in the task's root directory; for
 * whoever puts it there. At most one message a second, set and mount namespace,
 * to the initial network namespace alone, where joining needs CAP_SYS_ADMIN in
 * the initial user namespace
 *   < XARCH_CMD_NATIVE_NTF
 *   < XARCH_A_TWINS            the set
 *   < XARCH_A_PID              thread group, in the initial pid namespace
 *   < XARCH_A_STARTED_NS       tells it from another that has its number later
 */
#ifndef _UAPI_LINUX_XARCH_H
#define _UAPI_LINUX_XARCH_H

#define XARCH_GENL_NAME		"xarch"
#define XARCH_GENL_VERSION	1
#define XARCH_MCGRP_CONFIG	"config"
#define XARCH_MCGRP_EXEC	"exec"
#define XARCH_MCGRP_NATIVE	"native"

/* Longest XARCH_A_EMULATOR in bytes, without the NUL. */
#define XARCH_PATH_LEN		4095
/* Most XARCH_A_ARG in one rule, and the bytes of all together, NULs included. */
#define XARCH_ARGS_MAX		32
#define XARCH_ARGS_LEN		4096
/* Most rules that one user namespace, with all below it, may set. */
#define XARCH_USERNS_RULES_MAX	1024
/* Longest name of a twin set and path of its loader, without the NUL. */
#define XARCH_TWINS_NAME_LEN	31
#define XARCH_TWINS_LOADER_LEN	63
/* Most twins of a set, and the bytes of its table, open files apart. */
#define XARCH_TWINS_MAX		1024
#define XARCH_TWINS_BYTES_MAX	(512 * 1024)
/* Longest argument that rules a twin in or out, without the NUL. */
#define XARCH_TWIN_ARG_LEN	63

/**
 * enum xarch_cmd - commands, drawn at the head of this file
 * @XARCH_CMD_UNSPEC: never sent
 * @XARCH_CMD_INFO_GET: what the module is and can do
 * @XARCH_CMD_RULE_SET: create or replace one rule
 * @XARCH_CMD_RULE_DEL: remove one rule, or all of a scope
 * @XARCH_CMD_RULE_GET: list rules
 * @XARCH_CMD_RESOLVE: list the candidates for an exec, nearest first
 * @XARCH_CMD_EXEC_NTF: an exec that a rule decided
 * @XARCH_CMD_TWINS_LOAD: put a twin set there
 * @XARCH_CMD_TWINS_UNLOAD: take one away
 * @XARCH_CMD_TWINS_GET: list the twin sets
 * @XARCH_CMD_NATIVE_NTF: an exec did not see the set that its twin is in
 */
enum xarch_cmd {
	XARCH_CMD_UNSPEC,
	XARCH_CMD_INFO_GET,
	XARCH_CMD_RULE_SET,
	XARCH_CMD_RULE_DEL,
	XARCH_CMD_RULE_GET,
	XARCH_CMD_RESOLVE,
	XARCH_CMD_EXEC_NTF,
	XARCH_CMD_TWINS_LOAD,
	XARCH_CMD_TWINS_UNLOAD,
	XARCH_CMD_TWINS_GET,
	XARCH_CMD_NATIVE_NTF,

	/* private: */
	__XARCH_CMD_MAX,
	XARCH_CMD_MAX = __XARCH_CMD_MAX - 1
};

/**
 * enum xarch_attr - attributes at the top level of a message
 * @XARCH_A_UNSPEC: never sent
 * @XARCH_A_PAD: alignment of 64-bit attributes
 * @XARCH_A_ARCH: u32, enum xarch_arch
 * @XARCH_A_ACTION: u32, enum xarch_action
 * @XARCH_A_SCOPE: u32, enum xarch_scope
 * @XARCH_A_NS_FD: u32, descriptor of an nsfs file, open in the caller
 * @XARCH_A_NS_INUM: u32, inode number of the namespace; recycled at once, so
 *	good for people and for comparing with /proc/PID/ns alone
 * @XARCH_A_EMULATOR: string, absolute path
 * @XARCH_A_ARG: string, may repeat
 * @XARCH_A_FLAGS: u32, enum xarch_flag
 * @XARCH_A_AGE_MS: u64, milliseconds since the rule was set, suspend included
 * @XARCH_A_OWNER_USERNS: u32, inode number of the user namespace that the rule
 *	belongs to; it applies to tasks in that namespace and below
 * @XARCH_A_EMULATED: u64, execs handed to the emulator, after all that can be asked
 *	before: a mount that allows it, its loader in the task's root, a free
 *	descriptor. What an LSM says of its mappings comes later
 * @XARCH_A_DENIED: u64, execs refused by a deny rule
 * @XARCH_A_FAILED: u64, execs that the rule meant to emulate and could not
 * @XARCH_A_LAST_USED_MS: u64, milliseconds since the last counted exec
 * @XARCH_A_GENERATION: u32, changes with every change of any rule
 * @XARCH_A_VERSION: string, the module's version
 * @XARCH_A_FEATURES: u32, enum xarch_feature
 * @XARCH_A_RULES: u32, how many rules there are in all
 * @XARCH_A_PID: u32, process id; in requests in the caller's pid namespace
 * @XARCH_A_UID: u32, user id
 * @XARCH_A_COMM: string, 15 bytes at most
 * @XARCH_A_PATH: string
 * @XARCH_A_ERROR: u32, a positive errno
 * @XARCH_A_VERDICT: u32, enum xarch_verdict
 * @XARCH_A_EMULATOR_FD: u32, descriptor of the emulator, open for reading in
 *	the caller
 * @XARCH_A_PID_NS_INUM: u32, inode number of a task's pid namespace; a label,
 *	as XARCH_A_NS_INUM
 * @XARCH_A_TWINS: string, name of a twin set
 * @XARCH_A_TWINS_LOADER: string, absolute path of its dynamic loader
 * @XARCH_A_TWINS_LOADER_FD: u32, descriptor of that, open in the caller
 * @XARCH_A_TWINS_EVERYBODY: flag, rules of user namespaces may name the set
 * @XARCH_A_TWIN: nest, enum xarch_twin_attr, may repeat
 * @XARCH_A_TWINS_N: u32, how many twins a set has
 * @XARCH_A_TWINS_BYTES: u32, memory of a set's table, open files apart
 * @XARCH_A_TWINS_RUN: u64, execs that ran a twin
 * @XARCH_A_TWINS_NO_LOADER: u64, execs that had a twin and were emulated, because
 *	the set's loader is not where it must be
 * @XARCH_A_TWINS_PRELOAD: u64, the same because of LD_PRELOAD or LD_AUDIT
 * @XARCH_A_TWINS_ARGUMENT: u64, the same because of an argument
 * @XARCH_A_TWINS_VERDICT: u32, enum xarch_twin
 * @XARCH_A_EMULATOR_DEV: u32, device of the emulator that is kept open, as stat(2)
 *	told it when the rule was set
 * @XARCH_A_EMULATOR_INO: u64, its inode number. Where the path leads to another
 *	file by now, that one has replaced it
 * @XARCH_A_NS_INITIAL: flag, the namespace is the machine's initial one
 * @XARCH_A_STARTED_NS: u64, when a thread group started: nanoseconds since boot,
 *	suspend included
 */
enum xarch_attr {
	XARCH_A_UNSPEC,
	XARCH_A_PAD,
	XARCH_A_ARCH,
	XARCH_A_ACTION,
	XARCH_A_SCOPE,
	XARCH_A_NS_FD,
	XARCH_A_NS_INUM,
	XARCH_A_EMULATOR,
	XARCH_A_ARG,
	XARCH_A_FLAGS,
	XARCH_A_AGE_MS,
	XARCH_A_OWNER_USERNS,
	XARCH_A_EMULATED,
	XARCH_A_DENIED,
	XARCH_A_FAILED,
	XARCH_A_LAST_USED_MS,
	XARCH_A_GENERATION,
	XARCH_A_VERSION,
	XARCH_A_FEATURES,
	XARCH_A_RULES,
	XARCH_A_PID,
	XARCH_A_UID,
	XARCH_A_COMM,
	XARCH_A_PATH,
	XARCH_A_ERROR,
	XARCH_A_VERDICT,
	XARCH_A_EMULATOR_FD,
	XARCH_A_PID_NS_INUM,
	XARCH_A_TWINS,
	XARCH_A_TWINS_LOADER,
	XARCH_A_TWINS_LOADER_FD,
	XARCH_A_TWINS_EVERYBODY,
	XARCH_A_TWIN,
	XARCH_A_TWINS_N,
	XARCH_A_TWINS_BYTES,
	XARCH_A_TWINS_RUN,
	XARCH_A_TWINS_NO_LOADER,
	XARCH_A_TWINS_PRELOAD,
	XARCH_A_TWINS_ARGUMENT,
	XARCH_A_TWINS_VERDICT,
	XARCH_A_EMULATOR_DEV,
	XARCH_A_EMULATOR_INO,
	XARCH_A_NS_INITIAL,
	XARCH_A_STARTED_NS,

	/* private: */
	__XARCH_A_MAX,
	XARCH_A_MAX = __XARCH_A_MAX - 1
};

/**
 * enum xarch_twin_attr - attributes of one twin, inside XARCH_A_TWIN
 * @XARCH_TWIN_A_UNSPEC: never sent
 * @XARCH_TWIN_A_BUILD_ID: binary, 1 to 32 bytes: the GNU build-id of the foreign
 *	program, from a note in its first 4096 bytes
 * @XARCH_TWIN_A_FD: u32, descriptor of the twin, open for reading in the caller
 * @XARCH_TWIN_A_NOT_ARG: string, may repeat: an argument, argv[1] or a later one,
 *	that rules the twin out; one that ends in '*' stands for all that begin so
 * @XARCH_TWIN_A_ONLY_ARG: string, may repeat: as that; if any is given, the twin
 *	runs only where one of them is among the arguments
 */
enum xarch_twin_attr {
	XARCH_TWIN_A_UNSPEC,
	XARCH_TWIN_A_BUILD_ID,
	XARCH_TWIN_A_FD,
	XARCH_TWIN_A_NOT_ARG,
	XARCH_TWIN_A_ONLY_ARG,

	/* private: */
	__XARCH_TWIN_A_MAX,
	XARCH_TWIN_A_MAX = __XARCH_TWIN_A_MAX - 1
};

/**
 * enum xarch_twin - what became of an exec whose rule names a twin set
 * @XARCH_TWIN_NONE: emulated: the program has no twin in the set
 * @XARCH_TWIN_RUNS: its twin runs
 * @XARCH_TWIN_NO_LOADER: emulated: the set's loader is not at its path in the
 *	task's root directory, or another file is
 * @XARCH_TWIN_PRELOAD: emulated: LD_PRELOAD or LD_AUDIT is in the environment
 * @XARCH_TWIN_ARGUMENT: emulated: the twin would do something else with these
 *	arguments
 * @XARCH_TWIN_SET_ID: emulated: the program has set-id bits
 */
enum xarch_twin {
	XARCH_TWIN_NONE,
	XARCH_TWIN_RUNS,
	XARCH_TWIN_NO_LOADER,
	XARCH_TWIN_PRELOAD,
	XARCH_TWIN_ARGUMENT,
	XARCH_TWIN_SET_ID,

	/* private: */
	__XARCH_TWIN_MAX,
	XARCH_TWIN_MAX = __XARCH_TWIN_MAX - 1
};

/**
 * enum xarch_action - what a rule does with an exec of its arch
 * @XARCH_ACTION_EMULATE: hand the program to the rule's emulator
 * @XARCH_ACTION_DENY: the exec fails with EACCES; no later format is asked
 * @XARCH_ACTION_PASS: as if xarch were absent: binfmt_misc or ENOEXEC decides
 */
enum xarch_action {
	XARCH_ACTION_EMULATE,
	XARCH_ACTION_DENY,
	XARCH_ACTION_PASS,

	/* private: */
	__XARCH_ACTION_MAX,
	XARCH_ACTION_MAX = __XARCH_ACTION_MAX - 1
};

/**
 * enum xarch_scope - where a rule applies
 * @XARCH_SCOPE_HOST: everywhere that no nearer rule does
 * @XARCH_SCOPE_USER: one user namespace and those below it
 * @XARCH_SCOPE_PID: one pid namespace and those below it
 * @XARCH_SCOPE_MOUNT: one mount namespace
 */
enum xarch_scope {
	XARCH_SCOPE_HOST,
	XARCH_SCOPE_USER,
	XARCH_SCOPE_PID,
	XARCH_SCOPE_MOUNT,

	/* private: */
	__XARCH_SCOPE_MAX,
	XARCH_SCOPE_MAX = __XARCH_SCOPE_MAX - 1
};

/**
 * enum xarch_flag - options of a rule, bits of XARCH_A_FLAGS
 * @XARCH_F_LAZY: look the emulator up at exec time, as the program sees the
 *	file system, instead of once when the rule is set
 * @XARCH_F_CREDENTIALS: set-id bits and capabilities of the program's file count.
 *	Where they give rights (not on a nosuid mount, not under no_new_privs)
 *	every QEMU_* variable of the new program's environment is neutralised
 *	(its fifth character becomes '-') before the emulator sees it, and both
 *	limits of RLIMIT_CORE become 0. The emulator gets the file's own path,
 *	not the one that the caller used. Excludes XARCH_F_LAZY and XARCH_F_PLAIN
 * @XARCH_F_LOCKED: no nearer scope overrides this rule
 * @XARCH_F_TRANSPARENT: the kernel's transparent contract (7.3): argv and
 *	/proc/PID/exe are the program's own; for emulators that load the
 *	program from AT_EXECFD under AT_FLAGS_TRANSPARENT_INTERP. Excludes
 *	XARCH_A_ARG and XARCH_F_PLAIN
 * @XARCH_F_PLAIN: for emulators that open the program by its path and know of
 *	nothing else. Their argv is the emulator, its arguments, the program's path
 *	and argv[1] and on of the program; argv[0] is lost. There is no AT_EXECFD
 *	and no bit of AT_FLAGS. An exec of a program that the caller may not read
 *	fails with EACCES, of one whose path is gone with ENOENT. Excludes
 *	XARCH_F_CREDENTIALS and XARCH_F_TRANSPARENT
 */
enum xarch_flag {
	XARCH_F_LAZY		= 1 << 0,
	XARCH_F_CREDENTIALS	= 1 << 1,
	XARCH_F_LOCKED		= 1 << 2,
	XARCH_F_TRANSPARENT	= 1 << 3,
	XARCH_F_PLAIN		= 1 << 4,
};

/**
 * enum xarch_feature - what this module can do on this kernel
 * @XARCH_FEATURE_TRANSPARENT: XARCH_F_TRANSPARENT is available
 */
enum xarch_feature {
	XARCH_FEATURE_TRANSPARENT	= 1 << 0,
};

/**
 * enum xarch_verdict - what a candidate scope has to say of an exec
 * @XARCH_VERDICT_NONE: it has no rule for the arch
 * @XARCH_VERDICT_WINS: its rule decides
 * @XARCH_VERDICT_FARTHER: its rule gives way to a nearer one
 * @XARCH_VERDICT_OVERRIDDEN: its rule gives way to a farther locked one
 * @XARCH_VERDICT_FOREIGN: its rule does not apply, because the task's
 *	credentials are outside the user namespace that the rule belongs to
 */
enum xarch_verdict {
	XARCH_VERDICT_NONE,
	XARCH_VERDICT_WINS,
	XARCH_VERDICT_FARTHER,
	XARCH_VERDICT_OVERRIDDEN,
	XARCH_VERDICT_FOREIGN,

	/* private: */
	__XARCH_VERDICT_MAX,
	XARCH_VERDICT_MAX = __XARCH_VERDICT_MAX - 1
};

/**
 * enum xarch_arch - architectures, by the names of qemu's user-mode emulators
 *
 * include/xarch/archs.h says how the ELF header tells each.
 */
enum xarch_arch {
	XARCH_ARCH_AARCH64,
	XARCH_ARCH_AARCH64_BE,
	XARCH_ARCH_ALPHA,
	XARCH_ARCH_ARM,
	XARCH_ARCH_ARMEB,
	XARCH_ARCH_CRIS,
	XARCH_ARCH_HEXAGON,
	XARCH_ARCH_HPPA,
	XARCH_ARCH_I386,
	XARCH_ARCH_LOONGARCH64,
	XARCH_ARCH_M68K,
	XARCH_ARCH_MICROBLAZE,
	XARCH_ARCH_MICROBLAZEEL,
	XARCH_ARCH_MIPS,
	XARCH_ARCH_MIPS64,
	XARCH_ARCH_MIPS64EL,
	XARCH_ARCH_MIPSEL,
	XARCH_ARCH_MIPSN32,
	XARCH_ARCH_MIPSN32EL,
	XARCH_ARCH_NIOS2,
	XARCH_ARCH_OR1K,
	XARCH_ARCH_PPC,
	XARCH_ARCH_PPC64,
	XARCH_ARCH_PPC64LE,
	XARCH_ARCH_RISCV32,
	XARCH_ARCH_RISCV64,
	XARCH_ARCH_S390X,
	XARCH_ARCH_SH4,
	XARCH_ARCH_SH4EB,
	XARCH_ARCH_SPARC,
	XARCH_ARCH_SPARC32PLUS,
	XARCH_ARCH_SPARC64,
	XARCH_ARCH_X86_64,
	XARCH_ARCH_XTENSA,
	XARCH_ARCH_XTENSAEB,

	/* private: */
	__XARCH_ARCH_MAX,
	XARCH_ARCH_MAX = __XARCH_ARCH_MAX - 1
};

#endif /* _UAPI_LINUX_XARCH_H */
