#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only

usage()
{
	cat <<'TEXT'
Usage: selftests/plugin/samples.sh

Runs the samples that have a VM, and compares what they print: as root on a
kernel with the module and KVM, after make -C selftests/plugin. TAP on stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

[ $# -eq 0 ] || { usage >&2; exit 2; }
# shellcheck source=selftests/plugin/lib.sh
. "$(dirname "$0")/lib.sh" || exit 4

# wanted NAME: what it is to print
wanted()
{
	case $1 in
	hello-guest)
		echo "hello from a guest"
		;;
	console)
		tr '[:lower:]' '[:upper:]' < "$top/samples/console/typed.txt"
		;;
	crunch)
		# which of the last two lines is first is anybody's guess
		printf 'vCPU %d is done\n' 0 1 2 3
		primes
		echo "the guest was interrupted"
		;;
	esac
}

# Below 10,000, by another way than the guest's
primes()
{
	awk 'BEGIN {
		for (i = 2; i < 10000; i++)
			if (!no[i]) {
				n++
				for (j = i * i; j < 10000; j += i)
					no[j] = 1
			}
		print n " primes below 10000"
	}'
}

failed=0
number=0
begin sample-crunch.rvf
for sample in hello-guest console crunch; do
	number=$((number + 1))
	timeout $((120 * ${RVF_TIME_SCALE:-1})) "$rvfctl" run --raw \
		"$packages/sample-$sample.rvf" > "$work/out" 2> "$work/err"
	status=$?
	wanted $sample > "$work/wanted"
	if [ $sample = crunch ]; then
		sort -o "$work/wanted" "$work/wanted"
		sort -o "$work/out" "$work/out"
	fi
	if [ $status -eq 0 ] && diff "$work/wanted" "$work/out" > "$work/diff"; then
		echo "ok $number $sample"
	else
		echo "not ok $number $sample"
		echo "# exit status $status"
		sed 's/^/# /' "$work/diff" "$work/err"
		failed=1
	fi
done
echo "1..$number"
exit $failed
