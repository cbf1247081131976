// SPDX-License-Identifier: GPL-2.0-only
/* Sets of twins: how they come and go, and whether an exec runs one. */
#include <linux/binfmts.h>
#include <linux/bsearch.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "emulator.h"
#include "strings.h"
#include "twins.h"

/* One line of the table. The strings are in the table's own. */
struct twin {
	unsigned char id[XARCH_BUILD_ID_LEN];	/* zeros behind @id_len bytes */
	u8 id_len;
	u16 not_args_len;
	u16 only_args_len;
	const char *not_args;
	const char *only_args;
	struct file *file;
};

/*
 * What a set is at a time; nothing in it changes. An exec looks its line up under
 * RCU and holds the table while it opens the twin.
 */
struct table {
	refcount_t users;
	struct rcu_head rcu;
	char loader[XARCH_TWINS_LOADER_LEN + 1];
	struct file *loader_file;
	size_t bytes;
	unsigned int n;
	struct twin twins[];			/* sorted by their build-ids */
};

/*
 * A name, held by the rules that name it and, while it has a table, by that. Writers
 * of the list hold sets_lock and load_lock; a name may go where no mutex can be taken
 * (the last rule in an RCU callback), hence the spinlock.
 */
struct xarch_twins {
	struct list_head list;
	refcount_t users;
	bool everybody;
	unsigned long serial;			/* rises along the list */
	struct table __rcu *table;
	char name[XARCH_TWINS_NAME_LEN + 1];
};

static DEFINE_MUTEX(load_lock);		/* one change of a table at a time */
static DEFINE_SPINLOCK(sets_lock);
static LIST_HEAD(sets);

/* ---- The table ---- */

static int compare(const void *a, const void *b)
{
	const struct twin *left = a, *right = b;

	return memcmp(left->id, right->id, sizeof(left->id)) ?: left->id_len - right->id_len;
}

static void table_put(struct table *table)
{
	unsigned int i;

	if (!table || !refcount_dec_and_test(&table->users))
		return;
	for (i = 0; i < table->n; i++)
		xarch_emulator_close(table->twins[i].file);
	if (table->loader_file)
		xarch_emulator_close(table->loader_file);
	kvfree_rcu(table, rcu);
}

/* extack takes literals only. */
static void complain(struct netlink_ext_ack *extack, int err)
{
	switch (err) {
	case -ELIBBAD:
		NL_SET_ERR_MSG(extack, "a twin is not a native ELF program");
		break;
	case -EACCES:
		NL_SET_ERR_MSG(extack, "a twin is not an executable regular file, or its mount is noexec");
		break;
	case -EROFS:
		NL_SET_ERR_MSG(extack, "a twin is not on a read-only file system: it could be changed");
		break;
	case -EPERM:
		NL_SET_ERR_MSG(extack, "a twin has set-id bits");
		break;
	default:
		NL_SET_ERR_MSG(extack, "a twin cannot be opened");
	}
}

/* A read-only mount is not enough: whoever mounted the file system may write to it. */
static struct file *pin(struct file *opened, struct netlink_ext_ack *extack)
{
	struct file *file;
	int err;

	if (!sb_rdonly(file_inode(opened)->i_sb))
		err = -EROFS;
	else if (file_inode(opened)->i_mode & (S_ISUID | S_ISGID))
		err = -EPERM;
	else
		err = xarch_emulator_check(opened);
	/* On its own mount, as nobody can write to that file system either. */
	file = err ? ERR_PTR(err) : xarch_emulator_reopen_as_kernel(&opened->f_path);
	if (IS_ERR(file))
		complain(extack, PTR_ERR(file));
	return file;
}

static const char *store(char **room, const char *strings, unsigned int len)
{
	const char *at = *room;

	if (len)
		memcpy(*room, strings, len);
	*room += len;
	return at;
}

static struct table *table_new(const char *loader, struct file *loader_file,
			       const struct xarch_twin_request *twins, unsigned int n,
			       struct netlink_ext_ack *extack)
{
	struct table *table;
	size_t strings = 0, bytes;
	unsigned int i;
	char *room;
	int err;

	for (i = 0; i < n; i++)
		strings += twins[i].not_args_len + twins[i].only_args_len;
	bytes = struct_size(table, twins, n) + strings;
	if (bytes > XARCH_TWINS_BYTES_MAX) {
		NL_SET_ERR_MSG(extack, "the set's table is too large");
		return ERR_PTR(-E2BIG);
	}
	table = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	refcount_set(&table->users, 1);
	table->bytes = bytes;
	strscpy(table->loader, loader, sizeof(table->loader));
	table->loader_file = pin(loader_file, extack);
	if (IS_ERR(table->loader_file)) {
		err = PTR_ERR(table->loader_file);
		table->loader_file = NULL;
		goto err_put;
	}
	room = (char *)&table->twins[n];
	for (i = 0; i < n; i++) {
		struct twin *twin = &table->twins[i];

		twin->file = pin(twins[i].file, extack);
		if (IS_ERR(twin->file)) {
			err = PTR_ERR(twin->file);
			goto err_put;
		}
		table->n++;
		memcpy(twin->id, twins[i].id, twins[i].id_len);
		twin->id_len = twins[i].id_len;
		twin->not_args_len = twins[i].not_args_len;
		twin->not_args = store(&room, twins[i].not_args, twin->not_args_len);
		twin->only_args_len = twins[i].only_args_len;
		twin->only_args = store(&room, twins[i].only_args, twin->only_args_len);
	}
	sort(table->twins, n, sizeof(table->twins[0]), compare, NULL);
	for (i = 1; i < n; i++) {
		if (!compare(&table->twins[i - 1], &table->twins[i])) {
			NL_SET_ERR_MSG(extack, "two twins for one build-id");
			err = -EEXIST;
			goto err_put;
		}
	}
	return table;

err_put:
	table_put(table);
	return ERR_PTR(err);
}

