#!/bin/sh
# Tests two boxes at the same time: neither disturbs the pods of the other, a stopped kubelet does not affect its pods, a
# packed image runs, volumes can be shared, filled, grown and removed, and `down` leaves nothing behind.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
box=$here/box
a=box-test-a
b=box-test-b
work=$(mktemp -d)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bytewax-platform

finish() {
	code=$?
	trap - EXIT
	if [ "$code" -ne 0 ]; then
		for name in $a $b; do
			"$box" dump $name "${TMPDIR:-/tmp}/box-test-failed/$name" || true
		done
		echo "box_test: FAILED; objects and logs are in ${TMPDIR:-/tmp}/box-test-failed" >&2
	fi
	"$box" down $a || code=1
	"$box" down $b || code=1
	rm -rf "$work"
	exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM

step() { echo "box_test: $*"; }
fail() { echo "box_test: $*" >&2; exit 1; }

# until_true COMMAND...: repeats the command until it succeeds, for at most three minutes.
until_true() {
	deadline=$(($(date +%s) + 180))
	until "$@" >"$work/last" 2>&1; do
		[ "$(date +%s)" -lt $deadline ] || fail "timeout after 180 s: $* ($(cat "$work/last"))"
		sleep 0.2
	done
}

# k BOX ARGUMENTS...: runs kubectl for one box.
k() { name=$1; shift; "$kubectl" --kubeconfig "$cache/boxes/$name/kubeconfig" "$@"; }

slot() { sed 's/.*"slot":\([0-9]*\).*/\1/' "$cache/boxes/$1/box.json"; }

# identities BOX: prints what must not change about the box's pods: UID, containers, start times and restarts.
identities() {
	k "$1" get pods -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid} {.status.phase} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.running.startedAt}{"\n"}{end}' | sort
}

# groups PATTERN: prints the cgroup directories of this name in every hierarchy.
groups() { find /sys/fs/cgroup -maxdepth 2 -type d -name "$1"; }

# traces SLOT PID...: prints everything of a box that exists on the host, each with a number that is never reused:
# the inodes of its cgroups and its socket, and the start times of its processes. Zombies that the machine's init has not
# reaped yet do not count.
traces() {
	group=waxbox$1
	shift
	groups "$group" | xargs -r stat -c 'cgroup %n %i'
	ss -Hltne "sport = :$((16443 + ${group#waxbox}))" | sed -n 's/.* \(ino:[0-9]*\).*/socket \1/p'
	for pid in "$@"; do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk -v pid="$pid" '$1 != "Z" {print "process", pid, $20}'
	done
}

# kernel: prints the kernel settings that Kubernetes changes on a machine of its own.
kernel() {
	nft list tables | grep kube || true
	(cd /proc/sys && tail -n +1 net/ipv4/ip_forward vm/overcommit_memory vm/panic_on_oom kernel/panic \
		kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)
}

# round BOX: waits for one housekeeping round of its kubelet. In each round the kubelet removes the cgroups of unknown
# pods, so the removal of a cgroup that is created here shows that a round was made.
round() {
	parent=$(find "$(groups "waxbox$(slot "$1")" | grep -E '/(memory|fs/cgroup)/waxbox' | head -1)" -type d -name besteffort)
	orphan=$parent/pod$(cat /proc/sys/kernel/random/uuid)
	mkdir "$orphan"
	until_true test ! -e "$orphan"
}

step "starting two boxes"
kernel >"$work/kernel"
"$box" up $a >"$work/env"
"$box" up $b >/dev/null
eval "$(grep PATH= "$work/env")"
kubectl=$(command -v kubectl)
"$box" up $a >"$work/env.again"
cmp "$work/env" "$work/env.again" || fail "a second up prints other lines"

cat >"$work/pods.yaml" <<EOF
apiVersion: v1
kind: Service
metadata: {name: gang}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: gang}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: gang}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: gang}
spec:
  replicas: 2
  podManagementPolicy: Parallel
  serviceName: gang
  selector: {matchLabels: {app: gang}}
  template:
    metadata: {labels: {app: gang}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: bytewax/bytewax:0.21.1-python3.11
        command: [python, -m, http.server]
        readinessProbe: {tcpSocket: {port: 8000}, periodSeconds: 1}
        volumeMounts: [{name: own, mountPath: /own}]
  volumeClaimTemplates:
  - metadata: {name: own}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
EOF
for name in $a $b; do
	k $name apply -f "$work/pods.yaml" >/dev/null
done
for name in $a $b; do
	until_true k $name rollout status statefulset/gang --timeout=5s
	identities $name >"$work/identities.$name"
done

step "pods find each other by name, by Service and through the API server"
until_true k $a exec gang-0 -- python -c "
import socket, urllib.request
socket.gethostbyname('gang-1.gang.default.svc')
urllib.request.urlopen('http://web/', timeout=5)"
k $a get --raw /api/v1/namespaces/default/pods/gang-1:8000/proxy/ | grep -q 'Directory listing'
k $a exec gang-0 -- /venv/bin/python -c 'import importlib.metadata as m; print(m.version("bytewax"))' | grep -qx 0.21.1

step "the host's kernel has no new rule or setting"
kernel | diff "$work/kernel" - || fail "the settings of the host's kernel have changed"

step "three housekeeping rounds of each kubelet"
for turn in 1 2 3; do
	for name in $a $b; do
		round $name
	done
done
for name in $a $b; do
	identities $name | diff "$work/identities.$name" - || fail "pods of $name changed"
done

step "containers keep running while the kubelet is stopped"
"$box" kubelet $a stop
[ -z "$("$box" exec $a -- sh -c 'grep -lx kubelet /proc/[0-9]*/cmdline -z 2>/dev/null')" ] || fail "the kubelet still runs"
"$box" exec $a -- sh -c 'grep -lx http.server /proc/[0-9]*/cmdline -z' | wc -l | grep -qx 2 || fail "the pods are gone"
"$box" kubelet $a start
round $a
identities $a | diff "$work/identities.$a" - || fail "pods changed while the kubelet was stopped"
for pod in gang-0 gang-1; do
	k $a exec $pod -- sh -c 'hostname >/own/name'
	grep -qx $pod "$("$box" volume $a default own-$pod)/name" || fail "$pod has no volume of its own"
done

step "a packed image runs"
echo 'int main(void) { return 7; }' >"$work/seven.c"
gcc -static -o "$work/seven" "$work/seven.c"
"$box" image "$work/seven.tar" docker.io/bytewax-platform/seven:test "$work/seven=/bin/seven" --entrypoint /bin/seven
"$box" load $a "$work/seven.tar"
k $a run seven --image=bytewax-platform/seven:test --image-pull-policy=Never --restart=Never >/dev/null
until_true k $a wait pod/seven --for=jsonpath='{.status.phase}'=Failed --timeout=5s
k $a get pod seven -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}' | grep -qx 7

