package volumes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// grower grows the volumes of PVCs whose requested size was increased. Kubernetes leaves this to the driver of the volume,
// and "local" volumes have no driver.
type grower struct {
	place   place
	client  kubernetes.Interface
	volumes corelisters.PersistentVolumeLister
}

// handler handles each PVC that changes, and all PVCs again with each resync, so that a failed attempt is repeated.
func (g grower) handler(ctx context.Context) cache.ResourceEventHandler {
	look := func(object any) {
		claim, ok := object.(*v1.PersistentVolumeClaim)
		if !ok || claim.Status.Phase != v1.ClaimBound {
			return
		}
		if err := g.grow(ctx, claim); err != nil {
			fmt.Fprintf(os.Stderr, "growing claim %s/%s: %v\n", claim.Namespace, claim.Name, err)
		}
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: look, UpdateFunc: func(_, now any) { look(now) }}
}

// grow grows the file system of a PVC and then reports the new capacity.
//
// Order: the file system grows first, so that a reported capacity always exists.
func (g grower) grow(ctx context.Context, claim *v1.PersistentVolumeClaim) error {
	volume, err := g.volumes.Get(claim.Spec.VolumeName)
	if err != nil {
		return err
	}
	size, wanted := growth(claim, volume)
	if !wanted {
		return nil
	}
	if err := growFilesystem(g.place.folder(volume.Name), size.Value()); err != nil {
		return err
	}
	capacity := map[string]any{"capacity": v1.ResourceList{v1.ResourceStorage: size}}
	spec, err := json.Marshal(map[string]any{"spec": capacity})
	if err != nil {
		return err
	}
	status, err := json.Marshal(map[string]any{"status": capacity})
	if err != nil {
		return err
	}
	_, err = g.client.CoreV1().PersistentVolumes().Patch(ctx, volume.Name, types.MergePatchType, spec, metav1.PatchOptions{})
	if err != nil {
		return err
	}
	_, err = g.client.CoreV1().PersistentVolumeClaims(claim.Namespace).
		Patch(ctx, claim.Name, types.MergePatchType, status, metav1.PatchOptions{}, "status")
	return err
}

// growth returns the requested size of a PVC, and whether it is one of ours and larger than its capacity.
func growth(claim *v1.PersistentVolumeClaim, volume *v1.PersistentVolume) (resource.Quantity, bool) {
	ours := volume.Annotations["pv.kubernetes.io/provisioned-by"] == provisionerName &&
		volume.Spec.ClaimRef != nil && volume.Spec.ClaimRef.UID == claim.UID
	has, wants := claim.Status.Capacity.Storage(), claim.Spec.Resources.Requests.Storage()
	return *wants, ours && has.Cmp(*wants) < 0
}