/* ---- The sets ---- */

static struct xarch_twins *find(const char *name)
{
	struct xarch_twins *set;

	lockdep_assert_held(&sets_lock);
	list_for_each_entry(set, &sets, list)
		if (!strcmp(set->name, name))
			return set;
	return NULL;
}

/* The set of that name, held for the table that it gets. */
static struct xarch_twins *find_or_add(const char *name)
{
	struct xarch_twins *set, *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	static unsigned long serials;

	lockdep_assert_held(&load_lock);
	if (!fresh)
		return NULL;
	strscpy(fresh->name, name, sizeof(fresh->name));
	refcount_set(&fresh->users, 1);
	fresh->serial = ++serials;
	spin_lock_bh(&sets_lock);
	set = find(name);
	if (set)
		refcount_inc(&set->users);
	else
		list_add_tail(&fresh->list, &sets);
	spin_unlock_bh(&sets_lock);
	if (!set)
		return fresh;
	kfree(fresh);
	return set;
}

/* Return: the table that was there, for table_put(), or NULL. */
static struct table *exchange(struct xarch_twins *set, struct table *table)
{
	lockdep_assert_held(&load_lock);
	return rcu_replace_pointer(set->table, table, lockdep_is_held(&load_lock));
}

int xarch_twins_load(const char *name, const char *loader, struct file *loader_file,
		     bool everybody, const struct xarch_twin_request *twins, unsigned int n,
		     struct netlink_ext_ack *extack)
{
	struct xarch_twins *set;
	struct table *table, *old;

	table = table_new(loader, loader_file, twins, n, extack);
	if (IS_ERR(table))
		return PTR_ERR(table);
	mutex_lock(&load_lock);
	set = find_or_add(name);
	if (!set) {
		mutex_unlock(&load_lock);
		table_put(table);
		return -ENOMEM;
	}
	WRITE_ONCE(set->everybody, everybody);
	old = exchange(set, table);
	mutex_unlock(&load_lock);
	/* The table that went had a hold on the name of its own. */
	if (old)
		xarch_twins_put(set);
	table_put(old);
	return 0;
}

bool xarch_twins_unload(const char *name)
{
	struct table *old = NULL;
	struct xarch_twins *set;

	mutex_lock(&load_lock);
	spin_lock_bh(&sets_lock);
	set = find(name);
	spin_unlock_bh(&sets_lock);
	/* A set with a table does not go: that holds it, and load_lock holds the table. */
	if (set && rcu_access_pointer(set->table))
		old = exchange(set, NULL);
	mutex_unlock(&load_lock);
	if (!old)
		return false;
	xarch_twins_put(set);
	table_put(old);
	return true;
}

struct xarch_twins *xarch_twins_get(const char *name, bool delegated,
				    struct netlink_ext_ack *extack)
{
	struct xarch_twins *set;
	int err = 0;

	spin_lock_bh(&sets_lock);
	set = find(name);
	if (!set || !rcu_access_pointer(set->table))
		err = -ENOENT;
	else if (delegated && !set->everybody)
		err = -EPERM;
	else
		refcount_inc(&set->users);
	spin_unlock_bh(&sets_lock);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack, "no twin set of that name is loaded");
	if (err == -EPERM)
		NL_SET_ERR_MSG(extack, "the twin set is not for everybody");
	return err ? ERR_PTR(err) : set;
}

struct xarch_twins *xarch_twins_hold(struct xarch_twins *set)
{
	refcount_inc(&set->users);
	return set;
}

void xarch_twins_put(struct xarch_twins *set)
{
	bool last;

	if (!set)
		return;
	/* Not the last hold and the list apart: a name that is found there is held. */
	spin_lock_bh(&sets_lock);
	last = refcount_dec_and_test(&set->users);
	if (last)
		list_del(&set->list);
	spin_unlock_bh(&sets_lock);
	if (last)
		kfree(set);
}

const char *xarch_twins_name(const struct xarch_twins *set)
{
	return set->name;
}

