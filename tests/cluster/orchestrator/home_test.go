package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestBoxNames(t *testing.T) {
	for name, good := range map[string]bool{
		"a": true, "box-1": true, "": false, "-a": false, "a-": false, "A": false, "../x": false, "1a": false,
		"a23456789012345678901234567890": true, "a234567890123456789012345678901": false,
	} {
		if _, err := openBox(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestRecordIsReadBack(t *testing.T) {
	box := Box{"a", t.TempDir()}
	if _, found, err := box.Recorded(); found || err != nil {
		t.Errorf("nothing is recorded, but: %v, %v", found, err)
	}
	want := Running{Slot: 3, Pid: 4, Started: 5, Settled: true}
	if err := box.Record(want); err != nil {
		t.Fatal(err)
	}
	if got, found, err := box.Recorded(); got != want || !found || err != nil {
		t.Errorf("got %+v, %v, %v", got, found, err)
	}
}

func TestAliveDetectsReusedPid(t *testing.T) {
	started, err := startTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !(Running{Pid: os.Getpid(), Started: started}).Alive() {
		t.Error("this process is not alive")
	}
	if (Running{Pid: os.Getpid(), Started: started + 1}).Alive() || (Running{}).Alive() {
		t.Error("a process of another start time, or none, is alive")
	}
}

func TestOnceRemovesUnfinishedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made")
	failed := errors.New("failed")
	makes := 0
	write := func(err error) func(string) error {
		return func(unfinished string) error {
			makes++
			return errors.Join(os.WriteFile(unfinished, []byte("x"), 0o644), err)
		}
	}
	if err := once(path, write(failed)); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a failed make left its file")
	}
	for range 2 {
		if err := once(path, write(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if makes != 2 {
		t.Errorf("made %d times, want a failure and a success", makes)
	}
}

func TestMissingPackages(t *testing.T) {
	list := []dependency{{"one", "a"}, {"two", "b"}, {"three", "c"}}
	got := missingPackages(list, func(proof string) bool { return proof == "b" })
	if !slices.Equal(got, []string{"one", "three"}) {
		t.Errorf("got %v", got)
	}
}

func TestQuote(t *testing.T) {
	if got := quote(`a'b c`); got != `'a'\''b c'` {
		t.Errorf("got %s", got)
	}
}

func TestLinkerFlagsNameTheVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "go.mod")
	if err := os.WriteFile(file, []byte("module x\n\nrequire (\n\tk8s.io/kubernetes v1.37.2\n)\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const version = "-X k8s.io/component-base/version."
	want := "-s -w " + version + "gitVersion=v1.37.2 " + version + "gitMajor=1 " + version + "gitMinor=37 " +
		version + "gitTreeState=clean"
	if got, err := linkerFlags(file); got != want || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}
