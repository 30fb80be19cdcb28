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

// inside prepares a command that runs in all namespaces of the box. A process cannot enter a PID
// namespace itself, so nsenter starts another one for the command, which the kernel kills when
// nsenter ends, by whatever signal.
func inside(running Running, arguments ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(running.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"}
	environment := []string{
		"setpriv", "--pdeathsig", "KILL", "--", "env", "PATH=" + boxPath, "KUBECONFIG=/run/box/etc/admin.kubeconfig",
	}
	return exec.Command("nsenter", append(append(enter, environment...), arguments...)...)
}

// networked prepares a command that runs on this machine, but for the box's network. It needs no
// process but its own.
func networked(running Running, arguments ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(running.Pid), "--net", "--"}
	return exec.Command("nsenter", append(enter, arguments...)...)
}

// become makes a verb that turns this process into a command, so that whoever ends this process ends
// the command, and sees its exit code.
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

// dependent prepares a command that ends with this process, however this process ends.
func dependent(program string, arguments ...string) *exec.Cmd {
	// The kernel looks at the thread that starts the command; this one lasts as long as the process.
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

// importImages gives archives to the box's containerd. They go by standard input, since the box may
// not see the files.
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
