/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_EMULATOR_H
#define _XARCHCTL_EMULATOR_H

#include <stdbool.h>

#include "../include/uapi/linux/xarch.h"

enum emulator_quality {
	EMULATOR_UNUSABLE,
	EMULATOR_DYNAMIC,	/* needs a loader inside each container */
	EMULATOR_GOOD,
};

/* The remedy where there is no emulator. */
#define EMULATOR_INSTALL "\"sudo apt install qemu-user-static\""

/**
 * emulator_judge() - whether a file can be an emulator
 * @path: the file
 * @why: set to what is wrong, with the file's name and the remedy; a new
 *	string, or NULL where @path is good
 *
 * The kernel judges as well when the rule is set; here it is said what to do.
 */
enum emulator_quality emulator_judge(const char *path, char **why);

/**
 * emulator_judge_file() - emulator_judge() of a file that is open
 * @path: how it is called
 * @fd: the file
 * @why: as of emulator_judge()
 */
enum emulator_quality emulator_judge_file(const char *path, int fd, char **why);

/**
 * emulator_failure() - why an exec by an emulator has failed
 * @path: the emulator
 * @err: errno of the exec
 *
 * Return: what is wrong with the emulator as it is now; or what @err says. A new string.
 */
char *emulator_failure(const char *path, int err);

/**
 * emulator_find() - best emulator of an arch on this host
 * @arch: which arch
 * @why: set to a warning, or to why there is none, as of emulator_judge()
 *
 * Looks for qemu-ARCH-static and qemu-ARCH where programs are kept, whatever
 * PATH says, then for Debian's /usr/libexec/qemu-binfmt/ARCH-binfmt-P. A
 * static one is better than a dynamically linked one, and the earlier better
 * than the later.
 *
 * Return: absolute path, a new string; or NULL.
 */
char *emulator_find(enum xarch_arch arch, char **why);

/**
 * emulator_choose() - settle on the emulator of a rule
 * @label: begins the error message
 * @arch: which arch
 * @path: what the user named, relative perhaps; NULL: the best that there is
 * @lazy: the file is another in each container, so that what is wrong with the
 *	one here is but worth a warning
 *
 * Return: absolute path, a new string; or NULL after an error message.
 */
char *emulator_choose(const char *label, enum xarch_arch arch,
		      const char *path, bool lazy);

/**
 * emulator_flaw() - what is known against giving an emulator credentials
 * @path: the emulator; it is run, to tell its version
 *
 * Return: the words of a warning with the remedy, a new string; or NULL.
 */
char *emulator_flaw(const char *path);

#endif /* _XARCHCTL_EMULATOR_H */
