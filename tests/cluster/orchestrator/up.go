package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startDeadline is long: it only ends the wait for a component that will never be ready.
const startDeadline = 5 * time.Minute

// up is the verb `box up NAME`.
func up(arguments []string) error {
	box, err := onlyName(arguments)
	if err != nil {
		return err
	}
	parts, err := prepare()
	if err != nil {
		return err
	}
	lock, err := box.Lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	running, found, err := box.Recorded()
	if err != nil {
		return err
	}
	if found && !usable(box, running) {
		say("box %s has died or was never ready; removing it", box.Name)
		if err := remove(box); err != nil {
			return err
		}
		found = false
	}
	if !found {
		if err := bringUp(box, parts); err != nil {
			return err
		}
	}
	fmt.Printf("export KUBECONFIG=%s\nexport PATH=%s:\"$PATH\"\n", quote(box.Kubeconfig()), quote(parts.binDir))
	return nil
}

// ingredients are the directories of the cache from which every box is made.
type ingredients struct {
	binDir string // kube and kubectl
	store  string // a containerd root with the images
}

// prepare installs missing packages and builds missing directories of the cache.
func prepare() (ingredients, error) {
	if err := ensureDeps(); err != nil {
		return ingredients{}, err
	}
	binDir, err := buildKubernetes()
	if err != nil {
		return ingredients{}, err
	}
	archives, err := buildImages()
	if err != nil {
		return ingredients{}, err
	}
	store, err := buildStore(archives)
	return ingredients{binDir, store}, err
}

// bringUp starts a box, and returns when it can run pods.
func bringUp(box Box, parts ingredients) error {
	began := time.Now()
	running, err := launch(box, parts)
	if err != nil {
		return errors.Join(err, remove(box))
	}
	if err := settle(box, running, parts.binDir); err != nil {
		return fmt.Errorf("%w; the logs of the box are in %s", err, filepath.Dir(box.AuditLog()))
	}
	running.Settled = true
	if err := box.Record(running); err != nil {
		return err
	}
	say("box %s is up after %.1f s", box.Name, time.Since(began).Seconds())
	return nil
}

// usable reports whether a box that was started before is ready. It waits for an API server that is being restarted, but
// not for a box whose first process has ended.
func usable(box Box, running Running) bool {
	if !running.Settled || !running.Alive() {
		return false
	}
	api, err := newAPI(box.authority(), addressesOf(running.Slot).Gate)
	return err == nil && waitFor(running, 30*time.Second, "API server", api.Ready) == nil
}

// launch creates the box's directory and cgroups, reserves a slot, and starts the first process of the box.
func launch(box Box, parts ingredients) (Running, error) {
	// The directory may exist if an `up` was interrupted before it wrote a record.
	if err := os.RemoveAll(box.Dir); err != nil {
		return Running{}, err
	}
	for _, dir := range []string{
		"pki", "logs", "etc/cni", "etc/objects", "data/kubelet", "data/containerd", "data/etcd", "data/pod-logs",
	} {
		if err := os.MkdirAll(filepath.Join(box.Dir, dir), 0o700); err != nil {
			return Running{}, err
		}
	}
	slot, gate, err := takeSlot()
	if err != nil {
		return Running{}, err
	}
	defer gate.Close()
	addresses := addressesOf(slot)
	running := Running{Slot: slot, Run: os.Getenv(runVariable)}
	if err := box.Record(running); err != nil {
		return running, err
	}
	groups, err := cgroupsOf(addresses)
	if err != nil {
		return running, err
	}
	if err := groups.Create(); err != nil {
		return running, err
	}
	if err := writeCredentials(box, addresses); err != nil {
		return running, err
	}
	values := settings{Addresses: addresses, PauseImage: pauseImage, CgroupRoot: groups.KubeletRoot(addresses)}
	if err := writeSettings(box, values); err != nil {
		return running, err
	}
	if err := copyStore(parts.store, filepath.Join(box.Dir, "data", "containerd")); err != nil {
		return running, err
	}
	return start(box, running, gate, parts.binDir)
}

// start starts the first process in new namespaces, records it, and lets it continue.
func start(box Box, running Running, gate *os.File, binDir string) (Running, error) {
	log, err := os.OpenFile(box.Log("box"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return running, err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return running, err
	}
	command := exec.Command(self, bootstrap{box: box, slot: running.Slot, binDir: binDir}.arguments()...)
	command.Env = componentEnvironment()
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	command.ExtraFiles = []*os.File{gate} // as gateFd
	leave, err := command.StdinPipe()
	if err != nil {
		return running, err
	}
	defer leave.Close()
	if err := command.Start(); err != nil {
		return running, err
	}
	running.Pid = command.Process.Pid
	if running.Started, err = startTime(running.Pid); err != nil {
		return running, err
	}
	if err := box.Record(running); err != nil {
		return running, err
	}
	_, err = fmt.Fprintln(leave, "go")
	return running, err
}

// settle waits until the box can run a pod.
func settle(box Box, running Running, binDir string) error {
	api, err := newAPI(box.authority(), addressesOf(running.Slot).Gate)
	if err != nil {
		return err
	}
	if err := waitFor(running, startDeadline, "API server", api.Ready); err != nil {
		return err
	}
	kubectl := kubectl{binDir, box.Kubeconfig()}
	if _, err := kubectl.run("create", "-f", filepath.Join(box.Dir, "etc", "objects")); err != nil {
		return err
	}
	const ready = `jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`
	if err := waitFor(running, startDeadline, "node", func() bool {
		out, err := kubectl.run("get", "nodes", "-o", ready)
		return err == nil && string(out) == "True"
	}); err != nil {
		return err
	}
	// A namespace accepts no pods until its default service account exists.
	if err := waitFor(running, startDeadline, "default service account", func() bool {
		_, err := kubectl.run("get", "serviceaccount", "default", "-n", "default")
		return err == nil
	}); err != nil {
		return err
	}
	return waitFor(running, startDeadline, "DNS", func() bool { return running.control("probe dns") == nil })
}

// waitFor polls until done returns true. It returns an error if the box dies or after the timeout.
func waitFor(running Running, timeout time.Duration, what string, done func() bool) error {
	for deadline := time.Now().Add(timeout); !done(); time.Sleep(50 * time.Millisecond) {
		if !running.Alive() {
			return fmt.Errorf("the box died while waiting for the %s", what)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the %s was not ready within %s", what, timeout)
		}
	}
	return nil
}

// say prints a message for the user. It goes to standard error, because standard output is for the shell.
func say(format string, values ...any) { fmt.Fprintf(os.Stderr, "box: "+format+"\n", values...) }

// quote returns text as one word for the shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
