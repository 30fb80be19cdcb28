#!/bin/sh
# images.sh: packs the agent and the operator, each into an image from scratch. These are the programs that the demo
# and the tests run, without their symbols. The tag is the hash of the program and of this script, so an unchanged
# program keeps its image. It prints
#     agent NAME:TAG ARCHIVE
#     operator NAME:TAG ARCHIVE
# WAX_PROGRAMS names the folder of our programs; without it they are built.
set -eu
cd "$(dirname "$0")/.."

programs=${WAX_PROGRAMS:-$(tests/programs.sh)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform/images
mkdir -p "$cache"
stripped=$(mktemp -d)
trap 'rm -rf "$stripped"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Programs are in /bin, because a pod mounts the folder with the copied agent at /waxrun.
pack() {
	tag=$(cat "$programs/$2" tests/images.sh | sha256sum | cut -c1-12)
	archive=$cache/$1-$tag.tar
	if [ ! -e "$archive" ]; then
		if readelf -lW "$programs/$2" | grep -q INTERP; then
			echo "images.sh: $2 is not static, so it cannot start in an image from scratch; check for a linker or flags set for cargo" >&2
			exit 1
		fi
		strip -o "$stripped/$2" "$programs/$2"
		tests/cluster/box image "$archive.$$" "docker.io/bytewax-platform/$1:$tag" \
			"$stripped/$2=/bin/$2" --entrypoint "/bin/$2" >&2
		mv "$archive.$$" "$archive"
	fi
	echo "$1 docker.io/bytewax-platform/$1:$tag $archive"
}
pack agent waxrun
pack operator wax-operator
