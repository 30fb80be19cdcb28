package main

import (
	"fmt"
	"net/netip"
)

// slots is the highest number of boxes on one machine.
const slots = 32

// Addresses are the names and address ranges of one box. They depend only on its slot. No two slots share any of them,
// so two boxes cannot be confused.
type Addresses struct {
	// Gate is the address of the host at which the API server is reached.
	Gate string
	// Node is the address of the node, and of all its components, inside the box.
	Node netip.Addr
	// Services and Pods are the ranges of ClusterIPs and pod IPs.
	Services, Pods netip.Prefix
	// Cgroup is the parent of all the box's cgroups, relative to each hierarchy's root.
	Cgroup string
}

// addressesOf computes the addresses of a slot in [0, slots).
func addressesOf(slot int) Addresses {
	node, services, pods := byte(slot), byte(128+slot), byte(160+slot)
	return Addresses{
		Gate:     fmt.Sprintf("127.0.0.1:%d", 16443+slot),
		Node:     netip.AddrFrom4([4]byte{10, 77, node, 2}),
		Services: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, services, 0, 0}), 16),
		Pods:     netip.PrefixFrom(netip.AddrFrom4([4]byte{10, pods, 0, 0}), 16),
		Cgroup:   fmt.Sprintf("waxbox%d", slot),
	}
}

// APIService is the ClusterIP of the Service "kubernetes": always the first of the range.
func (a Addresses) APIService() netip.Addr { return a.Services.Addr().Next() }

// APIServer is the API server's own address, for everything inside the box.
func (a Addresses) APIServer() string { return netip.AddrPortFrom(a.Node, 6443).String() }
