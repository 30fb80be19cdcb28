package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// kernelTunables are the values that the kubelet requires, and that it writes where it finds others. They are settings of
// the whole machine, so the box mounts files with these values over them.
var kernelTunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// mountTree gives the box its own view of the file system. It is that of the machine, with the box's directory or a tmpfs
// mounted over everything to which Kubernetes writes. The mounts are not visible on the host, and end with the last
// process of the box.
func mountTree(boxDir, binDir string) error {
	// Order: opened before the mounts below, which may hide these directories.
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
	// Shared again among the box's own containers, because mount propagation into pods needs it.
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

// bind mounts a directory at a second path, which it creates.
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

// coverResolver makes the components of the box use its own DNS server. If the host's /etc/resolv.conf is a link into
// /run, the target of the link is hidden and is created again.
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
