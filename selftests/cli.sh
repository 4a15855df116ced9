#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rvfctl without the module: recipes, packages, keys, and how it says what is
# wrong. Prints TAP. --update writes the expected outputs anew, to be looked at
# before they are kept.

# shellcheck source=selftests/cli-lib.sh
. "$(dirname "$(readlink -f "$0")")/cli-lib.sh"
golden=$top/selftests/golden
update=
[ "$1" != --update ] || update=1
export RVF_DEVICE=$work/no-device

# like GOLDEN FILE
like()
{
	[ -z "$update" ] || cp "$2" "$golden/$1"
	diff -u "$golden/$1" "$2"
}

elf 2 120 "$code_returns" 1:5 > hello
elf 2 176 "$code_returns" 1:5 3:4 > dynamic
elf 2 176 "$code_returns" 1:5 0x6474e551:7 > stack
elf 2 0x5000 "$code_returns" 1:5 > void
elf 1 120 "$code_returns" 1:5 > object
head -c 125 hello > short
printf '1\t2\n3\t4\n' > data
cp "$golden"/recipes/*.yaml .
printf '# as the plugin needs it\nmincore\n\nsocketpair # a pair\nmincore\n' > calls
printf 'mincore\nptrace\nno_such_call\n' > bad-calls

# ---- recipes

recipe()
{
	local name=$1 status

	"$rvfctl" pack --check "$name.yaml" > out 2> err
	status=$?
	{ cat err out; echo "exit status $status"; } > all
	like "recipes/$name.out" all
}

for file in *.yaml; do
	point "recipe ${file%.yaml}" recipe "${file%.yaml}"
done

recipe_json()
{
	runs 2 rvfctl pack --json many.yaml && like many.json out
}

point "a recipe's errors as JSON" recipe_json

recipe_large()
{
	{ cat minimal.yaml; head -c 1100000 /dev/zero | tr '\0' '#'; } > large.yaml
	runs 2 rvfctl pack large.yaml && says err "at most 1 MiB"
}

point "a recipe that is too large" recipe_large

no_half_package()
{
	rm -f sense.rvf
	runs 2 rvfctl pack many.yaml || return
	[ -z "$(find . -name '*.rvf*')" ] || { echo "there is a package"; return 1; }
}

point "a bad recipe makes no package" no_half_package

special_files()
{
	mkfifo fifo
	printf 'package: odd\nelf: fifo\nregions: { r: { file: none }, n: { file: /dev/null } }\ncan: { r: read, n: read }\n' > odd.yaml
	: > none
	runs 2 timeout 10 "$rvfctl" pack odd.yaml &&
		says err "'fifo' is not a regular file" "'none' is empty" \
			"'/dev/null' is not a regular file"
}

point "files that are none, or empty" special_files

# ---- packages

pack_twice()
{
	runs 0 rvfctl pack json.yaml -o first.rvf && runs 0 rvfctl pack json.yaml -o second.rvf &&
		cmp first.rvf second.rvf && mkdir -p elsewhere && cp hello data json.yaml elsewhere &&
		touch -d 2001-01-01 elsewhere/* && runs 0 rvfctl pack elsewhere/json.yaml -o third.rvf &&
		cmp first.rvf third.rvf
}

point "the same input gives the same bytes" pack_twice

pack_output()
{
	runs 0 rvfctl pack json.yaml && like pack.out out && [ -s hello.rvf ] &&
		runs 0 rvfctl pack --json json.yaml && like pack.json out
}

point "what pack prints" pack_output

pack_vm()
{
	runs 0 rvfctl pack --json vm.yaml -o vm.rvf &&
		says out '{"name":"two","kind":"vm","vcpus":64,"memory_bytes":134217728}' &&
		runs 0 rvfctl inspect vm.rvf && tr -s ' ' < out > plain &&
		says plain "vm vm --x--- one 1 vCPU, 0" "vm vm --x--- two 64 vCPUs, 128M" \
			"two elf - never 192M 80 " "three elf - never 1.0M 3 " &&
		! grep -q "vm vm --x--- no " plain && runs 0 rvfctl inspect --json vm.rvf &&
		says out '"vm":{"vcpus":2,"memory_bytes":65536,"identity_map":0}' '"vm":null'
}

point "a task's VM" pack_vm

pack_directory()
{
	mkdir -p tree && cp hello tree && cp minimal.yaml tree/rvf.yaml &&
		runs 0 rvfctl pack tree -o tree.rvf && [ -s tree.rvf ] &&
		(cd tree && runs 0 rvfctl pack && [ -s hello.rvf ] && cmp hello.rvf ../tree.rvf)
}

point "pack takes a directory, or the current one" pack_directory

package_id()
{
	local id

	id=$(printf 'rvf-package-idhello' | sha256sum | head -c 32) || return
	runs 0 rvfctl inspect --json hello.rvf || return
	tr -d - < out > plain
	says plain "\"id\":\"$id\""
}

point "the package id follows from the name" package_id

no_recipe()
{
	mkdir -p none-here && cd none-here && runs 5 rvfctl pack && says err "rvf.yaml" &&
		runs 5 rvfctl pack ../nowhere.yaml
}

point "no recipe" no_recipe

# ---- keys and signatures

key_gen()
{
	runs 0 rvfctl key gen release && [ "$(stat -c %a release.key)" = 600 ] &&
		says out "release.key" "mode 0600" "release.pub" "fingerprint" &&
		says release.pub "-----BEGIN" && openssl pkey -in release.key -noout
}

point "key gen" key_gen

key_exists()
{
	local before

	before=$(cat release.key release.pub | sha256sum)
	runs 6 rvfctl keygen release && [ "$(cat release.key release.pub | sha256sum)" = "$before" ]
}

point "key gen replaces no key" key_exists

key_half()
{
	: > half.pub
	runs 6 rvfctl keygen half && [ ! -e half.key ] && [ ! -s half.pub ]
}

point "key gen makes both files or none" key_half

key_json()
{
	runs 0 rvfctl key gen --json --days 0 --for /a,/b/c --label "for a" other &&
		says out '"key_label":"for a"' '"not_after":null' '"mount_prefixes":["/a","/b/c"]'
}

point "key gen --json" key_json

key_usage()
{
	runs 2 rvfctl key gen && runs 2 rvfctl key gen --days many x &&
		runs 2 rvfctl key gen --for nowhere x && runs 2 rvfctl key gen a b &&
		runs 2 rvfctl key gen --for /1,/2,/3,/4,/5 x && [ ! -e x.key ]
}

point "key gen with bad options" key_usage

fingerprint()
{
	rvfctl verify --json --pub "$1.pub" "$2" | sed 's/.*"fingerprint":"\([^"]*\)".*/\1/'
}

