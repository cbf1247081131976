// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noticing the end of namespaces that have rules.
 *
 * An entry holds an nsfs file of its namespace, so that the identity by which
 * lookups find it cannot be reused. That file keeps the namespace from being
 * freed, and the kernel tells nobody when all others have let go; so a worker
 * looks. "Nobody but us" is one reference on the namespace, which the nsfs
 * inode holds, and one on that inode's dentry, which is our file's: a bind
 * mount of the namespace file or another open one shares the reference and
 * shows in the dentry alone, and somebody could still enter through it. A pid
 * namespace says so itself.
 *
 * A mount namespace holds the pid and user namespaces that its mounts belong
 * to, a pid namespace its user namespace. So a container's entries go one
 * after the other, innermost first, over several looks.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "event.h"
#include "namespaces.h"
#include "reaper.h"
#include "rules.h"

/*
 * How long to wait between two looks for dead namespaces, ms: fifty times what
 * the last one took, so that it costs two percent of a CPU, but within bounds,
 * since a dead container's mounts wait for it and a busy machine makes any look
 * seem long.
 */
#define LOOK_AFTER_MIN	300
#define LOOK_AFTER_MAX	1000
#define LOOK_SHARE	50

/*
 * On whatever CPU is free: a look may take long. Not deferrable, or an idle machine would
 * keep a dead container's mounts until something else woke it.
 */
static void look_for_dead(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look_for_dead);

static void look_after(unsigned int ms)
{
	queue_delayed_work(system_dfl_wq, &look_work, msecs_to_jiffies(ms));
}

static bool nobody_but_us(const struct xarch_ns *entry)
{
	return xarch_ns_references(entry->ns) == 1 &&
	       d_count(entry->file->f_path.dentry) == 1;
}

static bool is_dead(const struct xarch_ns *entry)
{
	if (xarch_ns_is_initial(entry->ns))
		return false;
	/*
	 * When its first process has ended, a pid namespace takes no other,
	 * whoever still holds it: a zombie, a pidfd, a mount of proc.
	 */
	if (entry->scope == XARCH_SCOPE_PID) {
		struct pid_namespace *pid_ns =
			container_of(entry->ns, struct pid_namespace, ns);

		if (!(READ_ONCE(pid_ns->pid_allocated) & PIDNS_ADDING))
			return true;
	}
	if (!nobody_but_us(entry))
		return false;
	/*
	 * Somebody may have gone from an open file to being inside between the
	 * two numbers; then the first one shows it now.
	 */
	smp_rmb();
	return nobody_but_us(entry);
}

static void look_for_dead(struct work_struct *work)
{
	struct xarch_ns *entry, *next;
	u64 started, took;
	bool any;

	mutex_lock(&xarch_rules_lock);
	started = ktime_get_ns();
	xarch_for_each_ns_safe(entry, next) {
		unsigned int arch;

		cond_resched();
		if (!is_dead(entry))
			continue;
		for (arch = 0; arch < __XARCH_ARCH_MAX; arch++)
			xarch_rule_del_and_tell(entry, arch);
		xarch_ns_drop_unused(entry);
	}
	any = xarch_ns_any();
	mutex_unlock(&xarch_rules_lock);

	took = div_u64(ktime_get_ns() - started, NSEC_PER_MSEC);
	if (any)
		look_after(clamp_t(u64, took * LOOK_SHARE, LOOK_AFTER_MIN, LOOK_AFTER_MAX));
}

void xarch_reaper_wake(void)
{
	look_after(LOOK_AFTER_MIN);
}

void xarch_reaper_stop(void)
{
	cancel_delayed_work_sync(&look_work);
}
