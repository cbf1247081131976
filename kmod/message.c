// SPDX-License-Identifier: GPL-2.0-only
/* Writing messages: the attributes of rules and of execs. */
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>

#include "message.h"
#include "rules.h"
#include "twins.h"

size_t xarch_rule_size(const struct xarch_rule *rule)
{
	return 7 * nla_total_size(sizeof(u32)) + 5 * nla_total_size_64bit(sizeof(u64)) +
	       (rule->emulator ? nla_total_size(strlen(rule->emulator) + 1) : 0) +
	       (rule->twins ? nla_total_size(XARCH_TWINS_NAME_LEN + 1) +
			      4 * nla_total_size_64bit(sizeof(u64)) : 0) +
	       (rule->emulator_ino ? nla_total_size(sizeof(u32)) +
				     nla_total_size_64bit(sizeof(u64)) : 0) +
	       rule->n_args * nla_total_size(0) + rule->args_len + rule->n_args * NLA_ALIGNTO;
}

static u64 ms_since(u64 then)
{
	u64 now = ktime_get_boottime_ns();

	/* Another CPU's clock may be a little ahead. */
	return now > then ? div_u64(now - then, NSEC_PER_MSEC) : 0;
}

static int put_u64(struct sk_buff *skb, enum xarch_attr attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, XARCH_A_PAD);
}

static int twins_fill(struct sk_buff *skb, const struct xarch_rule *rule,
		      const struct xarch_counters *sum)
{
	if (!rule->twins)
		return 0;
	if (put_u64(skb, XARCH_A_TWINS_RUN, sum->results[XARCH_RESULT_TWIN]) ||
	    put_u64(skb, XARCH_A_TWINS_NO_LOADER, sum->results[XARCH_RESULT_NO_LOADER]) ||
	    put_u64(skb, XARCH_A_TWINS_PRELOAD, sum->results[XARCH_RESULT_PRELOAD]) ||
	    put_u64(skb, XARCH_A_TWINS_ARGUMENT, sum->results[XARCH_RESULT_ARGUMENT]))
		return -EMSGSIZE;
	return 0;
}

/* What only the rule's own user namespace, and those around it, are told. */
static int whole_fill(struct sk_buff *skb, const struct xarch_rule *rule)
{
	struct xarch_counters sum;

	xarch_rule_counters(rule, &sum);
	if ((rule->scope != XARCH_SCOPE_HOST &&
	     nla_put_u32(skb, XARCH_A_NS_INUM, rule->ns_inum)) ||
	    nla_put_u32(skb, XARCH_A_OWNER_USERNS, rule->owner_inum) ||
	    put_u64(skb, XARCH_A_EMULATED, sum.results[XARCH_RESULT_EMULATED]) ||
	    put_u64(skb, XARCH_A_DENIED, sum.results[XARCH_RESULT_DENIED]) ||
	    put_u64(skb, XARCH_A_FAILED, sum.results[XARCH_RESULT_FAILED]) ||
	    (sum.last_used && put_u64(skb, XARCH_A_LAST_USED_MS, ms_since(sum.last_used))) ||
	    (rule->emulator_ino &&
	     (nla_put_u32(skb, XARCH_A_EMULATOR_DEV, rule->emulator_dev) ||
	      put_u64(skb, XARCH_A_EMULATOR_INO, rule->emulator_ino))))
		return -EMSGSIZE;
	return twins_fill(skb, rule, &sum);
}

int xarch_rule_fill(struct sk_buff *skb, const struct xarch_rule *rule, u32 generation,
		    bool whole)
{
	const char *arg = rule->args;
	u32 i;

	if (nla_put_u32(skb, XARCH_A_ARCH, rule->arch) ||
	    nla_put_u32(skb, XARCH_A_ACTION, rule->action) ||
	    nla_put_u32(skb, XARCH_A_SCOPE, rule->scope) ||
	    nla_put_u32(skb, XARCH_A_FLAGS, rule->flags) ||
	    (rule->emulator && nla_put_string(skb, XARCH_A_EMULATOR, rule->emulator)))
		return -EMSGSIZE;
	for (i = 0; i < rule->n_args; i++) {
		if (nla_put_string(skb, XARCH_A_ARG, arg))
			return -EMSGSIZE;
		arg += strlen(arg) + 1;
	}
	if ((rule->twins &&
	     nla_put_string(skb, XARCH_A_TWINS, xarch_twins_name(rule->twins))) ||
	    put_u64(skb, XARCH_A_AGE_MS, ms_since(rule->set_at)) ||
	    nla_put_u32(skb, XARCH_A_GENERATION, generation))
		return -EMSGSIZE;
	return whole ? whole_fill(skb, rule) : 0;
}

int xarch_exec_fill(struct sk_buff *skb, const struct xarch_rule *rule, const char *path,
		    enum xarch_twin twin, int err, struct user_namespace *reader)
{
	const struct pid_namespace *pid_ns = task_active_pid_ns(current);
	uid_t uid = from_kuid(reader, current_uid());
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, current);
	if (nla_put_u32(skb, XARCH_A_ARCH, rule->arch) ||
	    nla_put_u32(skb, XARCH_A_ACTION, rule->action) ||
	    nla_put_u32(skb, XARCH_A_SCOPE, rule->scope) ||
	    (rule->scope != XARCH_SCOPE_HOST && xarch_userns_contains(reader, rule->owner) &&
	     nla_put_u32(skb, XARCH_A_NS_INUM, rule->ns_inum)) ||
	    /* Of a listener in a container nothing says how it numbers processes. */
	    (reader == &init_user_ns && nla_put_u32(skb, XARCH_A_PID, task_tgid_nr(current))) ||
	    (xarch_userns_contains(reader, pid_ns->user_ns) &&
	     nla_put_u32(skb, XARCH_A_PID_NS_INUM, pid_ns->ns.inum)) ||
	    (uid != (uid_t)-1 && nla_put_u32(skb, XARCH_A_UID, uid)) ||
	    nla_put_string(skb, XARCH_A_COMM, comm) ||
	    nla_put_string(skb, XARCH_A_PATH, path) ||
	    (rule->emulator && nla_put_string(skb, XARCH_A_EMULATOR, rule->emulator)) ||
	    (rule->twins && nla_put_u32(skb, XARCH_A_TWINS_VERDICT, twin)) ||
	    (err && nla_put_u32(skb, XARCH_A_ERROR, -err)))
		return -EMSGSIZE;
	return 0;
}

size_t xarch_exec_size(const struct xarch_rule *rule, const char *path)
{
	return 9 * nla_total_size(sizeof(u32)) + nla_total_size(TASK_COMM_LEN) +
	       nla_total_size(strlen(path) + 1) +
	       (rule->emulator ? nla_total_size(strlen(rule->emulator) + 1) : 0);
}
