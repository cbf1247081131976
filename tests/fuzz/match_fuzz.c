// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarch_match() sees what any user may put into a file. libFuzzer looks for
 * bytes that make it read astray, or answer otherwise than the plain version
 * of the same rules that the unit test uses.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../kmod/match.h"
#include "../unit/match_naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
/* libFuzzer's own; there is no header for it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int want = naive_match(data, size);
	int got = xarch_match(data, size);

	if (got != want) {
		fprintf(stderr, "xarch_match() says %d, the plain rules %d\n", got, want);
		abort();
	}
	if (got != -1 && !xarch_arch_name(got)) {
		fprintf(stderr, "arch %d has no name\n", got);
		abort();
	}
	return 0;
}

/*
 * Blind changes hardly ever make a whole header, so start now and then from
 * one that is right; this also does without a corpus of files.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	unsigned char head[64];

	if (seed % 8 == 0 && max_size >= sizeof(head)) {
		naive_header(&naive_archs[seed / 8 % NAIVE_ARCHS], head);
		memcpy(data, head, sizeof(head));
		if (size < sizeof(head))
			size = sizeof(head);
	}
	return LLVMFuzzerMutate(data, size, max_size);
}
