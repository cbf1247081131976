# SPDX-License-Identifier: GPL-2.0-or-later
#
# make                  build xarchctl, and the module for this kernel
# sudo make install     build and install both, the module through DKMS
# sudo make uninstall   remove everything that install put there
# make deb              Debian packages of both, in build/deb, looked over by lintian
# make rpm              the same for RPM, in build/rpm
# make check            all tests, in virtual machines (KERNELS="uml 6.1 6.12 7.3");
#                       SYSTEMD=1: the engines', packages', upgrade's, builds', installs'
#                       and bench's as well (or parts: SYSTEMD="podman twins package installs")
# make check-debug      every suite on kernels that check memory and faults, and locks
# make mutate           small changes to the code that its tests must notice
# make stress           installs compared whole; namespaces and races in full numbers;
#                       ends with figures
# make bench            builds emulated, with twins and on x86-64; what an exec costs
#                       (QUICK=1: less; FULL=1: GNU hello and zlib as well; ROUNDS=3)
# make demo             the main job, in a virtual machine
# make lint             checkpatch, sparse, shellcheck
# make clean            remove build/, caches included

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
KERNELRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KERNELRELEASE)/build
DKMS_SOURCE := /usr/src/xarch-$(VERSION)
BUILD := $(CURDIR)/build

# The kernels that tests run on, by the series of Debian's packages.
KERNELS ?= uml 6.12

.PHONY: all module tools install uninstall deb rpm check check-debug mutate stress bench demo lint clean

all: module tools

# kbuild writes beside the sources, so it gets a copy of them.
module:
	@mkdir -p $(BUILD)/module
	@cp -rpu dkms.conf include kmod $(BUILD)/module/
	$(MAKE) -C $(KDIR) M=$(BUILD)/module/kmod modules

tools:
	$(MAKE) -C tools

install:
	@[ "$$(id -u)" = 0 ] || { echo 'make install: must be root: run "sudo make install"' >&2; exit 1; }
	tools/apt-install tools/packages.build tools/packages.dkms
	$(MAKE) -C tools install
	@echo "Building the module for $(KERNELRELEASE) through DKMS (under a minute)..."
	rm -rf $(DKMS_SOURCE)
	mkdir -p $(DKMS_SOURCE)
	cp -r dkms.conf include kmod $(DKMS_SOURCE)/
	dkms status xarch/$(VERSION) | grep -q . && dkms remove xarch/$(VERSION) --all || true
	dkms add xarch/$(VERSION)
	dkms install xarch/$(VERSION) -k $(KERNELRELEASE) || \
		{ cat /var/lib/dkms/xarch/$(VERSION)/build/make.log >&2; exit 1; }
	@# Where it cannot be loaded, for want of a signature that the kernel trusts, say, it
	@# is said now and not when the machine has restarted.
	@[ "$(KERNELRELEASE)" != "$$(uname -r)" ] || xarchctl -j show >/dev/null || \
		{ echo 'make install: all is installed, but of no use until this is mended' >&2; exit 1; }
	@echo "Installed. Next: sudo xarchctl enable aarch64"

uninstall:
	@[ "$$(id -u)" = 0 ] || { echo 'make uninstall: must be root: run "sudo make uninstall"' >&2; exit 1; }
	@# Not modprobe -r: it would have binfmt_misc go as well, which is in use.
	! grep -q '^xarch ' /proc/modules || rmmod xarch
	for version in $$(dkms status xarch | sed -n 's,^xarch[,/ ]*\([^,: ]*\).*,\1,p' | sort -u); do \
		dkms remove xarch/$$version --all; rm -rf /usr/src/xarch-$$version; done
	rm -rf $(DKMS_SOURCE) /var/lib/dkms/xarch
	$(MAKE) -C tools uninstall
	rm -f /etc/xarch.conf /etc/xarch-runtime

# Of the files as they are now, known to git or not ignored by it, without the tests.
deb:
	tools/apt-install tools/packages.build tools/packages.deb
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb/xarch-$(VERSION)
	git ls-files -z --cached --others --exclude-standard -- . ':!tests' | \
		xargs -0 cp --parents -t $(BUILD)/deb/xarch-$(VERSION)
	cd $(BUILD)/deb/xarch-$(VERSION) && dpkg-buildpackage --no-sign --build=binary
	lintian --fail-on error,warning $(BUILD)/deb/*.changes

# Debian's RPM knows nothing of what is installed here.
rpm:
	tools/apt-install tools/packages.build tools/packages.rpm
	rm -rf $(BUILD)/rpm
	mkdir -p $(BUILD)/rpm/SOURCES
	git ls-files -z --cached --others --exclude-standard -- . ':!tests' ':!debian' | \
		tar --null -T - --transform 's,^,xarch-$(VERSION)/,' -czf $(BUILD)/rpm/SOURCES/xarch-$(VERSION).tar.gz
	rpmbuild -bb --nodeps --define "_topdir $(BUILD)/rpm" --define "xarch_version $(VERSION)" rpm/xarch.spec

check:
	tests/check $(KERNELS)

check-debug:
	tests/check uml-memory uml-locks

mutate:
	tests/mutate/run

stress:
	tests/installs/run --full uml
	tests/scopes/stress

bench:
	tests/bench/run

demo:
	tests/demo/run

lint:
	tests/lint

clean:
	rm -rf $(BUILD)
