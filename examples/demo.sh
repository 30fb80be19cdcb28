#!/bin/bash
# demo.sh: the whole path on this machine. A Python file goes through git into a real Kubernetes, runs
# as two processes, loses a pod, changes once, and refuses a broken change. Every command is echoed as
# you would type it. What needs no cluster is shown while Kubernetes is still being built. The cluster
# stays up; `demo.sh down` removes it. Ctrl-C ends everything, also a cluster that this has started.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
demo=$root/.demo
box=$root/tests/cluster/box
name=${BOX_NAME:-dev}
unset KUBECONFIG

if [ "${1:-}" = down ]; then
	$box down "$name"
	rm -rf "$demo"
	exit 0
fi

bold='' plain='' dim=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m' dim=$'\e[2m'; fi
log=$demo/build.log
kubernetes_log=$demo/kubernetes.log
# What each stage took the last time on this machine: a line "SECONDS STAGE" each.
lasted=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform/demo-seconds
rows=()
mkdir -p "$demo" "$(dirname "$lasted")"
touch "$lasted"
: >"$log"

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
measured() { rows+=("$(printf '%-58s %8s' "$1" "$2")"); }

# expected STAGE FIRST: what it took the last time here; for a first time FIRST, as seen on two cores.
expected() {
	awk -v stage="$1" -v first="$2" '
		{ seconds = $1; sub(/^[^ ]* /, ""); if ($0 == stage) last = seconds }
		END { if (last == "") print first; else printf "%.0f s\n", last }' "$lasted"
}
remember() {
	awk -v stage="$1" '{ line = $0; sub(/^[^ ]* /, ""); if ($0 != stage) print line }' "$lasted" >"$lasted.new"
	echo "$2 $1" >>"$lasted.new"
	mv "$lasted.new" "$lasted"
}

# stage WHAT FIRST LOG COMMAND...: one line; what the command says goes to the log.
stage() {
	local what=$1 first=$2 log=$3 start took
	shift 3
	start=$(now)
	printf '%-44s expected %-10s' "$what" "$(expected "$what" "$first")"
	if ! "$@" >>"$log" 2>&1; then
		printf 'failed\n'
		tail -20 "$log"
		echo "all of it: $log"
		exit 1
	fi
	took=$(since "$start")
	remember "$what" "$took"
	printf 'took %s s\n' "$took"
}

say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
# show COMMAND...: echoes a command line, then runs it.
show() {
	printf '%s$ %s%s\n' "$dim" "$1" "$plain"
	eval "$1"
}

kubernetes=''
# A cluster that was there before stays.
found=$($box list | awk -v name="$name" '$1 == name { print "found" }')
stop() {
	code=$?
	trap - EXIT INT TERM
	if [ -n "$kubernetes" ]; then
		kill -TERM -- "-$kubernetes" 2>/dev/null || true
		wait "$kubernetes" 2>/dev/null || true
	fi
	case $code in 130 | 143)
		printf '\ninterrupted\n'
		[ -n "$found" ] || "$box" down "$name"
		;;
	esac
	exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Kubernetes is built in what the others leave of the processors, in a process group of its own, so that
# nothing of it runs on when this script is interrupted.
set -m
nice -n 19 bash -c '"$0" build && "$0" images' "$box" >"$kubernetes_log" 2>&1 </dev/null &
kubernetes=$!
set +m
kubernetes_is_built() {
	local rc=0
	wait "$kubernetes" || rc=$?
	kubernetes=''
	return "$rc"
}
began_all=$(now)

say "Building (logs: ${log#"$root"/}, ${kubernetes_log#"$root"/})"
build_programs() { programs=$(tests/programs.sh); }
stage "waxctl, the operator and the agent" "4 min" "$log" build_programs
make_python() { python=$(tests/python.sh); }
stage "a Python with Bytewax 0.21.1" "20 s" "$log" make_python
export WAX_PROGRAMS=$programs
mkdir -p "$demo/bin"
ln -sf "$programs/kubectl-waxctl" "$demo/bin/kubectl-waxctl"
ln -sf "$programs/kubectl-waxctl" "$demo/bin/waxctl"
export PATH=$demo/bin:${python%/*}:$PATH

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

say "1. Without a cluster: run it here as two processes, see what it becomes, commit it"
show "waxctl run flows/access-log -f access_log.py -p 2 | tail -n 4"
measured "from the start to what the flow printed" "$(since "$began_all") s"
flags="--name access-log -n shop -f access_log.py -p 2 -e LINES_PER_SECOND=100,SESSION_GAP=20"
show "waxctl df render flows/access-log $flags | head -n 24"
show "waxctl df commit flows/access-log $flags --env prod --push"
say "Somebody changes the file: what would a commit do?"
sed -i 's/% 100 == 0/% 50 == 0/' flows/access-log/access_log.py
show "waxctl df diff flows/access-log --name access-log -f access_log.py --env prod || true"

say "A real cluster, and the operator in it"
stage "Kubernetes, kubectl, images (went on meanwhile)" "6 min" "$kubernetes_log" kubernetes_is_built
stage "images of the agent and the operator" "5 s" "$log" "$root/tests/images.sh"
began=$(now)
start=$began
# Nothing of this may reach another cluster, also not when the box does not start.
exports=$("$box" up "$name" 2>>"$log") || { tail -20 "$log"; exit 1; }
eval "$exports"
measured "cluster up (or found running)" "$(since "$start") s"
export PATH=$demo/bin:$PATH
start=$(now)
stage "install the operator" "5 s" "$log" "$root/tests/install.sh"
measured "operator installed and ready" "$(since "$start") s"
command kubectl delete namespace shop --ignore-not-found >>"$log" 2>&1
command kubectl create namespace shop >>"$log" 2>&1
command kubectl label namespace shop pod-security.kubernetes.io/enforce=restricted >>"$log" 2>&1

# What a GitOps controller does on each commit: check out, build, apply on the server's side.
apply() {
	git clone --quiet "$demo/shop.git" "$demo/cluster" 2>/dev/null || git -C "$demo/cluster" pull --quiet
	show "kubectl apply --server-side -k .demo/cluster/apps/prod/$1"
}
kubectl() { # paths are shown from the checkout's root
	(cd "$root" && command kubectl "$@")
}

say "2. From the commit to two running processes"
start=$(now)
apply access-log
show "waxctl df wait access-log -n shop"
measured "applied -> two processes Ready" "$(since "$start") s"
show "waxctl df list -n shop"
show "timeout --foreground 12 waxctl df logs access-log -n shop -f || true"

say "3. A killed pod: this flow keeps no state, so it starts over. Watch the gang."
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

say "4. The change from before: one outage"
show "waxctl df commit flows/access-log --name access-log -f access_log.py --env prod --push"
start=$(now)
apply access-log
show "waxctl df wait access-log -n shop"
measured "change applied -> new revision Ready" "$(since "$start") s"
show "timeout --foreground 3 waxctl df logs access-log -n shop -f || true"

say "5. A change that cannot work: refused in one sentence, the running flow is not touched"
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
printf '%-58s %8s\n' "from the cluster's start to the end" "$(since "$began") s"
printf '%-58s %8s\n' "everything" "$(since "$began_all") s"
say "History"
git --no-pager log --format='%h %s%n%(trailers:only,unfold)' -4
say "Next (the cluster stays up; make demo-down removes it)"
cat <<END
  eval "\$(make -s cluster)"                              # kubectl for this cluster
  .demo/bin/waxctl df logs access-log -n shop -f
  git -C .demo/shop revert --no-edit HEAD && git -C .demo/shop push   # then apply again
END
