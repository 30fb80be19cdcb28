package volumes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// place is the location of volumes: a node, and a directory on it.
type place struct{ node, root string }

// folder returns the mount point of a volume.
func (p place) folder(volume string) string { return filepath.Join(p.root, volume) }

// makeFilesystem mounts a new file system, unless an earlier attempt has mounted it. It belongs to root, like a new disk:
// a pod that runs as another user needs an fsGroup.
func makeFilesystem(folder string, size int64) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	mounted, err := isMounted(folder)
	if err != nil || mounted {
		return err
	}
	if err := syscall.Mount("volume", folder, "tmpfs", 0, fmt.Sprintf("mode=0755,size=%d", size)); err != nil {
		return fmt.Errorf("mounting %s: %w", folder, err)
	}
	return nil
}

// growFilesystem changes the size of a mounted file system, in which files may be open.
func growFilesystem(folder string, size int64) error {
	mounted, err := isMounted(folder)
	if err != nil {
		return err
	}
	if !mounted { // a remount would resize the file system that contains the directory
		return fmt.Errorf("%s is not the mount point of a volume", folder)
	}
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
		return fmt.Errorf("resizing %s: %w", folder, err)
	}
	return nil
}

// removeFilesystem unmounts a volume. Open files stay usable until they are closed, as after a deletion, but no path leads
// to them.
func removeFilesystem(folder string) error {
	mounted, err := isMounted(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if mounted {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			return fmt.Errorf("unmounting %s: %w", folder, err)
		}
	}
	return os.Remove(folder)
}

// isMounted reports whether the folder is on another file system than its parent.
func isMounted(folder string) (bool, error) {
	var own, parent syscall.Stat_t
	if err := syscall.Stat(folder, &own); err != nil {
		return false, fmt.Errorf("cannot read %s: %w", folder, err)
	}
	if err := syscall.Stat(filepath.Dir(folder), &parent); err != nil {
		return false, fmt.Errorf("cannot read the parent of %s: %w", folder, err)
	}
	return own.Dev != parent.Dev, nil
}
