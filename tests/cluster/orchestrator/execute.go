package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// inside prepares a command that runs in all namespaces of the box.
func inside(running Running, arguments ...string) *exec.Cmd {
	enter := []string{"--target", strconv.Itoa(running.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"}
	environment := []string{"env", "PATH=" + boxPath, "KUBECONFIG=/run/box/etc/admin.kubeconfig"}
	return exec.Command("nsenter", append(append(enter, environment...), arguments...)...)
}

// execute is the verb `box exec NAME -- COMMAND...`. It ends with the command's own exit code.
func execute(arguments []string) error {
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
	command := inside(running, arguments[2:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = command.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.Exited() {
		os.Exit(ended.ExitCode())
	}
	return err
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
