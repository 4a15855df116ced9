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
# shellcheck source=selftests/plugin/lib.sh
. "$(dirname "$0")/lib.sh" || exit 4

# vcpus COUNT: until it is ready, then it is asked to stop
vcpus()
{
	local pid

	start "vm$1" "$work/"
	kill -INT "$pid" 2> /dev/null
	wait "$pid"
	[ $? -eq 130 ] && passed "$work/out"
}

failed=0
number=0
begin vm1.rvf
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