unsigned()
{
	cp hello.rvf unsigned.rvf && refused unsigned rvfctl verify --pub release.pub hello.rvf
}

point "a package without a signature" unsigned

sign()
{
	runs 0 rvfctl sign --key release.key hello.rvf &&
		says out "hello.rvf  signed by" '"release" (rsa-4096, sha-256)' &&
		runs 0 rvfctl verify --pub release.pub hello.rvf &&
		says out "ok  hello.rvf  version 7" "checked here, not by the kernel"
}

point "sign and verify" sign

sign_again()
{
	runs 0 rvfctl sign --key release.key hello.rvf && runs 0 rvfctl inspect hello.rvf &&
		[ "$(grep -c '^signed' out)" -eq 1 ] && cp hello.rvf before.rvf
}

point "a key's signature is replaced by its next one" sign_again

unknown_key()
{
	refused unknown-key rvfctl verify --pub other.pub hello.rvf &&
		says err "signed by $(fingerprint release hello.rvf)"
}

point "another key" unknown_key

two_signatures()
{
	runs 0 rvfctl sign --key other.key -o both.rvf hello.rvf &&
		cmp before.rvf hello.rvf &&
		runs 0 rvfctl verify --pub release.pub both.rvf &&
		runs 0 rvfctl verify --at /a --pub other.pub both.rvf
}

