#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

usage()
{
	cat <<'TEXT'
Usage: selftests/plugin/api.sh [TEST]...

Runs the tests of crosvm's plugin API, each a plugin with a VM (all of them): as
root on a kernel with the module and KVM, after make -C selftests/plugin. TAP on
stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

# NAME VCPUS END: how it ends, or is ended once it is ready. "tap": 0, with TAP
# that has no failure; "stop": asked to, then as "tap"; "kill": asked twice; or
# an exit status.
tests='
	before 2 tap
	ports 1 tap
	mmio 1 tap
	string 1 tap
	pause 1 tap
	registers 2 tap
	memory 1 tap
	events 1 tap
	chips 1 tap
	async 1 tap
	threads 4 tap
	hyperv 1 tap
	stop 1 stop
	end 2 tap
	end-late 2 1
	never-resumes 1 kill
	exits-at-init 2 3
	exits-running 1 4
	leaks 1 tap
	nothing 1 tap
	style 1 0
'

case ${1:-} in
-*) usage >&2; exit 2 ;;
esac
# shellcheck source=selftests/plugin/lib.sh
. "$(dirname "$0")/lib.sh" || exit 4

# run NAME END: whether it ended as it should
run()
{
	local pid status

	case $2 in
	stop|kill)
		start "api-$1" "$work/$1."
		kill -INT "$pid" 2> /dev/null
		if [ "$2" = kill ]; then
			sleep 0.5
			kill -INT "$pid" 2> /dev/null
		fi
		wait "$pid"
		status=$?
		;;
	*)
		timeout $((120 * ${RVF_TIME_SCALE:-1})) "$rvfctl" run --raw "$packages/api-$1.rvf" \
			> "$work/$1.out" 2> "$work/$1.err"
		status=$?
		;;
	esac
	echo "exit status $status"
	case $2 in
	tap) [ $status -eq 0 ] && passed "$work/$1.out" ;;
	stop) [ $status -eq 130 ] && passed "$work/$1.out" ;;
	kill) [ $status -eq 130 ] && ! pgrep -f "^api $1" > /dev/null ;;
	*) [ $status -eq "$2" ] ;;
	esac
}

# one NAME END: a test point of its own, in a file
one()
{
	if run "$1" "$2" > "$work/$1.run"; then
		echo "ok"
	else
		echo "not ok"
	fi > "$work/$1.result"
}

failed=0
number=0
begin api-before.rvf
names=()
# Two at a time: each is a mount of its own.
while read -r name _ end; do
	[ -n "$name" ] || continue
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	names+=("$name")
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	one "$name" "$end" &
done <<< "$tests"
wait
for name in "${names[@]}"; do
	number=$((number + 1))
	result=$(cat "$work/$name.result")
	echo "$result $number $name"
	[ "$result" = ok ] || failed=1
	sed 's/^/# /' "$work/$name.run"
	# One that does not come to its end has no plan: its points are no tests.
	prefix='# | '
	! passed "$work/$name.out" || prefix='# '
	sed "s/^/$prefix/" "$work/$name".{out,err}
done
echo "1..$number"
exit $failed
