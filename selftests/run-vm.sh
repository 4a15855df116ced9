#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

usage()
{
	cat <<'TEXT'
Usage: selftests/run-vm.sh [--loaded] [--module FILE] [DIR [PROGRAM]...]

Runs the tests of the module, as root on the kernel that it was built for:
scripts/vm -- selftests/run-vm.sh. DIR is where they were built
(build/selftests/kernel), PROGRAM one of them, or of those that test what is
built upon the module: jail, plugin_vm, ... (all that do not want a VM of their
own). TAP on stdout.

  --loaded        the module is loaded already, and stays so
  --module FILE   the module (build/module/rvf.ko), inserted before each
                  program and removed behind it

After each program the kernel's log must be clean, and the module removable.
RVF_TIME_SCALE is how many times as long as usual the tests wait for what must
come: for a slow kernel. Where the kernel has kmemleak, it is asked at the end
what was left behind.
Exit status: 0 when everything passed, 1 when something failed, 2 wrong use,
4 when nothing could be run.
TEXT
}

top=$(cd "$(dirname "$0")/.." && pwd) || exit 4
module=$top/build/module/rvf.ko
loaded=''
limit=$((600 * ${RVF_TIME_SCALE:-1}))
while [ $# -gt 0 ]; do
	case $1 in
	--loaded) loaded=1 ;;
	--module) [ $# -ge 2 ] || { usage >&2; exit 2; }; module=$2; shift ;;
	-h|--help) usage; exit 0 ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
dir=$(realpath -m "${1:-$top/build/selftests/kernel}")
module=$(realpath -m "$module")
[ $# -eq 0 ] || shift
programs=("$@")
# What is built upon the module: the jail, the runtime of plugins, the tools; from
# the top of the tree
declare -A system=(
	[jail]=build/selftests/jail/jail
	[jail_root]=build/selftests/jail/root
	[jail_bind]=build/selftests/jail/bind
	[jail_events]=build/selftests/jail/events
	[plugin_runtime]=build/selftests/plugin/runtime
	[plugin_ring]=selftests/plugin/ring.sh
	[plugin_vm]=selftests/plugin/vm.sh
	[plugin_api]=selftests/plugin/api.sh
	[plugin_samples]=selftests/plugin/samples.sh
	[plugin_run]=selftests/plugin/run.sh
	[supervise_run]=selftests/supervise/run.sh
	[supervise_store]=selftests/supervise/store.sh
	[rvfctl_online]=selftests/cli-online.sh
)
if [ ${#programs[@]} -eq 0 ]; then
	mapfile -t programs < <(make -s -C "$top/selftests/kernel" list)
	[ "$dir" != "$top/build/selftests/kernel" ] || programs+=(
		jail jail_root jail_bind jail_events
		plugin_runtime plugin_ring plugin_vm plugin_api plugin_samples plugin_run
		supervise_run supervise_store rvfctl_online
	)
fi

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
[ -d "$dir" ] || skip_all "no tests in $dir: run make selftests"
if [ -n "$loaded" ]; then
	[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
else
	[ -f "$module" ] || skip_all "no module $module: run make module"
	export RVF_MODULE=$module
fi

failed=0
number=0

# result STATUS NAME: a test point
result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

# The kernel's log since the marker MARK; all that is left of it where it grew so
# much that the marker is gone
log_since()
{
	dmesg | awk -v mark="$1" '
		{ line[NR] = $0 }
		index($0, mark) { from = NR }
		END { for (i = from + 1; i <= NR; i++) print line[i] }
	'
}

# Removes the module; a release may still be at work for a moment.
unload()
{
	local try

	for try in 1 2 3 4 5 6 7 8 9 10; do
		rmmod rvf 2> /dev/null && return 0
		sleep 0.3
	done
	echo "# rmmod: used by $(cat /sys/module/rvf/refcnt) after $try tries"
	return 1
}

# explain STATUS: what a program's exit status means, unless its TAP says it
explain()
{
	case $1 in
	0|1|4) ;;
	124|137) echo "# it did not end within $limit s" ;;
	*) [ "$1" -le 128 ] || echo "# signal $(($1 - 128)) ended it" ;;
	esac
}

# run NAME COMMAND...: its test points are those of a nested stream
run()
{
	local mark status bugs

	mark="rvf selftests: $1 $$ $RANDOM"
	echo "$mark" > /dev/kmsg
	if [ -n "$loaded" ] || insmod "$module"; then
		timeout -k 5 "$limit" "${@:2}" 2>&1 | sed -u 's/^/# /'
		status=${PIPESTATUS[0]}
	else
		status=1
	fi
	explain "$status"
	[ "$status" -ne 4 ] || status=0
	result "$status" "$1"
	if [ -z "$loaded" ]; then
		unload
		result $? "$1: the module can be removed"
	fi
	bugs=$(log_since "$mark" | "$top/scripts/lib/kernel-log-check" /dev/stdin)
	status=$?
	[ -z "$bugs" ] || printf '%s\n' "$bugs" | head -n 30 | sed 's/^/# /'
	result $status "$1: the kernel's log is clean"
}

# leaks: what kmemleak finds that nobody refers to. Whoever allocated it: a file
# that the module forgets to put is not its own, nor is that file's memory. It
# tells of nothing that is younger than 5 s, and of nothing that only one scan
# missed.
leaks()
{
	sleep 6
	echo scan > "$kmemleak" && echo scan > "$kmemleak" || return 1
	cat "$kmemleak"
	! grep -q . "$kmemleak"
}

kmemleak=/sys/kernel/debug/kmemleak
if [ -n "$loaded" ] || ! echo clear 2> /dev/null > "$kmemleak"; then
	kmemleak=''
fi

cgroup=/sys/fs/cgroup/rvf-run
if mkdir "$cgroup" 2> /dev/null && [ -f "$cgroup/cgroup.kill" ]; then
	trap 'rmdir "$cgroup"' EXIT
else
	rmdir "$cgroup" 2> /dev/null
	cgroup=''
fi

echo "TAP version 13"
points=3
[ -z "$loaded" ] || points=2
echo "1..$((${#programs[@]} * points + (${#kmemleak} > 0)))"
cd "$top" || exit 4
for program in "${programs[@]}"; do
	run "$program" "${system[$program]:-$dir/$program}"
done
if [ -n "$kmemleak" ]; then
	found=$(leaks)
	status=$?
	[ -z "$found" ] || printf '%s\n' "$found" | head -n 60 | sed 's/^/# /'
	result $status "no memory was left behind"
fi
exit $failed
