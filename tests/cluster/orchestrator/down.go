package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// down is the verb `box down NAME`.
func down(arguments []string) error {
	box, err := onlyName(arguments)
	if err != nil {
		return err
	}
	lock, err := box.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	return remove(box)
}

// remove ends every process of the box and deletes everything it had. It also works on a box that
// is half started, has died, or does not exist.
func remove(box Box) error {
	running, found, err := box.Recorded()
	if err != nil {
		return err
	}
	if found {
		if err := kill(running); err != nil {
			return err
		}
		groups, err := cgroupsOf(addressesOf(running.Slot))
		if err != nil {
			return err
		}
		if err := groups.Remove(); err != nil {
			return err
		}
	}
	return os.RemoveAll(box.Dir)
}

// kill ends the first process, with which the kernel ends all others of its namespace, and waits
// until it is gone. Mounts, links, rules and the gate go with the namespaces.
func kill(running Running) error {
	if !running.Alive() {
		return nil
	}
	if err := syscall.Kill(running.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); running.Alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d does not end", running.Pid)
		}
	}
	return nil
}

// list is the verb `box list`.
func list(arguments []string) error {
	if len(arguments) != 0 {
		return fmt.Errorf("%w: list takes no arguments", errUsage)
	}
	entries, err := os.ReadDir(filepath.Join(cacheDir(), "boxes"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fmt.Printf("%-20s %-8s %-8s %s\n", "NAME", "STATE", "PID", "API SERVER")
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		box, err := openBox(entry.Name())
		if err != nil {
			return err
		}
		running, found, err := box.Recorded()
		if err != nil {
			return err
		}
		state := "dead"
		if found && running.Alive() {
			state = "running"
		}
		fmt.Printf("%-20s %-8s %-8d %s\n", box.Name, state, running.Pid, "https://"+addressesOf(running.Slot).Gate)
	}
	return nil
}
