#!/bin/bash
# check.sh vet | test: checks or tests the Go programs of the box, with the flags of the box's build (orchestrator/build.go).
# With other flags Go would compile the packages of Kubernetes a second time.
set -euo pipefail
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOFLAGS='-trimpath -gcflags=all=-dwarf=false'

case ${1:-} in
vet)
	unformatted=$(gofmt -l .)
	[ -z "$unformatted" ] || { echo "gofmt: $unformatted" >&2; exit 1; }
	go vet ./orchestrator/... ./volumes/...
	;;
test) go test ./orchestrator/... ./volumes/... ;;
*)
	sed -n '2,3s/^# \?//p' check.sh >&2
	exit 2
	;;
esac
