package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"strings"
	"time"
)

// imageConfig is the part of an image's configuration that Kubernetes reads.
type imageConfig struct {
	User         string              `json:"User,omitempty"`
	Env          []string            `json:"Env,omitempty"`
	Entrypoint   []string            `json:"Entrypoint,omitempty"`
	WorkingDir   string              `json:"WorkingDir,omitempty"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
}

// writeImage writes an archive that every container runtime can import: one layer, the configuration, and a manifest
// that names both. The same input gives the same bytes.
func writeImage(out io.Writer, reference string, config imageConfig, layer *os.File) error {
	size, digest, err := measure(layer)
	if err != nil {
		return err
	}
	configuration, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       config,
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest}},
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(configuration)
	configName, layerName := hex.EncodeToString(sum[:])+".json", digest+"/layer.tar"
	manifest, err := json.Marshal([]map[string]any{{
		"Config": configName, "RepoTags": []string{reference}, "Layers": []string{layerName},
	}})
	if err != nil {
		return err
	}
	archive := tar.NewWriter(out)
	entries := []struct {
		name    string
		size    int64
		content io.Reader
	}{
		{configName, int64(len(configuration)), strings.NewReader(string(configuration))},
		{layerName, size, layer},
		{"manifest.json", int64(len(manifest)), strings.NewReader(string(manifest))},
	}
	for _, entry := range entries {
		header := &tar.Header{Name: entry.name, Size: entry.size, Mode: 0o644, ModTime: time.Unix(0, 0)}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(archive, entry.content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// measure returns the size and the SHA-256 of a file, and sets its offset to 0.
func measure(file *os.File) (int64, string, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return 0, "", err
	}
	_, err = file.Seek(0, io.SeekStart)
	return size, hex.EncodeToString(sum.Sum(nil)), err
}

// packed is one file of an image from scratch.
type packed struct{ source, target string }

// writeLayer writes a layer that contains the files, executable by everyone, and their directories.
func writeLayer(out io.Writer, files []packed) error {
	layer := tar.NewWriter(out)
	made := map[string]bool{"": true}
	for _, file := range files {
		name := strings.TrimPrefix(path.Clean("/"+file.target), "/")
		if err := writeParents(layer, path.Dir(name), made); err != nil {
			return err
		}
		if err := writeFile(layer, name, file.source); err != nil {
			return err
		}
	}
	return layer.Close()
}

func writeParents(layer *tar.Writer, dir string, made map[string]bool) error {
	if dir == "." || made[dir] {
		return nil
	}
	made[dir] = true
	if err := writeParents(layer, path.Dir(dir), made); err != nil {
		return err
	}
	return layer.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: time.Unix(0, 0),
	})
}

func writeFile(layer *tar.Writer, name, source string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Size: info.Size(), Mode: 0o755, ModTime: time.Unix(0, 0)}
	if err := layer.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(layer, file)
	return err
}

// packVerb is the verb `box image OUT.tar NAME:TAG FILE=PATH... [--entrypoint PATH]`. The image runs as user 65532, as
// is usual for images without a user database.
func packVerb(arguments []string) error {
	var positional []string
	config := imageConfig{User: "65532:65532", WorkingDir: "/", Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin:/"}}
	for i := 0; i < len(arguments); i++ {
		if arguments[i] != "--entrypoint" {
			positional = append(positional, arguments[i])
			continue
		}
		if i++; i == len(arguments) {
			return fmt.Errorf("%w: --entrypoint needs a path", errUsage)
		}
		config.Entrypoint = []string{arguments[i]}
	}
	if len(positional) < 3 {
		return fmt.Errorf("%w: expected OUT.tar, NAME:TAG and files", errUsage)
	}
	var files []packed
	for _, argument := range positional[2:] {
		source, target, found := strings.Cut(argument, "=")
		if !found || !path.IsAbs(target) {
			return fmt.Errorf("%w: %q is not FILE=/PATH/IN/IMAGE", errUsage, argument)
		}
		files = append(files, packed{source, target})
	}
	return packImage(positional[0], positional[1], config, files)
}

// packImage writes an image from scratch that contains these files.
func packImage(out, reference string, config imageConfig, files []packed) error {
	layer, err := os.CreateTemp("", "layer-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(layer.Name())
	defer layer.Close()
	if err := writeLayer(layer, files); err != nil {
		return err
	}
	return writeArchive(out, reference, config, layer)
}

// writeArchive writes an image to a file.
func writeArchive(out, reference string, config imageConfig, layer *os.File) error {
	archive, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(writeImage(archive, reference, config, layer), archive.Close())
}
