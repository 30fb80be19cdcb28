#!/bin/bash
# leftovers.sh COMMAND...: runs a command (tests or figures), stops the boxes that it has started, and lists everything
# else that it has left behind: processes, namespaces, mounts, cgroups, links and rules. The exit code is that of the
# command, or 1 if something is left behind. Ctrl-C or a signal ends the command first; then the list is made, and the
# exit code is 128 plus the number of the signal. With WAX_KEEP_BOX=1 the boxes stay up.
set -euo pipefail

# A run within another run does nothing here, because the outer run makes the list.
[ -z "${WAX_TEST_RUN:-}" ] || exec "$@"
exec "$(dirname "$0")/cluster/box" leftovers run "$@"
