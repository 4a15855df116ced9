#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rvfctl with the module: run as root, with the module loaded and an empty key
# set. Starts an rvfd of its own. Prints TAP.
#
# --prepare DIR only makes the keys and packages, which needs no module; they
# are looked for in build/selftests/cli, and made when they are not there.

# shellcheck source=selftests/cli-lib.sh
. "$(dirname "$(readlink -f "$0")")/cli-lib.sh"
rvfd_program=${RVFD:-$top/build/rvfd}
plugins=$top/build/plugins

# ---- packages

# shellcheck disable=SC2154 # of cli-lib.sh
recipes()
{
	local name

	sed "s,\.\./\.\./build/plugins,$plugins,
		s,data/weather,$top/samples/weather/data/weather," \
		"$top/samples/weather/rvf.yaml" > weather.yaml
	elf 2 120 "$code_returns" 1:5 > returns
	elf 2 120 "$code_spins" 1:5 > spins
	elf 2 120 "$(code_talks '\x1b[2Jlast\rwords\n' 3)" 1:5 > talks
	for name in returns spins talks; do
		printf 'package: %s\nelf: %s\n' $name $name > $name.yaml
	done
	printf 'package: quiet\ncomponents:\n  a: { elf: %s/sensor }\n' "$plugins" > quiet.yaml
}

prepare()
{
	local name

	recipes
	runs 0 rvfctl key gen release && runs 0 rvfctl key gen other || return
	for name in weather returns spins talks quiet; do
		runs 0 rvfctl pack $name.yaml &&
			runs 0 rvfctl sign --key release.key $name.rvf || return
	done
	runs 0 rvfctl pack weather.yaml -o unsigned.rvf && cp unsigned.rvf theirs.rvf &&
		runs 0 rvfctl sign --key other.key theirs.rvf
}

