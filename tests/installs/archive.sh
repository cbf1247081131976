# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A signed archive of arm64 packages, Debian's and some of our own, and a system that is
# unpacked from them, for there is no network in the test machines. Sourced, after
# tests/vm/lib.sh, at the top of the project.

installs=$cache/installs

# deb NAME ARCH VERSION [FIELD]...: of tree/, which it empties
deb() {
	mkdir -p tree/DEBIAN
	printf '%s\n' "Package: $1" "Version: $3" "Architecture: $2" \
		'Maintainer: nobody <nobody@example.org>' "Description: $1" "${@:4}" >tree/DEBIAN/control
	chmod -R go-w tree
	dpkg-deb --root-owner-group -b tree "archive/pool/${1}_$3_$2.deb" >/dev/null
	rm -r tree
}
# script NAME LINE...: a maintainer script of the next package
script() {
	mkdir -p tree/DEBIAN
	printf '%s\n' '#!/bin/sh' 'set -e' "${@:2}" >"tree/DEBIAN/$1"
	chmod 755 "tree/DEBIAN/$1"
}

# What goes wrong with packages, and what asks.
our_packages() {
	script postinst 'echo "cannot be set up" >&2' 'exit 3'
	deb faulty all 1
	script prerm '[ "$1" != upgrade ] || exit 4'
	deb stubborn all 1
	script preinst '[ "$1" != upgrade ] || exit 5'
	deb stubborn all 2
	# Its first configuration takes dpkg down with it.
	script postinst '[ -e /var/lib/killer ] || { touch /var/lib/killer; kill -KILL $PPID; }'
	deb killer all 1
	local version
	for version in 1 2; do
		mkdir -p tree/etc tree/usr/share/settings
		echo "setting $version" >tree/etc/settings.conf
		echo "version $version" >tree/usr/share/settings/version
		ln -s version tree/usr/share/settings/link
		script postinst 'update-alternatives --install /usr/bin/setting setting /bin/true 10' \
			'dpkg-trigger --no-await changed-settings'
		script prerm '[ "$1" != remove ] || update-alternatives --remove setting /bin/true'
		script postrm '[ "$1" != purge ] || rm -f /etc/settings.local'
		echo /etc/settings.conf >tree/DEBIAN/conffiles
		deb settings all $version
	done
	script postinst 'echo "$1 $2"'
	echo 'interest-noawait changed-settings' >tree/DEBIAN/triggers
	deb listener all 1
	mkdir -p tree/usr/share/settings
	echo theirs >tree/usr/share/settings/version
	deb rival all 1
	mkdir -p tree/usr/share/alien
	echo alien >tree/usr/share/alien/file
	deb alien armhf 1
	deb wrong s390x 1
	deb lonely arm64 1 'Depends: nowhere (>= 2)'
}

# publish ARCHIVE KEYS: index and signature
publish() {
	local dir=$1/dists/test arch
	for arch in arm64 armhf; do
		mkdir -p "$dir/main/binary-$arch"
		(cd "$1" && apt-ftparchive --arch $arch packages pool | tee "dists/test/main/binary-$arch/Packages" |
			xz >"dists/test/main/binary-$arch/Packages.xz")
	done
	apt-ftparchive -o APT::FTPArchive::Release::Suite=test -o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures='arm64 armhf' release "$dir" >Release
	gpg -q --homedir "$2" --batch --yes --clearsign -o "$dir/InRelease" Release
}

# What mirrors get wrong: signed by somebody else, an index that is not the signed one, a
# package that is not the one in the index.
bad_archives() {
	local bad
	for bad in forged changed swapped; do
		mkdir -p "$bad/pool"
		cp archive/pool/settings_*.deb "$bad/pool/"
		publish "$bad" "$([[ $bad == forged ]] && echo other || echo gpg)"
	done
	echo >>changed/dists/test/main/binary-arm64/Packages
	rm changed/dists/test/main/binary-arm64/Packages.xz
	cp archive/pool/settings_1_all.deb swapped/pool/settings_2_all.deb
}

# unpack_debian DIR ARCH: the packages of the lists into DIR/archive/pool, those of the first
# unpacked in DIR/system, their files' names in DIR/base; the others' in DIR/tools and DIR/more
unpack_debian() {
	local dir=$1 arch=$2 list
	mkdir -p "$dir/archive/pool/partial"
	sources trixie | mmdebstrap --quiet --mode=root --variant=extract --arch="$arch" --skip=check/qemu \
		--include='?essential' --include="$(package_list tests/installs/packages.base)" --skip=cleanup/apt \
		--dpkgopt=path-exclude='/usr/share/doc/*' --dpkgopt=path-exclude='/usr/share/man/*' \
		--dpkgopt=path-exclude='/usr/share/locale/*' \
		--extract-hook="cp \"\$1\"/var/cache/apt/archives/*.deb '$dir/archive/pool'; ls '$dir/archive/pool' | grep 'deb\$' >'$dir/base'
			rm \"\$1\"/var/cache/apt/archives/*.deb
			APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get --quiet --yes --download-only --no-install-recommends \
				-o Dir::Cache::Archives='$dir/archive/pool' install $(cat tests/installs/packages.{tools,more} | package_list /dev/stdin | tr , ' ')" \
		--format=directory trixie "$dir/system" - >&2
	rm -r "$dir/archive/pool/"{partial,lock}
	for list in tools more; do
		package_list tests/installs/packages.$list | tr , ' ' >"$dir/$list"
	done
}

# All that have_archive has, anew.
make_archive() {
	local new=$installs/new home
	say 'installs: downloading packages, making an archive of them (about 60 s)...'
	rm -rf "${installs:?}"
	mkdir -p "$new"
	unpack_debian "$new" arm64
	(
		cd "$new"
		mkdir -m 700 gpg other
		for home in gpg other; do
			gpg -q --homedir $home --batch --passphrase '' --quick-gen-key test@example.org rsa3072 sign never 2>/dev/null
		done
		gpg -q --homedir gpg --export >keys.gpg
		our_packages
		publish archive gpg
		bad_archives
		mkfs.erofs --quiet system.erofs system >&2
		rm -rf system gpg other Release
		chmod -R a+rX .
	)
	mv "$new"/* "$installs"
	rmdir "$new"
}

# archive_made FRESH KEY
archive_made() { [[ ! $1 && $(cat "$installs/key" 2>/dev/null) == "$2" ]]; }

# have_archive FRESH: $installs/{archive,forged,changed,swapped}, the key they are signed by,
# $installs/keys.gpg, the names in $installs/{base,tools,more}, and $installs/system.erofs, as
# they are until this process has ended. Who finds them made shares them, or makes them alone.
have_archive() {
	local fresh=$1 key
	key=$(cat tests/installs/{archive.sh,packages.*} | digest)
	exec 8>"$installs.lock"
	flock -s 8
	until archive_made "$fresh" "$key"; do
		flock 8
		archive_made "$fresh" "$key" || make_archive
		echo "$key" >"$installs/key"
		fresh=''
		flock -s 8
	done
}
