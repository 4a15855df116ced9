#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

usage()
{
	cat <<'TEXT'
Usage: selftests/plugin/ring.sh

Runs two tasks that share a ring, and of which each fails once: as root on a
kernel with the module, after make -C selftests/plugin. TAP on stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

[ $# -eq 0 ] || { usage >&2; exit 2; }
# shellcheck source=selftests/plugin/lib.sh
. "$(dirname "$0")/lib.sh" || exit 4

begin ends.rvf
timeout $((120 * ${RVF_TIME_SCALE:-1})) "$rvfctl" run --raw "$packages/ends.rvf" \
	> "$work/out" 2> "$work/err"
status=$?

# point NUMBER NAME COMMAND...
failed=0
point()
{
	if "${@:3}" > "$work/point"; then
		echo "ok $1 $2"
	else
		echo "not ok $1 $2"
		failed=1
	fi
	sed 's/^/# /' "$work/point"
}

# shellcheck disable=SC2317 # called by point
said() { grep -qx "$1" "$work/out"; }

point 1 "both tasks came to their end" [ "$status" -eq 0 ]
point 2 "the sender was told of a new receiver" said "the receiver begins anew"
point 3 "the receiver was told of a new sender" said "the sender begins anew"
point 4 "all is sent" said "all is sent"
point 5 "all is received, whole and in order" said "all is received"
sed 's/^/# | /' "$work/out" "$work/err"
echo "1..5"
exit $failed
