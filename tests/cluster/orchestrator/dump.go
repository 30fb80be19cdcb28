package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// dump is the verb `box dump NAME DIR`, which helps to find out why a test has failed. It writes everything that it can
// get, and returns all errors at the end.
func dump(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("%w: expected NAME and DIR", errUsage)
	}
	box, err := openBox(arguments[0])
	if err != nil {
		return err
	}
	if _, err := box.MustRun(); err != nil {
		return err
	}
	binDir, err := buildKubernetes()
	if err != nil {
		return err
	}
	report := reporter{box, kubectl{binDir, box.Kubeconfig()}, arguments[1]}
	return errors.Join(report.objects(), report.events(), report.podLogs(), report.componentLogs())
}

// reporter writes the state of one box into a directory.
type reporter struct {
	box Box
	kubectl
	dir string
}

func (r reporter) write(name string, content []byte) error {
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}

// objects writes one file for each kind that has objects. Secrets are left out.
func (r reporter) objects() error {
	kinds, err := r.run("api-resources", "--verbs=list", "-o", "name")
	if err != nil {
		return err
	}
	var errs []error
	for _, kind := range strings.Fields(string(kinds)) {
		if kind == "secrets" || strings.HasPrefix(kind, "events") {
			continue
		}
		out, err := r.run("get", kind, "--all-namespaces", "-o", "yaml", "--show-managed-fields", "--ignore-not-found")
		if err == nil && len(out) > 0 && !bytes.Contains(out, []byte("\nitems: []\n")) && !bytes.HasPrefix(out, []byte("items: []")) {
			err = r.write("objects/"+kind+".yaml", out)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (r reporter) events() error {
	out, err := r.run("get", "events", "--all-namespaces", "--sort-by=.metadata.creationTimestamp", "-o", "wide")
	return errors.Join(err, r.write("events.txt", out))
}

// podLogs writes the log of every container, and the log from before its last restart.
func (r reporter) podLogs() error {
	text, err := r.run("get", "pods", "--all-namespaces", "-o", "json")
	if err != nil {
		return err
	}
	type status struct {
		Name         string `json:"name"`
		RestartCount int    `json:"restartCount"`
	}
	var pods struct {
		Items []struct {
			Metadata struct{ Namespace, Name string } `json:"metadata"`
			Status   struct {
				Init []status `json:"initContainerStatuses"`
				Main []status `json:"containerStatuses"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(text, &pods); err != nil {
		return err
	}
	var errs []error
	for _, pod := range pods.Items {
		for _, container := range append(pod.Status.Init, pod.Status.Main...) {
			file := filepath.Join("logs", pod.Metadata.Namespace, pod.Metadata.Name, container.Name)
			wanted := []string{"logs", "-n", pod.Metadata.Namespace, pod.Metadata.Name, "-c", container.Name}
			out, err := r.run(wanted...)
			errs = append(errs, err, r.write(file+".log", out))
			if container.RestartCount > 0 {
				out, err := r.run(append(wanted, "--previous")...)
				errs = append(errs, err, r.write(file+".previous.log", out))
			}
		}
	}
	return errors.Join(errs...)
}

// componentLogs copies the logs of the components, including the audit log.
func (r reporter) componentLogs() error {
	target := filepath.Join(r.dir, "components")
	if err := os.RemoveAll(target); err != nil { // of an earlier dump
		return err
	}
	return os.CopyFS(target, os.DirFS(filepath.Dir(r.box.AuditLog())))
}
