#!/bin/sh
# prepare.sh BOX: starts a box, loads our images and installs our CRD. It prints export lines for the shell, including
# WAX_AGENT_IMAGE and WAX_OPERATOR_IMAGE. It skips each part that is already done.
#
# WAX_PROGRAMS names the folder of our programs; without it they are built.
set -eu
cd "$(dirname "$0")/.."

WAX_PROGRAMS=${WAX_PROGRAMS:-$(tests/programs.sh)}
export WAX_PROGRAMS
exports=$(tests/cluster/box up "$1")
images=$(tests/images.sh)
# shellcheck disable=SC2046 # archive paths come from our own cache
tests/cluster/box load "$1" $(echo "$images" | awk '{ print $3 }') >&2
(
	eval "$exports"
	"$WAX_PROGRAMS/wax-operator" crd | kubectl apply --server-side --force-conflicts -f - >&2
	# Until then the API server does not serve it.
	kubectl wait --for=condition=Established --timeout=120s crd/dataflows.bytewax.io >&2
)
echo "$exports"
echo "$images" | awk '{ print "export WAX_" toupper($1) "_IMAGE=" $2 }'
