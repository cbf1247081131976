# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# program ARCH FILE: the smallest program of an arch, which exits with 42
program() {
	python3 - "$@" <<-'EOF'
	import os, struct, sys
	machine, code = {
	    "aarch64": (183, "400580d2a80b80d2010000d4"),
	    "riscv64": (243, "1305a0029308d00573000000"),
	}[sys.argv[1]]
	code = bytes.fromhex(code)
	size = 64 + 56 + len(code)
	base = 0x400000
	head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack(
	    "<HHIQQQIHHHHHH", 2, machine, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
	load = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x10000)
	with open(sys.argv[2], "wb") as file:
	    file.write(head + load + code)
	os.chmod(sys.argv[2], 0o755)
	EOF
}
