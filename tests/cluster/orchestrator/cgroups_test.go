package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFindCgroups(t *testing.T) {
	tests := []struct {
		name, mountinfo string
		dirs            []string
		unified         bool
	}{
		{
			"v1 with the unified hierarchy beside it",
			"27 22 0:24 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n" +
				"28 27 0:25 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n" +
				"29 27 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n" +
				"30 27 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
			[]string{"/sys/fs/cgroup/cpu/x", "/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/unified/x"},
			false,
		},
		{
			"v2",
			"35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
			[]string{"/sys/fs/cgroup/x"},
			true,
		},
	}
	for _, test := range tests {
		found, err := findCgroups(test.mountinfo, "x")
		if err != nil || !slices.Equal(found.dirs, test.dirs) || found.unified != test.unified {
			t.Errorf("%s: got %+v, %v", test.name, found, err)
		}
	}
	if _, err := findCgroups("22 1 8:1 / / rw - ext4 /dev/sda rw\n", "x"); err == nil {
		t.Error("no hierarchy, but no error")
	}
}

func TestKubeletRoot(t *testing.T) {
	if root := (cgroups{}).KubeletRoot(addressesOf(3)); root != "/waxbox3" {
		t.Errorf("v1: got %s", root)
	}
	if root := (cgroups{unified: true}).KubeletRoot(addressesOf(3)); root != "/" {
		t.Errorf("v2: got %s", root)
	}
}

func TestRemoveGroupDeletesChildrenFirst(t *testing.T) {
	top := filepath.Join(t.TempDir(), "group")
	if err := os.MkdirAll(filepath.Join(top, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := removeGroup(top); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(top); err == nil {
		t.Error("the group is still there")
	}
}

func TestChildInheritsCpuset(t *testing.T) {
	top := t.TempDir()
	child := filepath.Join(top, "child")
	if err := os.Mkdir(child, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := inheritCpuset(child); err != nil {
		t.Errorf("a hierarchy without cpuset: %v", err)
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		if err := os.WriteFile(filepath.Join(top, name), []byte("0-1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := inheritCpuset(child); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(child, "cpuset.cpus")); err != nil || string(got) != "0-1\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
