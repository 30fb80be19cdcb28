package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// Box is one cluster: its name and the directory that holds everything it writes to disk.
type Box struct {
	Name string
	Dir  string
}

// Running is what `up` records about a box that it has started.
type Running struct {
	// Slot decides the box's addresses and cgroup; see Addresses.
	Slot int `json:"slot"`
	// Pid is the box's first process as the host sees it; killing it ends the box.
	Pid int `json:"pid"`
	// Started is the start time of that process in clock ticks since boot. It distinguishes the process from a later
	// one with the same number.
	Started uint64 `json:"started"`
	// Settled is true after the box could run pods. If `up` was interrupted before that, the next `up` starts again.
	Settled bool `json:"settled"`
	// Run is the run of tests that has started the box, if one has.
	Run string `json:"run,omitempty"`
}

// boxName matches a DNS label that is short enough for a host name with a prefix.
var boxName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$`)

// cacheDir returns the directory of everything that is independent of a checkout.
func cacheDir() string {
	base := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(base) {
		base = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(base, "bytewax-platform")
}

// boxesDir returns the directory that contains the directories of all boxes.
func boxesDir() string { return filepath.Join(cacheDir(), "boxes") }

// openBox returns the box with this name, whether or not it runs.
func openBox(name string) (Box, error) {
	if !boxName.MatchString(name) {
		return Box{}, fmt.Errorf("%w: box name %q is not a DNS label of up to 30 characters", errUsage, name)
	}
	return Box{Name: name, Dir: filepath.Join(boxesDir(), name)}, nil
}

// onlyName returns the box of a verb whose only argument is the name of a box.
func onlyName(arguments []string) (Box, error) {
	if len(arguments) != 1 {
		return Box{}, fmt.Errorf("%w: expected exactly one box name", errUsage)
	}
	return openBox(arguments[0])
}

// Kubeconfig returns the path of the administrator's kubeconfig.
func (b Box) Kubeconfig() string { return filepath.Join(b.Dir, "kubeconfig") }

// AuditLog returns the path of the API server's audit log: one JSON event per line, level Metadata.
func (b Box) AuditLog() string { return filepath.Join(b.Dir, "logs", "audit.log") }

// Log returns the path of the log of one component.
func (b Box) Log(component string) string { return filepath.Join(b.Dir, "logs", component+".log") }

func (b Box) authority() string { return filepath.Join(b.Dir, "pki", "ca.crt") }

func (b Box) record() string { return filepath.Join(b.Dir, "box.json") }

// Lock prevents other orchestrators from changing the box until the file is closed.
func (b Box) Lock() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(b.Dir), 0o755); err != nil {
		return nil, err
	}
	return lockFile(filepath.Join(filepath.Dir(b.Dir), "."+b.Name+".lock"))
}

// lockFile creates the file if it is missing, and waits for an exclusive lock on it.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Recorded returns the record that `up` has written, and whether there is one.
func (b Box) Recorded() (Running, bool, error) {
	text, err := os.ReadFile(b.record())
	if errors.Is(err, os.ErrNotExist) {
		return Running{}, false, nil
	}
	if err != nil {
		return Running{}, false, err
	}
	var running Running
	if err := json.Unmarshal(text, &running); err != nil {
		return Running{}, false, fmt.Errorf("%s: %w", b.record(), err)
	}
	return running, true, nil
}

// Record writes the record that Recorded returns.
func (b Box) Record(running Running) error {
	text, err := json.Marshal(running)
	if err != nil {
		return err
	}
	return os.WriteFile(b.record(), text, 0o600)
}

// MustRun returns the running box or an error that says how to start it.
func (b Box) MustRun() (Running, error) {
	running, found, err := b.Recorded()
	if err == nil && (!found || !running.Alive()) {
		err = fmt.Errorf("box %q is not running; start it with: box up %s", b.Name, b.Name)
	}
	return running, err
}

// Alive reports whether the box's first process still exists.
func (r Running) Alive() bool {
	started, err := startTime(r.Pid)
	return err == nil && started == r.Started
}

// startTime reads field 22 of /proc/PID/stat. The program name in field 2 may contain spaces, so the fields are counted
// from its closing bracket.
func startTime(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text)[strings.LastIndexByte(string(text), ')')+1:])
	if fields[0] == "Z" {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// printPath makes a verb of a function that returns a path of the box.
func printPath(path func(Box) string) func([]string) error {
	return func(arguments []string) error {
		box, err := onlyName(arguments)
		if err != nil {
			return err
		}
		if _, err := box.MustRun(); err != nil {
			return err
		}
		fmt.Println(path(box))
		return nil
	}
}
