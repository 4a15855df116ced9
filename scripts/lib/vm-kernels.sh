# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Kernels that scripts/vm can start: one function kernel_NAME per kernel.
# Such a function sets vm_release, vm_image and vm_modules (the directory that
# holds modules.dep), or fails with a message; it may set vm_append, more for
# the kernel's command line. The name is what --kernel takes, with "." written
# as "_". cache.sh and debug-kernel.sh come first.

# newest_kernel PREFIX: the newest Debian kernel release of that series whose
# headers are installed too, so that a module can be built for what is booted.
newest_kernel()
{
	local series=${1//./\\.} image release

	for image in /boot/vmlinuz-"$1".*-amd64; do
		release=${image#/boot/vmlinuz-}
		# 6.1.0-56 or, of backports, 6.12.9+deb12; not the rt and cloud flavours
		[[ $release =~ ^$series\.[0-9]+[-+][a-z0-9.]+-amd64$ ]] || continue
		[ -r "$image" ] || continue
		[ -r "/lib/modules/$release/modules.dep" ] || continue
		[ -d "/usr/src/linux-headers-$release" ] || continue
		printf '%s\n' "$release"
	done | sort -V | tail -n 1
}

# installed_kernel SERIES SETUP: SETUP is the command that installs one
installed_kernel()
{
	vm_release=$(newest_kernel "$1")
	if [ -z "$vm_release" ]; then
		echo "no kernel $1 with its headers is installed: run $2" >&2
		return 1
	fi
	vm_image=/boot/vmlinuz-$vm_release
	vm_modules=/lib/modules/$vm_release
}

kernel_debug()
{
	debug_kernel || return 1
	vm_release=$(cat "$debug_build/include/config/kernel.release") || return 1
	vm_image=$debug_build/arch/x86/boot/bzImage
	vm_modules=$debug_build/root/lib/modules/$vm_release
	# or nothing is said of what the second bug in a run is
	vm_append=kasan_multi_shot
	vm_machine=q35
}

kernel_6_1()
{
	installed_kernel 6.1 scripts/setup
}

kernel_6_12()
{
	installed_kernel 6.12 "scripts/setup --kernel 6.12"
}
