// SPDX-License-Identifier: GPL-2.0-only
/*
 * The strings of an exec. They lie in the new mm: argv's from bprm->p on, the
 * environment's behind them, up to bprm->exec.
 */
#include <linux/binfmts.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "compat.h"
#include "strings.h"

struct reader {
	char head[XARCH_STRING_HEAD + 1];
	unsigned int len;		/* of what is in @head */
	unsigned int n;			/* strings shown so far */
};

/* Return: whether to go on. */
static bool read_bytes(struct reader *reader, const char *bytes, size_t len, int argc,
		       xarch_string_fn fn, void *data)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (bytes[i]) {
			if (reader->len < XARCH_STRING_HEAD)
				reader->head[reader->len++] = bytes[i];
			continue;
		}
		reader->head[reader->len] = '\0';
		if (!fn(reader->head, reader->n >= argc, data))
			return false;
		reader->len = 0;
		reader->n++;
	}
	return true;
}

int xarch_strings_each(struct linux_binprm *bprm, xarch_string_fn fn, void *data)
{
	struct reader reader = { };
	unsigned long at = bprm->p;
	bool more = true;

	while (more && at < bprm->exec) {
		size_t len = min(bprm->exec - at, PAGE_SIZE - offset_in_page(at));
		struct page *page;
		const char *bytes;
		long got;

		mmap_read_lock(bprm->mm);
		got = xarch_get_page_remote(bprm->mm, at, FOLL_FORCE, &page);
		mmap_read_unlock(bprm->mm);
		if (got != 1)
			return -EFAULT;
		bytes = kmap_local_page(page);
		more = read_bytes(&reader, bytes + offset_in_page(at), len, bprm->argc, fn, data);
		kunmap_local(bytes);
		put_page(page);
		at += len;
	}
	return 0;
}
