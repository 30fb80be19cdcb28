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

// grower gives claims the larger size that they have been edited to. Kubernetes leaves this to the
// volume's driver, and "local" volumes have none.
type grower struct {
	place   place
	client  kubernetes.Interface
	volumes corelisters.PersistentVolumeLister
}

// handler looks at each claim that changes, and at all of them again with each resync, so that a try
// that failed is followed by another.
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

// grow makes the file system larger first and tells of it afterwards: nobody reads of room that is
// not there.
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

// growth returns the size that a claim of ours wants beyond what it has.
func growth(claim *v1.PersistentVolumeClaim, volume *v1.PersistentVolume) (resource.Quantity, bool) {
	ours := volume.Annotations["pv.kubernetes.io/provisioned-by"] == provisionerName &&
		volume.Spec.ClaimRef != nil && volume.Spec.ClaimRef.UID == claim.UID
	has, wants := claim.Status.Capacity.Storage(), claim.Spec.Resources.Requests.Storage()
	return *wants, ours && has.Cmp(*wants) < 0
}
