package volumes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// place is where volumes live: on which node, and in which directory of it.
type place struct{ node, root string }

// folder is a volume's mount point.
func (p place) folder(volume string) string { return filepath.Join(p.root, volume) }

// makeFilesystem mounts a new file system, unless one of an earlier try is there. It belongs to root,
// as new disks do: a pod that runs as somebody else needs an fsGroup.
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

// growFilesystem changes the size under whatever is mounted and open.
func growFilesystem(folder string, size int64) error {
	mounted, err := isMounted(folder)
	if err != nil {
		return err
	}
	if !mounted { // it would resize the directory's own file system
		return fmt.Errorf("%s is no volume", folder)
	}
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
		return fmt.Errorf("resizing %s: %w", folder, err)
	}
	return nil
}

// removeFilesystem takes the volume away. Somebody who still has it open keeps what he has until he
// closes it, as with a deleted file; nobody else finds it again.
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
		return false, fmt.Errorf("looking at %s: %w", folder, err)
	}
	if err := syscall.Stat(filepath.Dir(folder), &parent); err != nil {
		return false, fmt.Errorf("looking at the parent of %s: %w", folder, err)
	}
	return own.Dev != parent.Dev, nil
}
