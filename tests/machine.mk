# SPDX-License-Identifier: GPL-2.0-or-later
# What the Makefiles of suites that run in a test machine share. They are built outside
# of it, with the packages in tests/packages.host, into build/tests/SUITE; ./run runs
# there what the list "tests" names.
#
# The includer sets DIR (the suite), NATIVE (programs, each of one file and COMMON, its
# objects, and the library in ./lib), SCRIPTS (copied beside them), EMULATORS (of those
# below), RUN (what is run, in this order).

CHECKS :=

all:

include ../kselftest.mk

CFLAGS ?= -O1 -g
# Some warnings are not for the framework's macros, which expand in our files.
ALL_CFLAGS = -std=gnu2x -D_GNU_SOURCE $(filter-out -Wpedantic,$(WARNINGS)) \
	     -Wno-missing-prototypes $(KSELFTEST_CFLAGS) $(NL_CFLAGS) -I../lib \
	     $(USES:%=-I../%) -MMD -MP $(CFLAGS)

# The headers of libraries are not ours.
NL_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags libnl-genl-3.0))
NL_LIBS := $(shell pkg-config --libs libnl-genl-3.0)

LIB := $(addprefix $(OUT)/,netlink.o process.o rule.o set.o probe.o)
define LINK
$(call msg,LINK,$@)
$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(NL_LIBS) -o $@
endef

all: $(addprefix $(OUT)/,$(NATIVE) $(SCRIPTS) $(EMULATORS) tests)

$(NATIVE:%=$(OUT)/%): $(OUT)/%: $(OUT)/%.o $(COMMON:%=$(OUT)/%) $(LIB)
	$(LINK)

# The kernel's runner runs a program from its own directory.
$(SCRIPTS:%=$(OUT)/%): $(OUT)/%: % | $(OUT)
	$(Q)install $< $@

# Static: it starts in an empty chroot.
$(OUT)/fake_emulator: fake_emulator.c Makefile | $(OUT)
	$(call msg,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -static $(LDFLAGS) $< -o $@

# Hundreds of thousands are started: without a C library that takes a tenth.
$(filter $(OUT)/tag_%,$(EMULATORS:%=$(OUT)/%)): $(OUT)/tag_%: tag.c Makefile | $(OUT)
	$(call msg,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -O2 -DIDENTITY="'$*'" -static -nostdlib -nostartfiles \
		-fno-stack-protector -fno-pie -no-pie $(LDFLAGS) $< -o $@

$(OUT)/tests: Makefile | $(OUT)
	$(Q)printf '%s\n' $(RUN) >$@

# USES: those whose sources are used as well.
vpath %.c $(CURDIR) $(CURDIR)/../lib $(USES:%=$(CURDIR)/../%) $(TOP)/tools
$(OUT)/%.o: %.c Makefile ../kselftest.mk ../machine.mk $(KSELFTEST)/.key | $(OUT)
	$(call msg,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -c $< -o $@

-include $(wildcard $(OUT)/*.d)
