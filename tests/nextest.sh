#!/bin/sh
# nextest.sh: builds cargo-nextest into the cache, and prints its folder. cargo-nextest runs the tests of all suites in
# one pool. Cargo finds it as `cargo nextest` if the folder is on the PATH.
#
# It is a debug build without debug information, which takes a third of the time; the program only waits for tests.
set -eu

# The newest version that the Rust version of this project can compile.
version=0.9.128
folder=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform/bin/nextest-$version

if [ ! -x "$folder/bin/cargo-nextest" ]; then
	mkdir -p "$folder"
	exec 9>"$folder/lock"
	flock 9
	if [ ! -x "$folder/bin/cargo-nextest" ]; then
		echo "building cargo-nextest $version, once for this machine" >&2
		built=$(mktemp -d "$folder/build.XXXXXX")
		trap 'rm -rf "$built"' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		# Outside of the checkout, because its cargo settings are for its own crates, but with its toolchain.
		toolchain=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$(dirname "$0")/../rust-toolchain.toml")
		unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
		(cd "$built" && RUSTUP_TOOLCHAIN=$toolchain CARGO_PROFILE_DEV_DEBUG=false CARGO_INCREMENTAL=0 cargo install --quiet --locked \
			--debug --no-default-features --features default-no-update \
			--target-dir "$built/target" --root "$built" "cargo-nextest@$version" >&2)
		mkdir -p "$folder/bin"
		mv "$built/bin/cargo-nextest" "$folder/bin/"
	fi
	exec 9>&-
fi
echo "$folder/bin"
