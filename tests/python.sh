#!/bin/sh
# python.sh: prints the path of a Python that can import Bytewax 0.21.1. It is in a virtual environment in the user's
# cache, which is created on first use.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform
folder=$cache/venv-0.21.1-py311
python=$folder/bin/python

imports() { "$python" -c 'import bytewax.dataflow' 2>/dev/null; }
if ! imports; then
	mkdir -p "$cache"
	exec 9>"$cache/venv.lock"
	flock 9
	if ! imports; then
		system=python3
		if command -v python3.11 >/dev/null; then system=python3.11; fi
		$system -m venv --clear "$folder" >&2
		"$python" -m pip install --quiet bytewax==0.21.1 prometheus-client >&2
	fi
	exec 9>&-
fi
echo "$python"
