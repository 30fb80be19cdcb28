package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// pauseImage is the image of the container that holds the namespaces of a pod.
	pauseImage = "localhost/pause:1"
	// bytewaxImage has the name and the layout of the official image.
	bytewaxImage = "docker.io/bytewax/bytewax:0.21.1-python3.11"
)

//go:embed recipes
var recipes embed.FS

// imagesVerb is the verb `box images`.
func imagesVerb(arguments []string) error {
	if len(arguments) != 0 {
		return fmt.Errorf("%w: images takes no arguments", errUsage)
	}
	if err := ensureDeps(); err != nil {
		return err
	}
	archives, err := buildImages()
	if err != nil {
		return err
	}
	if _, err := buildStore(archives); err != nil {
		return err
	}
	for _, archive := range archives {
		fmt.Println(archive)
	}
	return nil
}

// buildImages returns the image archives that every box gets, and builds those that are not in the cache.
func buildImages() ([]string, error) {
	pause, err := buildImage("pause", buildPause)
	if err != nil {
		return nil, err
	}
	bytewax, err := buildImage("bytewax", buildBytewax)
	if err != nil {
		return nil, err
	}
	return []string{pause, bytewax}, nil
}

// buildImage builds an image from the recipe directory of this name. The archive is named by the hash of the recipe,
// which pins everything that it downloads.
func buildImage(name string, build func(work, out string) error) (string, error) {
	recipe, err := fs.Sub(recipes, "recipes/"+name)
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp("", "image-"+name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := os.CopyFS(work, recipe); err != nil {
		return "", err
	}
	var files []string
	entries, err := os.ReadDir(work)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		files = append(files, entry.Name())
	}
	hash, err := hashFiles(work, files, "")
	if err != nil {
		return "", err
	}
	archive := filepath.Join(cacheDir(), "images", name+"-"+hash+".tar")
	return archive, once(archive, func(unfinished string) error {
		say("building the %s image", name)
		began := time.Now()
		if err := build(work, unfinished); err != nil {
			return fmt.Errorf("building the %s image: %w", name, err)
		}
		say("built the %s image in %.0f s", name, time.Since(began).Seconds())
		return nil
	})
}

// buildPause compiles the only program of the pause image.
func buildPause(work, out string) error {
	program := filepath.Join(work, "pause")
	if err := talk("gcc", "-Os", "-static", "-s", "-o", program, filepath.Join(work, "pause.c")); err != nil {
		return err
	}
	config := imageConfig{User: "65535:65535", Entrypoint: []string{"/pause"}}
	return packImage(out, pauseImage, config, []packed{{program, "/pause"}})
}

// buildBytewax makes a Debian root file system and installs Bytewax in it, with a script that mmdebstrap runs with the
// root as its argument.
func buildBytewax(work, out string) error {
	root := filepath.Join(work, "root.tar")
	script := filepath.Join(work, "install.sh")
	if err := talk("mmdebstrap", "--quiet", "--mode=root", "--variant=essential",
		"--include=python3,python3-venv,ca-certificates,netbase,tzdata",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--customize-hook=sh "+quote(script)+` "$1"`,
		"bookworm", root); err != nil {
		return err
	}
	layer, err := os.Open(root)
	if err != nil {
		return err
	}
	config := imageConfig{
		Env:          []string{"PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"},
		Entrypoint:   []string{"/bin/sh", "-c", "./entrypoint.sh"},
		WorkingDir:   "/bytewax",
		ExposedPorts: map[string]struct{}{"9999/tcp": {}, "3030/tcp": {}},
	}
	return errors.Join(writeArchive(out, bytewaxImage, config, layer), layer.Close())
}

// talk runs a program whose output the user sees.
func talk(program string, arguments ...string) error {
	command := dependent(program, arguments...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}
