#!/bin/sh
# Runs the dataflow named by the environment, with the variables that users of the official image
# know. Unlike that image's script it keeps the exit code and quotes the import string.
set -eu
cd "${BYTEWAX_WORKDIR:-.}"
. /venv/bin/activate
exec python -m bytewax.run "${BYTEWAX_PYTHON_FILE_PATH:?names the dataflow, as in flow.py:flow}"
