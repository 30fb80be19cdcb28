package main

import "testing"

func TestSlotsHaveDistinctAddresses(t *testing.T) {
	for slot := range slots {
		own := addressesOf(slot)
		if own.Services.Bits() != 16 || own.Services.Overlaps(own.Pods) || own.Pods.Contains(own.Node) {
			t.Errorf("slot %d overlaps itself, or its service range is no /16: %+v", slot, own)
		}
		for other := range slot {
			its := addressesOf(other)
			if own.Gate == its.Gate || own.Node == its.Node || own.Cgroup == its.Cgroup ||
				own.Services.Overlaps(its.Services) || own.Pods.Overlaps(its.Pods) ||
				own.Services.Overlaps(its.Pods) || own.Pods.Overlaps(its.Services) {
				t.Errorf("slots %d and %d share something: %+v, %+v", slot, other, own, its)
			}
		}
	}
}

func TestAddressesOfFirstSlot(t *testing.T) {
	own := addressesOf(0)
	for got, want := range map[string]string{
		own.Gate:                  "127.0.0.1:16443",
		own.APIServer():           "10.77.0.2:6443",
		own.APIService().String(): "10.128.0.1",
		own.Pods.String():         "10.160.0.0/16",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
