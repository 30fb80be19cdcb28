package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// mountTraces names the mounts of this machine that show a box's files or, if the namespaces of others are
// given, that may be a run's. Those of a box itself are in its own namespace, and go with it.
func mountTraces(others map[string]bool) ([]trace, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return mountsOf(string(mountinfo), boxesDir(), others), nil
}

// serviceFolders is where services of the machine mount at any time, for others than a run.
var serviceFolders = []string{"/boot/", "/dev/", "/media/", "/proc/", "/run/", "/snap/", "/sys/", "/var/lib/"}

// mountsOf finds mounts of, or on, something in the folder of all boxes or of their volumes. If the namespaces
// of others are given, it also finds what holds a namespace that is none of theirs, and what is mounted where no
// service does.
func mountsOf(mountinfo, boxes string, others map[string]bool) []trace {
	var traces []trace
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		separator := slices.Index(fields, "-")
		if separator < 5 || len(fields) < separator+3 {
			continue
		}
		root, point, system, source := fields[3], fields[4], fields[separator+1], fields[separator+2]
		identity := "mount " + point + " " + root + " " + source
		switch {
		case startsWith([]string{boxes + "/", volumesRoot + "/"}, root, point, source):
			traces = append(traces, trace{identity, "mount " + point + " of " + source})
		case others == nil:
		case system == "nsfs":
			if !others[root] {
				traces = append(traces, trace{identity, "mount " + point + " of namespace " + root})
			}
		case !startsWith(serviceFolders, point):
			traces = append(traces, trace{identity, "mount " + point + " of " + source})
		}
	}
	return traces
}

// startsWith reports whether one of the paths lies in one of the folders.
func startsWith(folders []string, paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(path, folder) })
	})
}

// groupTraces names the cgroups of boxes that nobody knows of any more, and that hold no process.
func groupTraces(boxes map[Box]Running) ([]trace, error) {
	recorded := map[int]bool{}
	for _, running := range boxes {
		recorded[running.Slot] = true
	}
	var traces []trace
	for slot := range slots {
		groups, err := cgroupsOf(addressesOf(slot))
		if err != nil {
			return nil, err
		}
		for _, dir := range groups.dirs {
			if empty, err := isEmptyGroup(os.DirFS(dir)); err != nil {
				return nil, err
			} else if empty && !recorded[slot] {
				traces = append(traces, trace{"cgroup " + dir, "cgroup " + dir})
			}
		}
	}
	return traces, nil
}

// isEmptyGroup reports whether a cgroup is there, and neither it nor one below holds a process. A group may go
// while it is read: one that has gone holds nothing.
func isEmptyGroup(group fs.FS) (bool, error) {
	found, held := false, false
	err := fs.WalkDir(group, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "cgroup.procs" {
			var processes []byte
			processes, err = fs.ReadFile(group, path)
			found, held = found || err == nil, held || len(processes) > 0
		}
		// The kernel has no file of that name any more, or nothing behind one that is open.
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
			return nil
		}
		return err
	})
	return found && !held, err
}

// linkTraces names what a box's network would have left outside of its namespace.
func linkTraces() ([]trace, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var traces []trace
	for _, link := range links {
		addresses, err := link.Addrs()
		if err != nil {
			continue // it has gone meanwhile
		}
		if link.Name == boxPeer || slices.ContainsFunc(addresses, isNode) {
			traces = append(traces, trace{"link " + link.Name, "link " + link.Name})
		}
	}
	return traces, nil
}

// isNode reports whether an address is that of some box's node.
func isNode(address net.Addr) bool {
	for slot := range slots {
		if strings.HasPrefix(address.String(), addressesOf(slot).Node.String()+"/") {
			return true
		}
	}
	return false
}

// tableTraces names Kubernetes' rules in this machine's own network. Without nft, or the right to ask it,
// no box has run here.
func tableTraces() []trace {
	tables, err := exec.Command("nft", "list", "tables").Output()
	if err != nil {
		return nil
	}
	var traces []trace
	for line := range strings.Lines(string(tables)) {
		if line = strings.TrimSpace(line); strings.Contains(line, "kube") {
			traces = append(traces, trace{line, line + " of nftables"})
		}
	}
	return traces
}
