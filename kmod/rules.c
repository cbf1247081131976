// SPDX-License-Identifier: GPL-2.0-only
/* The rules: what they are, which one decides, how they come and go. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/wait_bit.h>

#include "compat.h"
#include "namespaces.h"
#include "native.h"
#include "pin.h"
#include "rules.h"
#include "twins.h"

/* Slots, lists and counts of rules and namespaces; see rules.h. */
DEFINE_MUTEX(xarch_rules_lock);

static u32 rules_n;
static u32 generation;

static struct xarch_rule __rcu *host_rules[__XARCH_ARCH_MAX];

/* Whose rules have been set from user namespaces, under xarch_rules_lock. */
struct xarch_delegator {
	struct hlist_node node;
	const struct user_namespace *ns;	/* NULL: all of @uid's; compared only */
	kuid_t uid;
	u32 n;
};

static DEFINE_HASHTABLE(delegators, 10);

/* Rules not freed yet, for module exit. */
static atomic_t rules_alive = ATOMIC_INIT(0);

/* Readers hold the RCU read lock, writers xarch_rules_lock. */
static struct xarch_rule *slot_read(struct xarch_rule __rcu **slot)
{
	return rcu_dereference_check(*slot, lockdep_is_held(&xarch_rules_lock));
}

bool xarch_userns_contains(const struct user_namespace *outer,
			   const struct user_namespace *inner)
{
	while (inner != outer && inner->parent)
		inner = inner->parent;
	return inner == outer;
}

/*
 * The walk over a task's scopes, nearest first: its mount namespace, its pid
 * namespace and the ancestors, its user namespace and the ancestors, the host.
 * A parent is pinned by its child, so the walk needs no reference.
 */
struct walk {
	enum xarch_scope scope;		/* of the present step */
	const struct ns_common *ns;	/* NULL: the host, or nothing to find */
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	bool started;
};

static bool walk_next(struct walk *walk, const struct xarch_task *task)
{
	if (!walk->started) {
		walk->started = true;
		walk->pid_ns = task->pid_ns;
		walk->user_ns = task->user_ns;
		walk->scope = XARCH_SCOPE_MOUNT;
		walk->ns = xarch_ns_of_mnt(task->mnt_ns);
	} else if (walk->pid_ns) {
		walk->scope = XARCH_SCOPE_PID;
		walk->ns = &walk->pid_ns->ns;
		walk->pid_ns = walk->pid_ns->parent;
	} else if (walk->user_ns) {
		walk->scope = XARCH_SCOPE_USER;
		walk->ns = &walk->user_ns->ns;
		walk->user_ns = walk->user_ns->parent;
	} else if (walk->scope != XARCH_SCOPE_HOST) {
		walk->scope = XARCH_SCOPE_HOST;
		walk->ns = NULL;
	} else {
		return false;
	}
	return true;
}

static struct xarch_rule *walk_rule(const struct walk *walk, enum xarch_arch arch)
{
	struct xarch_ns *entry;

	if (walk->scope == XARCH_SCOPE_HOST)
		return slot_read(&host_rules[arch]);
	if (!walk->ns)
		return NULL;
	entry = xarch_ns_lookup(walk->ns);
	return entry ? slot_read(&entry->rules[arch]) : NULL;
}

bool xarch_task_in(const struct xarch_task *task, const struct ns_common *ns)
{
	struct walk walk = { };

	while (walk_next(&walk, task))
		if (walk.ns == ns)
			return true;
	return false;
}

static struct xarch_rule *rule_find(enum xarch_arch arch)
{
	struct xarch_rule *rule, *nearest = NULL, *locked = NULL;
	struct walk walk = { };
	struct xarch_task task;

	if (!xarch_ns_any())
		return slot_read(&host_rules[arch]);

	task.mnt_ns = current->nsproxy->mnt_ns;
	task.pid_ns = task_active_pid_ns(current);
	task.user_ns = current_user_ns();
	while (walk_next(&walk, &task)) {
		rule = walk_rule(&walk, arch);
		if (!rule || !xarch_userns_contains(rule->owner, task.user_ns))
			continue;
		if (!nearest)
			nearest = rule;
		if (rule->flags & XARCH_F_LOCKED)
			locked = rule;
	}
	return locked ?: nearest;
}

