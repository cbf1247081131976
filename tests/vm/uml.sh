# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # the variables are run's
# The machine that is a process: User Mode Linux. Sourced by ./run, which calls
# these functions in the order in which they stand.

check_options() {
	local dir free
	[[ ! $icount ]] || misused "--icount: $kernel runs on this machine's own CPU, which counts nothing"
	((${#qemu_args[@]} == 0)) || misused "--qemu-arg: there is no qemu under $kernel"
	for dir in "${shares[@]}"; do
		[[ $dir != *[,\ ]* ]] || misused "--share $dir: hostfs takes no path with a comma or a blank"
	done
	# Its memory is a file there, mapped executable.
	free=$(df --output=avail -m /dev/shm | tail -n 1)
	((free > memory)) || die "$kernel needs $memory MB in /dev/shm, and $free are free: see --memory"
	! findmnt -no OPTIONS --target /dev/shm | grep -qw noexec ||
		die "/dev/shm is mounted noexec, and $kernel runs from there: mount -o remount,exec /dev/shm"
}

choose_machine() { :; }

take_image() {
	ln "$image"/{disk.img,linux} "$work"
	[[ $bare ]] || cp --reflink=auto "$cache/vm/project-$kernel/project.tar" "$work/job"
}

# hostfs finds them by itself.
share_directories() { :; }

# In the background; its process becomes timeout's. In a pid namespace, so that none
# of its processes (one for each address space) outlives the run.
start_machine() {
	export TMPDIR=/dev/shm
	exec 5>out 6>err 7>verdict 8>console
	# shellcheck disable=SC2016 # for the shells in there
	exec "$vm_dir/tied" $$ timeout --foreground --kill-after=5 "$timeout" \
		"$vm_dir/tied" $BASHPID bash -c 'exec unshare --pid --fork "$0" $$ "$@"' "$vm_dir/tied" \
		"$vm_dir/watch" ./linux mem="${memory}M" ncpus=2 seccomp=on uml_dir="$work/" umid=machine \
		ubd0=cow,disk.img ubd1r=job.tar root=/dev/ubda rw init=/sbin/xarch-vm-init \
		con=null con0=null,fd:8 ssl=null ssl1=null,fd:5 ssl2=null,fd:6 ssl3=null,fd:7 \
		ignore_loglevel printk.devkmsg=on panic=-1 systemd.show_status=false$append </dev/null
}
