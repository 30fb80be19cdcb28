package main

import (
	"fmt"
	"net/netip"
)

// slots is how many boxes fit beside each other on one machine.
const slots = 32

// Addresses are the names and ranges of one box. They follow from its slot alone, and no two slots
// share any of them, so that boxes never meet each other.
type Addresses struct {
	// Link is the host's end of the veth pair; Peer the other end until it moves into the box.
	Link, Peer string
	// Host and Box are the two ends' addresses in LinkNet.
	Host, Box netip.Addr
	LinkNet   netip.Prefix
	// Services and Pods are the ranges of ClusterIPs and pod IPs.
	Services, Pods netip.Prefix
	// Cgroup is the parent of all the box's cgroups, relative to each hierarchy's root.
	Cgroup string
}

// addressesOf computes the addresses of a slot in [0, slots).
func addressesOf(slot int) Addresses {
	third, services, pods := byte(slot), byte(128+slot), byte(160+slot)
	return Addresses{
		Link:     fmt.Sprintf("waxbox%d", slot),
		Peer:     fmt.Sprintf("waxbox%dp", slot),
		Host:     netip.AddrFrom4([4]byte{10, 77, third, 1}),
		Box:      netip.AddrFrom4([4]byte{10, 77, third, 2}),
		LinkNet:  netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 77, third, 0}), 30),
		Services: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, services, 0, 0}), 16),
		Pods:     netip.PrefixFrom(netip.AddrFrom4([4]byte{10, pods, 0, 0}), 16),
		Cgroup:   fmt.Sprintf("waxbox%d", slot),
	}
}

// APIService is the ClusterIP of the Service "kubernetes": always the first of the range.
func (a Addresses) APIService() netip.Addr { return a.Services.Addr().Next() }

// APIServer is the API server's address for everybody, inside and outside the box.
func (a Addresses) APIServer() string { return fmt.Sprintf("https://%s:6443", a.Box) }

// Overlaps reports whether one of the box's ranges holds one of these addresses.
func (a Addresses) Overlaps(taken []netip.Prefix) bool {
	for _, own := range []netip.Prefix{a.LinkNet, a.Services, a.Pods} {
		for _, other := range taken {
			if own.Overlaps(other) {
				return true
			}
		}
	}
	return false
}
