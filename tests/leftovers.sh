#!/bin/bash
# leftovers.sh COMMAND...: runs tests or figures, takes down the boxes that they have started, and names what else
# is left of them: processes, namespaces, mounts, cgroups, links, rules. Ends with the command's exit code, or with 1
# if something is left. Ctrl-C and a signal to this end the command first; then it looks, and ends with 128 and the
# signal's number. WAX_KEEP_BOX=1 spares the boxes.
set -euo pipefail

# Within another run, that one looks.
[ -z "${WAX_TEST_RUN:-}" ] || exec "$@"
exec "$(dirname "$0")/cluster/box" leftovers run "$@"
