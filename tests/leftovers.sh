#!/bin/bash
# leftovers.sh COMMAND...: runs tests or figures, takes down the boxes that they have started, and names what else
# is left of them: processes, namespaces, mounts, cgroups, links, rules. Ends with the command's exit code, or with 1
# if something is left. Ctrl-C ends the command and not this. WAX_KEEP_BOX=1 spares the boxes.
set -euo pipefail
box=$(cd "$(dirname "$0")" && pwd)/cluster/box

# Within another run, that one looks.
[ -z "${WAX_TEST_RUN:-}" ] || exec "$@"
WAX_TEST_RUN=$(date +%s)-$$
export WAX_TEST_RUN
before=$(mktemp)
trap 'rm -f "$before"' EXIT
"$box" leftovers before "$before"

rc=0
# A terminal sends them to the command as well. It gets them with their usual effect; this goes on after it.
trap : INT TERM
"$@" || rc=$?
if [ -z "${WAX_KEEP_BOX:-}" ]; then
	for name in $("$box" list | awk -v run="$WAX_TEST_RUN" '$NF == run { print $1 }'); do
		"$box" down "$name" || true
	done
fi
"$box" leftovers after "$before" || rc=$((rc ? rc : 1))
exit $rc