point "signatures of two keys" two_signatures

key_mount()
{
	refused key-mount rvfctl verify --pub other.pub both.rvf &&
		refused key-mount rvfctl verify --at /ab --pub other.pub both.rvf &&
		runs 0 rvfctl verify --at /a/b --pub other.pub both.rvf
}

point "a key that is for other mounts" key_mount

host_keys()
{
	runs 4 rvfctl verify hello.rvf || return
	mkdir -p etc/keys.d && cp release.pub other.pub etc/keys.d &&
		runs 0 rvfctl verify hello.rvf && rm -r etc
}

point "verify with the host's keys" host_keys

pem_keys()
{
	openssl pkey -in release.key -pubout -out plain.pem &&
		openssl req -x509 -new -key release.key -subj /CN=somebody -days 30 -out cert.pem &&
		runs 0 rvfctl verify --pub plain.pem hello.rvf &&
		runs 0 rvfctl verify --pub cert.pem hello.rvf && says out '"somebody"' &&
		openssl genpkey -quiet -algorithm ed25519 -out ed.pem &&
		openssl pkey -in ed.pem -pubout -out ed.pub && runs 4 rvfctl verify --pub ed.pub hello.rvf
}

point "keys in PEM" pem_keys

sign_usage()
{
	runs 2 rvfctl sign hello.rvf && runs 5 rvfctl sign --key nowhere.key hello.rvf &&
		runs 2 rvfctl sign --key release.key -o x.rvf hello.rvf both.rvf &&
		refused bad-key rvfctl sign --key release.pub hello.rvf &&
		says err "rvfctl: release.pub refused" &&
		runs 0 env RVF_KEY=release.key "$rvfctl" sign -q hello.rvf && [ ! -s out ]
}

point "sign with bad options" sign_usage

# ---- what was changed

# changed SEGMENT DISTANCE SLUG
changed()
{
	local at

	at=$(offset hello.rvf "$1")
	[ -n "$at" ] || { echo "no segment $1"; return 1; }
	cp hello.rvf bad.rvf && flip bad.rvf $((at + $2)) &&
		refused "$3" rvfctl verify --pub release.pub bad.rvf
}

point "a bit of the manifest" changed manifest 200 bad-signature
point "a bit of the signature" changed signatures 100 bad-signature
point "a bit of a program" changed hello 70 bad-digest
point "whose content was changed is said" says err "component 'hello'"
point "a bit of a region" changed data 3 bad-digest
point "which region is said" says err "region 'data'"
point "a bit of the signer's id" changed signatures 30 unknown-key

truncated()
{
	local size at

	size=$(stat -c %s hello.rvf)
	for ((at = 0; at < size; at += 1 + size / 40)); do
		head -c $at hello.rvf > cut.rvf
		runs 3 rvfctl verify --pub release.pub cut.rvf || return
	done
}

point "a package that was cut off" truncated

not_packages()
{
	head -c 4096 /dev/zero > zero.rvf
	: > nothing.rvf
	refused malformed rvfctl verify --pub release.pub zero.rvf &&
		refused malformed rvfctl verify --pub release.pub nothing.rvf &&
		refused malformed rvfctl inspect release.pub &&
		runs 5 rvfctl verify --pub release.pub nowhere.rvf && says err "nowhere.rvf" &&
		! runs 0 rvfctl verify --pub release.pub . &&
		! runs 0 timeout 10 "$rvfctl" verify --pub release.pub fifo
}

point "files that are no packages" not_packages

batch()
{
	runs 1 rvfctl verify --pub release.pub unsigned.rvf hello.rvf nowhere.rvf &&
		says out "ok  hello.rvf" && says err unsigned nowhere &&
		runs 3 rvfctl verify --pub release.pub unsigned.rvf zero.rvf hello.rvf &&
		runs 0 rvfctl verify --pub release.pub -q hello.rvf both.rvf && [ ! -s out ]
}

