package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestProcessesOfRun(t *testing.T) {
	processes := map[int]observed{}
	for _, process := range []observed{
		{pid: 1},
		{pid: 2, parent: 1, run: "ours", command: "make"},
		{pid: 3, parent: 2, run: "ours", command: "reader"},
		{pid: 4, parent: 2, run: "ours", command: "server"},
		{pid: 5, parent: 4, command: "child with an empty environment"},
		{pid: 6, parent: 4, run: "others", command: "run within the run"},
		{pid: 7, parent: 1, run: "ours", command: "orphan"},
		{pid: 8, parent: 1, command: "the machine's own"},
		{pid: 9, parent: 1, run: "ours", command: "box"},
		{pid: 10, parent: 9, run: "ours", command: "component"},
		{pid: 11, parent: 10, command: "container"},
		{pid: 12, parent: 13, command: "read while it ended"},
		{pid: 13, parent: 12, command: "read while it ended"},
		{pid: 14, parent: 3, command: "adopted, with an empty environment"},
		{pid: 15, parent: 14, run: "others", command: "run within the run"},
	} {
		processes[process.pid] = process
	}
	for name, test := range map[string]struct {
		kept map[int]bool
		want []int
	}{
		"all":           {nil, []int{4, 5, 7, 9, 10, 11, 14, 15}},
		"but for a box": {map[int]bool{9: true}, []int{4, 5, 7, 14, 15}},
	} {
		var got []int
		for _, process := range ownedBy("ours", processes, 3, test.kept) {
			got = append(got, process.pid)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestNamespaceIsListedOnce(t *testing.T) {
	traces := processTraces([]observed{
		{pid: 4, started: 9, command: "server", namespaces: []string{"net:[1]"}},
		{pid: 5, started: 9, command: "child", namespaces: []string{"net:[1]", "pid:[2]"}},
	})
	want := "process 4 (server)|namespace net:[1] of process 4 (server)|process 5 (child)|namespace pid:[2] of process 5 (child)"
	var texts []string
	for _, trace := range traces {
		texts = append(texts, trace.text)
	}
	if got := strings.Join(texts, "|"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestMountsOfRun(t *testing.T) {
	const mountinfo = `22 1 8:1 / / rw - ext4 /dev/root rw
40 22 8:1 /cache/boxes/a/data /mnt/look rw shared:1 - ext4 /dev/root rw
41 22 0:9 / /cache/boxes/a/tmp rw - tmpfs box rw
42 22 0:9 / /cache/boxes-of-others rw - tmpfs box rw
43 22 0:9 / /run/user/1 rw - tmpfs login rw
44 22 0:4 net:[4] /run/netns/held rw - nsfs nsfs rw
45 22 0:4 net:[5] /run/docker/netns/used rw - nsfs nsfs rw
`
	boxes := "mount /mnt/look of /dev/root|mount /cache/boxes/a/tmp of box"
	for name, test := range map[string]struct {
		others map[string]bool
		want   string
	}{
		"only boxes": {nil, boxes},
		"compared": {map[string]bool{"net:[5]": true}, "mount / of /dev/root|" + boxes +
			"|mount /cache/boxes-of-others of box|mount /run/netns/held of namespace net:[4]"},
	} {
		var texts []string
		for _, trace := range mountsOf(mountinfo, "/cache/boxes", test.others) {
			texts = append(texts, trace.text)
		}
		if got := strings.Join(texts, "|"); got != test.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestNamespacesOfOthers(t *testing.T) {
	ours := observed{pid: 4, namespaces: []string{"net:[1]", "pid:[2]"}}
	others := namespacesOfOthers(map[int]observed{4: ours, 5: {pid: 5, namespaces: []string{"pid:[2]"}}}, []observed{ours})
	if len(others) != 1 || !others["pid:[2]"] {
		t.Errorf("got %v", others)
	}
}

func TestPendingSignals(t *testing.T) {
	const status = "Name:\tsleep\nSigPnd:\t0000000000004000\nShdPnd:\t0000000000000002\n"
	if !pending(status, syscall.SIGINT) || pending(status, syscall.SIGTERM) || pending("", syscall.SIGINT) {
		t.Error("the mask is read wrongly")
	}
}

func TestExitStatusOfRun(t *testing.T) {
	for name, test := range map[string]struct {
		status    syscall.WaitStatus
		signalled syscall.Signal
		want      int
	}{
		"well":                              {0, 0, 0},
		"with a code":                       {7 << 8, 0, 7},
		"by a signal":                       {9, 0, 137},
		"after a signal that was passed on": {0, syscall.SIGTERM, 143},
	} {
		if got := exitStatus(test.status, test.signalled); got != test.want {
			t.Errorf("%s: got %d", name, got)
		}
	}
}

func TestOnlyNewTracesAreLeft(t *testing.T) {
	before := []trace{{"process 1 5", ""}, {"link nowhere", ""}}
	now := []trace{{"process 1 5", ""}, {"process 1 6", "a later process 1"}, {"link nowhere", ""}}
	looks := 0
	left, err := leftSince(before, func() ([]trace, error) {
		looks++
		return slices.Clone(now[:4-looks]), nil
	})
	if err != nil || len(left) != 0 || looks != 3 {
		t.Errorf("after %d looks: %v, %v", looks, left, err)
	}
	if _, err := leftSince(before, func() ([]trace, error) { return nil, errUsage }); !errors.Is(err, errUsage) {
		t.Errorf("got %v", err)
	}
}

// A process for which no program waits is listed, with the processes that it has started, until it has ended.
func TestLeftProcessIsListed(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv(keepVariable, "")
	if err := leftoversVerb([]string{"of", ""}); !errors.Is(err, errUsage) {
		t.Errorf("no run, but: %v", err)
	}
	run := filepath.Base(filepath.Dir(t.TempDir()))
	t.Setenv(runVariable, run)
	shell := exec.Command("sh", "-c", "env -i sleep 1001 & read -r end; kill $!; wait")
	end, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	sleeps := func() bool {
		traces, err := readTraces(run, false)
		return err == nil && slices.ContainsFunc(traces, func(trace trace) bool {
			return strings.HasSuffix(trace.text, "(sleep 1001)")
		})
	}
	for !sleeps() {
		time.Sleep(10 * time.Millisecond)
	}
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	if err := leftoversVerb([]string{"of", run}); err != nil {
		t.Error(err)
	}
	if err := shell.Wait(); err != nil && shell.ProcessState.ExitCode() < 0 {
		t.Error(err)
	}
}
