package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// runVariable holds the id of one run of tests, by which its processes are told from all others. A box
// hands it on to its components.
const runVariable = "WAX_TEST_RUN"

// keepVariable, when set, spares the boxes: somebody wants to look at them.
const keepVariable = "WAX_KEEP_BOX"

// leaveDeadline is how long what has been killed may take to be gone.
const leaveDeadline = 10 * time.Second

// trace is one thing that exists on this machine.
type trace struct {
	// identity is what nothing else has, earlier or later.
	identity string
	// text is what people are told.
	text string
}

// leftoversVerb is the verb `box leftovers run COMMAND...|of RUN`. It walks over /proc, which is no way to
// find what is to be ended, but the only one to find what nobody knows of.
func leftoversVerb(arguments []string) error {
	switch {
	case len(arguments) > 1 && arguments[0] == "run":
		return runAndLook(arguments[1:])
	case len(arguments) == 2 && arguments[0] == "of" && arguments[1] != "":
		return report(nil, func() ([]trace, error) { return readTraces(arguments[1], false) })
	}
	return fmt.Errorf("%w: expected run and COMMAND, or of and RUN", errUsage)
}

// report names what is left; this is an error.
func report(before []trace, read func() ([]trace, error)) error {
	left, err := leftSince(before, read)
	if err != nil {
		return err
	}
	for _, trace := range left {
		fmt.Println("left behind:", trace.text)
	}
	if len(left) > 0 {
		return fmt.Errorf("%d things are left behind", len(left))
	}
	return nil
}

// leftSince returns what is there and was not before. It looks until nothing is, or the deadline is over.
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

// readTraces returns what a run has on this machine: processes, their namespaces, and what could
// outlive the processes of its boxes. What is to be compared has every mount in it that may be a run's.
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

// recordedBoxes returns every box that has been started and not taken down.
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
