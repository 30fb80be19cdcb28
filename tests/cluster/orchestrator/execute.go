package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// inside prepares a command that runs in all namespaces of the box. A process cannot enter a PID namespace itself, so
// nsenter starts another process for the command. The kernel kills that process when nsenter ends in any way.
func inside(running Running, arguments ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(running.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"}
	environment := []string{
		"setpriv", "--pdeathsig", "KILL", "--", "env", "PATH=" + boxPath, "KUBECONFIG=/run/box/etc/admin.kubeconfig",
	}
	return exec.Command("nsenter", append(append(enter, environment...), arguments...)...)
}

// networked prepares a command that runs on this machine, but in the network namespace of the box. It needs no second
// process.
func networked(running Running, arguments ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(running.Pid), "--net", "--"}
	return exec.Command("nsenter", append(enter, arguments...)...)
}

// become makes a verb that replaces this process by a command. A signal to this process therefore reaches the command,
// and the exit code is that of the command.
func become(prepare func(running Running, arguments ...string) *exec.Cmd) func([]string) error {
	return func(arguments []string) error {
		if len(arguments) < 3 || arguments[1] != "--" {
			return fmt.Errorf("%w: expected NAME -- COMMAND", errUsage)
		}
		box, err := openBox(arguments[0])
		if err != nil {
			return err
		}
		running, err := box.MustRun()
		if err != nil {
			return err
		}
		command := prepare(running, arguments[2:]...)
		if command.Err != nil {
			return command.Err
		}
		return syscall.Exec(command.Path, command.Args, os.Environ())
	}
}

// dependent prepares a command that ends when this process ends in any way.
func dependent(program string, arguments ...string) *exec.Cmd {
	// The parent-death signal depends on the thread that starts the command. This thread ends with the process.
	runtime.LockOSThread()
	command := exec.Command(program, arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return command
}

// load is the verb `box load NAME IMAGE.tar...`.
func load(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("%w: expected NAME and image archives", errUsage)
	}
	box, err := openBox(arguments[0])
	if err != nil {
		return err
	}
	running, err := box.MustRun()
	if err != nil {
		return err
	}
	return importImages(running, arguments[1:])
}

// importImages imports archives into the box's containerd. They are sent to its standard input, because the files may not
// be visible in the box.
func importImages(running Running, archives []string) error {
	for _, archive := range archives {
		file, err := os.Open(archive)
		if err != nil {
			return err
		}
		command := inside(running, "ctr", "--namespace=k8s.io", "images", "import", "-")
		command.Stdin = file
		out, err := command.CombinedOutput()
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("importing %s: %w: %s", archive, err, out)
		}
	}
	return nil
}
