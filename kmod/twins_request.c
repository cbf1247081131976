// SPDX-License-Identifier: GPL-2.0-only
/* Loading and listing sets of twins by netlink; the uapi header draws the messages. */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>

#include "family.h"
#include "twins.h"
#include "twins_request.h"

static const struct nla_policy twin_policy[XARCH_TWIN_A_MAX + 1] = {
	[XARCH_TWIN_A_BUILD_ID] = { .type = NLA_BINARY, .len = XARCH_BUILD_ID_LEN },
	[XARCH_TWIN_A_FD] = { .type = NLA_U32 },
	[XARCH_TWIN_A_NOT_ARG] = { .type = NLA_NUL_STRING, .len = XARCH_TWIN_ARG_LEN },
	[XARCH_TWIN_A_ONLY_ARG] = { .type = NLA_NUL_STRING, .len = XARCH_TWIN_ARG_LEN },
};

const struct nla_policy xarch_twins_load_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_TWINS] = { .type = NLA_NUL_STRING, .len = XARCH_TWINS_NAME_LEN },
	[XARCH_A_TWINS_LOADER] = { .type = NLA_NUL_STRING, .len = XARCH_TWINS_LOADER_LEN },
	[XARCH_A_TWINS_LOADER_FD] = { .type = NLA_U32 },
	[XARCH_A_TWINS_EVERYBODY] = { .type = NLA_FLAG },
	[XARCH_A_TWIN] = NLA_POLICY_NESTED(twin_policy),
};

const struct nla_policy xarch_twins_unload_policy[XARCH_A_MAX + 1] = {
	[XARCH_A_TWINS] = { .type = NLA_NUL_STRING, .len = XARCH_TWINS_NAME_LEN },
};

/* As requests about rules ask it; sets are the host's alone. */
static int may_change(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_ns_capable(skb, &init_user_ns, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "changing twin sets needs CAP_SYS_ADMIN in the initial user namespace");
	return -EPERM;
}

/* The string of @attr, or an ERR_PTR. The policy lets a NUL inside it by. */
static const char *string_of(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *string;

	if (!attr) {
		NL_SET_ERR_MSG(extack, "a twin set has a name, a loader and the loader's descriptor");
		return ERR_PTR(-EINVAL);
	}
	string = nla_data(attr);
	if (!*string || strlen(string) + 1 != nla_len(attr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a string must not be empty and ends with its first NUL");
		return ERR_PTR(-EINVAL);
	}
	return string;
}

static struct file *file_of(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct file *file = attr ? fget(nla_get_u32(attr)) : NULL;

	if (!file)
		NL_SET_ERR_MSG_ATTR(extack, attr, "a descriptor is missing, or not open in the calling process");
	return file;
}

/* A list of strings that grows; each keeps its NUL. */
static int add_argument(char **room, const char **list, unsigned int *len,
			const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *string = string_of(attr, extack);

	if (IS_ERR(string))
		return PTR_ERR(string);
	if (!*len)
		*list = *room;
	memcpy(*room, string, nla_len(attr));
	*room += nla_len(attr);
	*len += nla_len(attr);
	return 0;
}

/* All strings of one kind, so that they stand one after the other. */
static int read_arguments(const struct nlattr *nest, int type, char **room, const char **list,
			  unsigned int *len, struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int rest, err;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) != type)
			continue;
		err = add_argument(room, list, len, attr, extack);
		if (err)
			return err;
	}
	return 0;
}

static int read_twin(const struct nlattr *nest, struct xarch_twin_request *twin, char **room,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[XARCH_TWIN_A_MAX + 1];
	const struct nlattr *id;
	int err;

	err = nla_parse_nested(attrs, XARCH_TWIN_A_MAX, nest, twin_policy, extack);
	if (err)
		return err;
	id = attrs[XARCH_TWIN_A_BUILD_ID];
	if (!id || !nla_len(id)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a twin needs a build-id");
		return -EINVAL;
	}
	twin->id_len = nla_len(id);
	memcpy(twin->id, nla_data(id), twin->id_len);
	err = read_arguments(nest, XARCH_TWIN_A_NOT_ARG, room, &twin->not_args,
			     &twin->not_args_len, extack);
	if (!err)
		err = read_arguments(nest, XARCH_TWIN_A_ONLY_ARG, room, &twin->only_args,
				     &twin->only_args_len, extack);
	if (err)
		return err;
	twin->file = file_of(attrs[XARCH_TWIN_A_FD], extack);
	return twin->file ? 0 : -EBADF;
}

