# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the shell tests of scopes share. Sourced; a test is a function test_NAME,
# run_tests runs them in the order in which they stand.
# shellcheck disable=SC2034 # for those who source it
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=$(mktemp -d /var/tmp/xarch-scopes.XXXXXX)
chmod 755 "$lab"
prog=$lab/prog
other=$lab/other.prog
boxes=()
failed=''
errors=$lab/errors

say() { printf '# %s\n' "$*"; }

fail() {
	say "${BASH_LINENO[${1:-0}]}: ${*:2}"
	failed=yes
}

# same WANT HAVE
same() {
	[[ $1 == "$2" ]] || fail 1 "want <$1>, have <$2>"
}

# has PIECE TEXT
has() {
	[[ $2 == *"$1"* ]] || fail 1 "want <$1> in <$2>"
}

# status WANT COMMAND...: its exit status, its standard error in $errors
status() {
	local want=$1 have=0
	shift
	"$@" >"$lab/out" 2>"$errors" || have=$?
	[[ $want == "$have" ]] || fail 1 "want exit status $want, have $have: $* <$(cat "$errors")>"
}

# box UNSHARE-OPTION...: a process in namespaces of its own; $box is its pid
box() {
	unshare "$@" --fork --kill-child sleep 10000 &
	await_box "$*"
}

# As box, by uid 1000: root in there has no capability on the host.
user_box() {
	setpriv --reuid 1000 --regid 1000 --clear-groups -- \
		unshare --user --map-root-user "$@" --fork --kill-child sleep 10000 &
	await_box "--user $*"
}

# The child of $! is there before it has all its namespaces and is sleep.
await_box() {
	local tries
	boxes+=($!)
	for ((tries = 0; tries < 200; tries++)); do
		box=$(pgrep -P $! -x sleep) && return
		sleep 0.02
	done
	fail 2 "no box: unshare $1"
}

# in_box PID PROGRAM...: what comes of executing them there
in_box() {
	local pid=$1 user=()
	shift
	# The kernel refuses to enter the user namespace that one is in.
	[[ $(readlink "/proc/$pid/ns/user") == "$(readlink /proc/self/ns/user)" ]] ||
		user=(--user --preserve-credentials)
	nsenter --target "$pid" --pid --mount "${user[@]}" -- "$here/try" "$@"
}

# inum PID TYPE
inum() {
	local link
	link=$(readlink "/proc/$1/ns/$2")
	link=${link#*[}
	echo "${link%]}"
}

# wait_rules N: until there are no more
wait_rules() {
	local tries
	for ((tries = 0; tries < 60; tries++)); do
		[[ $(xarchctl show --json | jq length) != "$1" ]] || return 0
		sleep 0.1
	done
	fail 1 "want $1 rules, have $(xarchctl show --json)"
}

end_boxes() {
	((${#boxes[@]} == 0)) || kill -KILL "${boxes[@]}" 2>/dev/null
	wait "${boxes[@]}" 2>/dev/null
	boxes=()
}

clean_up() {
	end_boxes
	xarchctl disable all --runtime >/dev/null 2>&1
	umount -q "$lab"/mnt* 2>/dev/null
	rm -rf "$lab"
}
trap clean_up EXIT

cp "$here/tag_a" "$here/tag_b" "$lab"

run_tests() {
	local tests test n=0 bad=0 began
	mapfile -t tests < <(declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p' |
		while read -r test; do
			shopt -s extdebug
			echo "$(declare -F "$test" | cut -d' ' -f2) $test"
		done | sort -n | cut -d' ' -f2)
	echo 'TAP version 13'
	echo "1..${#tests[@]}"
	for test in "${tests[@]}"; do
		failed='' began=$SECONDS
		"$test"
		end_boxes
		xarchctl disable all --runtime >/dev/null 2>&1
		wait_rules 0
		if [[ $failed ]]; then
			echo "not ok $((++n)) ${test#test_} # $((SECONDS - began)) s"
			((++bad))
		else
			echo "ok $((++n)) ${test#test_}"
		fi
	done
	exit $((bad > 0))
}
