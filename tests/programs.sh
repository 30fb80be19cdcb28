#!/bin/sh
# programs.sh: builds all our programs, and prints their folder. It builds the whole workspace: for a part of it, cargo
# would choose other features of dependencies and compile them again.
set -eu
cd "$(dirname "$0")/.."

# These variables would replace the flags of .cargo/config.toml, without which the programs do not run in their images.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
said=$("${CARGO:-cargo}" build --quiet --workspace --bins --message-format=json-render-diagnostics)
folder=$(printf '%s\n' "$said" | sed -n 's|.*"executable":"\([^"]*\)/wax-operator".*|\1|p')
[ -n "$folder" ] || { echo "programs.sh: cargo has not reported the path of wax-operator" >&2; exit 1; }
echo "$folder"
