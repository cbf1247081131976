# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # the variables are run's
# The machine that qemu-system-x86_64 is, for Debian's own kernels. Sourced by ./run,
# which calls these functions in the order in which they stand.

check_options() { :; }

# How to run a program of the qemu tree: with the libraries from there.
qemu=$cache/vm/qemu/tree
native=("$qemu/usr/lib64/ld-linux-x86-64.so.2" --library-path "$qemu/usr/lib/x86_64-linux-gnu")

# A KVM that is there may still not run a kernel (nested, or filtered), so it
# is tried, once for each boot of this host.
probe_kvm() {
	local key answer=$cache/vm/accel
	key="$(cat /proc/sys/kernel/random/boot_id) $(cat "$qemu/../key")"
	if ! grep -qsF "$key" "$answer"; then
		say "trying KVM (30 s at most)..."
		if XARCH_VM_ACCEL=kvm "$0" --no-build --kernel "$kernel" --profile "$profile" ${bare:+--bare} --timeout 30 -- true >/dev/null 2>&1; then
			echo "kvm $key" >"$answer"
		else
			echo "tcg $key" >"$answer"
			say "/dev/kvm is there but does not run this kernel: emulating (tcg)"
		fi
	fi
	accel=$(cut -d' ' -f1 "$answer")
}

choose_machine() {
	[[ ! $icount ]] || accel=tcg
	if [[ $accel == auto ]]; then
		accel=tcg
		[[ ! -w /dev/kvm ]] || probe_kvm
	fi
	case $accel${icount:+-icount} in
	kvm) cpu=(-accel kvm -cpu host -smp 2) ;;
	tcg) cpu=(-accel 'tcg,thread=multi' -cpu max -smp 2) ;;
	tcg-icount) cpu=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off' -cpu max -smp 1) ;;
	esac
}

take_image() { ln "$image"/{disk.img,vmlinuz} "$work"; }

share_directories() {
	local i n
	for i in "${!shares[@]}"; do
		"$vm_dir/tied" $$ "${native[@]}" "$qemu/usr/libexec/virtiofsd" \
			--socket-path="share$i" --shared-dir="${shares[i]}" --sandbox=none >>"$log.virtiofsd" 2>&1 &
		children+=($!)
		qemu_args+=(
			-chardev "socket,id=share$i,path=share$i"
			-device "vhost-user-fs-pci,chardev=share$i,tag=share$i"
		)
	done
	for i in "${!shares[@]}"; do
		for ((n = 0; n < 50; n++)); do
			[[ ! -S share$i ]] || continue 2
			sleep 0.1
		done
		die "virtiofsd does not start: $log.virtiofsd"
	done
}

# In the background; its process becomes timeout's.
start_machine() {
	[[ $before ]] || qemu_args+=(-no-reboot)
	exec "$vm_dir/tied" $$ timeout --foreground --kill-after=5 "$timeout" \
		"$vm_dir/tied" $BASHPID "${native[@]}" "$qemu/usr/bin/qemu-system-x86_64" \
		-L "$qemu/usr/share/qemu" -L "$qemu/usr/share/seabios" -nodefaults -no-user-config -display none \
		-machine q35,memory-backend=memory -m "$memory" \
		-object memory-backend-memfd,id=memory,size="${memory}M",share=on \
		"${cpu[@]}" \
		-kernel vmlinuz \
		-append "root=/dev/nvme0n1 rw rootflags=noinit_itable init=/sbin/xarch-vm-init console=ttyS0 ignore_loglevel printk.devkmsg=on panic=-1 systemd.show_status=false$append" \
		-serial file:console \
		-drive if=none,id=root,file=disk.img,format=raw,snapshot=on,cache=unsafe \
		-device nvme,serial=root,drive=root \
		-drive if=none,id=job,file=job.tar,format=raw,readonly=on \
		-device virtio-blk-pci,drive=job \
		-device virtio-serial-pci \
		-chardev file,id=out,path=out -device virtserialport,nr=1,chardev=out \
		-chardev file,id=err,path=err -device virtserialport,nr=2,chardev=err \
		-chardev file,id=verdict,path=verdict -device virtserialport,nr=3,chardev=verdict \
		"${qemu_args[@]}"
}
