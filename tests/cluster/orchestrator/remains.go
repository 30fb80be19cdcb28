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

// mountTraces returns the mounts of this machine that show files of a box. If the namespaces of others are given, it also
// returns mounts that may belong to a run. Mounts in the namespace of a box end with the box, and are not searched.
func mountTraces(others map[string]bool) ([]trace, error) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return mountsOf(string(mountinfo), boxesDir(), others), nil
}

// serviceFolders are the folders in which services of the machine mount at any time, independently of a run.
var serviceFolders = []string{"/boot/", "/dev/", "/media/", "/proc/", "/run/", "/snap/", "/sys/", "/var/lib/"}

// mountsOf finds mounts whose source or mount point is in the folder of all boxes or of their volumes. If the namespaces
// of others are given, it also finds mounts that hold any other namespace, and mounts outside of serviceFolders.
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

// startsWith reports whether one of the paths is in one of the folders.
func startsWith(folders []string, paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(path, folder) })
	})
}

// groupTraces returns the cgroups of boxes that are not recorded, if they contain no process.
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

// isEmptyGroup reports whether a cgroup exists, and neither it nor a cgroup below it contains a process. Race: a group may
// be removed while it is read. It then contains no process.
func isEmptyGroup(group fs.FS) (bool, error) {
	found, held := false, false
	err := fs.WalkDir(group, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "cgroup.procs" {
			var processes []byte
			processes, err = fs.ReadFile(group, path)
			found, held = found || err == nil, held || len(processes) > 0
		}
		// The kernel has removed the file, or the cgroup of an open file.
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
			return nil
		}
		return err
	})
	return found && !held, err
}

// linkTraces returns network links of a box that are outside of its namespace.
func linkTraces() ([]trace, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var traces []trace
	for _, link := range links {
		addresses, err := link.Addrs()
		if err != nil {
			continue // the link has been removed meanwhile
		}
		if link.Name == boxPeer || slices.ContainsFunc(addresses, isNode) {
			traces = append(traces, trace{"link " + link.Name, "link " + link.Name})
		}
	}
	return traces, nil
}

// isNode reports whether an address is that of the node of any box.
func isNode(address net.Addr) bool {
	for slot := range slots {
		if strings.HasPrefix(address.String(), addressesOf(slot).Node.String()+"/") {
			return true
		}
	}
	return false
}

// tableTraces returns the nftables of Kubernetes in this machine's own network. If nft is missing, or must not be used, no
// box can have run here.
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
