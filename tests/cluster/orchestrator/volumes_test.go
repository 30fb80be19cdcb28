package main

import "testing"

func TestVolumeFolderIsPathThroughBox(t *testing.T) {
	if got := volumeFolder(Running{Pid: 7}, "pvc-1"); got != "/proc/7/root/var/lib/volumes/pvc-1" {
		t.Errorf("got %s", got)
	}
}
