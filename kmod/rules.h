/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _XARCH_RULES_H
#define _XARCH_RULES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "../include/uapi/linux/xarch.h"

struct cred;
struct file;
struct netlink_ext_ack;
struct ns_common;
struct pid_namespace;
struct user_namespace;
struct xarch_delegator;
struct xarch_ns;
struct xarch_pin;
struct xarch_twins;

/*
 * Locking. Writers hold xarch_rules_lock. An exec finds its rule under RCU and
 * takes a reference of its own, per CPU: it may sleep for as long as a file
 * system or a user's daemon pleases and holds up nothing but that rule, and
 * execs on different CPUs share no cache line that anybody writes. Whoever just
 * reads takes a reference with xarch_rule_hold() under xarch_rules_lock: that
 * keeps the description, not the emulator's file.
 */
extern struct mutex xarch_rules_lock;

/* What an exec came to, as counted. */
enum xarch_result {
	XARCH_RESULT_EMULATED,
	XARCH_RESULT_DENIED,
	XARCH_RESULT_FAILED,
	XARCH_RESULT_TWIN,
	/* Emulated although there is a twin, beside XARCH_RESULT_EMULATED. */
	XARCH_RESULT_NO_LOADER,
	XARCH_RESULT_PRELOAD,
	XARCH_RESULT_ARGUMENT,
	__XARCH_RESULT_MAX
};

/**
 * struct xarch_counters - one CPU's share of a rule's counters
 * @results: execs by enum xarch_result
 * @last_used: boot time in ns of the last of them, 0: none
 */
struct xarch_counters {
	u64 results[__XARCH_RESULT_MAX];
	u64 last_used;
};

/**
 * struct xarch_rule - one rule; nothing in it changes once it is published
 * @arch: what it is about
 * @action: what it does
 * @flags: enum xarch_flag
 * @scope: where it applies
 * @ns_inum: number of the scope's namespace, a label; 0 for the host
 * @owner: the user namespace that it belongs to, to compare with alone: no
 *	reference is held, because the scope's namespace pins it
 * @owner_inum: number of @owner, a label
 * @set_at: boot time in ns
 * @emulator: its absolute path; NULL but for XARCH_ACTION_EMULATE
 * @args: @n_args strings, each with its NUL, one after the other
 * @n_args: how many
 * @args_len: bytes of @args
 * @pin: the emulator kept open; NULL for XARCH_F_LAZY and other actions; for
 *	@users alone
 * @emulator_dev: its device as stat(2) tells it, a label
 * @emulator_ino: its inode number, a label; 0: there is no pinned emulator
 * @twins: set of twins that it names, or NULL
 * @counters: per-CPU counters
 * @users: execs that are in the rule; killed when the rule goes
 * @holders: references to the description, @users together counting one
 * @rcu: for call_rcu()
 * @delegator: whom a rule set from a user namespace counts for, NULL: not published, or
 *	the host's administrator; under xarch_rules_lock
 */
struct xarch_rule {
	enum xarch_arch arch;
	enum xarch_action action;
	u32 flags;
	enum xarch_scope scope;
	u32 ns_inum;
	const struct user_namespace *owner;
	u32 owner_inum;
	u64 set_at;
	char *emulator;
	char *args;
	u32 n_args;
	u32 args_len;
	struct xarch_pin *pin;
	u32 emulator_dev;
	u64 emulator_ino;
	struct xarch_twins *twins;
	struct xarch_counters __percpu *counters;
	struct percpu_ref users;
	refcount_t holders;
	struct rcu_head rcu;
	struct xarch_delegator *delegator;
};

/**
 * struct xarch_rule_request - a rule as somebody asks for it
 * @arch: as in struct xarch_rule, and so on
 * @action:
 * @flags:
 * @scope:
 * @ns_inum:
 * @emulator: absolute path, NULL but for XARCH_ACTION_EMULATE
 * @emulator_file: the caller's open emulator, or NULL: open @emulator
 * @args: as in struct xarch_rule
 * @n_args:
 * @args_len:
 * @twins: the set of twins that the rule is to name, held by the caller, or NULL
 * @owner: user namespace that the rule is to belong to
 */
struct xarch_rule_request {
	enum xarch_arch arch;
	enum xarch_action action;
	u32 flags;
	enum xarch_scope scope;
	u32 ns_inum;
	const char *emulator;
	struct file *emulator_file;
	const char *args;
	u32 n_args;
	u32 args_len;
	struct xarch_twins *twins;
	const struct user_namespace *owner;
};

/**
 * struct xarch_task - whose exec a lookup is about
 * @mnt_ns: mount namespace, compared only
 * @pid_ns: the pid namespace that the task is in
 * @user_ns: user namespace of its credentials
 */
struct xarch_task {
	const void *mnt_ns;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
};

/**
 * struct xarch_candidate - one scope that a lookup asked, for reporting
 * @scope: its kind
 * @ns_inum: number of its namespace; 0 for the host, for a mount namespace where there
 *	is no rule, and for what is outside of the reader's user namespace
 * @rule: its rule for the arch, or NULL; held by whoever asked
 * @whole: whether the rule is of the reader's user namespace or one below it
 * @verdict: enum xarch_verdict
 */
