# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of xarchctl share; sourced by each. They print TAP and run as
# root in a test machine.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

config=/etc/xarch.conf
# What xarchctl looks at to know that kept rules will be restored; most machines have
# it, and this one is started without systemd.
booted=/run/systemd/system enabled=/etc/systemd/system/sysinit.target.wants/xarch.service
mkdir -p $booted ${enabled%/*}
ln -sfn /usr/local/lib/systemd/system/xarch.service $enabled
tmp=$(mktemp -d /var/tmp/xarch-tool.XXXXXX)
# An unprivileged user is to run programs in there.
chmod 755 "$tmp"
children=()
tests=0 failures=0

# At the end, whatever ended it: no process, no rule and no file is left.
clean_up() {
	((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null
	rm -rf "$tmp" "$config"
	[[ ! -e /sys/module/xarch ]] || xarchctl disable all >/dev/null 2>&1
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# run COMMAND...: leaves $status, $out and $err
run() {
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(tr -d '\0' <"$tmp/out")
	err=$(tr -d '\0' <"$tmp/err")
}

# x WORD...: xarchctl, which does not hang
x() { run timeout 60 xarchctl "$@"; }

# fresh: no rule, no config file
fresh() {
	rm -f "$config"
	xarchctl disable all >/dev/null
}

# Where a condition fails, what it was about.
explain() {
	printf '%s\n' "$*" "status ${status-}" "stdout: ${out-}" "stderr: ${err-}" | sed 's/^/# /'
}

result() {
	tests=$((tests + 1))
	if (($1)); then
		echo "ok $tests $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests $2"
	fi
}

# holds KEY VALUE: a condition of that()
# shellcheck disable=SC2053 # patterns on purpose
holds() {
	case $1 in
	status) [[ $status == "$2" ]] ;;
	out) [[ $out == $2 ]] ;;
	err) [[ $err == $2 ]] ;;
	json) jq -e "$2" <<<"$out" >/dev/null 2>&1 ;;
	file) [[ $(cat "$config") == $2 ]] ;;
	not-file) [[ ! -e $config ]] ;;
	is) eval "$2" ;;
	*) false ;;
	esac
}

# that NAME [KEY VALUE]...: one test, of what the last run left. KEYs:
#   status N        its exit status
#   out, err GLOB   all of its output
#   json FILTER     of its standard output, by jq: true
#   file GLOB       what the config file holds now
#   not-file X      there is none
#   is COMMAND      a shell command: succeeds
that() {
	local name=$1 good=1
	shift
	while (($#)); do
		holds "$1" "$2" || { explain "$1 $2"; good=0; }
		shift 2
	done
	result $good "$name"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests $1 # SKIP $2"
}

finish() {
	echo "1..$tests"
	((failures == 0))
	exit
}

# wait_for COMMAND: until it succeeds, 10 s at most
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		! eval "$1" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}

# as_user CAPABILITY... -- COMMAND...: as an unprivileged user with these alone
as_user() {
	local caps=-all
	while [[ $1 != -- ]]; do
		caps+=,+$1
		shift
	done
	shift
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps="$caps" \
		--ambient-caps="$caps" --bounding-set="$caps" -- "$@"
}

echo 'TAP version 13'
