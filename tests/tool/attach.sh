# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of "xarchctl native attach" share beside lib.sh; sourced by each. The set
# is made on the host, by make -C tests/tool.
# shellcheck disable=SC2034,SC2154 # lib.sh's, and for those who source it

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out_dir=${XARCH_BUILD_DIR:-$top/build}/tests/tool
# The runner's own, of stdbuf: twins give way to it.
unset LD_PRELOAD
install -m 755 "$out_dir/said" "$tmp/said"
mkdir -p /var/lib/xarch/native
cp "$out_dir/test.erofs" /var/lib/xarch/native/test.erofs
fresh
# As systemd makes all mounts.
mount --make-shared /dev
xarchctl enable aarch64 --native test --runtime >/dev/null
mounts=$(cat /proc/self/mounts)

leave() {
	((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null
	children=()
	xarchctl disable all --runtime >/dev/null
	xarchctl native unload test
	mount --make-private /dev
	rm -f /var/lib/xarch/native/test.erofs
	clean_up
}
trap leave EXIT

# serve: begin the service; $service is its pid
serve() {
	xarchctl native attach >"$tmp/log" 2>&1 &
	service=$!
	children+=("$service")
	wait_for 'grep -qx listening "$tmp/log"'
}

# log: what the service has said
log() { grep -vx listening "$tmp/log"; }

# Where a condition fails: what the service said, too.
explain() { printf '%s\n' "$*" "status ${status-}" "stdout: ${out-}" "stderr: ${err-}" "log: $(log)" | sed 's/^/# /'; }

# What a container's commands may use: said, and until_native, which prints what said
# says last, "native" as soon as it does and within 4 s.
cat >"$tmp/words" <<WORDS
said() { "$tmp/said"; }
until_native() {
	for i in \$(seq 80); do
		[ "\$(said)" != native ] || break
		sleep 0.05
	done
	said
}
WORDS
begin="export words=$tmp/words; . $tmp/words; mount -t tmpfs -o mode=755 own /dev && mknod -m 666 /dev/null c 1 3 2>/dev/null || :; "

# in_container COMMANDS: run by the host's shell in a mount namespace with a /dev of its own
in_container() {
	run timeout 20 unshare -m --propagation private sh -c "$begin$1"
}

# in_container_of UID COMMANDS: the same as root of a user namespace that UID owns
in_container_of() {
	run timeout 20 setpriv --reuid "$1" --regid "$1" --clear-groups \
		unshare --user --map-root-user -m --propagation private sh -c "$begin$2"
}