struct xarch_rule *xarch_rule_get(enum xarch_arch arch)
{
	struct xarch_rule *rule;

	rcu_read_lock();
	/* One that has just gone, with nobody in it, is out of its slot already: look again. */
	do {
		rule = rule_find(arch);
	} while (rule && !percpu_ref_tryget(&rule->users));
	rcu_read_unlock();
	return rule;
}

void xarch_rule_put(struct xarch_rule *rule)
{
	percpu_ref_put(&rule->users);
}

/* The number of the step's namespace, as far as @reader may know of it. */
static u32 walk_inum(const struct walk *walk, const struct user_namespace *reader)
{
	const struct user_namespace *owner = reader;

	if (!walk->ns)
		return 0;
	if (walk->scope == XARCH_SCOPE_PID)
		owner = container_of(walk->ns, struct pid_namespace, ns)->user_ns;
	else if (walk->scope == XARCH_SCOPE_USER)
		owner = container_of(walk->ns, struct user_namespace, ns);
	return xarch_userns_contains(reader, owner) ? walk->ns->inum : 0;
}

unsigned int xarch_rule_explain(const struct xarch_task *task, enum xarch_arch arch,
				const struct user_namespace *reader,
				struct xarch_candidate *out)
{
	struct xarch_candidate *nearest = NULL, *locked = NULL, *wins;
	struct walk walk = { };
	unsigned int n = 0, i;

	lockdep_assert_held(&xarch_rules_lock);
	while (n < XARCH_CANDIDATES_MAX && walk_next(&walk, task)) {
		struct xarch_candidate *candidate = &out[n++];

		candidate->scope = walk.scope;
		candidate->ns_inum = walk_inum(&walk, reader);
		candidate->rule = walk_rule(&walk, arch);
		candidate->verdict = XARCH_VERDICT_NONE;
		if (!candidate->rule)
			continue;
		candidate->whole = xarch_userns_contains(reader, candidate->rule->owner);
		if (!xarch_userns_contains(candidate->rule->owner, task->user_ns)) {
			candidate->verdict = XARCH_VERDICT_FOREIGN;
			continue;
		}
		candidate->verdict = XARCH_VERDICT_FARTHER;
		if (!nearest)
			nearest = candidate;
		if (candidate->rule->flags & XARCH_F_LOCKED)
			locked = candidate;
	}
	wins = locked ?: nearest;
	for (i = 0; i < n && &out[i] != wins; i++)
		if (out[i].verdict == XARCH_VERDICT_FARTHER)
			out[i].verdict = XARCH_VERDICT_OVERRIDDEN;
	if (wins)
		wins->verdict = XARCH_VERDICT_WINS;
	return n;
}

void xarch_rule_count(const struct xarch_rule *rule, enum xarch_result result)
{
	this_cpu_inc(rule->counters->results[result]);
	this_cpu_write(rule->counters->last_used, ktime_get_boottime_ns());
}

void xarch_rule_counters(const struct xarch_rule *rule, struct xarch_counters *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct xarch_counters *share = per_cpu_ptr(rule->counters, cpu);

		for (i = 0; i < __XARCH_RESULT_MAX; i++)
			sum->results[i] += READ_ONCE(share->results[i]);
		sum->last_used = max(sum->last_used, READ_ONCE(share->last_used));
	}
}

static void rule_free(struct xarch_rule *rule)
{
	free_percpu(rule->counters);
	xarch_twins_put(rule->twins);
	kfree(rule->emulator);
	kfree(rule->args);
	kfree(rule);
	if (atomic_dec_and_test(&rules_alive))
		wake_up_var(&rules_alive);
}

struct xarch_rule *xarch_rule_hold(struct xarch_rule *rule)
{
	lockdep_assert_held(&xarch_rules_lock);
	refcount_inc(&rule->holders);
	return rule;
}

void xarch_rule_release(struct xarch_rule *rule)
{
	if (rule && refcount_dec_and_test(&rule->holders))
		rule_free(rule);
}

