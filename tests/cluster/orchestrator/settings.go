package main

import (
	"bytes"
	"embed"
	"encoding/base64"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed settings
var settingsFiles embed.FS

// settings are the values for the templates in settings/.
type settings struct {
	Addresses
	// PauseImage is the image of every pod's sandbox.
	PauseImage string
	// CgroupRoot is the root of the kubelet in the cgroup tree, as a path in the box.
	CgroupRoot string
}

// render fills in one template. An unknown name in it is an error, not an empty string.
func render(name string, values any) ([]byte, error) {
	text, err := settingsFiles.ReadFile("settings/" + name)
	if err != nil {
		return nil, err
	}
	parsed, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, values); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// writeSettings writes every component's settings file into the box.
func writeSettings(box Box, values settings) error {
	targets := map[string]string{
		"containerd.toml":   "etc/containerd.toml",
		"cni.conflist":      "etc/cni/box.conflist",
		"kubelet.yaml":      "etc/kubelet.yaml",
		"Corefile":          "etc/Corefile",
		"audit-policy.yaml": "etc/audit-policy.yaml",
		"resolv.conf":       "etc/resolv.conf",
		"coredns-role.yaml": "etc/objects/coredns-role.yaml",
		"volumes.yaml":      "etc/objects/volumes.yaml",
	}
	for name, target := range targets {
		content, err := render(name, values)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(box.Dir, target), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// renderKubeconfig makes the kubeconfig of one user. Cluster, context and user have the name of the box, so that kubectl
// shows which box it uses.
func renderKubeconfig(name, server string, authority []byte, user identity) ([]byte, error) {
	return render("kubeconfig.yaml", map[string]string{
		"Name":        name,
		"Server":      server,
		"Authority":   base64.StdEncoding.EncodeToString(authority),
		"Certificate": base64.StdEncoding.EncodeToString(user.certificate),
		"Key":         base64.StdEncoding.EncodeToString(user.key),
	})
}
