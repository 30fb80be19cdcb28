#!/bin/bash
# run.sh fast | all | some TEXT | campaign: runs tests, and says at the end what they took.
#   fast       what needs no cluster
#   all        everything; of each long enumeration the share that the seed of the day takes
#   some TEXT  the whole-path tests whose name or suite contains TEXT; the boxes stay up
#   campaign   every case of the long enumerations
# WAX_SEED=NUMBER repeats a share, WAX_KEEP_BOX=1 leaves the boxes up.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform
# The tests that take cases from `wax_tests::sample`.
enumerations='test(/^operator_kills::/) | test(/^flips::/) | test(=losses::killed_processes_and_deleted_pods_lose_nothing)'
triple=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')

PATH=$(tests/nextest.sh):$PATH
export PATH "CARGO_TARGET_${triple}_RUNNER=$PWD/tests/measured.sh"
export WAX_SEED=${WAX_SEED:-$(($(date +%s) / 86400))}
work=$(mktemp -d)
export WAX_BOXES=$work/boxes
mkdir "$WAX_BOXES"
table=''
if [ -z "${WAX_MEASURES:-}" ]; then
	export WAX_MEASURES=$work/measures
	table=yes
fi
background=''
keep=${WAX_KEEP_BOX:-}

finish() {
	code=$?
	trap - EXIT INT TERM
	if [ -n "$background" ]; then
		# It may be at work; what it has built stays in the cache.
		wait "$background" || true
	fi
	phase "end"
	if [ -z "$keep" ]; then
		for name in test disruptive; do
			if [ -e "$cache/boxes/$name" ]; then tests/cluster/box down "$name" || code=1; fi
		done
	fi
	if [ -n "$table" ]; then tests/measures.py table "$WAX_MEASURES"; fi
	rm -rf "$work"
	exit "$code"
}

phase() { tests/measures.py phase "$WAX_MEASURES" "$1"; }

nextest() { cargo nextest run --workspace --show-progress none --no-tests fail "$@"; }

# targets FILE...: how cargo is told of the suites in these files. The whole workspace stays selected: for a
# part of it cargo would choose other features of what it depends on, and compile that once more.
targets() {
	local file name
	for file in "$@"; do
		name=${file%/main.rs}
		name=${name##*/}
		echo "--test=${name%.rs}"
	done
}

units() {
	local files targets
	mapfile -t files < <(ls -- */tests/*.rs */tests/*/main.rs | grep -v '^tests/')
	mapfile -t targets < <(targets "${files[@]}")
	phase "unit tests: build"
	nextest --lib --bins "${targets[@]}" --no-run
	phase "unit tests"
	nextest --lib --bins "${targets[@]}"
	phase "unit tests of Go and of scripts"
	(cd tests/cluster && CGO_ENABLED=0 GOFLAGS=-trimpath go test ./orchestrator/... ./volumes/...)
	python3 -B tests/measures_test.py
}

# matching TEXT: the tests and suites whose names contain it. A name that no suite has is an error there.
matching() {
	local name
	printf 'test(~%s)' "$1"
	for name in $(targets tests/tests/*.rs tests/tests/*/main.rs); do
		name=${name#--test=}
		[[ $name != *"$1"* ]] || printf ' | binary(=%s)' "$name"
	done
}

# The box starts while Rust compiles.
start_box() {
	[ -z "${WAX_KUBECONFIG:-}" ] || return 0
	tests/cluster/box up test >/dev/null 2>"$work/box" &
	background=$!
}

# whole_paths PROFILE ARGUMENT...: whole-path tests on boxes.
whole_paths() {
	local profile=$1 targets
	shift
	mapfile -t targets < <(targets tests/tests/*.rs tests/tests/*/main.rs)
	phase "whole-path tests: build, start of the box"
	start_box
	WAX_PROGRAMS=$(tests/programs.sh)
	WAX_PYTHON=$(tests/python.sh)
	export WAX_PROGRAMS WAX_PYTHON
	tests/s3/build >/dev/null
	nextest "${targets[@]}" --no-run
	if [ -n "$background" ]; then
		wait "$background" || { cat "$work/box" >&2; exit 1; }
		background=''
		tests/prepare.sh test >"$WAX_BOXES/test"
	fi
	phase "whole-path tests"
	echo "long enumerations: WAX_SEED=$WAX_SEED"
	nextest "${targets[@]}" --profile "$profile" "$@"
}

campaign() {
	export WAX_CAMPAIGN=1
	local last=$cache/campaign began=$SECONDS
	echo "campaign: every case of these tests, on one box:"
	cargo nextest list --workspace --test whole_path --test state --profile campaign -E "$enumerations" \
		--message-format oneline
	echo "it takes $(cat "$last" 2>/dev/null || echo "a long time: it has not been run on this machine")"
	whole_paths campaign -E "$enumerations"
	echo "$(((SECONDS - began) / 60 + 1)) minutes, as the last time on this machine" >"$last"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case ${1:-} in
fast) units ;;
all)
	units
	whole_paths box
	;;
some)
	keep=yes
	whole_paths box -E "$(matching "$2")"
	;;
campaign) campaign ;;
*)
	sed -n '2,7s/^# \?//p' tests/run.sh >&2
	exit 2
	;;
esac
