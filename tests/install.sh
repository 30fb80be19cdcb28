#!/bin/sh
# install.sh: installs the CRD and the operator into the cluster that KUBECONFIG names, and never into the current
# context of another kubeconfig. If the cluster is a box, it first builds our images and loads them.
# WAX_PROGRAMS names the folder of our programs; without it they are built.
set -eu
cd "$(dirname "$0")/.."

: "${KUBECONFIG:?name the cluster: export KUBECONFIG=... (make cluster prints one)}"
waxctl=${WAX_PROGRAMS:-$(tests/programs.sh)}/kubectl-waxctl
boxes=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform/boxes
case $KUBECONFIG in
"$boxes"/*)
	box=${KUBECONFIG#"$boxes"/}
	box=${box%%/*}
	images=$(tests/images.sh)
	agent=$(echo "$images" | awk '$1 == "agent" { print $2 }')
	operator=$(echo "$images" | awk '$1 == "operator" { print $2 }')
	# shellcheck disable=SC2046 # archive paths come from our own cache
	tests/cluster/box load "$box" $(echo "$images" | awk '{ print $3 }')
	exec "$waxctl" install --all-namespaces --image "$operator" --agent-image "$agent"
	;;
*)
	exec "$waxctl" install --all-namespaces
	;;
esac
