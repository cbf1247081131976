# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the engines' tests share. Sourced in a machine of their own, which they
# may change as they like.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck disable=SC2034 # used by those who source this file
images=${XARCH_BUILD_DIR:-$top/build}/engines
[[ -d /run/vm ]] || { echo "Bail out! for a test machine alone: tests/engines/run"; exit 1; }

n=0 failed=0
finish() {
	echo "1..$n"
	exit $failed
}

result() {
	local good=$1 name=$2 output=${3-}
	if [[ $good == yes ]]; then
		echo "ok $((++n)) - $name"
	else
		echo "not ok $((++n)) - $name"
		sed 's/^/#   /' <<<"$output" | tail -n 20
		failed=1
	fi
}

skip() {
	echo "ok $((++n)) - $1 # SKIP $2"
}

# says NAME REGEX COMMAND...: it succeeds, and prints that
says() {
	local name=$1 regex=$2 status=0 output
	shift 2
	output=$("$@" 2>&1) || status=$?
	if ((status == 0)) && grep -qE -- "$regex" <<<"$output"; then
		result yes "$name"
	else
		result no "$name" "status $status, want \"$regex\":"$'\n'"$output"
	fi
}

# fails NAME REGEX COMMAND...: it does not, and says so
fails() {
	local name=$1 regex=$2 status=0 output
	shift 2
	output=$("$@" 2>&1) || status=$?
	if ((status)) && grep -qE -- "$regex" <<<"$output"; then
		result yes "$name"
	else
		result no "$name" "status $status, want \"$regex\":"$'\n'"$output"
	fi
}

# wait_for COMMAND...: until it succeeds, 20 s at most
wait_for() {
	local i
	for ((i = 0; i < 100; i++)); do
		! "$@" 2>/dev/null || return 0
		sleep 0.2
	done
	return 1
}

# What is left of containers' rules when they are gone: nothing, soon.
rules_gone() {
	local i
	for ((i = 0; i < 20; i++)); do
		xarchctl -j show | jq -e 'all(.[]; .scope == "host")' >/dev/null && return
		sleep 1
	done
	xarchctl show
	return 1
}

# Which emulator runs this: qemu 10 tells of the CPU that it was given, the older
# one hands out the host's cpuinfo.
# shellcheck disable=SC2034 # used by those who source this file
old=/opt/qemu-7.2/qemu-aarch64 new=/usr/bin/qemu-aarch64
# shellcheck disable=SC2034
a72='CPU part.*0xd08' hosts='^model name'
# shellcheck disable=SC2034
cpu=(sh -c 'cat /proc/cpuinfo')

as_user() {
	(cd / && runuser -u user -- env HOME=/home/user XDG_RUNTIME_DIR=/run/user/1000 \
		DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@")
}

# The module cannot be had for as long as a command runs. (modprobe ignores "install"
# where a module has a soft dependency.)
without_module() {
	local status=0 module
	module=$(modinfo -n xarch)
	xarchctl disable all --runtime >/dev/null
	# Not modprobe -r: it would have binfmt_misc go as well, which is in use.
	rmmod xarch
	mv "$module" "$module.hidden"
	"$@" || status=$?
	mv "$module.hidden" "$module"
	modprobe xarch
	xarchctl restore >/dev/null
	return $status
}