take_prepared()
{
	cp "$top"/build/selftests/cli/*.{rvf,pub} .
}

if [ "$1" = --prepare ]; then
	point "packages" prepare
	mkdir -p "$2" && cp ./*.rvf ./*.pub "$2/"
	finish
	exit
fi

# A point runs in a subshell: what it starts is remembered in a file.
start_rvfd()
{
	# its output would keep a pipe of ours open
	"$rvfd_program" --foreground > "$work/rvfd.log" 2>&1 < /dev/null &
	echo $! > "$work/rvfd.pid"
	within 10 test -S /run/rvf/rvfd.sock
}

rvfd_runs() { kill -0 "$(cat "$work/rvfd.pid")" 2> /dev/null; }
rvfd_gone() { ! rvfd_runs; }

# stop_rvfd [SIGNAL]
stop_rvfd()
{
	[ -e "$work/rvfd.pid" ] || return 0
	kill "${1:--TERM}" "$(cat "$work/rvfd.pid")"
	within 10 rvfd_gone
	rm -f /run/rvf/rvfd.sock "$work/rvfd.pid"
}

mounts() { rvfctl ls --json | tr '{' '\n' | sed -n 's/^"mount":\("[^"]*"\|null\).*/\1/p'; }
nothing_mounted() { [ -z "$(mounts)" ] || { mounts; return 1; }; }

cleanup()
{
	local name

	stop_rvfd
	for name in $(mounts | tr -d '"'); do
		rvfctl umount --timeout 0 "$name" > /dev/null 2>&1
	done
	rm -rf "$work"
}
trap cleanup EXIT

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
[ ! -e /run/rvf/rvfd.sock ] || skip_all "there is an rvfd"

if [ -e "$top/build/selftests/cli/theirs.rvf" ]; then
	point "packages were made" take_prepared
else
	point "packages are made" prepare
fi

# ---- keys

no_key()
{
	runs 0 rvfctl key list && says err "rvfctl key add" &&
		refused unknown-key rvfctl verify weather.rvf && says err "no key is trusted here"
}

point "no key: nothing can be mounted" no_key

key_add()
{
	runs 0 rvfctl key add release.pub && says out 'added ' '"release" rsa-4096 until' \
		"kept until reboot" && runs 0 rvfctl key list && says out release "any mount" &&
		runs 6 rvfctl key add release.pub &&
		runs 0 rvfctl key add --persist release.pub && says out "known already" &&
		runs 0 ls etc/keys.d && [ "$(wc -l < out)" -eq 1 ] &&
		runs 5 rvfctl key add nowhere.pub && ! runs 0 rvfctl key add weather.rvf
}

point "key add, key list" key_add

# ---- the kernel's word

verify()
{
	runs 0 rvfctl verify weather.rvf && says out "this kernel's word" '"release"' &&
		refused unsigned rvfctl verify unsigned.rvf &&
		refused unknown-key rvfctl verify theirs.rvf &&
		says err "1 key is trusted here, another one" &&
		runs 2 rvfctl verify --at nowhere weather.rvf
}

point "verify" verify

# changed SEGMENT DISTANCE SLUG
changed()
{
	cp weather.rvf bad.rvf && flip bad.rvf $(($(offset weather.rvf "$1") + $2)) &&
		refused "$3" rvfctl verify bad.rvf &&
		refused "$3" rvfctl mount --no-start bad.rvf && nothing_mounted
}

point "a bit of the manifest" changed manifest 300 bad-signature
point "a bit of the signature" changed signatures 200 bad-signature
point "a bit of a program" changed sensor 5000 bad-digest
point "which program is said" says err "component 'sensor'"
point "a bit of a region" changed measurements 5000 bad-digest

run_refused()
{
	runs 126 rvfctl run unsigned.rvf && says err " refused: " "[unsigned]" &&
		runs 127 rvfctl run nowhere.rvf && nothing_mounted
}

point "run refuses too" run_refused

# ---- without rvfd

no_daemon()
{
	runs 8 rvfctl mount weather.rvf && says err "[no-daemon]" && nothing_mounted &&
		runs 8 rvfctl mount --json weather.rvf && says out '"exit":8'
}

point "mount without rvfd" no_daemon

no_start()
{
	runs 0 rvfctl mount --no-start weather.rvf && says out "/weather" "not waited for" &&
		runs 0 rvfctl ls && says out unsupervised && runs 0 rvfctl ps &&
		says out "/weather:sensor" declared && runs 6 rvfctl mount --no-start weather.rvf &&
		says err "[in-use]" && runs 8 rvfctl logs /weather && runs 0 rvfctl umount /weather &&
		says out "0 tasks stopped" && nothing_mounted && runs 5 rvfctl umount /weather
}

point "mount --no-start" no_start

# ---- run

run_in_background()
{
	"$rvfctl" run "$@" > run.out 2> run.err < /dev/null &
	background=$!
}

run_stops()
{
	local status

	run_in_background weather.rvf
	within 20 grep -q "2922 days, 2 stations" run.out || { cat run.out run.err; return 1; }
	runs 0 rvfctl ls && says out "#" weather && runs 0 rvfctl ps && says out ready || return
	kill -INT $background
	wait $background
	status=$?
	[ $status -eq 130 ] && nothing_mounted
}

point "run, until Ctrl-C" run_stops

run_killed()
{
	run_in_background weather.rvf
	within 20 grep -q "2922 days, 2 stations" run.out || return
	kill -KILL $background
	wait $background 2> /dev/null
	within 5 nothing_mounted && ! pgrep -x sensor
}

point "run that is killed leaves nothing" run_killed

run_status()
{
	runs 3 rvfctl run talks.rvf && says out 'last\rwords' && says err "[task-failed]" &&
		! grep -q $'\e' out && nothing_mounted
}

point "run passes on a task's status" run_status

run_done()
{
	runs 0 rvfctl run -q returns.rvf && [ ! -s err ] && nothing_mounted
}

point "run of a package that ends" run_done

run_signal()
{
	local status

	run_in_background spins.rvf
	within 10 pkill -KILL -P $background || return
	wait $background
	status=$?
	echo "exit status $status"
	cat run.out run.err
	[ $status -eq 137 ] && says run.err "killed by SIGKILL" && nothing_mounted
}

point "run passes on a signal" run_signal

run_pipe()
{
	"$rvfctl" run --raw weather.rvf 2> err | head -n 1 > out
	[ "${PIPESTATUS[0]}" -eq 141 ] && within 5 nothing_mounted
}

point "run stops when nobody reads" run_pipe

# ---- with rvfd

point "rvfd comes up" start_rvfd

mounted()
{
	runs 0 rvfctl mount weather.rvf && says out "/weather  version 1" '"release", 3 tasks' &&
		runs 0 rvfctl && says out /weather live '"release"' && runs 0 rvfctl ps &&
		says out /weather:sensor /weather:reporter ready && runs 0 rvfctl ls -l /weather &&
		says out measurements immutable append-only "256 slots" r----- -w----
}

point "mount, ls, ps" mounted

logged()
{
	within 20 eval 'rvfctl logs /weather | grep -q "2922 days, 2 stations"' &&
		runs 0 rvfctl logs -n 1 /weather && [ "$(wc -l < out)" -eq 1 ] &&
		runs 0 rvfctl logs /weather:sensor && ! grep -q "reporter" out &&
		runs 0 rvfctl logs --raw /weather:sensor && ! grep -q " | " out &&
		runs 124 timeout 2 "$rvfctl" logs -f -n 1 /weather &&
		runs 5 rvfctl logs /nowhere && runs 5 rvfctl logs /weather:nobody
}

point "logs" logged

inspected()
{
	runs 0 rvfctl inspect /weather && says out "package weather, version 1" sensor samples &&
		runs 5 rvfctl inspect /nowhere
}

point "inspect of a mount" inspected

valid_json()
{
	local command

	for command in "ls --json" "ls -l --json" "ps --json" "inspect --json /weather" \
		"key list --json" "verify --json weather.rvf unsigned.rvf" "ls --json /nowhere" \
		"mount --json weather.rvf" "mount --json unsigned.rvf theirs.rvf"; do
		# shellcheck disable=SC2086 # several words
		rvfctl $command 2> err | jq -es 'length == 1 and .[0].schema == 1 and .[0].kind' \
			> /dev/null || { echo "$command"; return 1; }
	done
	[ "$(rvfctl ps --json | jq -r '.items[0].task')" = /weather:sensor ] &&
		[ "$(rvfctl ls -l --json /weather | jq '.items | length')" -eq 7 ] &&
		[ "$(rvfctl ls -l --json /weather | jq '.vms | length')" -eq 1 ]
}

point "--json gives one valid document" valid_json

second()
{
	runs 6 rvfctl mount weather.rvf && says err "[in-use]" &&
		runs 0 rvfctl mount --at /agents/demo weather.rvf && says out "/agents/demo" &&
		runs 0 rvfctl ls && says out /agents/demo /weather &&
		runs 0 rvfctl ls /agents/demo && ! grep -q "^/weather" out &&
		runs 5 rvfctl umount /agents/demo /agents/demo && says out "/agents/demo  3 tasks"
}

point "two mounts of a package" second

id_of() { rvfctl ls --json | jq -r ".items[] | select(.mount == \"$1\") | .id"; }
cgroups() { (cd /sys/fs/cgroup/rvf && compgen -G 'm-*' | xargs); }
only_cgroup() { [ "$(cgroups)" = "$1" ]; }

# The old mount goes on in its cgroup, whose name the next mount cannot have.
exchanged()
{
	local old new pid

	runs 0 rvfctl mount --at /next weather.rvf && old=$(id_of /weather) && new=$(id_of /next) &&
		runs 0 rvfctl exchange /weather /next && says out "swapped" &&
		[ "$(id_of /weather) $(id_of /next)" = "$new $old" ] || return
	pid=$(rvfctl ps --json /next | jq '.items[] | select(.name == "sensor") | .pid')
	kill -KILL "$pid" &&
		within 10 eval 'rvfctl ps /next | grep -q "ready .* 1  killed by SIGKILL"' &&
		runs 0 rvfctl logs /next && says out reporter &&
		only_cgroup "m-next m-weather" || return
	runs 0 rvfctl umount /next && within 10 only_cgroup m-next &&
		runs 0 rvfctl mount --at /next weather.rvf &&
		only_cgroup "m-next m-next~~1" &&
		runs 0 rvfctl umount /next && within 10 only_cgroup m-next &&
		runs 2 rvfctl exchange /weather && runs 5 rvfctl exchange /weather /next &&
		runs 1 rvfctl exchange /weather /weather && says err "[bad-name]"
}

point "two mounts swap names" exchanged

restarted()
{
	local pid

	pid=$(rvfctl ps --json | jq '.items[] | select(.name == "sensor") | .pid')
	kill -KILL "$pid" && within 10 eval 'rvfctl ps | grep -q "ready .* 1  killed by SIGKILL"'
}

point "a killed task is started again, and ps says so" restarted

failing()
{
	runs 1 rvfctl mount talks.rvf && says err "[task-failed]" 'last\rwords' talks &&
		! grep -q $'\e' err && ! grep -q /talks <<< "$(mounts)" &&
		runs 1 rvfctl mount --json talks.rvf && says out '"code":"task-failed"'
}

point "a task that fails undoes its mount, and is quoted" failing

done_task()
{
	runs 0 rvfctl mount returns.rvf && runs 0 rvfctl ps /returns && says out ended \
		"exited with 0" && runs 0 rvfctl umount /returns
}

point "a task that ends well" done_task

batch()
{
	runs 1 rvfctl mount unsigned.rvf quiet.rvf talks.rvf nowhere.rvf
	says err "[unsigned]" nowhere && ! mounts | grep -qE 'talks|quiet'
}

point "several packages, some of them bad" batch

slow()
{
	runs 124 rvfctl mount --timeout 1 spins.rvf && ! mounts | grep -q spins
}

point "a task that is not ready in time" slow

interrupted()
{
	"$rvfctl" mount spins.rvf > out 2> err < /dev/null &
	within 5 eval 'mounts | grep -q spins' || return
	kill -INT $!
	wait $!
	[ $? -eq 130 ] && ! mounts | grep -q spins
}

point "Ctrl-C undoes a mount" interrupted

daemon_dies()
{
	local status

	"$rvfctl" mount spins.rvf > out 2> err < /dev/null &
	within 5 eval 'mounts | grep -q spins' || return
	stop_rvfd -KILL
	wait $!
	status=$?
	echo "exit status $status"
	cat err
	[ $status -eq 8 ] && ! mounts | grep -q spins
}

point "rvfd dies while mount waits" daemon_dies

daemon_back()
{
	start_rvfd && within 20 eval 'rvfctl ps | grep "^/weather:reporter" | grep -q ready'
}

point "a new rvfd takes over what is mounted" daemon_back

gone()
{
	"$rvfctl" logs -f /weather > follow.out 2> follow.err < /dev/null &
	runs 0 rvfctl umount /weather && says out "/weather  3 tasks stopped" "freed" &&
		nothing_mounted && runs 0 rvfctl ps && runs 5 rvfctl logs /weather &&
		runs 0 rvfctl ls --json && says out '"items":[]' &&
		within 5 eval "! kill -0 $! 2> /dev/null"
}

point "umount" gone

with_kvm()
{
	runs 0 rvfctl mount weather.rvf &&
		within 20 eval 'rvfctl logs /weather:adder | grep -q "the VM runs"' &&
		runs 0 rvfctl ls && ! grep KVM out && runs 0 rvfctl ls -l &&
		says out "1 vCPU, 1.0M" && ! grep KVM out && runs 0 rvfctl umount /weather
}

without_kvm()
{
	runs 0 rvfctl mount weather.rvf && runs 0 rvfctl mount returns.rvf &&
		within 20 eval 'rvfctl logs /weather:adder | grep -q "there is no KVM here"' &&
		runs 0 rvfctl ls && says out "/weather: no KVM here" &&
		! grep "/returns: " out && runs 0 rvfctl ls /returns && ! grep KVM out &&
		runs 0 rvfctl ls -l && says out "1 vCPU, 1.0M, no KVM here" &&
		runs 0 rvfctl ps && ! grep failed out &&
		within 20 eval 'rvfctl logs /weather | grep -q "2922 days, 2 stations"' &&
		runs 0 rvfctl umount /weather /returns
}

# It is back, whatever becomes of the point
without_kvm_here()
{
	local status

	mv /dev/kvm /dev/kvm.away || return
	without_kvm
	status=$?
	mv /dev/kvm.away /dev/kvm
	return $status
}

if [ -c /dev/kvm ]; then
	point "a VM" with_kvm
	point "a VM where there is no KVM" without_kvm_here
fi

head_of() { rvfctl witness show --json | jq -r .head; }

# tampered FROM BYTES WORDS: what is said of a file with other bytes there
tampered()
{
	cp log.rvw bad.rvw && printf '%b' "$2" | dd of=bad.rvw bs=1 seek="$1" conv=notrunc 2> err &&
		runs 3 rvfctl witness verify bad.rvw && says err "$3"
}

witness()
{
	local before head

	before=$(head_of)
	runs 0 rvfctl mount --no-start returns.rvf && runs 3 rvfctl mount --no-start unsigned.rvf &&
		runs 0 rvfctl umount /returns && runs 0 rvfctl witness show &&
		says out "module loaded" "mounted /returns" "unmounted /returns" "(unsigned)" \
			"unmount asked by pid" || return
	runs 0 rvfctl witness show -n 1 && [ "$(wc -l < out)" -eq 2 ] || return
	head=$(head_of)
	rm -f log.rvw
	runs 0 rvfctl witness export log.rvw && says out "$head" &&
		runs 6 rvfctl witness export log.rvw &&
		runs 0 rvfctl witness verify log.rvw && says out "are whole" "$head" &&
		runs 0 rvfctl witness verify --head "$before" --kernel log.rvw &&
		says out "the kernel has the same" &&
		runs 3 rvfctl witness verify --head "${head//[0-7]/8}" log.rvw &&
		says err "[witness-other]" && runs 2 rvfctl witness verify --head 12 log.rvw &&
		runs 5 rvfctl witness verify nothing.rvw || return
	tampered 200 '\x7e\x7e' "record 0 was changed" &&
		head -c 600 log.rvw > bad.rvw && runs 3 rvfctl witness verify bad.rvw &&
		says err "witness-" && runs 3 rvfctl witness verify weather.rvf || return
	rvfctl witness show --json | jq -e '.kind == "witness" and .items[0].type == "boot" and
		(.items | length) == .next - .first' > /dev/null
}

point "the witness" witness

witness_follow()
{
	local status

	"$rvfctl" witness follow --json > follow.out 2> follow.err < /dev/null &
	within 10 grep -q '"boot"' follow.out &&
		runs 0 rvfctl mount --no-start --at /followed returns.rvf &&
		runs 0 rvfctl umount /followed &&
		within 10 grep -q '"type":"unmount",.*"text":"/followed"' follow.out
	status=$?
	kill $!
	[ $status -eq 0 ] && jq -es 'length > 3 and all(.kind == "witness-record")' follow.out
}

point "the witness, followed" witness_follow

unprivileged()
{
	chmod 755 "$work"
	runs 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$rvfctl" &&
		runs 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$rvfctl" ps &&
		runs 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$rvfctl" umount /a &&
		runs 7 setpriv --reuid 65534 --regid 65534 --clear-groups "$rvfctl" key list
}

point "who is not root" unprivileged

finish
