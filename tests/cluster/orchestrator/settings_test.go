package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected files again")

// expect compares text with testdata/NAME.
func expect(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./orchestrator -update accepts it):\n%s", file, got)
	}
}

func TestSettings(t *testing.T) {
	values := settings{addressesOf(5), pauseImage, "/waxbox5"}
	for _, name := range []string{"containerd.toml", "cni.conflist", "kubelet.yaml", "Corefile", "resolv.conf"} {
		got, err := render(name, values)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, name, got)
	}
	network, err := render("cni.conflist", values)
	if err != nil || !json.Valid(network) {
		t.Errorf("cni.conflist is not JSON: %v", err)
	}
}

func TestCommands(t *testing.T) {
	var text strings.Builder
	for _, component := range components("five", addressesOf(5)) {
		text.WriteString(component.name + "\n    " + strings.Join(component.command, "\n    ") + "\n")
	}
	expect(t, "commands", []byte(text.String()))
}

func TestCredentials(t *testing.T) {
	box := Box{"five", t.TempDir()}
	for _, dir := range []string{"pki", "etc"} {
		if err := os.Mkdir(filepath.Join(box.Dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeCredentials(box, addressesOf(5)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(box.Kubeconfig())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the kubeconfig is readable by others: %v, %v", info, err)
	}
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(filepath.Join(box.Dir, "pki", "ca.crt"))
	if err != nil || !roots.AppendCertsFromPEM(authority) {
		t.Fatal("no authority")
	}
	text, err := os.ReadFile(filepath.Join(box.Dir, "pki", "apiserver.crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	server, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"10.77.5.2", "10.133.0.1", "127.0.0.1", "kubernetes.default.svc"} {
		if _, err := server.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("the API server's certificate does not serve %s: %v", name, err)
		}
	}
}
