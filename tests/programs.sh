#!/bin/sh
# programs.sh: builds all our programs, and prints the folder they lie in. All at once: for some of them
# alone cargo would choose other features of what they depend on, and build that once more.
set -eu
cd "$(dirname "$0")/.."

"${CARGO:-cargo}" build --quiet --workspace --bins --message-format=json-render-diagnostics |
	sed -n 's|.*"executable":"\([^"]*\)/wax-operator".*|\1|p'
