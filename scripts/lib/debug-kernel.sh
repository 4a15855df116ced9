# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The debug kernel: Debian's source of 6.1, built with debug.config. It takes
# some ten minutes and two gigabytes, once: what was built stays in the cache,
# under a name made of all that it depends on.

: "${rvf_cache:?cache.sh comes first}"
debug_config=$(cd "${BASH_SOURCE[0]%/*}" && pwd)/debug.config

# debug_kernel_paths: sets debug_source and debug_build, there or not
debug_kernel_paths()
{
	local version key

	version=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' linux-source-6.1 2> /dev/null |
		sed -n 's/^installed //p')
	# A cache that was kept does without the package.
	[ -n "$version" ] || version=$(apt-cache policy linux-source-6.1 2> /dev/null |
		sed -n 's/^ *Candidate: //p')
	[ -n "$version" ] || {
		echo "no package linux-source-6.1: run scripts/setup debug" >&2
		return 1
	}
	key=$({ echo "$version"; gcc -dumpfullversion; cat "$debug_config"; } |
		sha256sum | cut -c1-16)
	debug_source=$rvf_cache/linux-source-$version
	debug_build=$rvf_cache/debug-$key
}

debug_kernel_there()
{
	debug_kernel_paths 2> /dev/null && [ -e "$debug_build/done" ]
}

debug_kernel_unpack()
{
	local archive=/usr/src/linux-source-6.1.tar.xz

	[ ! -e "$debug_source/Makefile" ] || return 0
	[ -r "$archive" ] || {
		echo "no $archive: run scripts/setup debug" >&2
		return 1
	}
	rm -rf "$debug_source.part" && mkdir "$debug_source.part" &&
	tar -xJf "$archive" -C "$debug_source.part" --strip-components=1 \
		--no-same-owner &&
	mv "$debug_source.part" "$debug_source"
}

# Every line of ours must have survived: what depends on something that is not
# there is dropped without a word.
debug_kernel_configure()
{
	local lost

	make -C "$debug_source" O="$debug_build" KCONFIG_ALLCONFIG="$debug_config" \
		allnoconfig || return 1
	lost=$(grep '^CONFIG_' "$debug_config" | grep -vxFf "$debug_build/.config")
	[ -z "$lost" ] || { echo "not taken:" "$lost"; return 1; }
}

debug_kernel_make()
{
	local root=$debug_build/root

	debug_kernel_unpack && debug_kernel_configure &&
	nice make -C "$debug_source" O="$debug_build" -j"$(nproc)" bzImage modules &&
	make -C "$debug_source" O="$debug_build" INSTALL_MOD_PATH="$root" modules_install &&
	compgen -G "$root/lib/modules/*/modules.dep" > /dev/null || return 1
	# Modules can be built against it without these.
	find "$debug_build" \( -path "$debug_build/scripts" -o -path "$debug_build/tools" \
		-o -path "$root" \) -prune -o -type f \
		\( -name '*.[oa]' -o -name '*.ko' -o -name '*vmlinux*' ! -name '*.lds' \) \
		-exec rm -f {} +
}

# debug_kernel: the same, and built if it is not there yet
debug_kernel()
{
	local log

	debug_kernel_paths || return 1
	if [ ! -e "$debug_build/done" ]; then
		mkdir -p "$debug_build" || return 1
		log=$debug_build/build.log
		echo "building the debug kernel, once, for some ten minutes; see $log" >&2
		(
			flock 9 # somebody else may be at it
			[ ! -e "$debug_build/done" ] || exit 0
			unset MAKEFLAGS MFLAGS MAKELEVEL
			find "$rvf_cache" -maxdepth 1 -mtime +14 \
				\( -name 'debug-*' -o -name 'linux-source-*' \) -exec rm -rf {} +
			debug_kernel_make > "$log" 2>&1 && touch "$debug_build/done"
		) 9> "$rvf_cache/debug.lock" || {
			tail -n 20 "$log" >&2
			echo "the debug kernel cannot be built" >&2
			return 1
		}
	fi
	# What is in use is not swept out.
	touch -c "$debug_build" "$debug_source" 2> /dev/null
	return 0
}
