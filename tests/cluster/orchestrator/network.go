package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// boxPeer is the other end of a box's link, which no program uses.
const boxPeer = "nowhere"

// setUpNetwork configures the network namespace of a box. It runs in the first process of the box.
//
// The default route is unreachable, so a pull from a registry fails at once, and no packet leaves the machine.
func setUpNetwork(addresses Addresses) error {
	commands := [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", "eth0", "type", "veth", "peer", "name", boxPeer},
		{"address", "add", addresses.Node.String() + "/32", "dev", "eth0"},
		{"link", "set", "eth0", "up"},
		{"link", "set", boxPeer, "up"}, // otherwise eth0 would have no carrier
		{"route", "add", "unreachable", "default"},
		// A packet to a Service needs any route before the rules of kube-proxy can redirect it to a pod.
		{"route", "add", addresses.Services.String(), "dev", "eth0"},
	}
	for _, command := range commands {
		if out, err := exec.Command("ip", command...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}
