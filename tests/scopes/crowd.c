// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "crowd.h"

struct crowd_inum {
	uint32_t inum;
	int index;
};

static int by_inum(const void *a, const void *b)
{
	const struct crowd_inum *x = a, *y = b;

	return x->inum < y->inum ? -1 : x->inum > y->inum;
}

void crowd_open(struct crowd *crowd, unsigned int rules)
{
	struct rlimit limit = { 65536, 65536 };
	int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	unsigned int i;

	crowd->rules = rules;
	/* All but the machine's own. */
	crowd->archs = XARCH_ARCH_MAX;
	/* Enough of them even without one arch. */
	crowd->namespaces = (rules + crowd->archs - 2) / (crowd->archs - 1);
	crowd->scopes = calloc(crowd->namespaces, sizeof(*crowd->scopes));
	crowd->inums = calloc(crowd->namespaces, sizeof(*crowd->inums));
	must(!setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	for (i = 0; i < crowd->namespaces; i++) {
		struct stat st;

		/* From ours each time: a copy of a copy is the same, but keeps the last. */
		must(!setns(own, CLONE_NEWNS) && !unshare(CLONE_NEWNS), "unshare");
		crowd->scopes[i].kind = XARCH_SCOPE_MOUNT;
		crowd->scopes[i].fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		must(crowd->scopes[i].fd >= 0 && !fstat(crowd->scopes[i].fd, &st), "ns/mnt");
		crowd->inums[i] = (struct crowd_inum){ st.st_ino, i };
	}
	qsort(crowd->inums, crowd->namespaces, sizeof(*crowd->inums), by_inum);
	must(!setns(own, CLONE_NEWNS), "setns");
	close(own);
}

void crowd_close(struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->namespaces; i++)
		close(crowd->scopes[i].fd);
	free(crowd->scopes);
	free(crowd->inums);
}

int crowd_find(const struct crowd *crowd, uint32_t inum)
{
	const struct crowd_inum key = { inum, 0 };
	const struct crowd_inum *found = bsearch(&key, crowd->inums, crowd->namespaces,
						 sizeof(key), by_inum);

	return found ? found->index : -1;
}

int crowd_set(const struct crowd *crowd, unsigned int from, unsigned int to)
{
	struct batch batch;
	unsigned int i;
	int err = batch_begin(&batch);

	for (i = from; i < to && !err; i++) {
		/* Every kind of rule; emulators cost most, and are half of them. */
		unsigned int arch = i % crowd->archs;
		struct rule rule = { .action = i % 4 ? XARCH_ACTION_DENY : XARCH_ACTION_PASS };

		if (i % 2)
			rule = *tag_rule(0, 1 + i % 200, 0);
		rule.arch = arch + (arch >= XARCH_ARCH_X86_64);
		err = batch_set(&batch, crowd->scopes[i / crowd->archs], &rule);
	}
	return batch_end(&batch) ?: err;
}
