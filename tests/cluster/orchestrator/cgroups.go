package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroups is the part of the machine's cgroup tree that belongs to one box: one directory in each mounted hierarchy (v1,
// also with a unified hierarchy in addition), or one directory (v2).
type cgroups struct {
	// unified is true if v2 is the only hierarchy.
	unified bool
	// dirs are the box's own directories on the host.
	dirs []string
}

// systemGroup is the group of the box's own processes, beside the groups of pods. In v2, a group with children must not
// contain processes itself.
const systemGroup = "system"

// findCgroups reads the mounted hierarchies from the text of /proc/self/mountinfo.
func findCgroups(mountinfo, name string) (cgroups, error) {
	var found cgroups
	v1 := false
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		separator := slices.Index(fields, "-")
		if separator < 5 || len(fields) < separator+2 {
			continue
		}
		switch fields[separator+1] {
		case "cgroup":
			v1 = true
		case "cgroup2":
		default:
			continue
		}
		found.dirs = append(found.dirs, filepath.Join(fields[4], name))
	}
	if len(found.dirs) == 0 {
		return found, errors.New("no cgroup hierarchy is mounted")
	}
	found.unified = !v1
	return found, nil
}

// cgroupsOf finds the box's cgroups on this machine.
func cgroupsOf(addresses Addresses) (cgroups, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return cgroups{}, err
	}
	return findCgroups(string(mountinfo), addresses.Cgroup)
}

// KubeletRoot returns the box's part of the tree as the kubelet sees it. On v2 the box has a cgroup namespace, in which
// its own part is the root.
func (c cgroups) KubeletRoot(addresses Addresses) string {
	if c.unified {
		return "/"
	}
	return "/" + addresses.Cgroup
}

// Exist reports whether any of the box's directories exists.
func (c cgroups) Exist() bool {
	return slices.ContainsFunc(c.dirs, func(dir string) bool {
		_, err := os.Stat(dir)
		return err == nil
	})
}

// Create makes the box's directories and enables every controller for them.
func (c cgroups) Create() error {
	for _, dir := range c.dirs {
		if c.unified {
			if err := delegate(filepath.Dir(dir)); err != nil {
				return err
			}
		}
		for _, made := range []string{dir, filepath.Join(dir, systemGroup)} {
			if err := os.Mkdir(made, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
			if err := inheritCpuset(made); err != nil {
				return err
			}
		}
	}
	return nil
}

// delegate enables every controller of a v2 group for its children.
func delegate(dir string) error {
	available, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, controller := range strings.Fields(string(available)) {
		err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		if err != nil {
			return fmt.Errorf("delegating cgroup controller %s: %w", controller, err)
		}
	}
	return nil
}

// inheritCpuset copies the parent's processors and memory nodes. A new v1 cpuset has none, and accepts no process
// without them. Other hierarchies do not have these files.
func inheritCpuset(dir string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(filepath.Dir(dir), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), value, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Join moves the calling process, with all its threads, into a group below the box's directories.
func (c cgroups) Join(group string) error {
	for _, dir := range c.dirs {
		file := filepath.Join(dir, group, "cgroup.procs")
		if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes the box's groups. Race: the kernel frees a group a moment after its last process has ended, so Remove
// retries until the deadline.
func (c cgroups) Remove() error {
	deadline := time.Now().Add(30 * time.Second)
	for _, dir := range c.dirs {
		for {
			err := removeGroup(dir)
			if err == nil {
				break
			}
			if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
				return err
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// removeGroup deletes a group and its children, children first.
func removeGroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeGroup(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
