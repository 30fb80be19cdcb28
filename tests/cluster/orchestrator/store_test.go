package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestCopiedStoreSharesContentButNotDatabases(t *testing.T) {
	store, target := t.TempDir(), t.TempDir()
	shared := map[string]bool{
		"content/blobs/sha256/a": true, "overlayfs/snapshots/1/fs/bin/sh": true,
		"overlayfs/metadata.db": false, "bolt/meta.db": false,
	}
	for name := range shared {
		if err := os.MkdirAll(filepath.Join(store, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(store, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyStore(store, target); err != nil {
		t.Fatal(err)
	}
	for name, want := range shared {
		content, err := os.ReadFile(filepath.Join(target, name))
		if err != nil || string(content) != name {
			t.Errorf("%s: got %q, %v", name, content, err)
		}
		info, err := os.Stat(filepath.Join(target, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Sys().(*syscall.Stat_t).Nlink == 2; got != want {
			t.Errorf("%s: shared is %v, want %v", name, got, want)
		}
	}
}