/* No lookup can come across the rule any more. */
static void rule_reap(struct rcu_head *rcu)
{
	struct xarch_rule *rule = container_of(rcu, struct xarch_rule, rcu);

	percpu_ref_exit(&rule->users);
	xarch_rule_release(rule);
}

/*
 * No exec is in the rule any more. The emulator's file goes now, whoever still
 * reads the description: it pins a mount.
 */
static void rule_unused(struct percpu_ref *users)
{
	struct xarch_rule *rule = container_of(users, struct xarch_rule, users);

	xarch_pin_put(rule->pin);
	rule->pin = NULL;
	call_rcu(&rule->rcu, rule_reap);
}

static int rule_copy_emulator(struct xarch_rule *rule, const struct xarch_rule_request *request,
			      struct netlink_ext_ack *extack)
{
	struct xarch_pin *pin;

	rule->emulator = kstrdup(request->emulator, GFP_KERNEL_ACCOUNT);
	if (!rule->emulator)
		return -ENOMEM;
	if (request->args_len) {
		rule->args = kmemdup(request->args, request->args_len, GFP_KERNEL_ACCOUNT);
		if (!rule->args)
			return -ENOMEM;
	}
	rule->n_args = request->n_args;
	rule->args_len = request->args_len;
	if (request->flags & XARCH_F_LAZY)
		return 0;
	pin = xarch_pin_new(rule->emulator, request->emulator_file,
			    request->owner == &init_user_ns, extack);
	if (IS_ERR(pin))
		return PTR_ERR(pin);
	rule->pin = pin;
	rule->emulator_dev = pin->dev;
	rule->emulator_ino = pin->ino;
	return 0;
}

struct xarch_rule *xarch_rule_new(const struct xarch_rule_request *request,
				  struct netlink_ext_ack *extack)
{
	struct xarch_rule *rule;
	int err;

	/* A container's rules are charged to the container. */
	rule = kzalloc(sizeof(*rule), GFP_KERNEL_ACCOUNT);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&rules_alive);
	refcount_set(&rule->holders, 1);
	rule->arch = request->arch;
	rule->action = request->action;
	rule->flags = request->flags;
	rule->scope = request->scope;
	rule->ns_inum = request->ns_inum;
	rule->owner = request->owner;
	rule->owner_inum = request->owner->ns.inum;
	rule->set_at = ktime_get_boottime_ns();
	if (request->twins)
		rule->twins = xarch_twins_hold(request->twins);

	err = percpu_ref_init(&rule->users, rule_unused, 0, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	rule->counters = alloc_percpu_gfp(struct xarch_counters, GFP_KERNEL_ACCOUNT);
	if (!rule->counters) {
		err = -ENOMEM;
		goto err_users;
	}
	if (rule->action == XARCH_ACTION_EMULATE) {
		err = rule_copy_emulator(rule, request, extack);
		if (err)
			goto err_users;
	}
	return rule;

err_users:
	percpu_ref_exit(&rule->users);
err_free:
	rule_free(rule);
	return ERR_PTR(err);
}

void xarch_rule_discard(struct xarch_rule *rule)
{
	xarch_pin_put(rule->pin);
	percpu_ref_exit(&rule->users);
	rule_free(rule);
}

static struct xarch_rule __rcu **rule_slot(struct xarch_ns *ns, enum xarch_arch arch)
{
	return ns ? &ns->rules[arch] : &host_rules[arch];
}

struct xarch_rule *xarch_rule_peek(struct xarch_ns *ns, enum xarch_arch arch)
{
	return rcu_dereference_protected(*rule_slot(ns, arch),
					 lockdep_is_held(&xarch_rules_lock));
}

/* The user namespace just below the initial one that @ns is or lies in. */
static const struct user_namespace *outermost(const struct user_namespace *ns)
{
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return ns;
}

/*
 * Who delegated rules count for: the user who made the outermost user namespace, since
 * one user may make any number. Root makes them for containers, which are others' each:
 * there it is the namespace itself.
 */
static bool counts_for(const struct xarch_delegator *delegator, const struct user_namespace *ns)
{
	return delegator->ns ? delegator->ns == ns : uid_eq(delegator->uid, ns->owner);
}