point "a batch goes on after a failure" batch

names_from_stdin()
{
	printf 'hello.rvf\nboth.rvf\n' | rvfctl verify --pub release.pub - > out &&
		says out "ok  hello.rvf" "ok  both.rvf"
}

point "names from standard input" names_from_stdin

# ---- what is printed

# without what differs from key to key
same_key()
{
	local print hex

	print=$(fingerprint release hello.rvf)
	hex=$(rvfctl verify --json --pub release.pub hello.rvf |
		sed 's/.*"key_id":"\([^"]*\)".*/\1/')
	sed "s/$print/FINGERPRINT/g; s/$hex/KEY-ID/g" out > same
}

printed()
{
	runs "$2" "$rvfctl" "${@:3}" && same_key && like "$1" same
}

point "inspect" printed inspect.out 0 inspect hello.rvf
point "inspect --json" printed inspect.json 0 inspect --json hello.rvf
point "verify --json" printed verify.json 0 verify --json --pub release.pub hello.rvf
point "an error as JSON" printed error.json 3 verify --json --pub release.pub unsigned.rvf
point "a batch as JSON" printed batch.json 3 verify --json --pub release.pub unsigned.rvf hello.rvf
point "sign --json" printed sign.json 0 sign --json --key release.key hello.rvf

valid_json()
{
	local command

	command -v jq > /dev/null || { echo "no jq"; return 1; }
	for command in "pack --json many.yaml" "pack --json -o x.rvf json.yaml" "inspect --json hello.rvf" \
		"verify --json --pub release.pub hello.rvf zero.rvf" "inspect --json zero.rvf" \
		"verify --json --pub nowhere.pub hello.rvf" "mount --json hello.rvf" \
		"key list --json" "umount --json /none" "sign --json --key release.key zero.rvf"; do
		# shellcheck disable=SC2086 # several words
		rvfctl $command 2> err | jq -es 'length == 1 and .[0].schema == 1 and .[0].kind' \
			> /dev/null || { echo "$command"; return 1; }
	done
}

point "--json gives one valid document" valid_json

escaped()
{
	cp hello.rvf $'a\e[2J\r\xff.rvf'
	runs 0 rvfctl inspect $'a\e[2J\r\xff.rvf' && says out 'a\x1b[2J\r\xff.rvf' &&
		! LC_ALL=C grep -q $'[\r\e\xff]' out || return
	runs 5 rvfctl inspect $'\e]0;x\a' && says err '\x1b]0;x\x07' &&
		! LC_ALL=C grep -q $'[\a\e]' err || return
	# shellcheck disable=SC2028 # YAML's escapes
	echo 'package: "x\e[2J\u009b\u202e"' > escape.yaml
	runs 2 rvfctl pack escape.yaml && says err '\x1b[2J\u{9b}\u{202e}' && ! LC_ALL=C grep -q $'\e' err
}

point "what could steer a terminal is escaped" escaped

# on_terminal COMMAND...: its output, as a terminal gets it, is in out
on_terminal()
{
	script -qec "$(printf '%q ' "$@")" /dev/null < /dev/null | tr -d '\r' > out
}

three_lines()
{
	on_terminal "$rvfctl" verify --pub release.pub unsigned.rvf
	sed 's/\x1b\[[0-9]*m//g' out > plain
	cat plain
	[ "$(grep -c . plain)" -eq 3 ] && says plain "  why: " "  try: " || return
	[ "$(rvfctl verify --pub release.pub unsigned.rvf 2>&1 | wc -l)" -eq 1 ]
}

point "an error has three lines on a terminal, else one" three_lines

