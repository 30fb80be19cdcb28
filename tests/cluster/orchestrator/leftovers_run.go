package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// exitCode is an error that was already printed, and with which this process exits.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// prSetChildSubreaper is the option of prctl that makes orphans below this process its children.
const prSetChildSubreaper = 36

// handed are the signals that end a run. Signals that were ignored at its beginning stay ignored.
var handed = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM}

// runAndLook runs a command, stops the boxes that it has started, and lists everything else that is left of it.
func runAndLook(command []string) error {
	run := fmt.Sprintf("%d-%d", time.Now().Unix(), os.Getpid())
	if err := os.Setenv(runVariable, run); err != nil {
		return err
	}
	signals := make(chan os.Signal, 8)
	for _, number := range handed {
		if !signal.Ignored(number) {
			signal.Notify(signals, number)
		}
	}
	// Orphans of the command become children of this process, so they are found whatever their environment is.
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); errno != 0 {
		return errno
	}
	read := func() ([]trace, error) { return readTraces(run, true) }
	before, err := read()
	if err != nil {
		return err
	}
	status, signalled, err := handOn(command, signals)
	if err != nil {
		return err
	}
	err = takeDown(run)
	if left := report(before, read); left != nil {
		err = errors.Join(err, left)
	}
	// A signal that came during the search counts, too, if it is the first one.
	select {
	case number := <-signals:
		if signalled == 0 {
			signalled = number.(syscall.Signal)
		}
	default:
	}
	code := exitStatus(status, signalled)
	if code == 0 {
		return err
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "box:", err)
	}
	return exitCode(code)
}

// exitStatus returns the exit code of a run, as a shell computes it from an exit code or a signal.
func exitStatus(status syscall.WaitStatus, signalled syscall.Signal) int {
	switch {
	case signalled != 0:
		return 128 + int(signalled)
	case status.Signaled():
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// handOn runs a command to its end, and forwards signals that the command has not received itself. It returns the first
// signal, if any.
func handOn(words []string, signals <-chan os.Signal) (syscall.WaitStatus, syscall.Signal, error) {
	// The witness ends with the thread that starts it. This thread ends with the process.
	runtime.LockOSThread()
	witness, err := startWitness()
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = witness.Kill() }()
	program, err := exec.LookPath(words[0])
	if err != nil {
		return 0, 0, err
	}
	// In the process group of this process, so that the command keeps the terminal.
	command, err := os.StartProcess(program, words, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return 0, 0, err
	}
	ended := make(chan syscall.WaitStatus, 1)
	go func() { ended <- reapUntil(command.Pid) }()
	var first syscall.Signal
	for {
		select {
		case status := <-ended:
			return status, first, nil
		case received := <-signals:
			number := received.(syscall.Signal)
			if first == 0 {
				first = number
			}
			if !witnessed(witness.Pid, number) {
				// Race: the command may have ended meanwhile.
				_ = command.Signal(number)
				continue
			}
			_ = witness.Kill()
			// Without a witness, signals are forwarded, so that none is lost.
			if next, err := startWitness(); err == nil {
				witness = next
			}
		}
	}
}

// startWitness starts a process in the group of this process that blocks the signals that it gets. A signal that is
// pending for the witness was sent to the whole group, as a terminal does, so the command has received it as well.
// Forwarding it would send a second signal to the command, after which many programs abandon their cleanup.
func startWitness() (*os.Process, error) {
	program, err := exec.LookPath("env")
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	witness, err := os.StartProcess(program, []string{"env", "--block-signal=HUP,INT,TERM", "sleep", "infinity"}, &os.ProcAttr{
		Files: []*os.File{null, null, null},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return nil, err
	}
	// Race: before the witness blocks signals, a signal ends it. Then there is no witness, and signals are forwarded.
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", witness.Pid))
		if err != nil || blocked(string(status), syscall.SIGTERM) || strings.Contains(string(status), "\nState:\tZ") {
			return witness, err
		}
		time.Sleep(time.Millisecond)
	}
}

// witnessed reports whether the witness has received a signal, too. Race: the kernel sends a signal to the members of a
// group one after the other, so witnessed waits 100 ms first.
func witnessed(witness int, number syscall.Signal) bool {
	time.Sleep(100 * time.Millisecond)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", witness))
	return err == nil && pending(string(status), number)
}

// reapUntil reaps every child that ends, until the given child has ended.
func reapUntil(child int) syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		// Wait4 does not fail for lack of children: at least this child exists, and only this loop reaps it.
		if pid, err := syscall.Wait4(-1, &status, 0, nil); err == nil && pid == child {
			return status
		}
	}
}

// takeDown stops the boxes of a run, unless keepVariable is set.
func takeDown(run string) error {
	if os.Getenv(keepVariable) != "" {
		return nil
	}
	boxes, err := recordedBoxes()
	if err != nil {
		return err
	}
	var errs []error
	for box, running := range boxes {
		if running.Run == run {
			errs = append(errs, down([]string{box.Name}))
		}
	}
	return errors.Join(errs...)
}