bool xarch_twins_next(unsigned long after, struct xarch_twins_info *info)
{
	struct xarch_twins *set;
	const struct table *table;
	bool found = false;

	mutex_lock(&load_lock);
	spin_lock_bh(&sets_lock);
	list_for_each_entry(set, &sets, list) {
		table = rcu_dereference_protected(set->table, lockdep_is_held(&load_lock));
		if (!table || set->serial <= after)
			continue;
		info->serial = set->serial;
		strscpy(info->name, set->name, sizeof(info->name));
		strscpy(info->loader, table->loader, sizeof(info->loader));
		info->n = table->n;
		info->bytes = table->bytes;
		info->everybody = set->everybody;
		found = true;
		break;
	}
	spin_unlock_bh(&sets_lock);
	mutex_unlock(&load_lock);
	return found;
}

void xarch_twins_exit(void)
{
	struct xarch_twins_info info;

	while (xarch_twins_next(0, &info))
		xarch_twins_unload(info.name);
}

/* ---- An exec ---- */

/* What the strings of an exec say of a twin. */
struct judgement {
	const struct twin *twin;
	bool named;			/* argv[0] is a name, not an argument */
	bool ruled_out;
	bool let_in;
	bool preload;
};

static bool in_list(const char *string, const char *list, size_t len)
{
	const char *end = list + len;

	for (; list < end; list += strlen(list) + 1) {
		size_t n = strlen(list);

		if (n && list[n - 1] == '*' ? !strncmp(string, list, n - 1) :
					      !strcmp(string, list))
			return true;
	}
	return false;
}

static bool judge(const char *head, bool environment, void *data)
{
	struct judgement *judgement = data;
	const struct twin *twin = judgement->twin;

	if (environment) {
		/* A native program would ignore a foreign library, with a message. */
		if (strstarts(head, "LD_PRELOAD=") || strstarts(head, "LD_AUDIT="))
			judgement->preload = true;
	} else if (!judgement->named) {
		judgement->named = true;
	} else if (in_list(head, twin->not_args, twin->not_args_len)) {
		judgement->ruled_out = true;
	} else if (in_list(head, twin->only_args, twin->only_args_len)) {
		judgement->let_in = true;
	}
	return !judgement->preload && !judgement->ruled_out;
}

/*
 * The kernel will open the twin's loader by its path in the container. Whether it is
 * the set's own there may change between this look and that: harmless, since whoever
 * may change it may run any native program anyway.
 */
static bool sees_loader(const struct table *table)
{
	struct path path;
	bool same;

	if (kern_path(table->loader, LOOKUP_FOLLOW, &path))
		return false;
	same = d_inode(path.dentry) == file_inode(table->loader_file);
	path_put(&path);
	return same;
}

/* The line of the program of an exec; the table is held with it. */
static const struct twin *find_twin(struct xarch_twins *set, struct linux_binprm *bprm,
				    struct table **held)
{
	const struct twin *twin = NULL;
	struct twin key = { };
	struct table *table;
	unsigned char *head;
	loff_t pos = 0;
	ssize_t len;

	head = kmalloc(XARCH_NOTE_LEN, GFP_KERNEL);
	if (!head)
		return NULL;
	len = kernel_read(bprm->file, head, XARCH_NOTE_LEN, &pos);
	if (len > 0)
		key.id_len = xarch_build_id(head, len, key.id);
	kfree(head);
	if (!key.id_len)
		return NULL;
	rcu_read_lock();
	table = rcu_dereference(set->table);
	if (table)
		twin = bsearch(&key, table->twins, table->n, sizeof(key), compare);
	if (twin && !refcount_inc_not_zero(&table->users))
		twin = NULL;
	rcu_read_unlock();
	*held = table;
	return twin;
}

static enum xarch_twin may_run(const struct table *table, const struct twin *twin,
			       struct linux_binprm *bprm)
{
	struct judgement judgement = { .twin = twin };

	if (file_inode(bprm->file)->i_mode & (S_ISUID | S_ISGID))
		return XARCH_TWIN_SET_ID;
	if (xarch_strings_each(bprm, judge, &judgement) || judgement.ruled_out)
		return XARCH_TWIN_ARGUMENT;
	if (judgement.preload)
		return XARCH_TWIN_PRELOAD;
	if (twin->only_args_len && !judgement.let_in)
		return XARCH_TWIN_ARGUMENT;
	return sees_loader(table) ? XARCH_TWIN_RUNS : XARCH_TWIN_NO_LOADER;
}

struct file *xarch_twin_open(struct xarch_twins *set, struct linux_binprm *bprm,
			     enum xarch_twin *why)
{
	const struct twin *twin;
	struct file *file = NULL;
	struct table *table;

	*why = XARCH_TWIN_NONE;
	twin = find_twin(set, bprm, &table);
	if (!twin)
		return NULL;
	*why = may_run(table, twin, bprm);
	if (*why == XARCH_TWIN_RUNS) {
		file = xarch_emulator_clone(twin->file);
		if (IS_ERR(file)) {
			*why = XARCH_TWIN_NONE;
			file = NULL;
		}
	}
	table_put(table);
	return file;
}
