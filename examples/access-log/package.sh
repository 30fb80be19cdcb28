#!/bin/sh
# package.sh DIR: copies the files of the flow into DIR: the code, and the compressed log.
# The same input gives the same bytes (gzip -n omits name and time).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cp "$here/access_log.py" "$1/"
gzip -9nc "$here/access.log" > "$1/access.log.gz"
