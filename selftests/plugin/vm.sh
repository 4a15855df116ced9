#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

usage()
{
	cat <<'TEXT'
Usage: selftests/plugin/vm.sh

Runs the plugin that tests its own VM, with 1, 2 and 4 vCPUs: as root on a
kernel with the module and KVM, after make -C selftests/plugin. TAP on stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

[ $# -eq 0 ] || { usage >&2; exit 2; }
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 4
rvfctl=${RVF_BUILD:-$top/build}/rvfctl
packages=$top/build/selftests/plugin

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
[ -c /dev/kvm ] || skip_all "there is no KVM"
[ -f "$packages/vm1.rvf" ] || skip_all "no packages in $packages"
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT

# passed: its TAP is whole, and has nothing that failed
passed()
{
	local count

	count=$(grep -c '^ok ' "$work/out")
	[ "$count" -gt 0 ] && grep -qx "1\.\.$count" "$work/out" &&
		! grep -qE '^(not ok|Bail out)' "$work/out"
}

# vcpus COUNT: until it is ready, then it is asked to stop
vcpus()
{
	local end=$((SECONDS + 50)) pid

	timeout 80 "$rvfctl" run --raw "$packages/vm$1.rvf" > "$work/out" 2> "$work/err" &
	pid=$!
	until grep -q '^# ready' "$work/out" || [ $SECONDS -ge $end ] ||
		! kill -0 $pid 2> /dev/null; do
		sleep 0.1
	done
	sleep 0.5
	kill -INT $pid 2> /dev/null
	wait $pid
	[ $? -eq 130 ] && passed
}

failed=0
number=0
echo "TAP version 13"
"$rvfctl" key add "$packages/key.pub" > /dev/null || exit 1
for count in 1 2 4; do
	number=$((number + 1))
	if vcpus $count; then
		echo "ok $number $count vCPUs"
	else
		echo "not ok $number $count vCPUs"
		failed=1
	fi
	sed 's/^/# /' "$work/out" "$work/err"
done
echo "1..$number"
exit $failed
