package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kubectl runs the kubectl of a box as the administrator.
type kubectl struct{ binDir, kubeconfig string }

// run returns the output of kubectl. An error contains its error output.
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
