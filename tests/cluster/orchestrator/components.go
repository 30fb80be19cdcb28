package main

import "fmt"

// component is one long-running process of a box.
type component struct {
	name string
	// command is the program and its arguments; paths are those inside the box.
	command []string
	// needsAPI components start after the API server is ready. Earlier they would only fail, and take processor time
	// from the API server.
	needsAPI bool
}

// components returns the processes of a box in the order of their start.
func components(name string, addresses Addresses) []component {
	return []component{
		{"containerd", []string{"containerd", "--config=/run/box/etc/containerd.toml"}, false},
		{"etcd", etcdCommand(), false},
		{"apiserver", apiserverCommand(addresses), false},
		{"controller-manager", controllerManagerCommand(addresses), true},
		{"scheduler", schedulerCommand(), true},
		{"kubelet", kubeletCommand(name, addresses), true},
		{"proxy", proxyCommand(name), true},
		{"coredns", []string{"kube", "coredns", "-conf=/run/box/etc/Corefile"}, true},
		{"volumes", volumesCommand(name), true},
	}
}

func etcdCommand() []string {
	const client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
	return []string{
		"kube", "etcd",
		"--name=box",
		"--data-dir=/var/lib/etcd",
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=box=" + peer,
		"--unsafe-no-fsync", // a box does not survive a loss of power anyway
		"--log-level=warn",
	}
}

func apiserverCommand(addresses Addresses) []string {
	return []string{
		"kube", "kube-apiserver",
		"--etcd-servers=http://127.0.0.1:2379",
		fmt.Sprintf("--advertise-address=%s", addresses.Node),
		fmt.Sprintf("--service-cluster-ip-range=%s", addresses.Services),
		"--secure-port=6443",
		"--tls-cert-file=/run/box/pki/apiserver.crt",
		"--tls-private-key-file=/run/box/pki/apiserver.key",
		"--client-ca-file=/run/box/pki/ca.crt",
		// No such certificate exists. Without this setting each component logs a warning every minute.
		"--requestheader-client-ca-file=/run/box/pki/ca.crt",
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--kubelet-certificate-authority=/run/box/pki/ca.crt",
		"--kubelet-client-certificate=/run/box/pki/kubelet-client.crt",
		"--kubelet-client-key=/run/box/pki/kubelet-client.key",
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=/run/box/pki/sa.pub",
		"--service-account-signing-key-file=/run/box/pki/sa.key",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--audit-policy-file=/run/box/etc/audit-policy.yaml",
		"--audit-log-path=/run/box/logs/audit.log",
		"--audit-log-maxsize=4096", // in MB: one file, so that a test that reads it misses nothing
		"--profiling=false",
	}
}

func controllerManagerCommand(addresses Addresses) []string {
	const kubeconfig = "/run/box/etc/controller-manager.kubeconfig"
	return []string{
		"kube", "kube-controller-manager",
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		"--use-service-account-credentials",
		"--service-account-private-key-file=/run/box/pki/sa.key",
		"--root-ca-file=/run/box/pki/ca.crt",
		fmt.Sprintf("--service-cluster-ip-range=%s", addresses.Services),
		"--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins",
		"--kube-api-qps=100",
		"--kube-api-burst=200",
		"--leader-elect=false", // there is only one, so a restart need not wait for a lease
		"--profiling=false",
	}
}

func schedulerCommand() []string {
	const kubeconfig = "/run/box/etc/scheduler.kubeconfig"
	return []string{
		"kube", "kube-scheduler",
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
		"--profiling=false",
	}
}

func kubeletCommand(name string, addresses Addresses) []string {
	return []string{
		"kube", "kubelet",
		"--config=/run/box/etc/kubelet.yaml",
		"--kubeconfig=/run/box/etc/kubelet.kubeconfig",
		"--hostname-override=" + name,
		// Without it, the kubelet resolves its host name, which fails after 20 s.
		fmt.Sprintf("--node-ip=%s", addresses.Node),
	}
}

func proxyCommand(name string) []string {
	return []string{
		"kube", "kube-proxy",
		"--kubeconfig=/run/box/etc/proxy.kubeconfig",
		"--hostname-override=" + name,
		"--proxy-mode=nftables",
		// These limits are for the whole machine and cannot be set in a network namespace.
		"--conntrack-max-per-core=0",
		"--conntrack-min=0",
	}
}

func volumesCommand(name string) []string {
	return []string{
		"kube", "volumes",
		"--kubeconfig=/run/box/etc/volumes.kubeconfig",
		"--node=" + name,
		"--root=" + volumesRoot,
	}
}
