package main

import (
	"io/fs"
	"os"
	"syscall"
	"testing"
	"testing/fstest"
)

// vanishing is a cgroup whose child cannot be read, for example because it is being removed.
type vanishing struct {
	fstest.MapFS
	err error
}

func (v vanishing) ReadFile(name string) ([]byte, error) {
	if name == "child/cgroup.procs" {
		return nil, &fs.PathError{Op: "read", Path: name, Err: v.err}
	}
	return v.MapFS.ReadFile(name)
}

func TestIsEmptyGroup(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	empty := fstest.MapFS{"cgroup.procs": file(""), "child/cgroup.procs": file("")}
	held := fstest.MapFS{"cgroup.procs": file("7\n"), "child/cgroup.procs": file("")}
	for name, test := range map[string]struct {
		group fs.FS
		want  bool
	}{
		"nothing there":            {os.DirFS("/a group that is not there"), false},
		"no process":               {empty, true},
		"a process":                {held, false},
		"a process in a child":     {fstest.MapFS{"cgroup.procs": file(""), "child/cgroup.procs": file("7\n")}, false},
		"a child that is gone":     {vanishing{empty, syscall.ENOENT}, true},
		"a child that is going":    {vanishing{empty, syscall.ENODEV}, true},
		"a process beside the one": {vanishing{held, syscall.ENODEV}, false},
	} {
		if got, err := isEmptyGroup(test.group); err != nil || got != test.want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := isEmptyGroup(vanishing{empty, syscall.EACCES}); err == nil {
		t.Error("a group that cannot be read is no error")
	}
}
