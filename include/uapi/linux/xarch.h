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
 *   > (nothing)
 *   < XARCH_A_VERSION, XARCH_A_FEATURES, XARCH_A_GENERATION, XARCH_A_RULES
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
 *   < (ack)
 *   Rights: CAP_SYS_ADMIN in the user namespace that owns the scope, of the
 *   socket's opener and of the caller alike. The host scope, XARCH_F_LOCKED
 *   and XARCH_F_CREDENTIALS need it in the initial user namespace.
 *   An emulator that is kept open must be on a file system of the initial user
 *   namespace (another's would keep that namespace alive), and for a rule of
 *   another user namespace not on FUSE (whose daemon could stall us).
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
 *   < XARCH_A_AGE_MS, XARCH_A_OWNER_USERNS
 *   < XARCH_A_EMULATED, XARCH_A_DENIED, XARCH_A_FAILED
 *   < XARCH_A_LAST_USED_MS     absent: never used
 *   < XARCH_A_GENERATION
 *   A reader sees the host's rules, the rules of its own namespaces and their
 *   ancestors, and those of every scope that it may set.
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
 *   < XARCH_A_ERROR            errno that the exec failed with; absent: none
 *
 * Messages of both groups go to the network namespaces whose owner is the
 * user namespace of the task or scope at hand, or an ancestor of it; joining
 * needs CAP_SYS_ADMIN there.
 */
#ifndef _UAPI_LINUX_XARCH_H
#define _UAPI_LINUX_XARCH_H

#define XARCH_GENL_NAME		"xarch"
#define XARCH_GENL_VERSION	1
#define XARCH_MCGRP_CONFIG	"config"
#define XARCH_MCGRP_EXEC	"exec"

/* Longest XARCH_A_EMULATOR in bytes, without the NUL. */
#define XARCH_PATH_LEN		4095
/* Most XARCH_A_ARG in one rule, and the bytes of all together, NULs included. */
#define XARCH_ARGS_MAX		32
#define XARCH_ARGS_LEN		4096
/* Most rules that one user namespace, with all below it, may set. */
#define XARCH_USERNS_RULES_MAX	1024

/**
 * enum xarch_cmd - commands, drawn at the head of this file
 * @XARCH_CMD_UNSPEC: never sent
 * @XARCH_CMD_INFO_GET: what the module is and can do
 * @XARCH_CMD_RULE_SET: create or replace one rule
 * @XARCH_CMD_RULE_DEL: remove one rule, or all of a scope
 * @XARCH_CMD_RULE_GET: list rules
 * @XARCH_CMD_RESOLVE: list the candidates for an exec, nearest first
 * @XARCH_CMD_EXEC_NTF: an exec that a rule decided
 */
enum xarch_cmd {
	XARCH_CMD_UNSPEC,
	XARCH_CMD_INFO_GET,
	XARCH_CMD_RULE_SET,
	XARCH_CMD_RULE_DEL,
	XARCH_CMD_RULE_GET,
	XARCH_CMD_RESOLVE,
	XARCH_CMD_EXEC_NTF,

	/* private: */
	__XARCH_CMD_MAX,
	XARCH_CMD_MAX = __XARCH_CMD_MAX - 1
};

/**
 * enum xarch_attr - attributes, all at the top level of a message
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
 * @XARCH_A_EMULATED: u64, execs handed to the emulator
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

	/* private: */
	__XARCH_A_MAX,
	XARCH_A_MAX = __XARCH_A_MAX - 1
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
 * @XARCH_F_CREDENTIALS: set-id bits of the program count; every QEMU_*
 *	variable of the new program's environment is neutralised (its fifth
 *	character becomes '-') before the emulator sees it. Excludes
 *	XARCH_F_LAZY
 * @XARCH_F_LOCKED: no nearer scope overrides this rule
 * @XARCH_F_TRANSPARENT: the kernel's transparent contract (7.3): argv and
 *	/proc/PID/exe are the program's own; for emulators that load the
 *	program from AT_EXECFD under AT_FLAGS_TRANSPARENT_INTERP. Excludes
 *	XARCH_A_ARG
 */
enum xarch_flag {
	XARCH_F_LAZY		= 1 << 0,
	XARCH_F_CREDENTIALS	= 1 << 1,
	XARCH_F_LOCKED		= 1 << 2,
	XARCH_F_TRANSPARENT	= 1 << 3,
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
