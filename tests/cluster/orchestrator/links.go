package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// errTaken says that another box has this slot.
var errTaken = errors.New("slot is taken")

// ip runs the ip program of iproute2.
func ip(arguments ...string) error {
	out, err := exec.Command("ip", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// takeSlot finds a free slot and takes it by making its link on the host, which only one can do:
// boxes of other users and other cache directories are counted in.
func takeSlot() (int, Addresses, error) {
	taken, err := hostNetworks()
	if err != nil {
		return 0, Addresses{}, err
	}
	for slot := range slots {
		addresses := addressesOf(slot)
		if addresses.Overlaps(taken) {
			continue
		}
		err := makeLink(addresses)
		if errors.Is(err, errTaken) {
			continue
		}
		return slot, addresses, err
	}
	return 0, Addresses{}, fmt.Errorf("all %d slots are taken; see: box list", slots)
}

// hostNetworks returns the networks of the machine's own interfaces.
func hostNetworks() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var networks []netip.Prefix
	for _, address := range addresses {
		if network, err := netip.ParsePrefix(address.String()); err == nil {
			networks = append(networks, network.Masked())
		}
	}
	return networks, nil
}

// makeLink makes the veth pair and sets up the host's end.
func makeLink(addresses Addresses) error {
	err := ip("link", "add", addresses.Link, "type", "veth", "peer", "name", addresses.Peer)
	if err != nil {
		if strings.Contains(err.Error(), "File exists") {
			return errTaken
		}
		return err
	}
	hostEnd := netip.PrefixFrom(addresses.Host, addresses.LinkNet.Bits()).String()
	return errors.Join(
		ip("address", "add", hostEnd, "dev", addresses.Link),
		ip("link", "set", addresses.Link, "up"),
	)
}

// moveLink puts the other end into the box, which is the network namespace of pid.
func moveLink(addresses Addresses, pid int) error {
	return ip("link", "set", addresses.Peer, "netns", strconv.Itoa(pid))
}

// removeLink removes the pair. It goes by itself with the box, but a moment later.
func removeLink(addresses Addresses) error {
	if _, err := net.InterfaceByName(addresses.Link); err != nil {
		return nil
	}
	if err := ip("link", "delete", addresses.Link); err != nil && !strings.Contains(err.Error(), "Cannot find device") {
		return err
	}
	return nil
}

// setUpNetwork runs inside the box once its end of the link is there.
//
// There is no way out of a box except to the host's end of the link: what has no other route is
// unreachable, so that a pull from a registry fails at once and nothing leaves the machine.
func setUpNetwork(addresses Addresses) error {
	boxEnd := netip.PrefixFrom(addresses.Box, addresses.LinkNet.Bits()).String()
	commands := [][]string{
		{"link", "set", "lo", "up"},
		{"link", "set", addresses.Peer, "name", "eth0"},
		{"address", "add", boxEnd, "dev", "eth0"},
		{"link", "set", "eth0", "up"},
		{"route", "add", "unreachable", "default"},
		// A packet to a Service needs some route before kube-proxy's rules can turn it to a pod.
		{"route", "add", addresses.Services.String(), "dev", "eth0"},
	}
	for _, command := range commands {
		if err := ip(command...); err != nil {
			return err
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}
