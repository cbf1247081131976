# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Copies of a system in which the same is done, in the one emulated, in the other with
# twins. Sourced by the guests of tests/builds and tests/installs, in their machine.
# shellcheck disable=SC2034 # used by those who source this file

work=/run/copies
tests=0 failed=0
exec 3>&1

# check NAME COMMAND...
check() {
	local name=$1 said
	shift
	tests=$((tests + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tests $name"
	else
		printf '%s\n' "$said" | tail -n 60 | sed 's/^/# /'
		echo "not ok $tests $name"
		failed=1
	fi
}

# copies LOWER NAME...: of the tree there (as overlayfs has it), each at $work/NAME/root; what
# changes is in $work/NAME/upper
copies() {
	local lower=$1 name dir
	shift
	for name; do
		dir=$work/$name
		mkdir -p "$dir"/{upper,work,root}
		mount -t overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" "$name" "$dir/root" || return
		mount -t proc proc "$dir/root/proc"
		mount -t tmpfs -o mode=755 dev "$dir/root/dev"
		mknod -m 666 "$dir/root/dev/null" c 1 3
		mknod -m 666 "$dir/root/dev/urandom" c 1 9
	done
}

# give_set NAME SET: the copy sees it
give_set() {
	mkdir -p "$work/$1/root/dev/xarch/$2"
	mount --bind "/dev/xarch/$2" "$work/$1/root/dev/xarch/$2"
}

# recorded FILE WHAT COMMAND...: what xarchctl monitor says of its execs in FILE
recorded() {
	local execs=$1 what=$2 began=$SECONDS status=0 monitor
	shift 2
	xarchctl -j monitor >"$execs" 2>"$execs.listening" &
	monitor=$!
	until grep -q listening "$execs.listening"; do
		kill -0 $monitor || return
		sleep 0.05
	done
	"$@" || status=$?
	kill -INT $monitor
	wait $monitor
	jq -rn --arg what "$what, in $((SECONDS - began)) s" '[inputs] | group_by([.event, .twin]) |
		"# \($what): \(map("\(length) \(.[0].event) (\(.[0].twin // "no set"))") | join(", "))"' <"$execs" >&3
	if grep '"lost"' "$execs"; then return 1; fi
	return $status
}

# ran FILE EVENT: the programs to which this happened
ran() {
	jq -rn --arg event "$2" '[inputs | select(.event == $event) | .path | sub(".*/"; "")] | unique | .[]' <"$1"
}
no_twin_ran() { [[ $(ran "$1" emulated) && ! $(ran "$1" twin) ]] || { ran "$1" twin; return 1; }; }
# twins_ran FILE PROGRAM...: of these at least
twins_ran() {
	local execs=$1 missing
	shift
	ran "$execs" twin | paste -sd ' ' | sed "s/^/# twins: /" >&3
	ran "$execs" emulated | paste -sd ' ' | sed "s/^/# emulated: /" >&3
	missing=$(comm -13 <(ran "$execs" twin | sort) <(printf '%s\n' "$@" | sort))
	[[ ! $missing ]] || { echo "no twin ran for: $missing"; return 1; }
}

# differences COMMAND...: between what it prints with "emulated" after it and with "native":
# lines of a path, a tab and what is said of it
differences() {
	local name path status=0
	for name in emulated native; do "$@" $name >"$work/$name.files"; done
	(($(wc -l <"$work/native.files") > 1)) || { echo 'there are no files'; return 1; }
	while IFS= read -r path; do
		status=1
		echo "$path differs:"
		diff -a <(grep -F "$path"$'\t' "$work/emulated.files") <(grep -F "$path"$'\t' "$work/native.files")
		diff "$work"/{emulated,native}/upper/"$path" | cut -c1-200 | head -n 12
	done < <(diff "$work"/{emulated,native}.files | sed -n 's/^[<>] \([^\t]*\)\t.*/\1/p' | sort -u)
	return $status
}
