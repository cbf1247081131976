/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_PROBE_H
#define _XARCH_PROBE_H

#include <stddef.h>

#include "../include/uapi/linux/xarch.h"

/* Exit status of every probe: not 0, 1 or 127, which a failure could give too. */
#define PROBE_EXIT 42

/**
 * probe_program() - smallest program of an arch
 * @arch: whose
 * @len: set to the program's length in bytes
 *
 * A whole static ELF file that exits with PROBE_EXIT and does nothing else, to
 * be written to a file and executed. It needs neither a C library nor a file
 * system of its arch.
 *
 * Return: the program, valid until the process ends, or NULL (and *@len is 0)
 * where there is none for @arch. Not safe to call from two threads at once.
 */
const unsigned char *probe_program(enum xarch_arch arch, size_t *len);

#endif /* _XARCH_PROBE_H */
