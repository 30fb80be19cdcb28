package main

import (
	"net/netip"
	"testing"
)

func TestNoTwoSlotsShareAnything(t *testing.T) {
	for slot := range slots {
		own := addressesOf(slot)
		if len(own.Link) > 15 || len(own.Peer) > 15 {
			t.Errorf("slot %d: the kernel takes interface names of up to 15 characters", slot)
		}
		if !own.LinkNet.Contains(own.Host) || !own.LinkNet.Contains(own.Box) || own.Services.Bits() != 16 {
			t.Errorf("slot %d: ends outside the link's network, or a service range that is no /16: %+v", slot, own)
		}
		ranges := []netip.Prefix{own.LinkNet, own.Services, own.Pods}
		for other := range slots {
			if other != slot && addressesOf(other).Overlaps(ranges) {
				t.Errorf("slots %d and %d overlap", slot, other)
			}
			if other != slot && (addressesOf(other).Link == own.Link || addressesOf(other).Cgroup == own.Cgroup) {
				t.Errorf("slots %d and %d share a name", slot, other)
			}
		}
	}
}

func TestAddressesOfFirstSlot(t *testing.T) {
	own := addressesOf(0)
	for got, want := range map[string]string{
		own.APIServer():           "https://10.77.0.2:6443",
		own.APIService().String(): "10.128.0.1",
		own.Pods.String():         "10.160.0.0/16",
		own.LinkNet.String():      "10.77.0.0/30",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSlotsAvoidTheHostsNetworks(t *testing.T) {
	taken := []netip.Prefix{netip.MustParsePrefix("10.161.3.0/24")}
	if addressesOf(0).Overlaps(taken) || !addressesOf(1).Overlaps(taken) {
		t.Error("only slot 1 has pods in 10.161.0.0/16")
	}
}
