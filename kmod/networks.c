// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces by who administers them. */
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "networks.h"

/**
 * struct owner - a user namespace that network namespaces belong to
 * @node: in owners
 * @userns: the key; held by each of @networks
 * @networks: never empty but while it is made or gone, RCU
 * @rcu: frees it
 */
struct owner {
	struct rhash_head node;
	const struct user_namespace *userns;
	struct hlist_head networks;
	struct rcu_head rcu;
};

/**
 * struct network - a network namespace's own part; the kernel allocates and frees it
 * @node: in @owner's
 * @net: which
 * @owner: who owns it
 */
struct network {
	struct hlist_node node;
	struct net *net;
	struct owner *owner;
};

static unsigned int network_id;
static struct rhashtable owners;
static const struct rhashtable_params owners_params = {
	.key_len = sizeof_field(struct owner, userns),
	.key_offset = offsetof(struct owner, userns),
	.head_offset = offsetof(struct owner, node),
	.automatic_shrinking = true,
};

/* Who comes and goes; readers have RCU. */
static DEFINE_MUTEX(lock);

static struct owner *owner_get(const struct user_namespace *userns)
{
	struct owner *owner = rhashtable_lookup_fast(&owners, &userns, owners_params);
	int err;

	if (owner)
		return owner;
	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->userns = userns;
	err = rhashtable_insert_fast(&owners, &owner->node, owners_params);
	if (err) {
		kfree(owner);
		return ERR_PTR(err);
	}
	return owner;
}

static int __net_init network_init(struct net *net)
{
	struct network *network = net_generic(net, network_id);
	struct owner *owner;

	mutex_lock(&lock);
	owner = owner_get(net->user_ns);
	if (!IS_ERR(owner)) {
		network->net = net;
		network->owner = owner;
		hlist_add_head_rcu(&network->node, &owner->networks);
	}
	mutex_unlock(&lock);
	return PTR_ERR_OR_ZERO(owner);
}

/* Before the kernel waits for RCU's readers, behind which @network is freed. */
static void __net_exit network_pre_exit(struct net *net)
{
	struct network *network = net_generic(net, network_id);
	struct owner *owner = network->owner;

	mutex_lock(&lock);
	hlist_del_rcu(&network->node);
	if (hlist_empty(&owner->networks)) {
		rhashtable_remove_fast(&owners, &owner->node, owners_params);
		kfree_rcu(owner, rcu);
	}
	mutex_unlock(&lock);
}

static struct pernet_operations networks_ops = {
	.init = network_init,
	.pre_exit = network_pre_exit,
	.id = &network_id,
	.size = sizeof(struct network),
};

void xarch_networks_each(const struct user_namespace *owner,
			 void (*call)(struct net *net, void *arg), void *arg)
{
	struct network *network;
	struct owner *entry;
	struct net *net;

	rcu_read_lock();
	if (owner) {
		entry = rhashtable_lookup(&owners, &owner, owners_params);
		if (entry)
			hlist_for_each_entry_rcu(network, &entry->networks, node)
				call(network->net, arg);
	} else {
		for_each_net_rcu(net)
			call(net, arg);
	}
	rcu_read_unlock();
}

int __init xarch_networks_init(void)
{
	int err = rhashtable_init(&owners, &owners_params);

	if (err)
		return err;
	err = register_pernet_subsys(&networks_ops);
	if (err)
		rhashtable_destroy(&owners);
	return err;
}

void xarch_networks_exit(void)
{
	unregister_pernet_subsys(&networks_ops);
	rhashtable_destroy(&owners);
}
