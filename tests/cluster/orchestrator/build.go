package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// kubernetesVersion matches the version of Kubernetes in go.mod.
var kubernetesVersion = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)$`)

// buildVerb is the verb `box build`.
func buildVerb(arguments []string) error {
	if len(arguments) != 0 {
		return fmt.Errorf("%w: build takes no arguments", errUsage)
	}
	dir, err := buildKubernetes()
	if err == nil {
		fmt.Println(dir)
	}
	return err
}

// buildKubernetes returns the directory with kube and kubectl for the sources of this checkout, and builds them if
// necessary. The directory is in the cache and named by the hash of the sources, so each version is built once.
func buildKubernetes() (string, error) {
	source := os.Getenv("BOX_SOURCE")
	if source == "" {
		return "", errors.New("BOX_SOURCE is not set; run the script tests/cluster/box")
	}
	files := []string{"go.mod", "go.sum"}
	for _, dir := range []string{"kube", "kubectl", "volumes"} {
		found, err := filepath.Glob(filepath.Join(source, dir, "*.go"))
		if err != nil {
			return "", err
		}
		for _, file := range found {
			if !strings.HasSuffix(file, "_test.go") {
				files = append(files, filepath.Join(dir, filepath.Base(file)))
			}
		}
	}
	flags, err := linkerFlags(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	hash, err := hashFiles(source, files, flags)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cacheDir(), "bin", "box-"+hash)
	return dir, once(dir, func(unfinished string) error {
		say("building Kubernetes with go build; about 10 minutes the first time")
		began := time.Now()
		if err := os.MkdirAll(unfinished, 0o755); err != nil {
			return err
		}
		// The linker would remove the debug information, so the compiler does not create it.
		command := dependent("go", "build", "-buildvcs=false", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags="+flags, "-o", unfinished+"/", "./kube", "./kubectl")
		command.Dir = source
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		if err := command.Run(); err != nil {
			return fmt.Errorf("go build: %w", err)
		}
		say("built Kubernetes in %.0f s", time.Since(began).Seconds())
		return nil
	})
}

// linkerFlags returns the flags that strip symbols and set the version. Clients cannot parse an empty server version.
func linkerFlags(goMod string) (string, error) {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	version := kubernetesVersion.FindStringSubmatch(string(text))
	if version == nil {
		return "", fmt.Errorf("%s does not require k8s.io/kubernetes", goMod)
	}
	flags := []string{"-s", "-w"}
	for _, setting := range []string{
		"gitVersion=" + version[1], "gitMajor=" + version[2], "gitMinor=" + version[3], "gitTreeState=clean",
	} {
		flags = append(flags, "-X k8s.io/component-base/version."+setting)
	}
	return strings.Join(flags, " "), nil
}

// hashFiles returns a hash of the names and contents of files, and of additional text on which the result depends.
func hashFiles(dir string, files []string, further string) (string, error) {
	sum := sha256.New()
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", file, len(content), content)
	}
	fmt.Fprint(sum, further)
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// once makes a file or directory of the cache unless it exists. The path exists only after it is complete. Of several
// callers, one makes it and the others wait.
func once(path string, make func(unfinished string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	unfinished := path + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := make(unfinished); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return os.Rename(unfinished, path)
}
