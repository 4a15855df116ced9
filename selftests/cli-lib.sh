# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of rvfctl share: sourced, in a directory of its own that is
# removed at the end. Points and results are TAP.

top=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(dirname "$top")
rvfctl=${RVFCTL:-$top/build/rvfctl}

echo "TAP version 13"
[ -x "$rvfctl" ] || { echo "Bail out! no $rvfctl: run make first"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# What the caller has set must not change what is printed.
unset RVF_COLOR NO_COLOR RVF_KEY RVF_SOCKET RVF_DEVICE
export RVF_CONFIG=$work/etc LC_ALL=C TZ=UTC
rvfctl() { "$rvfctl" "$@"; }

points=0
failures=0

# point NAME COMMAND...: passes if COMMAND returns 0
point()
{
	local name=$1 output

	shift
	points=$((points + 1))
	if output=$("$@" 2>&1); then
		echo "ok $points $name"
	else
		echo "not ok $points $name"
		failures=$((failures + 1))
		echo "# ${output//$'\n'/$'\n'# }"
	fi
}

finish()
{
	echo "1..$points"
	[ $failures -eq 0 ]
}

# runs STATUS COMMAND...: its output is in the files out and err
runs()
{
	local wanted=$1 status

	shift
	"$@" > out 2> err < /dev/null
	status=$?
	[ $status -eq "$wanted" ] && return
	echo "$*: exit status $status, not $wanted"
	cat out err
	return 1
}

# says FILE TEXT...: each TEXT is in FILE
says()
{
	local file=$1 text

	shift
	for text in "$@"; do
		grep -qF -- "$text" "$file" || { echo "no '$text' in:"; cat "$file"; return 1; }
	done
}

# refused SLUG COMMAND...: with exit status 3, and that word
refused()
{
	local slug=$1

	shift
	runs 3 "$@" && says err " refused: " "[$slug]"
}

# within SECONDS COMMAND...: it succeeds in this time, as many times as long on a
# slow kernel
within()
{
	local end=$((SECONDS + $1 * ${RVF_TIME_SCALE:-1}))

	shift
	while ! "$@"; do
		[ $SECONDS -lt $end ] || { echo "not in time: $*"; return 1; }
		sleep 0.1
	done
}

# ---- programs to pack

# bytes COUNT NUMBER: little-endian
bytes()
{
	local i

	for ((i = 0; i < $1; i++)); do
		# shellcheck disable=SC2059 # the format is what is printed
		printf "\\x$(printf %02x $(($2 >> (8 * i) & 255)))"
	done
}

# shellcheck disable=SC2034 # used by who sources this
code_returns='\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05' # exit(0)
# shellcheck disable=SC2034
code_spins='\xeb\xfe'

# elf TYPE ENTRY CODE SEGMENT:FLAGS...: CODE is for printf, and stands behind
# the headers
elf()
{
	local type=$1 entry=$2 code=$3 header size

	shift 3
	# shellcheck disable=SC2059 # likewise
	size=$((64 + 56 * $# + $(printf "$code" | wc -c)))
	printf '\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0'
	bytes 2 "$type"; bytes 2 62; bytes 4 1
	bytes 8 $((0x400000 + entry)); bytes 8 64; bytes 8 0; bytes 4 0
	bytes 2 64; bytes 2 56; bytes 2 $#; bytes 2 0; bytes 2 0; bytes 2 0
	for header in "$@"; do
		bytes 4 "${header%:*}"; bytes 4 "${header#*:}"; bytes 8 0
		bytes 8 $((0x400000)); bytes 8 $((0x400000))
		bytes 8 $size; bytes 8 $size; bytes 8 4096
	done
	# shellcheck disable=SC2059 # likewise
	printf "$code"
}

# code_talks TEXT STATUS: code that prints TEXT and exits
code_talks()
{
	local length

	# shellcheck disable=SC2059 # likewise
	length=$(printf "$1" | wc -c)
	printf '%s' '\xb8\x01\x00\x00\x00\xbf\x01\x00\x00\x00\x48\x8d\x35\x13\x00\x00\x00'
	printf '\\xba\\x%02x\\x00\\x00\\x00\\x0f\\x05' "$length"
	printf '\\xb8\\x3c\\x00\\x00\\x00\\xbf\\x%02x\\x00\\x00\\x00\\x0f\\x05' "$2"
	printf '%s' "$1"
}

# ---- damage

# flip FILE OFFSET: one bit of that byte
flip()
{
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1") || return
	bytes 1 $((byte ^ 1)) | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# offset FILE NAME: where that segment's payload begins
offset()
{
	rvfctl inspect --json "$1" | tr '{' '\n' |
		sed -n "s/^\"name\":\"$2\".*\"offset_bytes\":\([0-9]*\).*/\1/p"
}
