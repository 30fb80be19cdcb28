package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// buildStore returns a containerd root directory that contains these images, and makes it if it is not in the cache. A
// box starts with a copy by hard links, because importing the Bytewax image would take longer than the rest of its start.
func buildStore(archives []string) (string, error) {
	version, err := exec.Command("containerd", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("containerd --version: %w", err)
	}
	hash, err := hashFiles("", nil, string(version)+strings.Join(archives, "\n"))
	if err != nil {
		return "", err
	}
	store := filepath.Join(cacheDir(), "images", "store-"+hash)
	return store, once(store, func(unfinished string) error {
		say("importing the images")
		return fillStore(unfinished, archives)
	})
}

// fillStore runs a separate containerd, in a mount namespace of its own, during the import.
func fillStore(root string, archives []string) error {
	work, err := os.MkdirTemp("", "store-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	config := filepath.Join(work, "containerd.toml")
	text, err := render("containerd-store.toml", map[string]string{"Root": root, "Work": work})
	if err != nil {
		return err
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(work, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	daemon := dependent("containerd", "--config="+config)
	daemon.Stdout, daemon.Stderr = log, log
	daemon.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	if err := daemon.Start(); err != nil {
		return err
	}
	err = importOutside(filepath.Join(work, "socket"), archives)
	if err != nil {
		output, _ := os.ReadFile(log.Name())
		err = fmt.Errorf("%w; log of containerd: %s", err, output)
	}
	return errors.Join(err, daemon.Process.Signal(syscall.SIGTERM), daemon.Wait())
}

// importOutside imports archives into the containerd behind a socket of the host.
func importOutside(socket string, archives []string) error {
	ctr := func(arguments ...string) ([]byte, error) {
		return exec.Command("ctr", append([]string{"--address=" + socket, "--namespace=k8s.io"}, arguments...)...).CombinedOutput()
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		out, err := ctr("version")
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("containerd did not answer within 60 s: %w: %s", err, out)
		}
	}
	for _, archive := range archives {
		if out, err := ctr("images", "import", archive); err != nil {
			return fmt.Errorf("importing %s: %w: %s", archive, err, out)
		}
	}
	return nil
}

// copyStore gives a box its own containerd root. Image content and unpacked layers never change, so they are linked. The
// databases that refer to them are copied.
func copyStore(store, target string) error {
	if out, err := exec.Command("cp", "-al", store+"/.", target).CombinedOutput(); err != nil {
		return fmt.Errorf("cp -al %s: %w: %s", store, err, out)
	}
	return filepath.WalkDir(store, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "snapshots" || entry.Name() == "blobs") {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		relative, err := filepath.Rel(store, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		own := filepath.Join(target, relative)
		if err := os.Remove(own); err != nil {
			return err
		}
		return os.WriteFile(own, content, 0o600)
	})
}
