package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// dependency is a Debian package, and a file that shows that it is installed: a program on PATH or a path.
type dependency struct{ pkg, proof string }

var dependencies = []dependency{
	{"containerd", "containerd"},
	{"runc", "runc"},
	{"containernetworking-plugins", "/usr/lib/cni/ptp"},
	{"nftables", "nft"},
	{"iproute2", "ip"},
	{"util-linux", "nsenter"},
	{"mount", "mount"},
	{"mmdebstrap", "mmdebstrap"},
	{"gcc", "gcc"},
	{"libc6-dev", "/usr/include/stdlib.h"},
	{"ca-certificates", "/etc/ssl/certs/ca-certificates.crt"},
}

// missingPackages returns the packages whose proof is not found.
func missingPackages(list []dependency, present func(proof string) bool) []string {
	var missing []string
	for _, dependency := range list {
		if !present(dependency.proof) {
			missing = append(missing, dependency.pkg)
		}
	}
	return missing
}

func present(proof string) bool {
	if strings.HasPrefix(proof, "/") {
		_, err := os.Stat(proof)
		return err == nil
	}
	_, err := exec.LookPath(proof)
	return err == nil
}

// depsVerb is the verb `box deps`.
func depsVerb(arguments []string) error {
	if len(arguments) != 0 {
		return fmt.Errorf("%w: deps takes no arguments", errUsage)
	}
	return ensureDeps()
}

// ensureDeps installs missing packages. Without root it returns an error that names them, or that root is needed for
// namespaces, links and cgroups.
func ensureDeps() error {
	missing := missingPackages(dependencies, present)
	if os.Geteuid() != 0 {
		if len(missing) > 0 {
			return fmt.Errorf("run as root; before that: apt-get install %s", strings.Join(missing, " "))
		}
		return errors.New("run as root: a box needs namespaces, links and cgroups")
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("install the programs of these Debian packages: %s", strings.Join(missing, " "))
	}
	say("installing %s", strings.Join(missing, " "))
	for _, arguments := range [][]string{
		{"update", "-q"},
		append([]string{"install", "-q", "-y", "--no-install-recommends"}, missing...),
	} {
		command := exec.Command("apt-get", arguments...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		if err := withoutServices(command.Run); err != nil {
			return fmt.Errorf("apt-get %s: %w", strings.Join(arguments, " "), err)
		}
	}
	return nil
}

// withoutServices prevents packages from starting services while they are installed. Each box runs its own containerd,
// so the containerd of the system is not needed.
func withoutServices(install func() error) error {
	const policy = "/usr/sbin/policy-rc.d"
	file, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, os.ErrExist) {
		return install()
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString("#!/bin/sh\nexit 101\n")
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(policy))
	}
	return errors.Join(install(), os.Remove(policy))
}
