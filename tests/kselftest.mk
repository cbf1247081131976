# SPDX-License-Identifier: GPL-2.0-or-later
# What the Makefiles of native tests share: where things are, how the tests
# are run. The includer sets DIR (its name below tests/) and CHECKS (programs
# and scripts, in the order in which they run), and may add to TEST_DEPS.

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
BUILD := $(or $(XARCH_BUILD_DIR),$(TOP)/build)
OUT := $(BUILD)/tests/$(DIR)
KSELFTEST := $(BUILD)/kselftest

# The framework's headers are the kernel's: their warnings are not ours.
KSELFTEST_CFLAGS := -isystem $(KSELFTEST)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	    -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Werror
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all

# The kernel's runner preloads stdbuf's library into the tests.
export ASAN_OPTIONS := verify_asan_link_order=0

# V=1 shows the commands.
Q := $(if $(filter 1,$(V)),,@)
msg = $(if $(Q),@printf '  %-7s %s\n' $(1) $(notdir $(2)))

# One TAP line a test, its own output indented below; fails if one failed.
# The kernel's runner ends what takes 45 s; on a busy machine that need not be a hang.
check: all
	@export BASE_DIR=$(KSELFTEST) kselftest_override_timeout=200; . $(KSELFTEST)/kselftest/runner.sh; \
	{ \
		echo 'TAP version 13'; echo '1..$(words $(CHECKS))'; n=0; \
		for test in $(CHECKS); do n=$$((n + 1)); run_one $(DIR) $$test $$n; done; \
	} | tee $(OUT)/check.tap; \
	[ $$(grep -c '^ok ' $(OUT)/check.tap) -eq $(words $(CHECKS)) ]

clean:
	$(RM) -r $(OUT)

$(OUT):
	$(Q)mkdir -p $@

# Fast where there is nothing to do. The script's name in the list makes this
# again when the script has changed.
$(KSELFTEST)/.key: $(TOP)/tests/kselftest-fetch
	$(Q)$< >/dev/null
	$(Q)touch $@

.PHONY: all check clean
.DELETE_ON_ERROR:
