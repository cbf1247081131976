# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests share that need no module; sourced by each. They print TAP.

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck disable=SC2034 # of those who source this
build=${XARCH_BUILD_DIR:-$top/build}/tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

n=0 failed=0
ok() {
	echo "ok $((++n)) - $1"
}

not_ok() {
	echo "not ok $((++n)) - $1"
	echo "# ${2//$'\n'/$'\n'# }"
	failed=1
}

# check NAME COMMAND...: it succeeds
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$output"; fi
}

# refuse NAME COMMAND...: it takes that for a usage error
refuse() {
	local name=$1 status=0 output
	shift
	output=$("$@" 2>&1) || status=$?
	if ((status == 2)); then ok "$name"; else not_ok "$name" "status $status: $output"; fi
}

finish() {
	echo "1..$n"
	exit $failed
}
