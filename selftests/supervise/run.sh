#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions are called by name

usage()
{
	cat <<'TEXT'
Usage: selftests/supervise/run.sh

Tests the supervisor, in rvfd and in rvfctl run, with real packages: as root
on a kernel with the module loaded, after make tools and
make -C selftests/supervise. TAP on stdout.

RVF_BUILD       directory of the tools (build)

Exit status: 0 passed, 1 something failed, 2 wrong use, 4 could not be run.
TEXT
}

[ $# -eq 0 ] || { usage >&2; exit 2; }
# shellcheck source=selftests/supervise/lib.sh
. "${0%/*}/lib.sh"

rvfd_pid=''
# shellcheck disable=SC2120 # it is called by name, too
start_rvfd()
{
	rvfd "$@" >> "$work/rvfd.log" 2>&1 &
	rvfd_pid=$!
	until_ok 20 test -S /run/rvf/rvfd.sock
}

stop_rvfd()
{
	kill "-$1" "$rvfd_pid"
	wait "$rvfd_pid" 2> /dev/null
	return 0
}

not_mounted() { ! rvfctl ls 2> /dev/null | grep -q "$1"; }

export RVF_CONFIG=$work/etc
policy=$RVF_CONFIG/policy.d
mkdir -p "$policy"
rvfctl key add "$packages/key.pub" > /dev/null 2>&1
check "rvfd starts" start_rvfd
second_rvfd() { timeout 10 rvfd 2>&1 | grep -q 'runs already'; }
check "a second one does not" second_rvfd

order()
{
	mount_it order || return 1
	rvfctl logs /order > "$work/order"
	cat "$work/order"
	local first middle once last
	first=$(grep -n '| first' "$work/order" | cut -d: -f1)
	middle=$(grep -n '| middle' "$work/order" | cut -d: -f1)
	once=$(grep -n '| once' "$work/order" | cut -d: -f1)
	last=$(grep -n '| last' "$work/order" | cut -d: -f1)
	[ "$first" -lt "$middle" ] && [ "$middle" -lt "$last" ] && [ "$once" -lt "$last" ]
}
check "tasks start in the order of their needs" order
check "one that ended with 0 counts as ready" state /order:last ready
check "umount" umount_it order
check "no cgroup is left" until_ok 5 no_cgroups
check "no output is left" until_ok 5 no_logs
check "no process is left" until_ok 5 no_processes

check "a task that fails is started again" mount_it flaky
check "it is ready at last" state /flaky:task ready
restarts() { [ "$(column "/$1:task" 6)" = "$2" ]; }
check "its restarts are counted" restarts flaky 2
check "its restarts are told" logs_have /flaky 'exited with 7, starting again in 50 ms (1 of 3)'
check "its pauses grow up to the most" logs_have /flaky 'starting again in 80 ms (2 of 3)'
check "umount" umount_it flaky

fails_to_mount()
{
	! mount_it "$1" > "$work/mount" 2>&1 || { cat "$work/mount"; return 1; }
	cat "$work/mount"
	grep -q -- "$2" "$work/mount"
}
check "a task that always fails fails its mount" fails_to_mount hopeless 'exited with 7, and was started again too often'
check "nothing stays mounted" until_ok 20 not_mounted hopeless
check "a task that fails and is not started again fails its mount" fails_to_mount never 'exited with 3'
check "nothing stays mounted" until_ok 20 not_mounted never
check "a task that is not bound in time fails its mount" fails_to_mount unbound 'not bound within 10 s'
check "nothing stays mounted" until_ok 20 not_mounted unbound
check "no process is left" until_ok 5 no_processes
check "a crash is named" fails_to_mount crash 'killed by SIGILL'

check "a task that is always started again" mount_it always
again() { [ "$(column /always:task 6)" -ge 2 ]; }
check "it is, also after exit(0)" until_ok 20 again
check "umount" umount_it always

check "a mount is ready before a task fails" mount_it later
kill -KILL "$(pid_of /later:bad)"
check "it fails" until_ok 20 state /later:bad failed
check "what needs it is stopped" until_ok 10 state /later:child stopped
check "and so is what needs that" until_ok 10 state /later:grandchild stopped
check "the reason is told" logs_have /later "stopped: it needs 'bad', which failed"
check "the others go on" state /later:other ready
check "umount" umount_it later

check "a task floods" mount_it flood
sleep 3
memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$rvfd_pid/status"; }
before=$(memory)
quick() { timeout $((10 * ${RVF_TIME_SCALE:-1})) rvfctl ps /flood > /dev/null; }
check "rvfd answers at once" quick
some_lines() { [ "$(timeout $((20 * ${RVF_TIME_SCALE:-1})) rvfctl logs -n 5 /flood:loud | grep -c 'flood [0-9]')" -eq 5 ]; }
check "the last lines can be had" some_lines
check "the other's output is kept" logs_have /flood:quiet hush
gap_told() { rvfctl logs -n 100000 /flood:loud 2>&1 | grep 'lines are not kept' > /dev/null; }
check "lines that are gone are counted" gap_told
sleep 2
no_growth() { local now; now=$(memory); echo "$before kB, then $now kB"; [ "$now" -le $((before + 1024)) ]; }
check "rvfd does not grow" no_growth
busy()
{
	local a b
	a=$(awk '{ print $14 + $15 }' "/proc/$rvfd_pid/stat"); sleep 3
	b=$(awk '{ print $14 + $15 }' "/proc/$rvfd_pid/stat")
	echo "$((b - a)) of 300 ticks"
	[ $((b - a)) -lt 240 ]
}
# Where all takes several times as long, it is.
if [ "${RVF_TIME_SCALE:-1}" -gt 1 ]; then
	skip "rvfd is not busy all the time" "this kernel is slow"
else
	check "rvfd is not busy all the time" busy
fi
for kind in silent crowd garbage stranger; do
	check "clients that misbehave: $kind" timeout $((120 * ${RVF_TIME_SCALE:-1})) "$packages/pester" $kind
done
check "rvfd has not grown by them" no_growth
check "umount" umount_it flood

check "a task writes what is hard to show" mount_it odd
rvfctl logs --raw /odd > "$work/odd" 2>&1
has_parts()
{
	rvfctl logs /odd > "$work/odd.shown"
	[ "$(grep -c '| xxx' "$work/odd.shown")" -ge 3 ] && grep -q '! err' "$work/odd.shown"
}
check "a long line comes in parts, stderr as itself" has_parts
no_escape() { ! grep -q $'[\033\r]' "$work/odd.shown"; }
check "nothing reaches the terminal that could steer it" no_escape
raw_nul() { grep -qaP '\x1b\[31mred\x00nul\r' "$work/odd"; }
check "raw output is what was written" raw_nul
check "umount" umount_it odd
check "a line that never ended is kept while it lives" not_mounted odd

check "a task writes many lines" mount_it many
tail_of_many() { [ "$(rvfctl logs -n 1 /many | grep -c 'line 20000')" -eq 1 ]; }
check "the last one is there" until_ok 20 tail_of_many
# What is kept has no gaps: its numbers are consecutive up to the last.
no_gaps()
{
	rvfctl logs /many | grep -o 'line [0-9]*' | awk '
		NR > 1 && $2 != last + 1 { bad = 1 }
		{ last = $2 }
		END { print NR, "lines up to", last; exit bad || last != 20000 || NR < 1000 }'
}
check "what is kept has no gaps" no_gaps
check "umount" umount_it many

check "a task may have as many threads as its limit says" mount_it eat
check "and no more" logs_have /eat '| 4 threads'
check "one that uses too much memory is killed" until_ok 40 logs_have /eat 'more memory than its limit'
check "umount" umount_it eat

check "a task that does not stop" mount_it stubborn
umount_quickly() { local s=$SECONDS; rvfctl umount --timeout 2s /stubborn; local r=$?; [ "$r" -eq 0 ] && [ $((SECONDS - s)) -lt 15 ]; }
check "is killed after its time" umount_quickly
check "no process is left" until_ok 5 no_processes

follow()
{
	mount_it plain || return 1
	timeout 60 rvfctl logs -f /plain > "$work/follow" 2>&1 &
	local follower=$!
	sleep 0.5
	kill -KILL "$(pid_of /plain:task)"
	until_ok 20 grep -q 'killed by SIGKILL, starting again' "$work/follow" || return 1
	until_ok 20 state /plain:task ready || return 1
	umount_it plain || return 1
	wait "$follower"
}
check "whoever follows sees what comes, until the mount is gone" follow

# rvfd dies, in two ways, and comes again.
for signal in KILL TERM; do
	check "a mount" mount_it plain
	old=$(pid_of /plain:task)
	stop_rvfd "$signal"
	gone() { ! kill -0 "$1"; }
	check "after SIG$signal to rvfd its tasks are gone" until_ok 10 gone "$old"
	check "no process is left" until_ok 10 no_processes
	still() { rvfctl ls | grep -q /plain; }
	check "the mount is not" still
	check "rvfd starts again" start_rvfd
	check "it supervises the mount again" until_ok 30 state /plain:second ready
	other() { local now; now=$(pid_of /plain:task); [ "$now" != "$old" ] && [ "$now" != - ]; }
	check "with new processes" other
	check "umount" umount_it plain
	check "no cgroup is left" until_ok 5 no_cgroups
done

mount_it plain > /dev/null
stop_rvfd KILL
rvfctl umount /plain > /dev/null
mkdir -p /run/rvf/logs/9999 && echo x > /run/rvf/logs/9999/0
start_rvfd
check "rvfd cleans up after one that was killed: cgroups" until_ok 10 no_cgroups
check "rvfd cleans up after one that was killed: output" until_ok 10 no_logs

later_claim()
{
	stop_rvfd TERM
	rvfctl mount --no-start "$packages/plain.rvf" || return 1
	start_rvfd
	until_ok 30 state /plain:second ready
}
check "what was mounted without rvfd is started by it" later_claim
check "umount" umount_it plain

stopped_rvfd()
{
	kill -STOP "$rvfd_pid"
	for i in 1 2 3; do
		rvfctl mount --no-start --at "/n$i" "$packages/plain.rvf" || return 1
	done
	rvfctl umount --timeout 1s /n2
	kill -CONT "$rvfd_pid"
	until_ok 30 state /n1:second ready && until_ok 30 state /n3:second ready &&
		rvfctl umount /n1 /n3
}
check "rvfd catches up with what it missed" stopped_rvfd

# More than its socket holds: it is told so, and looks for itself.
lost_events()
{
	kill -STOP "$rvfd_pid"
	"$top/build/selftests/jail/events" 20000
	rvfctl mount --no-start --at /lost "$packages/plain.rvf" || return 1
	kill -CONT "$rvfd_pid"
	until_ok 30 state /lost:second ready && rvfctl umount /lost
}
check "also when events were lost" lost_events

# What a package asks of its jail, and the host allows
refused()
{
	! mount_it "$1" > "$work/mount" 2>&1
	cat "$work/mount"
	grep -q -- "$2" "$work/mount"
}
check "what the host does not allow is not started" refused rooted "does not allow a task to see '/etc'"
echo '/etc # all of it' > "$policy/mounts"
check "one word is not for the next" refused rooted "does not allow a task the system call 'mincore'"
printf '# calls\nmincore\n' > "$policy/syscalls"
chmod 666 "$policy/syscalls"
check "a word that anyone can write is none" refused rooted 'syscalls does not count'
chmod 644 "$policy/syscalls"
check "with both it is started" mount_it rooted
saw() { rvfctl logs /rooted:task | grep -q -- "| $1"; }
check "it sees what is mounted" saw '/data/passwd: open'
check "it has devices" saw '/dev/null: open'
check "it does not see the host" saw '/etc/passwd: No such file'
check "it makes the call" saw 'mincore: allowed'
check "it runs on its CPU" saw '1 of CPU 0'
is_relaxed() { rvfctl ls /rooted | grep -q 'relaxed: root'; }
check "the kernel says what it did not look at" is_relaxed
check "umount" umount_it rooted
echo / > "$policy/mounts"
sed -i 's/mincore/mincor/' "$policy/syscalls"
check "an entry is a whole name" refused rooted "the system call 'mincore'"

ends() { until_ok 30 logs_have "/limits:$1" "$2"; }
check "tasks with limits" mount_it limits
check "one that runs too long is killed" ends slow 'killed: it ran longer than its limit of 5 s'
check "one that computes too long is killed" ends busy 'killed by SIGKILL: it used more CPU time'
check "umount" umount_it limits

modprobe tun 2> /dev/null
if [ -c /dev/net/tun ] && ip tuntap add rvftest0 mode tap vnet_hdr 2> /dev/null; then
	check "a TAP device must be allowed" refused tap "the TAP device 'rvftest0'"
	echo rvftest0 > "$policy/taps"
	check "then it is given" mount_it tap
	has_tap() { rvfctl logs /tap:task | grep -q '| TAP rvftest0, ..:..:'; }
	check "the task finds it" has_tap
	check "umount" umount_it tap
	ip tuntap del rvftest0 mode tap
	check "one that is not there is said" refused tap "cannot open the TAP device 'rvftest0'"
else
	skip "TAP devices" "there are none here"
fi

# VMs, on a host with KVM and on one without
no_kvm() { [ -e /dev/kvm.away ] || mv /dev/kvm /dev/kvm.away; }
kvm_again() { rm -f /dev/kvm; mv /dev/kvm.away /dev/kvm; }
guest_runs() { rvfctl logs /machine:task | tail -n 1 | grep -q '| the guest says V'; }
has_no_vm() { logs_have /machine:task '| no VM: No such device' && state /machine:task ready; }
if [ -c /dev/kvm ]; then
	check "a task with a VM" mount_it machine
	check "its guest runs" guest_runs
	no_kvm_fd() { ! find "/proc/$rvfd_pid/fd" -lname '*kvm*' | grep .; }
	check "rvfd keeps no file of KVM's" no_kvm_fd
	kill -KILL "$(pid_of /machine:task)"
	check "the next incarnation has its own" until_ok 20 restarts machine 1
	check "its guest runs" until_ok 20 guest_runs
	stop_rvfd TERM
	start_rvfd
	check "also under the next rvfd" until_ok 30 state /machine:other ready
	check "its guest runs" until_ok 20 guest_runs
	check "umount" umount_it machine

	no_kvm
	check "without /dev/kvm it is mounted and started" mount_it machine
	check "it is told, and goes on" has_no_vm
	check "the others do not mind" state /machine:other ready
	check "rvfd says so" grep -q 'no KVM here: .*No such file' "$work/rvfd.log"
	check "umount" umount_it machine
	mknod /dev/kvm c 1 3
	check "nor does it need one that is something else" mount_it machine
	check "it is told, and goes on" has_no_vm
	check "umount" umount_it machine
	kvm_again
	check "with /dev/kvm again" mount_it machine
	check "its guest runs" guest_runs
	check "umount" umount_it machine
else
	skip "VMs" "there is no KVM"
fi

check "umounts are complete" until_ok 5 no_cgroups
stop_rvfd TERM

for wrong in --uid-range=0+5 --uid-range=5 --uid-range=4294967290+10 --nonsense extra; do
	wrong_use() { timeout 20 rvfd "$wrong" > /dev/null 2>&1; [ $? -eq 2 ]; }
	check "wrong use: $wrong" wrong_use
done
few_ids()
{
	start_rvfd --uid-range 500000+1
	! mount_it plain > "$work/mount" 2>&1
	cat "$work/mount"
	stop_rvfd TERM
	grep -q 'all 1 user ids from 500000 on are in use' "$work/mount"
}
check "a range of one id is not enough for two tasks" few_ids
without_cgroups() { unshare -m sh -c 'umount /sys/fs/cgroup && exec "$@"' sh "$@"; }
needs_cgroups() { without_cgroups timeout 20 rvfd 2>&1 | grep -q 'no cgroup version 2'; }
check "without cgroups rvfd does not start" needs_cgroups
goes_on()
{
	unshare -m sh -c 'umount /sys/fs/cgroup && exec rvfd --no-cgroup' >> "$work/rvfd.log" 2>&1 &
	rvfd_pid=$!
	until_ok 20 test -S /run/rvf/rvfd.sock && mount_it plain && rvfctl ps && umount_it plain &&
		grep -q 'limits are not enforced' "$work/rvfd.log"
}
check "with --no-cgroup it does, and says so" goes_on
stop_rvfd TERM
background()
{
	timeout 30 rvfd --background || return 1
	rvfd_pid=$(pgrep -x rvfd) && mount_it plain && umount_it plain || return 1
	kill -TERM "$rvfd_pid"
	until_ok 10 test ! -S /run/rvf/rvfd.sock
}
check "it can detach" background
no_faults() { ! grep -E 'Sanitizer|runtime error' "$work/rvfd.log"; }
check "rvfd's log tells of no fault of its own" no_faults

run_code() { rvfctl run "$packages/code.rvf" > "$work/run" 2>&1; local r=$?; cat "$work/run"; [ "$r" -eq 5 ] && grep -q hello "$work/run"; }
check "rvfctl run passes on a task's status" run_code
run_order()
{
	rvfctl run "$packages/order.rvf" > "$work/run" 2>&1 &
	local pid=$!
	until_ok 30 grep -q last "$work/run" || { cat "$work/run"; return 1; }
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	local r=$?
	cat "$work/run"
	[ "$r" -eq 0 ] || [ "$r" -eq 130 ]
}
check "rvfctl run starts tasks in order and stops them" run_order
run_killed()
{
	rvfctl run "$packages/plain.rvf" > "$work/run" 2>&1 &
	local pid=$!
	processes() { [ "$(task_processes)" -ge 2 ]; }
	until_ok 30 processes || { cat "$work/run"; return 1; }
	kill -KILL "$pid"
	wait "$pid" 2> /dev/null
	until_ok 10 no_processes
}
check "what rvfctl run started dies with it" run_killed
check "a later supervisor removes its cgroup" run_code
check "no cgroup is left" until_ok 5 no_cgroups

echo "1..$number"
rm -rf "$work"
exit $failed
