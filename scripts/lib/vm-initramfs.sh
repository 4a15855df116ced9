# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The initramfs of the test VM: busybox, scripts/vm-init and the few modules
# that are needed before the root is there. Cached by content.

initramfs_base=(virtio_pci virtio_console 9pnet_virtio 9p overlay)
initramfs_kvm=(amd intel)

# is_builtin MODULE_DIR NAME: the kernel has it without a module
is_builtin()
{
	sed 's/.*\///; s/\.ko$//; y/-/_/' "$1/modules.builtin" | grep -qxF "${2//-/_}"
}

# module_files MODULE_DIR NAME...: files to insert, dependencies first
module_files()
{
	local dir=$1 name

	shift
	for name in "$@"; do
		! is_builtin "$dir" "$name" || continue
		awk -v name="${name//-/_}" '
			{
				file = $1
				sub(/:$/, "", file)
				base = file
				sub(/.*\//, "", base)
				sub(/\.ko.*/, "", base)
				gsub(/-/, "_", base)
				if (base != name)
					next
				# modules.dep lists what must come first last
				for (i = NF; i > 1; i--)
					print $i
				print file
				found = 1
			}
			END { exit !found }
		' "$dir/modules.dep" || {
			echo "no module $name in $dir" >&2
			return 1
		}
	done | awk '!seen[$0]++'
}

# copy_modules MODULE_DIR TO FILE...: numbered, and without compression
copy_modules()
{
	local dir=$1 to=$2 number=10 file name

	shift 2
	mkdir -p "$to"
	for file in "$@"; do
		name=${file##*/}
		name=$to/$number-${name%%.ko*}.ko
		case $file in
		*.ko)     cp "$dir/$file" "$name" ;;
		*.ko.xz)  xz -dc "$dir/$file" > "$name" ;;
		*.ko.gz)  gzip -dc "$dir/$file" > "$name" ;;
		*.ko.zst) zstd -qdc "$dir/$file" > "$name" ;;
		*)        echo "unknown kind of module: $file" >&2; return 1 ;;
		esac || return 1
		number=$((number + 1))
	done
}

# make_initramfs MODULE_DIR INIT CACHE_DIR: prints the path of the archive
make_initramfs()
{
	local dir=$1 init=$2 cache=$3 busybox key archive tmp vendor
	local -a base
	local -A kvm

	busybox=$(command -v busybox) || {
		echo "busybox is missing: run scripts/setup" >&2
		return 1
	}
	mapfile -t base < <(module_files "$dir" "${initramfs_base[@]}")
	[ "${#base[@]}" -gt 0 ] || return 1
	for vendor in "${initramfs_kvm[@]}"; do
		kvm[$vendor]=$(module_files "$dir" "kvm-$vendor") ||
			return 1
	done

	# shellcheck disable=SC2048,SC2086 # module paths have no spaces
	key=$(cd "$dir" && sha256sum "$busybox" "$init" "${BASH_SOURCE[0]}" \
		"${base[@]}" ${kvm[*]} | sha256sum | cut -c1-32) || return 1
	archive=$cache/initramfs-$key.cpio
	if [ ! -s "$archive" ]; then
		if ldd "$busybox" > /dev/null 2>&1; then
			echo "$busybox is not static: install busybox-static" >&2
			return 1
		fi
		find "$cache" -maxdepth 1 -name 'initramfs*' -mtime +7 -exec rm -rf {} +
		tmp=$(mktemp -d "$cache/initramfs.XXXXXX") || return 1
		mkdir -p "$tmp/root"/{bin,proc,sys,dev,job,lower,upper,plain,newroot}
		cp "$busybox" "$tmp/root/bin/busybox" &&
		cp "$init" "$tmp/root/init" &&
		chmod 755 "$tmp/root/init" &&
		ln -s busybox "$tmp/root/bin/sh" &&
		copy_modules "$dir" "$tmp/root/modules/base" "${base[@]}" || return 1
		for vendor in "${initramfs_kvm[@]}"; do
			# shellcheck disable=SC2086
			copy_modules "$dir" "$tmp/root/modules/kvm-$vendor" \
				${kvm[$vendor]} || return 1
		done
		(cd "$tmp/root" && find . | cpio -o -H newc --quiet -R 0:0) \
			> "$tmp/archive" && mv "$tmp/archive" "$archive" || return 1
		rm -rf "$tmp"
	fi
	printf '%s\n' "$archive"
}
