# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the tests of plugins with a VM: what they need, and where it is.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 4
rvfctl=${RVF_BUILD:-$top/build}/rvfctl
packages=$top/build/selftests/plugin

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# begin PACKAGE: with one of those that are needed; afterwards $work is there
begin()
{
	[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
	[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
	[ -c /dev/kvm ] || skip_all "there is no KVM"
	[ -f "$packages/$1" ] || skip_all "no packages in $packages"
	work=$(mktemp -d) || exit 4
	trap 'rm -rf "$work"' EXIT
	echo "TAP version 13"
	"$rvfctl" key add "$packages/key.pub" > /dev/null || exit 1
}

# start NAME PREFIX: runs a package as process $pid, with PREFIXout and PREFIXerr, and
# returns when it is ready, or will not be. In the foreground for timeout, which
# passes each signal on twice otherwise: to rvfctl that says "now".
start()
{
	local end=$((SECONDS + 60 * ${RVF_TIME_SCALE:-1}))

	timeout --foreground $((120 * ${RVF_TIME_SCALE:-1})) \
		"$rvfctl" run --raw "$packages/$1.rvf" > "$2out" 2> "$2err" &
	pid=$!
	until grep -q '^# ready' "$2out" || [ $SECONDS -ge $end ] ||
		! kill -0 "$pid" 2> /dev/null; do
		sleep 0.1
	done
	sleep 0.5
}

# passed FILE: its TAP is whole, and has nothing that failed
passed()
{
	local count

	count=$(grep -c '^ok ' "$1")
	[ "$count" -gt 0 ] && grep -qx "1\.\.$count" "$1" &&
		! grep -qE '^(not ok|Bail out)' "$1"
}
