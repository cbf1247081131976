// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What fails once an emulator has been handed to the kernel is a SIGSEGV to the caller
 * and looks like an emulated program: it must fail before, by its errno, and count as
 * failed.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#include "lab.h"
#include "launch.h"
#include "report.h"
#include "rule.h"

#define ARCH XARCH_ARCH_AARCH64
#define DYNAMIC "/usr/bin/true"

FIXTURE(handover)
{
	const char *emulator;
};

FIXTURE_SETUP(handover)
{
	lab_open();
	lab_emulator("emulator");
	lab_program("prog", ARCH, 0755);
	self->emulator = lab_path("emulator");
}

FIXTURE_TEARDOWN(handover)
{
	lab_close();
}

/* The exec's errno, or its wait status above 1000; and that it was counted as such. */
static int try(struct launch launch_it)
{
	struct rule_state before, after;
	struct outcome o;
	int result;

	if (rule_get(ARCH, &before))
		return -1;
	launch_it.path = "./prog";
	launch(&launch_it, &o);
	result = o.error ?: 1000 + o.status;
	outcome_free(&o);
	if (rule_get(ARCH, &after) ||
	    after.failed != before.failed + (result < 1000) ||
	    after.emulated != before.emulated + (result >= 1000))
		return -2;
	return result;
}

#define RAN (1000 + (EMULATOR_EXIT << 8))

/* A pinned emulator has a mount of its own, which stays as it was. */
TEST_F(handover, to_a_mount_turned_noexec)
{
	ASSERT_EQ(0, mkdir("mnt", 0755));
	ASSERT_EQ(0, mount("tmpfs", "mnt", "tmpfs", 0, NULL));
	lab_emulator("mnt/emulator");
	ASSERT_EQ(0, rule_emulate(ARCH, lab_path("mnt/emulator"), 0));
	ASSERT_EQ(0, mount(NULL, "mnt", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL));
	EXPECT_EQ(RAN, try((struct launch){ }));
	ASSERT_EQ(0, rule_emulate(ARCH, lab_path("mnt/emulator"), XARCH_F_LAZY));
	EXPECT_EQ(EACCES, try((struct launch){ }));
	ASSERT_EQ(0, umount("mnt"));
}

TEST_F(handover, without_a_descriptor_for_the_program)
{
	ASSERT_EQ(0, rule_emulate(ARCH, self->emulator, 0));
	EXPECT_EQ(EMFILE, try((struct launch){ .files = FILES_KEPT }));
	/* The kernel closes those first: there is one. */
	EXPECT_EQ(RAN, try((struct launch){ .files = FILES_CLOSED }));
	/* Nothing of the failed ones is left: it goes on to do so. */
	EXPECT_EQ(RAN, try((struct launch){ }));
}

/* A root without the emulator's loader, as every container is without the host's. */
TEST_F(handover, to_an_emulator_without_its_loader)
{
	ASSERT_EQ(0, mkdir("root", 0755));
	lab_program("root/prog", ARCH, 0755);
	lab_copy(DYNAMIC, "dynamic");
	ASSERT_EQ(0, rule_emulate(ARCH, lab_path("dynamic"), 0));
	EXPECT_EQ(ENOENT, try((struct launch){ .root = "root" }));
	EXPECT_EQ(1000, try((struct launch){ }));

	/* A lazy one is looked at when it is there. */
	lab_copy(DYNAMIC, "root/dynamic");
	ASSERT_EQ(0, rule_emulate(ARCH, "/dynamic", XARCH_F_LAZY));
	EXPECT_EQ(ENOENT, try((struct launch){ .root = "root" }));
	lab_emulator("root/dynamic");
	EXPECT_EQ(RAN, try((struct launch){ .root = "root" }));
}

/* Headers that the kernel would refuse are no emulator, when it is pinned or run. */
TEST_F(handover, to_headers_that_lead_nowhere)
{
	ASSERT_EQ(0, command("cp %s broken; printf '\\377\\377' | "
			     "dd of=broken bs=1 seek=32 conv=notrunc status=none", DYNAMIC));
	EXPECT_EQ(-ELIBBAD, rule_emulate(ARCH, lab_path("broken"), 0));
	ASSERT_EQ(0, rule_emulate(ARCH, lab_path("broken"), XARCH_F_LAZY));
	EXPECT_EQ(ELIBBAD, try((struct launch){ }));
}

/* None at all, which looks like a static program, and more than the kernel reads. */
TEST_F(handover, to_a_number_of_headers_that_the_kernel_refuses)
{
	static const char *const numbers[] = { "\\0\\0", "\\223\\004" };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		/* Long enough for all of them, so that it is not its end that tells. */
		ASSERT_EQ(0, command("cp %s odd; truncate -s 8M odd; printf '%s' | "
				     "dd of=odd bs=1 seek=56 conv=notrunc status=none",
				     self->emulator, numbers[i]));
		EXPECT_EQ(-ELIBBAD, rule_emulate(ARCH, lab_path("odd"), 0));
		ASSERT_EQ(0, rule_emulate(ARCH, lab_path("odd"), XARCH_F_LAZY));
		EXPECT_EQ(ELIBBAD, try((struct launch){ }));
	}
}

TEST_HARNESS_MAIN
