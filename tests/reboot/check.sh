# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the two halves of ./upgrade share. Sourced in the machine.

record=/var/lib/upgrade-test
n=0

# check NAME COMMAND...
check() {
	local name=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
		tail -n 30 <<<"$out" | sed 's/^/# /'
	fi
}

runs() { [[ $(chroot /opt/arm64 /bin/uname -m) == aarch64 ]]; }
