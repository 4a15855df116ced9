# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317,SC2034 # all of it is for others
#
# What tests of the supervisor share: points, and what rvfctl says.

top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd) || exit 4
build=${RVF_BUILD:-$top/build}
packages=$top/build/selftests/supervise
PATH=$build:$PATH
work=$(mktemp -d) || exit 4
number=0 failed=0

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
[ -f "$packages/order.rvf" ] || skip_all "no packages in $packages"

# check NAME COMMAND...: a point, which passes when COMMAND returns 0
check()
{
	number=$((number + 1))
	if "${@:2}" > "$work/out" 2>&1; then
		echo "ok $number $1"
	else
		echo "not ok $number $1"
		failed=1
		sed 's/^/# /' "$work/out" | head -n 30
		{ echo "-- rvfd:"; tail -n 10 "$work/rvfd.log"; } 2> /dev/null | sed 's/^/# /'
	fi
}

# skip NAME WHY: counted, and not run
skip()
{
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

# until SECONDS COMMAND...: waits until COMMAND returns 0, as many times as long
# on a slow kernel
until_ok()
{
	local end=$((SECONDS + $1 * ${RVF_TIME_SCALE:-1}))

	while ! "${@:2}" > /dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { "${@:2}"; return 1; }
		sleep 0.1
	done
}

mount_it() { rvfctl mount --timeout $((60 * ${RVF_TIME_SCALE:-1}))s "${@:2}" "$packages/$1.rvf"; }
umount_it() { rvfctl umount --timeout $((5 * ${RVF_TIME_SCALE:-1}))s "/$1"; }
# state TASK WORD: what ps says of a task
state() { rvfctl ps "${1%:*}" | awk -v t="$1" -v s="$2" '$1 == t && $3 == s { f = 1 } END { exit !f }'; }
column() { rvfctl ps "${1%:*}" | awk -v t="$1" -v n="$2" '$1 == t { print $n }'; }
pid_of() { column "$1" 4; }
logs_have() { rvfctl logs "$1" | grep -q -- "$2"; }
cgroups() { find /sys/fs/cgroup/rvf -mindepth 1 -type d; }
no_cgroups()
{
	local left
	left=$(cgroups) && [ -z "$left" ] && return
	echo "left: $left"
	return 1
}
no_logs() { [ -d /run/rvf/logs ] && [ -z "$(ls /run/rvf/logs)" ]; }

# Processes of tasks: their ids are from the range.
task_processes()
{
	awk '$1 == "Uid:" && $2 >= 1879048192 && $2 < 1879113728 { n++ } END { print n + 0 }' \
		/proc/[0-9]*/status 2> /dev/null
}
no_processes() { [ "$(task_processes)" -eq 0 ]; }
