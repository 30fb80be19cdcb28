#!/bin/bash
# measured.sh PROGRAM ARGUMENT...: runs a test program, and appends a line to the file that WAX_MEASURES names:
# `test SUITE TEST SECONDS USER SYSTEM`. USER and SYSTEM are processor seconds of the program and of all children for
# which it has waited. Cargo and nextest start test programs with it if CARGO_TARGET_<TRIPLE>_RUNNER names it.
# measures.py makes a table of the lines.

[ -n "${WAX_MEASURES:-}" ] || exec "$@"
program=${1##*/}
suite=${NEXTEST_BINARY_ID:-${program%-*}}
test='*' # all tests of a program, if cargo starts it
for argument in "${@:2}"; do
	case $argument in
	--list) exec "$@" ;;
	-*) ;;
	*) [ "$test" != '*' ] || test=$argument ;;
	esac
done
exec 3>&1 4>&2
TIMEFORMAT='%R %U %S'
times=$({ time "$@" >&3 2>&4 3>&- 4>&-; } 2>&1)
code=$?
echo "test $suite $test $times" >>"$WAX_MEASURES"
exit $code
