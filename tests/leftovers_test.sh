#!/bin/bash
# Starts a box, and a program in it, in ways that end badly, and checks that what is left is named, taken down, and
# then gone: a failed run, signals, Ctrl-C, a run that is killed with its whole group, a killed `box exec`.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
box=$here/cluster/box
# Its own: not the one that somebody works with, and that the Makefile calls BOX_NAME.
name=leftovers-test-$$
work=$(mktemp -d)
trap 'rc=$?; "$box" down "$name" || rc=1; rm -rf "$work"; exit $rc' EXIT
trap 'exit 1' INT TERM
unset WAX_TEST_RUN WAX_KEEP_BOX

step() { echo "leftovers_test: $*"; }
fail() { echo "leftovers_test: $*" >&2; exit 1; }
# until_true COMMAND...: asks until the command succeeds, for at most three minutes.
until_true() {
	local deadline=$((SECONDS + 180))
	until "$@" >"$work/last" 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "gave up waiting for: $* ($(cat "$work/last"))"
		sleep 0.1
	done
}
# in_group COMMAND...: starts it as a shell starts a job; `job` is its process group.
in_group() {
	# Here and not only in the job, which may begin after what the one before it has said is read.
	: >"$work/out"
	set -m
	"$@" >"$work/out" 2>&1 &
	job=$!
	set +m
}
# ends: kills the job's first process as nothing can catch it, or all of it with `ends -`.
ends() { kill -KILL -- "${1:-}$job"; wait "$job" 2>/dev/null || true; }
# inside PATTERN: whether a process of the box has such a word. The pattern must not match itself.
inside() { "$box" exec "$name" -- sh -c "grep -lzx '$1' /proc/[0-9]*/cmdline"; }
gone() { ! inside "$1"; }
# left RUN: what of a run is there, compared with nothing.
left() { "$box" leftovers of "$1"; }

# A mount namespace of its own: what is mounted there goes with it.
step "a run that fails"
mkdir "$work/memory"
touch "$work/network"
! unshare --mount "$here/leftovers.sh" sh -c "
	sleep 1111 &
	env -i setsid sleep 1112 &
	mount -t tmpfs none '$work/memory'
	unshare --net mount --bind /proc/self/ns/net '$work/network'
	exit 7" >"$work/out" 2>&1 || fail "it says that all is well"
for what in 'process [0-9]* (sleep 1111)' 'process [0-9]* (sleep 1112)' \
	"mount $work/memory of none" "mount $work/network of namespace net:\[[0-9]*\]"; do
	grep -qx "left behind: $what" "$work/out" || fail "not named: $what: $(cat "$work/out")"
done
[ "$(grep -c '^left behind' "$work/out")" = 4 ] || fail "more is named: $(cat "$work/out")"
kill $(sed -n 's/^left behind: process \([0-9]*\) (sleep 111[12])$/\1/p' "$work/out")
rc=0
"$here/leftovers.sh" sh -c 'exit 7' || rc=$?
[ $rc = 7 ] || fail "the exit code is $rc"

# listener TRAPS: starts a run whose command sets traps and waits.
listener() {
	in_group "$here/leftovers.sh" sh -c "$1; echo ready; while :; do sleep 0.02; done"
	until_true grep -q ready "$work/out"
}
# ended_with CODE TIMES: the run ends with the code, and its command has said so many times that it got a signal.
ended_with() {
	local rc=0
	wait "$job" || rc=$?
	[ "$rc $(grep -c '^got' "$work/out")" = "$1 $2" ] || fail "it ends with $rc: $(cat "$work/out")"
}
step "a signal to the run alone"
for signal in HUP:129 INT:130 TERM:143; do
	listener "trap 'echo got; exit 0' ${signal%:*}"
	kill -"${signal%:*}" "$job"
	ended_with "${signal#*:}" 1
done
step "a signal to all of a run comes once"
listener "trap 'echo got' INT; trap 'exit 0' TERM"
kill -INT -- "-$job"
until_true grep -q got "$work/out"
# Passed on after whatever was made of the first one.
kill -TERM "$job"
ended_with 130 1

step "Ctrl-C, while a box is up and a program runs in it"
in_group "$here/leftovers.sh" sh -c "'$box' up $name && '$box' exec $name -- sleep 2222"
until_true grep -q 'is up after' "$work/out"
until_true inside '222[2]'
kill -INT -- "-$job"
! wait "$job" || fail "it says that all is well"
! grep 'left behind' "$work/out" || fail "something is left"
! "$box" list | grep "^$name " >/dev/null || fail "the box is left"

step "a run that is killed with its whole group"
export WAX_TEST_RUN=killed-$$
in_group "$box" up "$name"
unset WAX_TEST_RUN
until_true inside 'etc[d]'
ends -
"$box" list | grep "^$name  *running .* killed-$$\$" >/dev/null || fail "the box is not told from others: $("$box" list)"
! left killed-$$ >"$work/left" 2>&1 || fail "nothing is named"
for kind in "box $name" process namespace; do
	grep -q "^left behind: $kind" "$work/left" || fail "no $kind is named: $(cat "$work/left")"
done
"$box" down "$name"
left killed-$$ || fail "something is left"

step "a box that is to be kept"
WAX_KEEP_BOX=1 "$here/leftovers.sh" "$box" up "$name" >"$work/out" 2>&1 || fail "$(cat "$work/out")"
"$box" list | grep "^$name  *running" >/dev/null || fail "the box is gone"

step "what runs in a box ends with who has started it"
in_group "$box" exec "$name" -- sleep 3333
until_true inside '333[3]'
ends
until_true gone '333[3]'

step "what uses a box's network is the process that has entered it"
in_group "$box" network "$name" -- sleep 4444
until_true grep -qx sleep "/proc/$job/comm"
[ "$(readlink "/proc/$job/ns/net")" != "$(readlink /proc/self/ns/net)" ] || fail "it has the machine's network"
[ "$(readlink "/proc/$job/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || fail "it has not the machine's processes"
ends
echo "leftovers_test: ok"