step "two pods of a restricted namespace and the host share a volume"
k $a create -f - >/dev/null <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: volumes, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: records, namespace: volumes}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
EOF
claim() { k $a get pvc records -n volumes -o jsonpath="{$1}"; }
in_pod() { k $a exec -n volumes "$1" -- sh -c "$2"; }
! "$box" volume $a volumes records 2>"$work/last" || fail "an unused claim has a volume"
grep -q "has no volume yet" "$work/last" || fail "another message: $(cat "$work/last")"
for pod in one two; do
	k $a create -f - >/dev/null <<-EOF
	apiVersion: v1
	kind: Pod
	metadata: {name: $pod, namespace: volumes}
	spec:
	  terminationGracePeriodSeconds: 0
	  securityContext:
	    {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
	  containers:
	  - name: writer
	    image: bytewax/bytewax:0.21.1-python3.11
	    command: [sh, -c, 'while :; do date >>/records/$pod; sleep 0.2; done']
	    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
	    volumeMounts: [{name: records, mountPath: /records}]
	  volumes: [{name: records, persistentVolumeClaim: {claimName: records}}]
	EOF
done
until_true k $a wait pod/one pod/two -n volumes --for=condition=Ready --timeout=5s
volume=$("$box" volume $a volumes records)
for pod in one two; do
	until_true test -s "$volume/$pod"
	[ "$(stat -c %u:%g "$volume/$pod")" = 65532:65532 ] || fail "$(ls -ln "$volume")"
	lines=$(wc -l <"$volume/$pod")
	until_true sh -c "[ \$(wc -l <'$volume/$pod') -gt $lines ]"
done
echo planted >"$volume/planted"
in_pod two 'cat /records/planted' | grep -qx planted

step "a full volume grows under its pods"
! in_pod one 'head -c 2M /dev/zero >/records/large' 2>"$work/last" || fail "2 MiB fit into a volume of 1 MiB"
grep -q "No space left on device" "$work/last" || fail "another message: $(cat "$work/last")"
k $a patch pvc records -n volumes -p '{"spec":{"resources":{"requests":{"storage":"4Mi"}}}}' >/dev/null
grown() { [ "$(claim .status.capacity.storage)" = 4Mi ]; }
until_true grown
in_pod one 'head -c 2M /dev/zero >/records/large'
pv=$(claim .spec.volumeName)
k $a get pv "$pv" -o jsonpath='{.spec.capacity.storage}' | grep -qx 4Mi

step "the files of a PVC are deleted with it"
k $a delete pod one two -n volumes >/dev/null
[ -e "$volume/planted" ] || fail "the files were deleted with the pods"
k $a delete pvc records -n volumes >/dev/null
until_true test ! -e "$volume"
until_true k $a wait "pv/$pv" --for=delete --timeout=5s

step "box down leaves nothing behind"
for name in $a $b; do
	slot=$(slot $name)
	pids=$(find $(groups "waxbox$slot") -name cgroup.procs -exec cat {} + | sort -u)
	traces "$slot" $pids | sort >"$work/before"
	for kind in cgroup socket process; do
		grep -q "^$kind" "$work/before" || fail "$name: the test sees no $kind of a running box"
	done
	"$box" down $name
	traces "$slot" $pids | sort >"$work/after"
	[ -z "$(comm -12 "$work/before" "$work/after")" ] || fail "$name: left behind: $(comm -12 "$work/before" "$work/after")"
	[ ! -e "$cache/boxes/$name" ] || fail "$name: its directory still exists"
	! grep -F -e "boxes/$name" -e /var/lib/volumes /proc/self/mountinfo || fail "$name: mounts are left behind"
done
kernel | diff "$work/kernel" - || fail "the settings of the host's kernel have changed"
echo "box_test: ok"
