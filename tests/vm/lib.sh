# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests/vm commands share: where things are, messages, the Debian
# mirror and the check for host packages.  Sourced, never run.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm_dir/../.." && pwd)
# Everything made here is a cache below this directory.  It has to be on a
# file system that overlayfs can write to (ext4, xfs, btrfs, tmpfs).
# shellcheck disable=SC2034 # used by those who source this file
cache=${XARCH_BUILD_DIR:-$top/build}
# Debian's own kernels, and those that ./kernel makes of Debian's source.
# shellcheck disable=SC2034 # used by those who source this file
uml_kernels=(uml uml-memory uml-locks) default_kernel=6.12
# shellcheck disable=SC2034 # used by those who source this file
kernels=(6.1 6.12 7.3 "${uml_kernels[@]}")
# Where Debian has which of its own, best place first: when trixie-backports moves on, sid
# may still have it.
# shellcheck disable=SC2034 # used by those who source this file
declare -A suites=([6.1]=bookworm [6.12]=trixie [7.3]='trixie-backports sid')
is_uml() { [[ " ${uml_kernels[*]} " == *" $1 "* ]]; }

# Progress and errors; say_fd is set where standard error is a log.
say() { printf "[vm] %s\n" "$*" >&"${say_fd:-2}"; }
die() { say "error: $*"; exit 1; }

# Wrong arguments: say what, show how.  Expects usage() from the caller.
misused() {
	say "$*"
	usage >&2
	exit 2
}

# require_root WHAT
require_root() {
	((EUID == 0)) || die "$1 needs root (it makes trees with foreign owners and mounts)"
}

# require_packages LIST...: what tests/vm/packages.LIST names must be on this host.
# One line names all that is missing, with the command that mends it.
require_packages() {
	local package path missing=()
	while read -r package path; do
		[[ $package == '' || $package == '#'* || -e $path ]] || missing+=("$package")
	done < <(cat "${@/#/$vm_dir/packages.}")
	((${#missing[@]} == 0)) ||
		die "missing on this host: apt-get install --no-install-recommends ${missing[*]}"
}

require_host_packages() { require_packages host; }

# package_list FILE: the names in it, separated by commas
package_list() {
	sed 's/#.*//' "$1" | tr -s ' \t\n' ',' | sed 's/^,//; s/,$//'
}

# sources SUITE...: apt sources for these suites (and their security archives)
# on whatever mirror this host itself uses.
sources() {
	local suite main security key=/usr/share/keyrings/debian-archive-keyring.gpg
	main=$(mirror Debian)
	security=$(mirror Debian-Security)
	[[ $main ]] || die "apt on this host knows no Debian archive: run apt-get update, or look at /etc/apt"
	for suite; do
		echo "deb [signed-by=$key] $main $suite main"
		[[ ! $security || $suite == sid || $suite == *-backports ]] ||
			echo "deb [signed-by=$key] $security $suite-security main"
	done
}

# mirror LABEL: the archive with this label that apt here is set up for
mirror() {
	# shellcheck disable=SC2016 # apt-get is to expand it
	apt-get indextargets --format '$(SITE) $(LABEL)' 'Created-By: Packages' |
		awk -v label="$1" '{ site = $1; sub(/^[^ ]* /, "") } $0 == label { found = site } END { print found }'
}

# apt_of DIR STATUS: in DIR/apt an apt of our own, for the sources on standard input alone,
# which takes for installed what the dpkg status file STATUS says. No root needed, the host's
# package lists stay as they are. It verifies packages by the archive's signature. Its proxy
# and transport settings are the host's. It is used with APT_CONFIG=DIR/apt/apt.conf.
apt_of() {
	local dir=$1 status=$2
	mkdir -p "$dir"/apt/{lists,cache/archives}/partial
	sort -u >"$dir/apt/sources.list"
	cat >"$dir/apt/apt.conf" <<-EOF
	Dir::Etc::sourcelist "$dir/apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "-";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$dir/apt";
	Dir::State::lists "$dir/apt/lists";
	Dir::State::status "$status";
	Dir::Cache "$dir/apt/cache";
	Acquire::Languages "none";
	Acquire::Retries "3";
	APT::Architecture "amd64";
	APT::Architectures "amd64";
	APT::Get::AllowUnauthenticated "false";
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	EOF
	say 'downloading package lists...'
	APT_CONFIG=$dir/apt/apt.conf apt-get -q update >"$dir/apt/log" 2>&1 ||
		{ cat "$dir/apt/log" >&2; die "apt-get update failed"; }
}

# download DIR SUITE PACKAGE: its .deb into DIR, which has room for apt's own files too
download() {
	local dir=$1 suite=$2 package=$3
	sources "$suite" | apt_of "$dir" /dev/null
	say "downloading $package..."
	(cd "$dir" && APT_CONFIG=$dir/apt/apt.conf apt-get -q download "$package" >apt/log 2>&1) ||
		{ cat "$dir/apt/log" >&2; die "apt-get download failed"; }
}

# download_source DIR SUITE PACKAGE: its upstream's source, unpacked in DIR/source
download_source() {
	local dir=$1 suite=$2 package=$3
	rm -rf "$dir"
	sources "$suite" | sed 's/^deb /deb-src /' | apt_of "$dir" /dev/null
	say "downloading the source of $package..."
	(cd "$dir" && APT_CONFIG=$dir/apt/apt.conf apt-get -q source --download-only --tar-only "$package" >apt/log 2>&1) ||
		{ cat "$dir/apt/log" >&2; die "apt-get source failed"; }
	mkdir "$dir/source"
	tar -xf "$dir"/*.orig.tar.?z -C "$dir/source" --strip-components=1
}

# hash of standard input, short enough to read
digest() { sha256sum | cut -c1-16; }
