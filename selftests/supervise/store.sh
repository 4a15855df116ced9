#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions are called by name

usage()
{
	cat <<'TEXT'
Usage: selftests/supervise/store.sh

Tests that a restart of rvfd costs its tasks nothing when the service manager
keeps its fds, with fdstore in the place of systemd: as root on a kernel with
the module loaded, after make tools and make -C selftests/supervise. TAP on
stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

[ $# -eq 0 ] || { usage >&2; exit 2; }
# shellcheck source=selftests/supervise/lib.sh
. "${0%/*}/lib.sh"
[ -x "$packages/fdstore" ] || skip_all "no fdstore in $packages"
cd "$work" || exit 4

# The service manager, and the rvfd that it has started last
manager=''
start_manager()
{
	"$packages/fdstore" rvfd >> "$work/rvfd.log" 2>&1 &
	manager=$!
	until_ok 20 test -e ready
}

rvfd_pid() { cat pid; }
# again SIGNAL: another rvfd, after this one's end
again()
{
	local before
	before=$(rvfd_pid)
	another() { [ "$(rvfd_pid)" != "$before" ] && [ -e ready ]; }
	kill "-$1" "$manager"
	until_ok 30 another
}
# away: rvfd is killed and not started yet; back: it is
away()
{
	local old
	old=$(rvfd_pid)
	touch hold
	kill -USR1 "$manager"
	dead() { ! kill -0 "$old"; }
	until_ok 10 dead
}
back()
{
	local before
	before=$(rvfd_pid)
	another() { [ "$(rvfd_pid)" != "$before" ] && [ -e ready ]; }
	rm hold
	until_ok 30 another
}

kept() { [ "$(cat kept)" -eq "$1" ]; }

rvfctl key add "$packages/key.pub" > /dev/null 2>&1
check "rvfd starts" start_manager
check "it keeps nothing" kept 0
check "a mount" mount_it lasting
# The claim, and of each of three processes four
check "its claim and its tasks' fds are kept" until_ok 10 kept 13
task=$(pid_of /lasting:task) second=$(pid_of /lasting:second)

# The same processes, ready, and nothing was started again
goes_on()
{
	rvfctl ps /lasting
	[ "$(pid_of /lasting:task)" = "$task" ] && [ "$(pid_of /lasting:second)" = "$second" ] &&
		state /lasting:task ready && state /lasting:second ready &&
		state /lasting:fails ready && state /lasting:once ended
}
more_lines()
{
	local before now
	before=$(rvfctl logs -n 1 /lasting:task | grep -o 'tick [0-9]*' | cut -d' ' -f2)
	newer() { now=$(rvfctl logs -n 1 /lasting:task | grep -o 'tick [0-9]*' | cut -d' ' -f2) && [ "$now" -gt "$before" ]; }
	until_ok 10 newer
}
# Numbered from 1, each once, and whole but where a killed rvfd had read half of one
no_gaps()
{
	rvfctl logs -n 100000 /lasting:task | grep -o '[0-9][0-9]*$' | awk '
		$1 != last + 1 { bad = 1 }
		{ last = $1 }
		END { print "up to", last; exit bad || !last }'
}
for signal in HUP USR1 HUP; do
	check "another rvfd after SIG$signal" again "$signal"
	check "the tasks go on" until_ok 10 goes_on
	check "so does their output" more_lines
	check "no line is missing" no_gaps
	check "what is kept is the same" until_ok 5 kept 13
done
uptime() { [ "$(column /lasting:task 5)" != 0s ]; }
check "rvfctl ps tells since when they run" uptime

check "rvfd is away" away
kill -KILL "$task"
check "another one, when a task has ended meanwhile" back
started_again() { state /lasting:task ready && [ "$(pid_of /lasting:task)" != "$task" ]; }
check "it is started again" until_ok 20 started_again
check "it was told how it ended" logs_have /lasting:task 'killed by SIGKILL, starting again'
other() { [ "$(pid_of /lasting:second)" = "$second" ]; }
check "the others were not touched" other
check "what is kept is as much" until_ok 10 kept 13

kill -KILL "$(pid_of /lasting:fails)"
check "a task fails" until_ok 10 state /lasting:fails failed
check "it is not kept any more" until_ok 10 kept 9
task=$(pid_of /lasting:task)
check "another rvfd" again HUP
check "it has failed there, too" until_ok 10 state /lasting:fails failed
same() { state /lasting:task ready && [ "$(pid_of /lasting:task)" = "$task" ]; }
check "the others go on" same

check "umount" umount_it lasting
check "nothing is kept" until_ok 10 kept 0
check "no cgroup is left" until_ok 10 no_cgroups
check "no output is left" until_ok 10 no_logs

check "a mount" mount_it plain
check "rvfd is away" away
check "umount without it" umount_it plain
check "no process is left" until_ok 10 no_processes
check "another rvfd" back
check "it forgets what is gone" until_ok 10 kept 0
check "no cgroup is left" until_ok 10 no_cgroups

check "a mount" mount_it plain
check "what is kept" until_ok 10 kept 9
stop_manager() { kill -TERM "$manager"; wait "$manager"; }
check "the service is stopped" stop_manager
check "with what was kept its tasks are gone" until_ok 10 no_processes
still() { rvfctl ls | grep -q /plain; }
check "the mount is not" still
check "rvfd is started" start_manager
check "it supervises the mount again" until_ok 30 state /plain:second ready
check "umount" umount_it plain
stop_manager
check "no cgroup is left" until_ok 10 no_cgroups
no_faults() { ! grep -E 'Sanitizer|runtime error|cannot tell' "$work/rvfd.log"; }
check "rvfd's log tells of no fault of its own" no_faults

echo "1..$number"
cd /
rm -rf "$work"
exit $failed
