#!/bin/bash
# run.sh fast | all | some TEXT | campaign: runs tests, and prints at the end how long they took.
#   fast       tests that need no cluster
#   all        every test; of each long enumeration the share that the seed selects
#   some TEXT  whole-path tests whose name or suite contains TEXT; the boxes stay up
#   campaign   every case of the long enumerations
# WAX_SEED=NUMBER repeats a share; the default is the day. make runs this by tests/leftovers.sh, which stops the boxes.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "run.sh: $1" >&2
	exit 2
}
case ${1:-} in
fast | all | campaign) ;;
some) [[ ${2:-} =~ ^[A-Za-z0-9_:]+$ ]] || fail "TEXT may contain letters, digits, _ and :, not \"${2:-}\"" ;;
*)
	sed -n '2,7s/^# \?//p' tests/run.sh >&2
	exit 2
	;;
esac
export WAX_SEED=${WAX_SEED:-$(($(date +%s) / 86400))}
[[ $WAX_SEED =~ ^[0-9]+$ ]] || fail "WAX_SEED must be a number, not \"$WAX_SEED\""
[[ $PWD != *[[:space:]]* ]] || fail "cargo cannot use a test runner whose path contains a space: $PWD"
# These variables would replace the flags of .cargo/config.toml.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform
# The tests that take their cases from `wax_tests::sample`.
enumerations='test(/^operator_kills::/) | test(/^flips::/) | test(=losses::killed_processes_and_deleted_pods_lose_no_state)'
# The tests that go on for minutes in a campaign, and take one round in a normal run.
races='test(=race::twenty_writers_lose_no_change)'
triple=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')

PATH=$(tests/nextest.sh):$PATH
export PATH "CARGO_TARGET_${triple}_RUNNER=$PWD/tests/measured.sh"
work=$(mktemp -d)
export WAX_BOXES=$work/boxes
mkdir "$WAX_BOXES"
table=''
if [ -z "${WAX_MEASURES:-}" ]; then
	export WAX_MEASURES=$work/measures
	table=yes
fi
background=''

finish() {
	code=$?
	trap - EXIT INT TERM
	if [ -n "$background" ]; then
		# The box is not up yet. leftovers.sh stops it.
		kill -TERM -- "-$background" 2>/dev/null || true
		wait "$background" 2>/dev/null || true
	fi
	phase "end"
	if [ -n "$table" ]; then tests/measures.py table "$WAX_MEASURES"; fi
	rm -rf "$work"
	exit "$code"
}

phase() { tests/measures.py phase "$WAX_MEASURES" "$1"; }

nextest() { cargo nextest run --workspace --show-progress none --no-tests fail "$@"; }

# suites whole-path | other: prints cargo's options that select the suites of wax-tests, or of all other crates. The
# whole workspace stays selected: for a part of it, cargo would choose other features of dependencies and compile them
# again.
suites() {
	cargo metadata --no-deps --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    if (package["name"] == "wax-tests") == (sys.argv[1] == "whole-path"):
        for target in package["targets"]:
            if target["kind"] == ["test"]:
                print("--test=" + target["name"])' "$1"
}

units() {
	local suites
	mapfile -t suites < <(suites other)
	# Some tests compare waxctl with the real kubectl.
	command -v kubectl >/dev/null || tests/cluster/box build
	phase "unit tests: build"
	nextest --lib --bins "${suites[@]}" --no-run
	phase "unit tests"
	nextest --lib --bins "${suites[@]}"
	# The runner above does not run them.
	phase "documentation examples"
	cargo test --workspace --doc --quiet
	phase "unit tests of Go and of scripts"
	tests/cluster/check.sh test
	python3 -B tests/measures_test.py
}

# matching TEXT: prints the nextest filter of tests and suites whose names contain it. Suites are listed one by one,
# because nextest refuses a filter with the name of a suite that does not exist.
matching() {
	local name
	printf 'test(~%s)' "$1"
	for name in $(suites whole-path); do
		name=${name#--test=}
		[[ $name != *"$1"* ]] || printf ' | binary(=%s)' "$name"
	done
}

# The box starts while Rust compiles.
start_box() {
	[ -z "${WAX_KUBECONFIG:-}" ] || return 0
	# In a process group of its own, so that it can be ended: the background programs of a script ignore Ctrl-C.
	set -m
	tests/cluster/box up test >/dev/null 2>"$work/box" </dev/null &
	background=$!
	set +m
}

# whole_paths PROFILE ARGUMENT...: runs whole-path tests on boxes.
whole_paths() {
	local profile=$1 suites
	shift
	mapfile -t suites < <(suites whole-path)
	phase "whole-path tests: build, start of the box"
	start_box
	WAX_PROGRAMS=$(tests/programs.sh)
	WAX_PYTHON=$(tests/python.sh)
	export WAX_PROGRAMS WAX_PYTHON
	tests/s3/build >/dev/null
	nextest "${suites[@]}" --no-run
	if [ -n "$background" ]; then
		wait "$background" || { cat "$work/box" >&2; exit 1; }
		background=''
		tests/prepare.sh test >"$WAX_BOXES/test"
	fi
	phase "whole-path tests"
	echo "long enumerations: WAX_SEED=$WAX_SEED"
	nextest "${suites[@]}" --profile "$profile" "$@"
}

campaign() {
	export WAX_CAMPAIGN=1
	local last=$cache/campaign began=$SECONDS
	echo "campaign: every case of these tests, on one box:"
	cargo nextest list --workspace --test whole_path --test state --profile campaign -E "$enumerations" \
		--message-format oneline
	cargo nextest list --workspace --test git --profile campaign -E "$races" --message-format oneline
	echo "duration: $(cat "$last" 2>/dev/null || echo "unknown; no campaign has run on this machine yet, and it takes long")"
	phase "races"
	nextest --test git --profile campaign -E "$races" --success-output final
	whole_paths campaign -E "$enumerations"
	echo "$(((SECONDS - began) / 60 + 1)) minutes, like the last campaign on this machine" >"$last"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case $1 in
fast) units ;;
all)
	units
	whole_paths box
	;;
some)
	whole_paths box -E "$(matching "$2")" && code=0 || code=$?
	echo "the box stays up; use it with: eval \"\$(tests/cluster/box up test)\"; end it with: tests/cluster/box down test"
	exit "$code"
	;;
campaign) campaign ;;
esac
