package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// observed is a process as read from /proc.
type observed struct {
	pid, parent int
	started     uint64
	command     string
	// run is the run of tests in its environment, if any.
	run string
	// namespaces are those that differ from this process's, such as "net:[4026532301]".
	namespaces []string
}

// ownedBy returns the processes of a run: processes whose environment names the run, their descendants without that
// variable, and all descendants of the reader, which adopts the orphans of its run. The reader, its ancestors, and the
// kept processes with their descendants do not count.
func ownedBy(run string, processes map[int]observed, reader int, kept map[int]bool) []observed {
	ancestors := map[int]bool{}
	for pid := reader; pid != 0 && !ancestors[pid]; pid = processes[pid].parent {
		ancestors[pid] = true
	}
	var owned []observed
	for pid, process := range processes {
		if !ancestors[pid] && runOf(processes, pid, reader, run, kept) == run {
			owned = append(owned, process)
		}
	}
	slices.SortFunc(owned, func(a, b observed) int { return a.pid - b.pid })
	return owned
}

// runOf returns the run that a process or its nearest ancestor names, and the reader's run for all descendants of the
// reader. It returns no run for kept processes and their descendants.
func runOf(processes map[int]observed, pid, reader int, readers string, kept map[int]bool) string {
	named := ""
	// Race: while the processes were read, one may have ended and its number may have been reused, so there may be a
	// circle. The loop has at most as many steps as there are processes.
	for range processes {
		process, found := processes[pid]
		if kept[pid] {
			return ""
		}
		if pid == reader {
			return readers
		}
		if !found {
			break
		}
		if named == "" {
			named = process.run
		}
		pid = process.parent
	}
	return named
}

// namespacesOfOthers returns the namespaces of processes that do not belong to a run.
func namespacesOfOthers(processes map[int]observed, owned []observed) map[string]bool {
	others := map[string]bool{}
	for pid, process := range processes {
		if slices.ContainsFunc(owned, func(process observed) bool { return process.pid == pid }) {
			continue
		}
		for _, namespace := range process.namespaces {
			others[namespace] = true
		}
	}
	return others
}

// processTraces returns the traces of processes, and of each of their namespaces once.
func processTraces(processes []observed) []trace {
	var traces []trace
	seen := map[string]bool{}
	for _, process := range processes {
		name := fmt.Sprintf("process %d (%s)", process.pid, process.command)
		traces = append(traces, trace{fmt.Sprintf("process %d %d", process.pid, process.started), name})
		for _, namespace := range process.namespaces {
			if !seen[namespace] {
				seen[namespace] = true
				traces = append(traces, trace{"namespace " + namespace, "namespace " + namespace + " of " + name})
			}
		}
	}
	return traces
}

// pending reports whether the text of /proc/PID/status shows a pending signal.
func pending(status string, number syscall.Signal) bool { return inMask(status, "ShdPnd:", number) }

// blocked reports whether the text of /proc/PID/status shows a blocked signal.
func blocked(status string, number syscall.Signal) bool { return inMask(status, "SigBlk:", number) }

func inMask(status, name string, number syscall.Signal) bool {
	for line := range strings.Lines(status) {
		if mask, found := strings.CutPrefix(line, name); found {
			signals, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return err == nil && signals&(1<<(number-1)) != 0
		}
	}
	return false
}

// readProcesses returns all processes that have not ended.
func readProcesses() (map[int]observed, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	own := namespacesOf("self")
	processes := map[int]observed{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		process, err := readProcess(pid)
		if err != nil {
			continue // the process has ended meanwhile, or is a zombie
		}
		process.namespaces = slices.DeleteFunc(namespacesOf(entry.Name()), func(namespace string) bool {
			return slices.Contains(own, namespace)
		})
		processes[pid] = process
	}
	return processes, nil
}

func readProcess(pid int) (observed, error) {
	started, err := startTime(pid)
	if err != nil {
		return observed{}, err
	}
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return observed{}, err
	}
	// Files of processes of other users cannot be read, and do not contain our variable.
	words, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
	environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
	process := observed{pid: pid, started: started}
	for line := range strings.Lines(string(status)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ":"); key {
		case "Name":
			process.command = strings.TrimSpace(value)
		case "PPid":
			process.parent, err = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	if len(words) > 0 {
		process.command = strings.Join(strings.Fields(strings.ReplaceAll(string(words), "\x00", " ")), " ")
	}
	for _, variable := range strings.Split(string(environment), "\x00") {
		if run, found := strings.CutPrefix(variable, runVariable+"="); found {
			process.run = run
		}
	}
	return process, err
}

// namespacesOf returns the names of a process's own namespaces, without those for its future children.
func namespacesOf(process string) []string {
	links, _ := filepath.Glob(filepath.Join("/proc", process, "ns", "*"))
	var namespaces []string
	for _, link := range links {
		if namespace, err := os.Readlink(link); err == nil && !strings.HasSuffix(link, "_for_children") {
			namespaces = append(namespaces, namespace)
		}
	}
	return namespaces
}