static struct xarch_delegator *delegator_get(const struct user_namespace *owner)
{
	const struct user_namespace *ns = outermost(owner);
	bool by_root = uid_eq(ns->owner, GLOBAL_ROOT_UID);
	unsigned long key = by_root ? (unsigned long)ns : __kuid_val(ns->owner);
	struct xarch_delegator *delegator;

	hash_for_each_possible(delegators, delegator, node, key)
		if (counts_for(delegator, ns))
			return delegator;
	delegator = kzalloc(sizeof(*delegator), GFP_KERNEL_ACCOUNT);
	if (!delegator)
		return NULL;
	delegator->ns = by_root ? ns : NULL;
	delegator->uid = ns->owner;
	hash_add(delegators, &delegator->node, key);
	return delegator;
}

static void delegator_put(struct xarch_delegator *delegator)
{
	if (--delegator->n)
		return;
	hash_del(&delegator->node);
	kfree(delegator);
}

/* Out of its slot already; execs may still be in it. */
static void rule_retire(struct xarch_rule *rule)
{
	if (rule->delegator)
		delegator_put(rule->delegator);
	WRITE_ONCE(rules_n, rules_n - 1);
	percpu_ref_kill(&rule->users);
}

/* Find out who the rule counts for, and whether they may have one more. */
static int rule_account(struct xarch_rule *rule, const struct xarch_rule *old,
			struct netlink_ext_ack *extack)
{
	struct xarch_delegator *delegator;

	if (rule->owner == &init_user_ns)
		return 0;
	delegator = delegator_get(rule->owner);
	if (!delegator)
		return -ENOMEM;
	/* One of theirs is replaced: then they have as many as before. */
	if ((!old || old->delegator != delegator) && delegator->n >= XARCH_USERNS_RULES_MAX) {
		NL_SET_ERR_MSG(extack, "this user has set as many rules as they may in user namespaces");
		return -ENOSPC;
	}
	delegator->n++;
	rule->delegator = delegator;
	return 0;
}

int xarch_rule_publish(struct xarch_ns *ns, struct xarch_rule *rule,
		       struct netlink_ext_ack *extack)
{
	struct xarch_rule *old = xarch_rule_peek(ns, rule->arch);
	int err;

	lockdep_assert_held(&xarch_rules_lock);
	err = rule_account(rule, old, extack);
	if (err)
		return err;
	WRITE_ONCE(rules_n, rules_n + 1);
	if (ns && !old)
		ns->n_rules++;
	WRITE_ONCE(generation, generation + 1);
	rcu_assign_pointer(*rule_slot(ns, rule->arch), rule);
	if (old)
		rule_retire(old);
	return 0;
}

struct xarch_rule *xarch_rule_del(struct xarch_ns *ns, enum xarch_arch arch)
{
	struct xarch_rule *rule = xarch_rule_peek(ns, arch);

	lockdep_assert_held(&xarch_rules_lock);
	if (!rule)
		return NULL;
	xarch_rule_hold(rule);
	RCU_INIT_POINTER(*rule_slot(ns, arch), NULL);
	if (ns)
		ns->n_rules--;
	WRITE_ONCE(generation, generation + 1);
	rule_retire(rule);
	return rule;
}

u32 xarch_rules_count(void)
{
	return READ_ONCE(rules_n);
}

u32 xarch_rules_generation(void)
{
	return READ_ONCE(generation);
}

void xarch_rules_exit(void)
{
	struct xarch_ns *ns, *next;
	unsigned int arch;

	mutex_lock(&xarch_rules_lock);
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		xarch_rule_release(xarch_rule_del(NULL, arch));
		xarch_for_each_ns(ns)
			xarch_rule_release(xarch_rule_del(ns, arch));
	}
	xarch_for_each_ns_safe(ns, next)
		xarch_ns_drop_unused(ns);
	mutex_unlock(&xarch_rules_lock);
	/* The last ones go in RCU callbacks, which must have returned, too. */
	wait_var_event(&rules_alive, !atomic_read(&rules_alive));
	rcu_barrier();
}
