package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// superviseVerb is the verb with which the orchestrator starts itself as the first process of a box. It is not for users.
const superviseVerb = "supervise"

// bootstrap are the arguments that `up` passes to the first process of a box.
type bootstrap struct {
	box    Box
	slot   int
	binDir string
	joined bool // whether this is the second execution on cgroup v2, in the new cgroup namespace
}

func (b bootstrap) arguments() []string {
	return []string{superviseVerb, b.box.Name, b.box.Dir, strconv.Itoa(b.slot), b.binDir, strconv.FormatBool(b.joined)}
}

func parseBootstrap(arguments []string) (bootstrap, error) {
	if len(arguments) != 5 {
		return bootstrap{}, fmt.Errorf("%w: %s is an internal verb", errUsage, superviseVerb)
	}
	slot, err := strconv.Atoi(arguments[2])
	if err != nil {
		return bootstrap{}, err
	}
	joined, err := strconv.ParseBool(arguments[4])
	return bootstrap{Box{arguments[0], arguments[1]}, slot, arguments[3], joined}, err
}

// supervise is the first process of a box. It is started in new namespaces, waits until `up` has recorded it, configures
// the namespaces, and then keeps the components running until it is killed.
func supervise(arguments []string) error {
	order, err := parseBootstrap(arguments)
	if err != nil {
		return err
	}
	addresses := addressesOf(order.slot)
	if !order.joined {
		// If standard input ends without the line, `up` has failed or was killed.
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return fmt.Errorf("waiting to be recorded: %w", err)
		}
		if err := enterCgroup(addresses, order); err != nil {
			return err
		}
	}
	if err := mountTree(order.box.Dir, order.binDir); err != nil {
		return err
	}
	if order.joined {
		if err := coverCgroups(); err != nil {
			return err
		}
	}
	if err := syscall.Sethostname([]byte(order.box.Name)); err != nil {
		return err
	}
	if err := setUpNetwork(addresses); err != nil {
		return err
	}
	gate, err := inheritGate()
	if err != nil {
		return err
	}
	go serveGate(gate, addresses.APIServer())
	return runComponents(order.box, addresses)
}

// enterCgroup moves this process into the box's cgroups. On v2 it also makes them the root of a new cgroup namespace, and
// executes this program again: only one thread enters the new namespace, and the program that this thread executes is
// in it.
func enterCgroup(addresses Addresses, order bootstrap) error {
	groups, err := cgroupsOf(addresses)
	if err != nil {
		return err
	}
	if !groups.unified {
		return groups.Join(systemGroup)
	}
	if err := groups.Join(""); err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return err
	}
	if err := groups.Join(systemGroup); err != nil {
		return err
	}
	order.joined = true
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, append([]string{self}, order.arguments()...), os.Environ())
}

// coverCgroups mounts the box's own part of the v2 tree as the whole tree.
func coverCgroups() error {
	return syscall.Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "")
}

func runComponents(box Box, addresses Addresses) error {
	list := components(box.Name, addresses)
	processes := newProcesses(list)
	go processes.Reap()
	if err := serveControl(processes, addresses); err != nil {
		return err
	}
	var errs []error
	for _, component := range list {
		if !component.needsAPI {
			errs = append(errs, processes.Start(component.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	api, err := newAPI("/run/box/pki/ca.crt", addresses.APIServer())
	if err != nil {
		return err
	}
	for !api.Ready() {
		time.Sleep(50 * time.Millisecond)
	}
	for _, component := range list {
		if component.needsAPI {
			errs = append(errs, processes.Start(component.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	select {} // until killed
}
