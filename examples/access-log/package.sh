#!/bin/sh
# package.sh DIR: lays out in DIR what goes into the cluster: the flow, and the log gzipped.
# The same input gives the same bytes (gzip -n leaves name and time out).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cp "$here/access_log.py" "$1/"
gzip -9nc "$here/access.log" > "$1/access.log.gz"
