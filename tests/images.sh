#!/bin/sh
# images.sh: builds the agent and the operator as static binaries and packs each into an image from
# scratch. The tag is the hash of the binary and of this script, so an unchanged program keeps its
# image. Prints
#     agent NAME:TAG ARCHIVE
#     operator NAME:TAG ARCHIVE
set -eu
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform/images
mkdir -p "$cache"
# A static binary runs in any image. The flag reaches target binaries only, since --target is given.
RUSTFLAGS="-C target-feature=+crt-static" \
	cargo build --quiet --profile image --target "$target" -p agent -p operator --bins >&2

# Programs lie in /bin: /waxrun is where a pod mounts the folder that the agent is copied into.
pack() {
	binary=${CARGO_TARGET_DIR:-target}/$target/image/$2
	tag=$(cat "$binary" tests/images.sh | sha256sum | cut -c1-12)
	archive=$cache/$1-$tag.tar
	if [ ! -e "$archive" ]; then
		tests/cluster/box image "$archive.$$" "docker.io/bytewax-platform/$1:$tag" \
			"$binary=/bin/$2" --entrypoint "/bin/$2" >&2
		mv "$archive.$$" "$archive"
	fi
	echo "$1 docker.io/bytewax-platform/$1:$tag $archive"
}
pack agent waxrun
pack operator wax-operator
