# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Systems with compilers, images that builds run in, and the twin sets of Debian's own
# compilers, shells and tools. Sourced, after tests/vm/lib.sh, at the top of the project.
# They are made once, of what Debian has then, and once again when that is no longer so
# for what they are made by: all of one day, or programs have no twins.

trees=$cache/builds

# What maintainer scripts would have done.
# shellcheck disable=SC2016 # mmdebstrap's shell is to expand it
finish='cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"
ln -s gcc "$1/usr/bin/cc"
ln -s g++ "$1/usr/bin/c++"
ln -s mawk "$1/usr/bin/awk"
ln -s fakeroot-sysv "$1/usr/bin/fakeroot"
ln -s faked-sysv "$1/usr/bin/faked"'

# The archs that people have get updates too. Of the others there are mirrors whose
# updates do not fit their index for weeks: the first line alone.
tree_sources() {
	case $1 in
	amd64 | arm64) sources trixie ;;
	*) sources trixie | sed -n 1p ;;
	esac
}

# make_tree ARCH
make_tree() {
	[[ ! -e $trees/$1.erofs ]] || return 0
	say "builds: unpacking an $1 system with compilers (about 90 s)..."
	rm -rf "$trees/tree"
	tree_sources "$1" | mmdebstrap --quiet --mode=root --variant=extract --arch="$1" --skip=check/qemu \
		--include="$(package_list tests/builds/packages.tree)" \
		--dpkgopt=path-exclude='/usr/share/doc/*' --dpkgopt=path-exclude='/usr/share/man/*' \
		--dpkgopt=path-exclude='/usr/share/locale/*' --extract-hook="$finish" \
		--format=directory trixie "$trees/tree" - >&2
	mkfs.erofs --quiet "$trees/new.erofs" "$trees/tree" >&2
	mv "$trees/new.erofs" "$trees/$1.erofs"
	rm -rf "$trees/tree"
}

# set_name ARCH: 8 letters at most
set_name() {
	[[ $1 == arm64 ]] && echo trixie || echo "$1"
}

# make_set ARCH
make_set() {
	local archive=()
	[[ ! -e $trees/set-$1.made ]] || return 0
	say "builds: making the twin set of $1 (about 60 s)..."
	[[ $1 == arm64 ]] || archive=(--mirror "$(mirror Debian)" --keyring /usr/share/keyrings/debian-archive-keyring.gpg)
	"$cache"/tools/xarchctl native build "$1" --suite trixie --name "$(set_name "$1")" "${archive[@]}" \
		--into "$trees/set" --data "$cache"/tools/native >&2
	touch "$trees/set-$1.made"
}

# What they are made by: a set's recipe is part of what is tested, a change to it is a new set.
trees_key() {
	{
		cat tests/builds/{trees.sh,packages.tree} tools/native/*.rules tools/native_*.c
		find tests/builds/source -type f | sort | xargs cat
	} | digest
}

# sets_made KEY ARCH...
sets_made() {
	local arch
	[[ $(cat "$trees/key" 2>/dev/null) == "$1" ]] || return
	for arch in "${@:2}"; do
		[[ $arch == amd64 || -e $trees/set-$arch.made ]] || return
	done
}
# trees_made KEY ARCH...
trees_made() {
	local arch
	sets_made "$@" && [[ -e $trees/source/room/configure ]] || return
	for arch in "${@:2}"; do
		[[ -e $trees/$arch.erofs ]] || return
	done
}

make_sets() {
	local arch
	for arch; do
		[[ $arch == amd64 ]] || make_set "$arch"
	done
}
make_trees() {
	local arch
	make_sets "$@"
	for arch; do make_tree "$arch"; done
	rm -rf "$trees/source"
	cp -r tests/builds/source "$trees/source"
	(cd "$trees/source/room" && autoconf && autoheader && rm -rf autom4te.cache)
}

# have WHAT FRESH ARCH...: who finds them made shares them, or makes them alone
have() {
	local what=$1 fresh=$2 key
	shift 2
	require_root 'making an image'
	tools/apt-install tests/builds/packages.host tests/vm/packages.host tools/packages.build
	make -s tools >&2
	mkdir -p "$trees/set"
	key=$(trees_key)
	exec 9>"$trees/lock"
	flock -s 9
	while [[ $fresh ]] || ! "${what}_made" "$key" "$@"; do
		flock 9
		if [[ $fresh || $(cat "$trees/key" 2>/dev/null) != "$key" ]]; then
			rm -rf "${trees:?}"/{key,tree,source,*.erofs,set-*.made,set/*}
		fi
		echo "$key" >"$trees/key"
		"make_$what" "$@"
		fresh=''
		flock -s 9
	done
}

# have_sets FRESH ARCH...: $trees/set/SET.erofs, as they are until this process has ended
have_sets() { have sets "$@"; }

# have_trees FRESH ARCH...: $trees/ARCH.erofs, the foreign ones' sets and the sources in
# $trees/source, likewise
have_trees() { have trees "$@"; }
