package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
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

// remove ends every process of the box and deletes everything that belongs to it. It also works for a box that is not
// completely started, has died, or does not exist.
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

// kill ends the first process of the box and waits until it has exited. With it, the kernel ends all other processes of
// its PID namespace. Mounts, links, rules and the gate end with the namespaces.
func kill(running Running) error {
	if !running.Alive() {
		return nil
	}
	if err := syscall.Kill(running.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); running.Alive(); time.Sleep(10 * time.Millisecond) {
		reapOrphans()
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d did not end within 30 s of SIGKILL", running.Pid)
		}
	}
	return nil
}

// reapOrphans reaps the children that have ended.
//
// Race: a program that `box exec` has started in the box loses its parent, and becomes a child of the run that looks for
// leftovers. The first process of the box does not exit before somebody has reaped that program.
func reapOrphans() {
	for {
		var status syscall.WaitStatus
		if pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); err != nil || pid <= 0 {
			return
		}
	}
}

// list is the verb `box list`.
func list(arguments []string) error {
	if len(arguments) != 0 {
		return fmt.Errorf("%w: list takes no arguments", errUsage)
	}
	boxes, err := recordedBoxes()
	if err != nil {
		return err
	}
	fmt.Printf("%-20s %-8s %-8s %-24s %s\n", "NAME", "STATE", "PID", "API SERVER", "RUN")
	for _, box := range slices.SortedFunc(maps.Keys(boxes), func(a, b Box) int { return strings.Compare(a.Name, b.Name) }) {
		running, state := boxes[box], "dead"
		if running.Alive() {
			state = "running"
		}
		gate := "https://" + addressesOf(running.Slot).Gate
		fmt.Printf("%-20s %-8s %-8d %-24s %s\n", box.Name, state, running.Pid, gate, running.Run)
	}
	return nil
}
