package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// kernelTunables are the values kubelet wants, and writes itself where it finds others. They belong
// to the whole machine, so the box covers them with files that already say the right thing.
var kernelTunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// mountTree gives the box its own view of the file system: the machine's own, with everything that
// Kubernetes writes to covered by the box's directory or by memory. Nothing of it reaches the host,
// and all of it goes with the last process of the box.
func mountTree(boxDir, binDir string) error {
	// Opened before the covers, since the directories may lie below one of them.
	box, err := os.Open(boxDir)
	if err != nil {
		return err
	}
	defer box.Close()
	bin, err := os.Open(binDir)
	if err != nil {
		return err
	}
	defer bin.Close()

	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	// Shared among the box's own containers again: mount propagation into pods needs it.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing mounts inside: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, covered := range []string{"/run", "/var/lib", "/var/log"} {
		if err := syscall.Mount("box", covered, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("covering %s: %w", covered, err)
		}
	}
	if err := bind(fmt.Sprintf("/proc/self/fd/%d", box.Fd()), "/run/box"); err != nil {
		return err
	}
	if err := bind(fmt.Sprintf("/proc/self/fd/%d", bin.Fd()), "/run/box-bin"); err != nil {
		return err
	}
	for _, name := range []string{"kubelet", "containerd", "etcd"} {
		if err := bind("/run/box/data/"+name, "/var/lib/"+name); err != nil {
			return err
		}
	}
	if err := bind("/run/box/data/pod-logs", "/var/log/pods"); err != nil {
		return err
	}
	if err := coverTunables(); err != nil {
		return err
	}
	return coverResolver()
}

// bind shows a directory at a second place, which it makes.
func bind(source, target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("binding %s to %s: %w", source, target, err)
	}
	return nil
}

func coverTunables() error {
	const dir = "/run/tunables"
	for name, value := range kernelTunables {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := syscall.Mount(file, "/proc/sys/"+name, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("covering sysctl %s: %w", name, err)
		}
	}
	return nil
}

// coverResolver makes the box's own DNS server the one that its components ask. Where the host's
// /etc/resolv.conf is a link into /run, the link's target is gone and is made anew.
func coverResolver() error {
	const own, system = "/run/box/etc/resolv.conf", "/etc/resolv.conf"
	if _, err := os.Stat(system); err == nil {
		return syscall.Mount(own, system, "", syscall.MS_BIND, "")
	}
	target, err := os.Readlink(system)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(system), target)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	content, err := os.ReadFile(own)
	if err != nil {
		return err
	}
	return os.WriteFile(target, content, 0o644)
}
