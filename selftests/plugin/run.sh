#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rvfctl plugin run: as root on a kernel with the module, after make -C
# selftests/plugin. Prints TAP.

# shellcheck source=selftests/cli-lib.sh
. "$(dirname "$(readlink -f "$0")")/../cli-lib.sh"
plugins=$top/build/selftests/plugin

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

[ "$(id -u)" -eq 0 ] || skip_all "this needs root"
[ -c /dev/rvfctl ] || skip_all "the module is not loaded"
[ -c /dev/kvm ] || skip_all "there is no KVM"

# shellcheck disable=SC2317 # all called by name, through point

# plugin STATUS ARGS...: solo, linked statically; its output is in out and err
plugin()
{
	runs "$1" rvfctl plugin run --key dev.key "${@:2}"
}

prints()
{
	printf '%s\n' "$@" | diff -u - out
}

# The library is not installed here, and is given to dynamic programs
dynamic_plugin()
{
	plugin "$1" --mount "$top/build/lib:/plugin-library" "${@:2}"
}

# Made with the tests: on an emulated CPU it takes long
adds_keys()
{
	cp "$plugins"/dev.{key,pub} "$plugins"/key.{key,pub} . &&
		rvfctl key add --developer dev.pub && rvfctl key add key.pub
}

says_who_is_a_developer()
{
	rvfctl key list --json > out &&
		jq -e '[.items[] | select(.usage | index("developer")) | .key_label] == ["dev"]' out
}

arguments_are_the_programs()
{
	plugin 0 "$plugins/solo" arguments --cpus 7 -q -- x && prints --cpus 7 -q -- x
}

no_arguments_of_its_own()
{
	plugin 2 --nonsense "$plugins/solo" arguments && grep -q 'no option --nonsense' err
}

status_is_passed_on()
{
	# As process 1 of its namespace it dies of no signal but the kernel's own
	plugin 0 "$plugins/solo" exit 0 && plugin 7 "$plugins/solo" exit 7 &&
		plugin 139 "$plugins/solo" crash
}

no_such_program()
{
	plugin 127 "$work/nothing" && plugin 125 --cpus 0 "$work/dev.pub"
}

wrong_options()
{
	plugin 2 --cpus 65 "$plugins/solo" && plugin 2 --profile none "$plugins/solo" &&
		plugin 2 --mount :x "$plugins/solo" && plugin 2 --memory much "$plugins/solo" &&
		runs 2 rvfctl plugin run "$plugins/solo" && plugin 2
}

guest()
{
	dynamic_plugin 0 "$plugins/$1" guest && prints 'the guest says 42'
}

without_vm()
{
	plugin 1 --cpus 0 "$plugins/solo" guest && grep -q '^connect: ' err
}

commands_of_a_vm()
{
	local profile

	for profile in crosvm strict; do
		plugin 0 --profile $profile "$plugins/solo" kvm && prints ENOTTY &&
			plugin 0 --profile $profile --cpus 0 "$plugins/solo" kvm &&
			prints ENOSYS || return 1
	done
}

sees_what_it_is_given()
{
	echo content > given
	chmod 644 given
	plugin 1 "$plugins/solo" show /given/file &&
		plugin 0 --mount "$work/given:/given/file" "$plugins/solo" show /given/file &&
		prints content &&
		plugin 1 --mount "$work/given:/given/file" "$plugins/solo" append /given/file &&
		[ "$(cat given)" = content ]
}

writes_what_it_may()
{
	echo content > written
	chmod 666 written
	plugin 0 --mount "$work/written:/written:rw" "$plugins/solo" append /written &&
		[ "$(tail -n 1 written)" = written ]
}

nothing_in_strict()
{
	plugin 1 --profile strict "$plugins/solo" show /proc/self/status &&
		plugin 0 "$plugins/solo" show /proc/self/status && grep -q '^NoNewPrivs:.1' out
}

dynamic()
{
	dynamic_plugin 0 "$plugins/solo-dynamic" arguments one 'two words' && prints one 'two words'
}

dynamic_needs_a_developer()
{
	runs 126 rvfctl plugin run --key key.key "$plugins/solo-dynamic" arguments &&
		grep -q '\[key-developer\]' err
}

# Nothing is relaxed, so any key does
static_does_not()
{
	runs 0 rvfctl plugin run --key key.key "$plugins/solo" arguments yes && prints yes
}

dynamic_is_not_strict()
{
	plugin 125 --profile strict "$plugins/solo-dynamic" arguments && grep -q dynamically err
}

dynamic_with_a_thread()
{
	dynamic_plugin 125 "$plugins/solo-early" arguments && grep -q 'more than one thread' err
}

# while_it_stays PROGRAM COMMAND...: interrupts it afterwards
while_it_stays()
{
	local program=$1 pid status

	shift
	rm -f out
	# Not the function: it is rvfctl that shall be interrupted
	"$rvfctl" plugin run --key dev.key --mount "$top/build/lib:/plugin-library" \
		"$program" stay > out 2> err < /dev/null &
	pid=$!
	for _ in $(seq 300); do
		grep -qx here out 2> /dev/null && break
		kill -0 $pid 2> /dev/null || break
		sleep 0.1
	done
	"$@"
	status=$?
	# It does not hear that it is to stop, and is killed after the grace
	kill -INT $pid
	wait $pid
	if [ $? -ne 130 ] || [ $status -ne 0 ]; then
		cat out err
		return 1
	fi
}

says_relaxed()
{
	rvfctl ls > listed
	grep -qE "^#[0-9]+:$1  relaxed: $2\$" listed || { cat listed; return 1; }
}

nothing_is_left()
{
	rvfctl ls --json > out && jq -e '.items == []' out &&
		! compgen -G "${TMPDIR:-/tmp}/rvf-plugin.*"
}

point "keys" adds_keys
point "a developer's key is one" says_who_is_a_developer
point "what follows the program is its own" arguments_are_the_programs
point "what comes before is not" no_arguments_of_its_own
point "the exit status is the program's" status_is_passed_on
point "no such program" no_such_program
point "wrong options" wrong_options
point "a guest" guest solo
point "no VM" without_vm
point "commands of a VM, for whom has one" commands_of_a_vm
point "a file of the host's" sees_what_it_is_given
point "a file that it may write" writes_what_it_may
point "profile strict" nothing_in_strict
point "a dynamic program" dynamic
point "a dynamic program's guest" guest solo-dynamic
point "a dynamic program needs a developer's key" dynamic_needs_a_developer
point "a static one does not" static_does_not
point "a dynamic program is not for profile strict" dynamic_is_not_strict
point "a thread before the library binds" dynamic_with_a_thread
point "a profile's relaxation is shown" while_it_stays "$plugins/solo" says_relaxed solo root
point "a developer's relaxation is shown" while_it_stays "$plugins/solo-dynamic" \
	says_relaxed solo-dynamic "text, root"
point "nothing is left" nothing_is_left
finish
