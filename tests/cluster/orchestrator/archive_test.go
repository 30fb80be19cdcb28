package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// entriesOf reads a whole archive.
func entriesOf(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	entries := map[string]string{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		entries[header.Name] = string(content)
	}
}

func TestPackedImage(t *testing.T) {
	dir := t.TempDir()
	program, first, second := filepath.Join(dir, "program"), filepath.Join(dir, "1.tar"), filepath.Join(dir, "2.tar")
	if err := os.WriteFile(program, []byte("machine code"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{first, second} {
		err := packVerb([]string{out, "docker.io/a/b:c", program + "=/opt/bin/program", "--entrypoint", "/opt/bin/program"})
		if err != nil {
			t.Fatal(err)
		}
	}
	archive, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(second); err != nil || !bytes.Equal(archive, again) {
		t.Errorf("the same files give another image: %v", err)
	}

	entries := entriesOf(t, archive)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal([]byte(entries["manifest.json"]), &manifest); err != nil {
		t.Fatal(err)
	}
	if got := manifest[0].RepoTags[0]; got != "docker.io/a/b:c" {
		t.Errorf("reference %s", got)
	}
	var configuration struct {
		Config imageConfig
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal([]byte(entries[manifest[0].Config]), &configuration); err != nil {
		t.Fatal(err)
	}
	if configuration.Config.User != "65532:65532" || configuration.Config.Entrypoint[0] != "/opt/bin/program" {
		t.Errorf("configuration %+v", configuration.Config)
	}
	layer := entries[manifest[0].Layers[0]]
	sum := sha256.Sum256([]byte(layer))
	if configuration.RootFS.DiffIDs[0] != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Error("the layer's digest is not that of the layer")
	}
	files := entriesOf(t, []byte(layer))
	if _, found := files["opt/bin/"]; !found || files["opt/bin/program"] != "machine code" {
		t.Errorf("layer %v", files)
	}
}

func TestPackRefusesWrongArguments(t *testing.T) {
	for _, arguments := range [][]string{
		{}, {"out.tar", "a:b"}, {"out.tar", "a:b", "file"}, {"out.tar", "a:b", "file=relative"},
		{"out.tar", "a:b", "file=/x", "--entrypoint"},
	} {
		if err := packVerb(arguments); !errors.Is(err, errUsage) {
			t.Errorf("%v: got %v", arguments, err)
		}
	}
}
