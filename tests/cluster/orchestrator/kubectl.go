package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kubectl asks a box with its own kubectl, as the administrator.
type kubectl struct{ binDir, kubeconfig string }

// run returns what kubectl prints; an error tells what it complained of.
func (k kubectl) run(arguments ...string) ([]byte, error) {
	var out, talk bytes.Buffer
	command := exec.Command(filepath.Join(k.binDir, "kubectl"), arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
	command.Stdout, command.Stderr = &out, &talk
	if err := command.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(talk.String()))
	}
	return out.Bytes(), nil
}
