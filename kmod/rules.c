// SPDX-License-Identifier: GPL-2.0-only
/* The rules: what they are, which one decides, how they come and go. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <linux/wait_bit.h>

#include "compat.h"
#include "emulator.h"
#include "event.h"
#include "namespaces.h"
#include "native.h"
#include "rules.h"

/* Slots, lists and counts of rules and namespaces; see rules.h. */
DEFINE_MUTEX(xarch_rules_lock);

static LIST_HEAD(rules_delegated);
u32 xarch_rules_n;
u32 xarch_generation;

static struct xarch_rule __rcu *host_rules[__XARCH_ARCH_MAX];

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
	/* One that has just gone is out of its slot already: look again. */
	do {
		rule = rule_find(arch);
	} while (rule && !percpu_ref_tryget_live(&rule->users));
	rcu_read_unlock();
	return rule;
}

void xarch_rule_put(struct xarch_rule *rule)
{
	percpu_ref_put(&rule->users);
}

unsigned int xarch_rule_explain(const struct xarch_task *task, enum xarch_arch arch,
				struct xarch_candidate *out)
{
	struct xarch_candidate *nearest = NULL, *locked = NULL, *wins;
	struct walk walk = { };
	unsigned int n = 0, i;

	lockdep_assert_held(&xarch_rules_lock);
	while (n < XARCH_CANDIDATES_MAX && walk_next(&walk, task)) {
		struct xarch_candidate *candidate = &out[n++];

		candidate->scope = walk.scope;
		candidate->ns_inum = walk.ns ? walk.ns->inum : 0;
		candidate->rule = walk_rule(&walk, arch);
		candidate->verdict = XARCH_VERDICT_NONE;
		if (!candidate->rule)
			continue;
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

static void close_emulator(struct xarch_rule *rule)
{
	if (rule->emulator_file)
		xarch_emulator_close(rule->emulator_file);
	rule->emulator_file = NULL;
}

/*
 * No exec is in the rule any more. The emulator's file goes now, whoever still
 * reads the description: it pins a mount.
 */
static void rule_unused(struct percpu_ref *users)
{
	struct xarch_rule *rule = container_of(users, struct xarch_rule, users);

	close_emulator(rule);
	call_rcu(&rule->rcu, rule_reap);
}

/* extack takes literals only. */
static void complain_of_emulator(struct netlink_ext_ack *extack, int err)
{
	switch (err) {
	case -ENOENT:
		NL_SET_ERR_MSG(extack, "there is no such emulator");
		break;
	case -ELIBBAD:
		NL_SET_ERR_MSG(extack, "the emulator is not a native ELF program: a script or a foreign program would need an emulator itself");
		break;
	case -EACCES:
		NL_SET_ERR_MSG(extack, "the emulator is not an executable regular file, or its mount is noexec, or the caller may not execute it");
		break;
	case -ETXTBSY:
		NL_SET_ERR_MSG(extack, "the emulator is open for writing");
		break;
	case -EXDEV:
		NL_SET_ERR_MSG(extack, "the emulator is on a file system that cannot be kept open: one mounted in a user namespace, or FUSE; use another one, or a lazy rule");
		break;
	default:
		NL_SET_ERR_MSG(extack, "the emulator cannot be opened");
	}
}

static int rule_pin_emulator(struct xarch_rule *rule, const struct xarch_rule_request *request,
			     struct netlink_ext_ack *extack)
{
	struct file *file;

	if (request->emulator_file)
		file = xarch_emulator_pin_file(request->emulator_file,
					       request->owner == &init_user_ns);
	else
		file = xarch_emulator_pin(rule->emulator);
	if (IS_ERR(file)) {
		complain_of_emulator(extack, PTR_ERR(file));
		return PTR_ERR(file);
	}
	rule->emulator_file = file;
	return 0;
}

static int rule_copy_emulator(struct xarch_rule *rule, const struct xarch_rule_request *request,
			      struct netlink_ext_ack *extack)
{
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
	return rule_pin_emulator(rule, request, extack);
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
	INIT_LIST_HEAD(&rule->delegated);

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
	close_emulator(rule);
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

/* Out of its slot already; execs may still be in it. */
static void rule_retire(struct xarch_rule *rule)
{
	list_del(&rule->delegated);
	WRITE_ONCE(xarch_rules_n, xarch_rules_n - 1);
	percpu_ref_kill(&rule->users);
}

/*
 * A user namespace may make namespaces and rules without end, so what it and
 * all below it may set is limited, counted at the outermost one.
 */
static bool within_limit(const struct user_namespace *owner)
{
	const struct user_namespace *outermost = owner;
	struct xarch_rule *rule;
	unsigned int n = 0;

	if (owner == &init_user_ns)
		return true;
	while (outermost->parent != &init_user_ns)
		outermost = outermost->parent;
	list_for_each_entry(rule, &rules_delegated, delegated)
		n += xarch_userns_contains(outermost, rule->owner);
	return n < XARCH_USERNS_RULES_MAX;
}

int xarch_rule_publish(struct xarch_ns *ns, struct xarch_rule *rule,
		       struct netlink_ext_ack *extack)
{
	struct xarch_rule *old = xarch_rule_peek(ns, rule->arch);

	lockdep_assert_held(&xarch_rules_lock);
	if ((!old || old->owner == &init_user_ns) && !within_limit(rule->owner)) {
		NL_SET_ERR_MSG(extack, "this user namespace has set as many rules as it may");
		return -ENOSPC;
	}
	if (rule->owner != &init_user_ns)
		list_add_tail(&rule->delegated, &rules_delegated);
	WRITE_ONCE(xarch_rules_n, xarch_rules_n + 1);
	if (ns && !old)
		ns->n_rules++;
	WRITE_ONCE(xarch_generation, xarch_generation + 1);
	rcu_assign_pointer(*rule_slot(ns, rule->arch), rule);
	xarch_event_rule(rule, ns, XARCH_CMD_RULE_SET);
	if (old)
		rule_retire(old);
	return 0;
}

bool xarch_rule_del(struct xarch_ns *ns, enum xarch_arch arch)
{
	struct xarch_rule *rule = xarch_rule_peek(ns, arch);

	lockdep_assert_held(&xarch_rules_lock);
	if (!rule)
		return false;
	RCU_INIT_POINTER(*rule_slot(ns, arch), NULL);
	if (ns)
		ns->n_rules--;
	WRITE_ONCE(xarch_generation, xarch_generation + 1);
	xarch_event_rule(rule, ns, XARCH_CMD_RULE_DEL);
	rule_retire(rule);
	return true;
}

void xarch_rules_exit(void)
{
	struct xarch_ns *ns, *next;
	unsigned int arch;

	mutex_lock(&xarch_rules_lock);
	for (arch = 0; arch < __XARCH_ARCH_MAX; arch++) {
		xarch_rule_del(NULL, arch);
		list_for_each_entry(ns, &xarch_ns_all, list)
			xarch_rule_del(ns, arch);
	}
	list_for_each_entry_safe(ns, next, &xarch_ns_all, list)
		xarch_ns_drop_unused(ns);
	mutex_unlock(&xarch_rules_lock);
	/* The last ones go in RCU callbacks, which must have returned, too. */
	wait_var_event(&rules_alive, !atomic_read(&rules_alive));
	rcu_barrier();
}