struct xarch_candidate {
	enum xarch_scope scope;
	u32 ns_inum;
	struct xarch_rule *rule;
	bool whole;
	enum xarch_verdict verdict;
};

/*
 * Most candidates of one task: the mount namespace, the pid namespaces
 * (MAX_PID_NS_LEVEL below the first), the user namespaces (create_user_ns()
 * refuses a parent deeper than level 32) and the host.
 */
#define XARCH_CANDIDATES_MAX (1 + 33 + 34 + 1)

/**
 * xarch_rule_get() - the rule that decides an exec of the current task
 * @arch: of the program
 *
 * Takes no lock, allocates nothing, does not depend on the number of rules.
 *
 * Return: the rule, for xarch_rule_put(), or NULL where there is none.
 */
struct xarch_rule *xarch_rule_get(enum xarch_arch arch);

/**
 * xarch_rule_put() - undo xarch_rule_get()
 * @rule: the rule
 */
void xarch_rule_put(struct xarch_rule *rule);

/**
 * xarch_task_in() - does a task stand in a namespace or below it?
 * @task: the task
 * @ns: the namespace, compared only; not NULL
 */
bool xarch_task_in(const struct xarch_task *task, const struct ns_common *ns);

/**
 * xarch_rule_explain() - every scope that a lookup asks, nearest first
 * @task: whose exec
 * @arch: of the program
 * @reader: user namespace of whoever asks
 * @out: room for XARCH_CANDIDATES_MAX; rules are not held yet
 *
 * Context: xarch_rules_lock held; does not sleep.
 * Return: how many there are.
 */
unsigned int xarch_rule_explain(const struct xarch_task *task, enum xarch_arch arch,
				const struct user_namespace *reader,
				struct xarch_candidate *out);

/**
 * xarch_rule_count() - count one exec
 * @rule: that decided it, from xarch_rule_get()
 * @result: what came of it
 */
void xarch_rule_count(const struct xarch_rule *rule, enum xarch_result result);

/**
 * xarch_rule_counters() - sum a rule's counters over the CPUs
 * @rule: held
 * @sum: the answer
 */
void xarch_rule_counters(const struct xarch_rule *rule, struct xarch_counters *sum);

/**
 * xarch_rule_new() - make a rule that nobody sees yet
 * @request: the rule; copied
 * @extack: takes the reason of a refusal
 *
 * Context: without xarch_rules_lock, since opening the emulator may take as
 * long as its file system pleases.
 * Return: the rule, for xarch_rule_publish() or xarch_rule_discard(), or an
 * ERR_PTR.
 */
struct xarch_rule *xarch_rule_new(const struct xarch_rule_request *request,
				  struct netlink_ext_ack *extack);

/**
 * xarch_rule_discard() - undo xarch_rule_new()
 * @rule: the rule, never published
 */
void xarch_rule_discard(struct xarch_rule *rule);

/**
 * xarch_rule_publish() - put a rule into force, instead of the one there is
 * @ns: the scope, NULL for the host
 * @rule: the rule; the caller's no more once this succeeds
 * @extack: takes the reason of a refusal
 *
 * Context: xarch_rules_lock held.
 * Return: 0, or a negative errno with nothing changed.
 */
int xarch_rule_publish(struct xarch_ns *ns, struct xarch_rule *rule,
		       struct netlink_ext_ack *extack);

/**
 * xarch_rule_del() - remove a rule
 * @ns: the scope, NULL for the host
 * @arch: whose
 *
 * Context: xarch_rules_lock held.
 * Return: the rule that there was, for xarch_rule_release(), or NULL.
 */
struct xarch_rule *xarch_rule_del(struct xarch_ns *ns, enum xarch_arch arch);

/**
 * xarch_rule_peek() - a scope's own rule
 * @ns: the scope, NULL for the host
 * @arch: whose
 *
 * Context: xarch_rules_lock held.
 * Return: the rule, or NULL where there is none.
 */
struct xarch_rule *xarch_rule_peek(struct xarch_ns *ns, enum xarch_arch arch);

/**
 * xarch_rule_hold() - keep a rule's description
 * @rule: the rule; xarch_rules_lock held
 *
 * Return: @rule, for xarch_rule_release().
 */
struct xarch_rule *xarch_rule_hold(struct xarch_rule *rule);

/**
 * xarch_rule_release() - undo xarch_rule_hold()
 * @rule: the rule, or NULL
 */
void xarch_rule_release(struct xarch_rule *rule);

/**
 * xarch_userns_contains() - is a user namespace this one or below it?
 * @outer: compared only
 * @inner: a live one
 */
bool xarch_userns_contains(const struct user_namespace *outer,
			   const struct user_namespace *inner);

/* How many rules there are, and a number that each change changes; any context. */
u32 xarch_rules_count(void);
u32 xarch_rules_generation(void);

/**
 * xarch_rules_exit() - remove every rule and wait until all are gone
 *
 * Context: module exit, with neither execs nor requests left.
 */
void xarch_rules_exit(void);

#endif /* _XARCH_RULES_H */
