#!/bin/sh
# programs.sh: builds all our programs, and prints the folder they lie in. All at once: for some of them
# alone cargo would choose other features of what they depend on, and build that once more.
set -eu
cd "$(dirname "$0")/.."

# They would replace the flags of .cargo/config.toml, without which the programs do not run in their images.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
said=$("${CARGO:-cargo}" build --quiet --workspace --bins --message-format=json-render-diagnostics)
folder=$(printf '%s\n' "$said" | sed -n 's|.*"executable":"\([^"]*\)/wax-operator".*|\1|p')
[ -n "$folder" ] || { echo "programs.sh: cargo does not say where it has put wax-operator" >&2; exit 1; }
echo "$folder"
