package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// runVariable is the environment variable with the id of a run of tests, which identifies its processes. A box sets it
// for its components.
const runVariable = "WAX_TEST_RUN"

// keepVariable is the environment variable with which the boxes of a run are not stopped, so that they can be inspected.
const keepVariable = "WAX_KEEP_BOX"

// leaveDeadline is how long killed processes and their resources may still exist.
const leaveDeadline = 10 * time.Second

// trace is a process, namespace, mount, cgroup, link, rule or box that exists on this machine.
type trace struct {
	// identity is unique, also compared with earlier and later traces.
	identity string
	// text is the description for the user.
	text string
}

// leftoversVerb is the verb `box leftovers run COMMAND...|of RUN`. It searches /proc, which is too unreliable for finding
// processes to end, but the only way to find processes that no program keeps track of.
func leftoversVerb(arguments []string) error {
	switch {
	case len(arguments) > 1 && arguments[0] == "run":
		return runAndLook(arguments[1:])
	case len(arguments) == 2 && arguments[0] == "of" && arguments[1] != "":
		return report(nil, func() ([]trace, error) { return readTraces(arguments[1], false) })
	}
	return fmt.Errorf("%w: expected run and COMMAND, or of and RUN", errUsage)
}

// report prints the traces that are left, and returns an error if there are any.
func report(before []trace, read func() ([]trace, error)) error {
	left, err := leftSince(before, read)
	if err != nil {
		return err
	}
	for _, trace := range left {
		fmt.Println("left behind:", trace.text)
	}
	if len(left) > 0 {
		return fmt.Errorf("%d processes or resources are left behind", len(left))
	}
	return nil
}

// leftSince returns the traces that did not exist before. It repeats the search until there are none, or until the
// deadline.
func leftSince(before []trace, read func() ([]trace, error)) ([]trace, error) {
	known := map[string]bool{}
	for _, trace := range before {
		known[trace.identity] = true
	}
	for deadline := time.Now().Add(leaveDeadline); ; time.Sleep(100 * time.Millisecond) {
		traces, err := read()
		if err != nil {
			return nil, err
		}
		left := slices.DeleteFunc(traces, func(trace trace) bool { return known[trace.identity] })
		if len(left) == 0 || time.Now().After(deadline) {
			return left, nil
		}
	}
}

// readTraces returns the traces of a run on this machine: processes, their namespaces, and resources that could outlive
// the processes of its boxes. If the result is to be compared, it includes every mount that may belong to a run.
func readTraces(run string, compared bool) ([]trace, error) {
	boxes, err := recordedBoxes()
	if err != nil {
		return nil, err
	}
	processes, err := readProcesses()
	if err != nil {
		return nil, err
	}
	var traces []trace
	kept := map[int]bool{}
	for box, running := range boxes {
		switch {
		case os.Getenv(keepVariable) != "":
			kept[running.Pid] = true
		case running.Run == run:
			traces = append(traces, trace{"box " + box.Name, "box " + box.Name + "; end it with: box down " + box.Name})
		}
	}
	owned := ownedBy(run, processes, os.Getpid(), kept)
	traces = append(traces, processTraces(owned)...)
	var others map[string]bool
	if compared {
		others = namespacesOfOthers(processes, owned)
	}
	mounts, err1 := mountTraces(others)
	groups, err2 := groupTraces(boxes)
	links, err3 := linkTraces()
	return append(append(append(append(traces, mounts...), groups...), links...), tableTraces()...), errors.Join(err1, err2, err3)
}

// recordedBoxes returns every box that was started and not stopped.
func recordedBoxes() (map[Box]Running, error) {
	entries, err := os.ReadDir(boxesDir())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	boxes := map[Box]Running{}
	for _, entry := range entries {
		box, err := openBox(entry.Name())
		if err != nil {
			continue // a lock
		}
		running, found, err := box.Recorded()
		if err != nil {
			return nil, err
		}
		if found {
			boxes[box] = running
		}
	}
	return boxes, nil
}