static unsigned int count_twins(struct genl_info *info, size_t *bytes)
{
	unsigned int n = 0;
	struct nlattr *attr;
	int rest;

	*bytes = 0;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != XARCH_A_TWIN)
			continue;
		n++;
		*bytes += nla_len(attr);
	}
	return n;
}

/* @twins has room for @n, and @room for all their strings. */
static int read_twins(struct genl_info *info, struct xarch_twin_request *twins, char *room)
{
	struct nlattr *attr;
	int rest, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != XARCH_A_TWIN)
			continue;
		err = read_twin(attr, twins++, &room, info->extack);
		if (err)
			return err;
	}
	return 0;
}

int xarch_twins_load_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct xarch_twin_request *twins;
	const char *name, *loader;
	struct file *loader_file;
	unsigned int n, i;
	size_t bytes;
	int err;

	err = may_change(skb, info->extack);
	if (err)
		return err;
	name = string_of(attrs[XARCH_A_TWINS], info->extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	loader = string_of(attrs[XARCH_A_TWINS_LOADER], info->extack);
	if (IS_ERR(loader))
		return PTR_ERR(loader);
	if (*loader != '/') {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[XARCH_A_TWINS_LOADER],
				    "the loader's path must be absolute");
		return -EINVAL;
	}
	n = count_twins(info, &bytes);
	if (!n || n > XARCH_TWINS_MAX) {
		NL_SET_ERR_MSG(info->extack, "a twin set has one twin or more, up to 1024");
		return -E2BIG;
	}
	loader_file = file_of(attrs[XARCH_A_TWINS_LOADER_FD], info->extack);
	if (!loader_file)
		return -EBADF;
	twins = kvzalloc(n * sizeof(*twins) + bytes, GFP_KERNEL);
	if (!twins) {
		err = -ENOMEM;
		goto out_loader;
	}
	err = read_twins(info, twins, (char *)&twins[n]);
	if (!err)
		err = xarch_twins_load(name, loader, loader_file,
				       nla_get_flag(attrs[XARCH_A_TWINS_EVERYBODY]), twins, n,
				       info->extack);
	for (i = 0; i < n; i++)
		if (twins[i].file)
			fput(twins[i].file);
	kvfree(twins);
out_loader:
	fput(loader_file);
	return err;
}

int xarch_twins_unload_doit(struct sk_buff *skb, struct genl_info *info)
{
	const char *name;
	int err;

	err = may_change(skb, info->extack);
	if (err)
		return err;
	name = string_of(info->attrs[XARCH_A_TWINS], info->extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (xarch_twins_unload(name))
		return 0;
	NL_SET_ERR_MSG(info->extack, "no twin set of that name is loaded");
	return -ENOENT;
}

/*
 * Who may see all is the requester's own matter: the first .dumpit runs in whoever reads
 * the socket where the requester left its receive buffer full.
 */
int xarch_twins_get_start(struct netlink_callback *cb)
{
	cb->args[1] = netlink_ns_capable(cb->skb, &init_user_ns, CAP_SYS_ADMIN);
	return 0;
}

/* One message a set; the serial of the last is in cb->args[0], what .start found in [1]. */
int xarch_twins_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	bool all = cb->args[1];
	struct xarch_twins_info info;

	for (; xarch_twins_next(cb->args[0], &info); cb->args[0] = info.serial) {
		void *head;

		if (!all && !info.everybody)
			continue;
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &xarch_family, NLM_F_MULTI, XARCH_CMD_TWINS_GET);
		if (!head)
			break;
		if (nla_put_string(skb, XARCH_A_TWINS, info.name) ||
		    nla_put_string(skb, XARCH_A_TWINS_LOADER, info.loader) ||
		    nla_put_u32(skb, XARCH_A_TWINS_N, info.n) ||
		    nla_put_u32(skb, XARCH_A_TWINS_BYTES, info.bytes) ||
		    (info.everybody && nla_put_flag(skb, XARCH_A_TWINS_EVERYBODY))) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	return skb->len;
}
