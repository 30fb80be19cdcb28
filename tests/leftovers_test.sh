#!/bin/bash
# Tests leftovers.sh and `box leftovers` with a box and programs that end in bad ways: a failed run, signals, Ctrl-C, a
# run that is killed with its whole group, and a killed `box exec`. Leftovers must be listed, removed, and then gone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
box=$here/cluster/box
# A box of this test only, not the box that a developer uses (BOX_NAME in the Makefile).
name=leftovers-test-$$
work=$(mktemp -d)
trap 'rc=$?; "$box" down "$name" || rc=1; rm -rf "$work"; exit $rc' EXIT
trap 'exit 1' INT TERM
unset WAX_TEST_RUN WAX_KEEP_BOX

step() { echo "leftovers_test: $*"; }
fail() { echo "leftovers_test: $*" >&2; exit 1; }
# until_true COMMAND...: repeats the command until it succeeds, for at most three minutes.
until_true() {
	local deadline=$((SECONDS + 180))
	until "$@" >"$work/last" 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "timeout after 180 s: $* ($(cat "$work/last"))"
		sleep 0.1
	done
}
# in_group COMMAND...: starts the command in a process group of its own, as a shell starts a job; `job` is the group.
in_group() {
	# Race: the file is emptied here, because the job may begin only after the caller has read the old output.
	: >"$work/out"
	set -m
	"$@" >"$work/out" 2>&1 &
	job=$!
	set +m
}
# ends: kills the job's first process with SIGKILL, or the whole group with `ends -`.
ends() { kill -KILL -- "${1:-}$job"; wait "$job" 2>/dev/null || true; }
# inside PATTERN: whether a process of the box has an argument that matches. The pattern must not match itself.
inside() { "$box" exec "$name" -- sh -c "grep -lzx '$1' /proc/[0-9]*/cmdline"; }
gone() { ! inside "$1"; }
# left RUN: lists the leftovers of a run, without a comparison with the state before it.
left() { "$box" leftovers of "$1"; }

# In a mount namespace of its own, so that its mounts end with it.
step "a run that fails"
mkdir "$work/memory"
touch "$work/network"
! unshare --mount "$here/leftovers.sh" sh -c "
	sleep 1111 &
	env -i setsid sleep 1112 &
	mount -t tmpfs none '$work/memory'
	unshare --net mount --bind /proc/self/ns/net '$work/network'
	exit 7" >"$work/out" 2>&1 || fail "a failed run ends with exit code 0"
for what in 'process [0-9]* (sleep 1111)' 'process [0-9]* (sleep 1112)' \
	"mount $work/memory of none" "mount $work/network of namespace net:\[[0-9]*\]"; do
	grep -qx "left behind: $what" "$work/out" || fail "not listed: $what: $(cat "$work/out")"
done
[ "$(grep -c '^left behind' "$work/out")" = 4 ] || fail "not exactly four leftovers are listed: $(cat "$work/out")"
kill $(sed -n 's/^left behind: process \([0-9]*\) (sleep 111[12])$/\1/p' "$work/out")
rc=0
"$here/leftovers.sh" sh -c 'exit 7' || rc=$?
[ $rc = 7 ] || fail "the exit code is $rc"

# listener TRAPS: starts a run whose command sets traps and waits.
listener() {
	in_group "$here/leftovers.sh" sh -c "$1; echo ready; while :; do sleep 0.02; done"
	until_true grep -q ready "$work/out"
}
# ended_with CODE TIMES: checks that the run ends with the code, and that its command got TIMES signals.
ended_with() {
	local rc=0
	wait "$job" || rc=$?
	[ "$rc $(grep -c '^got' "$work/out")" = "$1 $2" ] || fail "exit code $rc, expected $1 and $2 signals: $(cat "$work/out")"
}
step "a signal to the run only"
for signal in HUP:129 INT:130 TERM:143; do
	listener "trap 'echo got; exit 0' ${signal%:*}"
	kill -"${signal%:*}" "$job"
	ended_with "${signal#*:}" 1
done
step "a signal to the whole group of a run reaches the command once"
listener "trap 'echo got' INT; trap 'exit 0' TERM"
kill -INT -- "-$job"
until_true grep -q got "$work/out"
# The second signal is passed on, whatever happened to the first one.
kill -TERM "$job"
ended_with 130 1

step "Ctrl-C, while a box is up and a program runs in it"
in_group "$here/leftovers.sh" sh -c "'$box' up $name && '$box' exec $name -- sleep 2222"
until_true grep -q 'is up after' "$work/out"
until_true inside '222[2]'
kill -INT -- "-$job"
! wait "$job" || fail "an interrupted run ends with exit code 0"
! grep 'left behind' "$work/out" || fail "there are leftovers"
! "$box" list | grep "^$name " >/dev/null || fail "the box still exists"

step "a run that is killed with its whole group"
export WAX_TEST_RUN=killed-$$
in_group "$box" up "$name"
unset WAX_TEST_RUN
until_true inside 'etc[d]'
ends -
"$box" list | grep "^$name  *running .* killed-$$\$" >/dev/null || fail "the list does not show the run of the box: $("$box" list)"
! left killed-$$ >"$work/left" 2>&1 || fail "no leftover is listed"
for kind in "box $name" process namespace; do
	grep -q "^left behind: $kind" "$work/left" || fail "no $kind is listed: $(cat "$work/left")"
done
"$box" down "$name"
left killed-$$ || fail "there are leftovers"

step "a box is kept with WAX_KEEP_BOX"
WAX_KEEP_BOX=1 "$here/leftovers.sh" "$box" up "$name" >"$work/out" 2>&1 || fail "$(cat "$work/out")"
"$box" list | grep "^$name  *running" >/dev/null || fail "the box does not run"

step "a program in a box ends with the box exec that started it"
in_group "$box" exec "$name" -- sleep 3333
until_true inside '333[3]'
ends
until_true gone '333[3]'

step "box network becomes the command in the box's network"
in_group "$box" network "$name" -- sleep 4444
until_true grep -qx sleep "/proc/$job/comm"
[ "$(readlink "/proc/$job/ns/net")" != "$(readlink /proc/self/ns/net)" ] || fail "the command has the machine's network"
[ "$(readlink "/proc/$job/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || fail "the command has another PID namespace"
ends
echo "leftovers_test: ok"
