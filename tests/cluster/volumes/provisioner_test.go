package volumes

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

var five = provisioner{place{node: "five", root: "/volumes"}}

func wish(modes ...v1.PersistentVolumeAccessMode) controller.ProvisionOptions {
	policy := v1.PersistentVolumeReclaimDelete
	return controller.ProvisionOptions{
		StorageClass: &storage.StorageClass{ReclaimPolicy: &policy},
		PVName:       "pvc-1",
		PVC: &v1.PersistentVolumeClaim{Spec: v1.PersistentVolumeClaimSpec{
			AccessModes: modes,
			Resources: v1.VolumeResourceRequirements{
				Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("3Mi")},
			},
		}},
		SelectedNodeName: "five",
	}
}

func TestVolumeIsWhatTheClaimAsksFor(t *testing.T) {
	volume, err := five.describe(wish(v1.ReadWriteOnce))
	if err != nil {
		t.Fatal(err)
	}
	spec := volume.Spec
	if volume.Name != "pvc-1" || spec.Local.Path != "/volumes/pvc-1" {
		t.Errorf("volume %s lies in %s", volume.Name, spec.Local.Path)
	}
	if got := spec.Capacity.Storage().Value(); got != 3<<20 {
		t.Errorf("it has %d bytes", got)
	}
	if spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimDelete {
		t.Errorf("it is reclaimed by %s", spec.PersistentVolumeReclaimPolicy)
	}
	where := spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
	if where.Key != "kubernetes.io/hostname" || where.Values[0] != "five" {
		t.Errorf("it is on %v", where)
	}
}

func TestRefusals(t *testing.T) {
	elsewhere := wish(v1.ReadWriteOnce)
	elsewhere.SelectedNodeName = "six"
	selecting := wish(v1.ReadWriteOnce)
	selecting.PVC.Spec.Selector = &metav1.LabelSelector{}
	for sentence, refused := range map[string]controller.ProvisionOptions{
		"not ReadWriteMany": wish(v1.ReadWriteOnce, v1.ReadWriteMany),
		"not ReadOnlyMany":  wish(v1.ReadOnlyMany),
		`node "six"`:        elsewhere,
		"cannot select":     selecting,
	} {
		if _, err := five.describe(refused); err == nil || !strings.Contains(err.Error(), sentence) {
			t.Errorf("want %q, got %v", sentence, err)
		}
	}
	if _, err := five.describe(wish(v1.ReadWriteOncePod)); err != nil {
		t.Error(err)
	}
}
