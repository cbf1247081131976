/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCH_TEST_LAB_H
#define _XARCH_TEST_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../include/uapi/linux/xarch.h"

/*
 * The files that tests work with. Whatever fails here is the test machine's
 * fault and ends the test at once.
 */

/* Where tests make their files: a fresh directory on a file system that
 * honours set-id bits, and the current directory; everybody may enter it.
 */
extern char lab_dir[64];
void lab_open(void);

/* Leave the directory, remove it, and remove all rules. */
void lab_close(void);

/* A file's absolute path: @lab_dir/@name. Static buffers, 16 in turn. */
const char *lab_path(const char *name);

void lab_write(const char *name, const void *data, size_t len, mode_t mode);

/* The smallest program of an arch; really run, it exits with PROBE_EXIT. */
void lab_program(const char *name, enum xarch_arch arch, mode_t mode);

/* Its bytes, and @len set to how many. */
const unsigned char *lab_program_bytes(enum xarch_arch arch, size_t *len);

/* An aarch64 program that is nothing but a header and a build-id; @id NULL: without that. */
#define LAB_ID_LEN 20
void lab_identified(const char *name, const unsigned char *id, mode_t mode);

/* A copy of the fake emulator, or of any file, mode 0755. */
void lab_emulator(const char *name);
void lab_copy(const char *from, const char *name);

/* The program's bytes as report.h's execfd_content has them. Static buffer. */
const char *lab_hex(const void *data, size_t len);

/* The directory that the test programs are in. */
const char *lab_bin(void);

/**
 * lab_writable() - can a file be opened for writing?
 * @name: the file
 * @wait: wait for up to two seconds for it to become so
 *
 * Rules let go of their emulator a grace period after they are gone.
 */
bool lab_writable(const char *name, bool wait);

/* Can a mount be taken away, waiting as lab_writable() does? */
bool lab_umount(const char *name);

/* Does this kernel deny writes to a running program? Tried with a native one. */
bool lab_kernel_denies_writes(void);

/* binfmt_misc: mount it, add an entry (register string), remove ours. */
void misc_mount(void);
void misc_register(const char *string);
void misc_remove(const char *name);
void misc_unload(void);
void misc_load(void);

/* Run a command; its exit status. */
int command(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* _XARCH_TEST_LAB_H */
