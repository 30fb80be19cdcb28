#!/bin/bash
# demo.sh: the whole path on this machine. A Python file goes through git into a real Kubernetes, runs
# as two processes, loses a pod, changes once, and refuses a broken change. Every command is echoed as
# you would type it. The cluster stays up; `demo.sh down` removes it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
demo=$root/.demo
box=tests/cluster/box
name=${BOX_NAME:-dev}

if [ "${1:-}" = down ]; then
	$box down "$name"
	rm -rf "$demo"
	exit 0
fi

bold='' plain='' dim=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m' dim=$'\e[2m'; fi
log=$demo/build.log
rows=()
mkdir -p "$demo"
: >"$log"

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
measured() { rows+=("$(printf '%-58s %8s' "$1" "$2")"); }

# stage WHAT EXPECTED COMMAND...: one line; what the command says goes to the log.
stage() {
	local what=$1 expected=$2 start
	shift 2
	start=$(now)
	printf '%-44s expected %-22s' "$what" "$expected"
	if ! "$@" >>"$log" 2>&1; then
		printf 'failed\n'
		tail -20 "$log"
		echo "all of it: $log"
		exit 1
	fi
	printf 'took %s s\n' "$(since "$start")"
}

say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
# show COMMAND...: echoes a command line, then runs it.
show() {
	printf '%s$ %s%s\n' "$dim" "$1" "$plain"
	eval "$1"
}

say "Building (log: ${log#"$root"/})"
stage "Kubernetes and kubectl, one Go program" "9 min cold, 0 s warm" $box build
stage "images: pause and Bytewax 0.21.1" "1 min cold, 0 s warm" $box images
stage "waxctl and the operator" "6 min cold, 1 s warm" cargo build --workspace --bins
stage "images: agent and operator" "5 min cold, 1 s warm" tests/images.sh
began=$(now)

say "A real cluster, and the operator in it"
start=$(now)
eval "$($box up "$name" 2>>"$log")"
measured "cluster up (or found running)" "$(since "$start") s"
mkdir -p "$demo/bin"
ln -sf "$root/target/debug/kubectl-waxctl" "$demo/bin/kubectl-waxctl"
ln -sf "$root/target/debug/kubectl-waxctl" "$demo/bin/waxctl"
export PATH=$demo/bin:$PATH
start=$(now)
stage "install the operator" "5 s" tests/install.sh
measured "operator installed and ready" "$(since "$start") s"
kubectl delete namespace shop --ignore-not-found >>"$log" 2>&1
kubectl create namespace shop >>"$log" 2>&1
kubectl label namespace shop pod-security.kubernetes.io/enforce=restricted >>"$log" 2>&1

say "A repository of dataflows, as a team has one"
rm -rf "$demo/shop" "$demo/shop.git" "$demo/cluster"
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=Ada GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=ada@example.com
git init --quiet --bare --initial-branch=main "$demo/shop.git"
git clone --quiet "$demo/shop.git" "$demo/shop" 2>>"$log"
cd "$demo/shop"
git checkout --quiet -b main
mkdir flows
cp "$root/examples/hello/hello.py" flows/
"$root/examples/access-log/package.sh" flows/access-log
echo "Dataflows of the shop" >README.md
git add . && git commit --quiet -m "Start" && git push --quiet -u origin main
show "git log --oneline"

# What a GitOps controller does on each commit: check out, build, apply on the server's side.
apply() {
	git clone --quiet "$demo/shop.git" "$demo/cluster" 2>/dev/null || git -C "$demo/cluster" pull --quiet
	show "kubectl apply --server-side -k .demo/cluster/apps/prod/$1"
}
kubectl() { # paths are shown from the checkout's root
	(cd "$root" && command kubectl "$@")
}

say "1. From a Python file to two running processes"
flags="--name access-log -n shop -f access_log.py -p 2 -e LINES_PER_SECOND=100,SESSION_GAP=20"
show "waxctl df commit flows/access-log $flags --env prod --push"
start=$(now)
apply access-log
show "waxctl df wait access-log -n shop"
measured "applied -> two processes Ready" "$(since "$start") s"
show "waxctl df list -n shop"
show "timeout 12 waxctl df logs access-log -n shop -f || true"

say "2. A killed pod: this flow keeps no state, so it starts over. Watch the gang."
start=$(now)
show "kubectl delete pod access-log-1 -n shop --wait=false"
ready_again() { [ "$(kubectl get dataflow access-log -n shop -o 'jsonpath={.status.processes.ready}')" = 2 ]; }
lost=$(now)
until ! ready_again || [ "$(printf '%.0f' "$(since "$lost")")" -ge 5 ]; do sleep 0.1; done
waxctl df list -n shop
until ready_again; do
	sleep 1
	waxctl df list -n shop | tail -n 1
done
measured "pod deleted -> both processes Ready again" "$(since "$start") s"

say "3. A change: first what it would do, then one outage"
sed -i 's/% 100 == 0/% 50 == 0/' flows/access-log/access_log.py
show "waxctl df diff flows/access-log --name access-log -f access_log.py --env prod || true"
show "waxctl df commit flows/access-log --name access-log -f access_log.py --env prod --push"
start=$(now)
apply access-log
show "waxctl df wait access-log -n shop"
measured "change applied -> new revision Ready" "$(since "$start") s"
show "timeout 3 waxctl df logs access-log -n shop -f || true"

say "4. A change that cannot work: refused in one sentence, the running flow is not touched"
before=$(kubectl get pods -n shop -l bytewax.io/component=process -o 'jsonpath={.items[*].metadata.uid}')
sed -i 's/^import gzip/import gzip, no_such_library/' flows/access-log/access_log.py
show "waxctl df commit flows/access-log --name access-log -f access_log.py --env prod --push"
start=$(now)
apply access-log
show "waxctl df wait access-log -n shop || true"
measured "broken change applied -> its reason known" "$(since "$start") s"
after=$(kubectl get pods -n shop -l bytewax.io/component=process -o 'jsonpath={.items[*].metadata.uid}')
[ "$before" = "$after" ] || { echo "the running pods were touched"; exit 1; }
show "waxctl df list -n shop"

say "Measured"
printf '%s\n' "${rows[@]}"
printf '%-58s %8s\n' "the demo after its builds" "$(since "$began") s"
say "History"
git --no-pager log --format='%h %s%n%(trailers:only,unfold)' -4
say "Next (the cluster stays up; make demo-down removes it)"
cat <<END
  eval "\$(make -s cluster)"                              # kubectl for this cluster
  .demo/bin/waxctl df logs access-log -n shop -f
  git -C .demo/shop revert --no-edit HEAD && git -C .demo/shop push   # then apply again
END