colour()
{
	on_terminal "$rvfctl" verify --pub release.pub hello.rvf && says out $'\e[32mok' &&
		on_terminal env NO_COLOR=1 "$rvfctl" verify --pub release.pub hello.rvf &&
		! grep -q $'\e' out &&
		on_terminal env RVF_COLOR=never "$rvfctl" verify --pub release.pub hello.rvf &&
		! grep -q $'\e' out &&
		runs 0 rvfctl verify --color=always --pub release.pub hello.rvf && says out $'\e[32mok' &&
		runs 0 rvfctl verify --pub release.pub hello.rvf && ! grep -q $'\e' out
}

point "colour" colour

closed_output()
{
	local status

	rvfctl help > /dev/full 2> err
	status=$?
	[ $status -eq 1 ] && says err "output"
}

point "an output that cannot be written" closed_output

# ---- the command line

usage()
{
	runs 2 rvfctl pck && says err "did you mean 'pack'?" && runs 2 rvfctl key &&
		runs 2 rvfctl key lst && says err "did you mean 'key list'?" &&
		runs 2 rvfctl pack --chek && says err "did you mean --check?" &&
		runs 2 rvfctl pack -x && runs 2 rvfctl pack -o && runs 2 rvfctl pack --check=yes &&
		runs 2 rvfctl verify && runs 2 rvfctl help nothing && runs 2 rvfctl log &&
		says err "rvfctl logs" && runs 2 rvfctl inspect --json=2 hello.rvf &&
		runs 2 rvfctl run hello.rvf more && runs 2 rvfctl mount --at odd hello.rvf &&
		runs 2 rvfctl mount --at /a hello.rvf both.rvf && runs 2 rvfctl logs -n few &&
		runs 2 rvfctl umount --timeout soon /a && runs 2 rvfctl explain unsignd &&
		says err "did you mean 'unsigned'?"
}

point "a bad command line" usage

helps()
{
	local command

	runs 0 rvfctl help && like help.out out || return
	for command in pack sign verify inspect "key gen" "key add" "key list" keygen mount umount \
		unmount run ls ps logs help explain; do
		# shellcheck disable=SC2086 # several words
		runs 0 rvfctl $command --help && says out "Usage: rvfctl" "--help" || return
		# shellcheck disable=SC2086 # several words
		runs 0 rvfctl help $command && says out "Usage: rvfctl" || return
	done
	runs 0 rvfctl -V && says out rvfctl && runs 0 rvfctl --version && runs 0 rvfctl -h
}

point "help" helps

# Lines of help are for terminals of 80 columns.
narrow()
{
	local command

	for command in "" pack sign verify inspect "key gen" "key add" "key list" mount umount run \
		ls ps logs explain; do
		# shellcheck disable=SC2086 # several words
		rvfctl help $command | awk 'length > 80 { print; wide = 1 } END { exit wide }' || return
	done
	for command in $(slugs); do
		rvfctl explain "$command" | awk 'length > 82 { print; wide = 1 } END { exit wide }' ||
			return
	done
}

point "help has 80 columns" narrow

# Every word that the sources end an error with
slugs()
{
	cat "$top"/tools/{lib/rvf,supervise,rvfctl,rvfd}/*.c | tr -d '\n\t' |
		grep -oE '(rvf_error_set\([^"]*|\{ *(RVF_REASON_|E)[A-Z_]+, *)"[a-z][a-z-]*"' |
		sed 's/.*"\(.*\)"/\1/' | sort -u
}

explains()
{
	local slug count=0

	for slug in $(slugs) usage bad-recipe; do
		runs 0 rvfctl explain "$slug" || return
		count=$((count + 1))
	done
	[ $count -gt 40 ] && runs 0 rvfctl explain "[unsigned]"
}

point "explain" explains

no_module()
{
	runs 4 rvfctl mount hello.rvf && says err "[no-module]" && runs 4 rvfctl umount /a &&
		runs 4 rvfctl key add release.pub && runs 4 rvfctl key list &&
		runs 4 rvfctl inspect /a && runs 125 rvfctl run hello.rvf &&
		runs 127 rvfctl run nowhere.rvf && runs 126 rvfctl run zero.rvf
}

point "without the module" no_module

finish
