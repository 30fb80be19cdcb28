package main

import (
	"fmt"
	"path"
)

// volumesRoot is the folder in which the component "volumes" mounts each volume under its own name. It is in the tmpfs
// over /var/lib, so that not even an empty directory is written to the disk.
const volumesRoot = "/var/lib/volumes"

// volumeVerb is the verb `box volume NAME NAMESPACE CLAIM`. The path goes through the mount namespace of the box's first
// process, which has the same mounts as the pods.
func volumeVerb(arguments []string) error {
	if len(arguments) != 3 {
		return fmt.Errorf("%w: expected NAME, NAMESPACE and CLAIM", errUsage)
	}
	box, err := openBox(arguments[0])
	if err != nil {
		return err
	}
	running, err := box.MustRun()
	if err != nil {
		return err
	}
	binDir, err := buildKubernetes()
	if err != nil {
		return err
	}
	namespace, claim := arguments[1], arguments[2]
	volume, err := kubectl{binDir, box.Kubeconfig()}.run(
		"get", "persistentvolumeclaim", claim, "--namespace="+namespace, "-o", "jsonpath={.spec.volumeName}")
	if err != nil {
		return err
	}
	if len(volume) == 0 {
		return fmt.Errorf("PVC %s/%s has no volume yet: it gets one when a pod uses it", namespace, claim)
	}
	fmt.Println(volumeFolder(running, string(volume)))
	return nil
}

// volumeFolder returns the mount point of a volume as a path of the host.
func volumeFolder(running Running, volume string) string {
	return fmt.Sprintf("/proc/%d/root%s", running.Pid, path.Join(volumesRoot, volume))
}
