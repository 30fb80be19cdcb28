package volumes

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestGrowth(t *testing.T) {
	room := func(size string) v1.ResourceList {
		return v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}
	}
	for name, test := range map[string]struct {
		has, wants, provisioner string
		bound                   types.UID
		grows                   bool
	}{
		"more is wanted":         {"1Mi", "2Mi", provisionerName, "a", true},
		"as much is wanted":      {"1Mi", "1024Ki", provisionerName, "a", false},
		"less is wanted":         {"2Mi", "1Mi", provisionerName, "a", false},
		"of another provisioner": {"1Mi", "2Mi", "other", "a", false},
		"of another claim":       {"1Mi", "2Mi", provisionerName, "b", false},
	} {
		claim := &v1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{UID: "a"},
			Spec:       v1.PersistentVolumeClaimSpec{Resources: v1.VolumeResourceRequirements{Requests: room(test.wants)}},
			Status:     v1.PersistentVolumeClaimStatus{Capacity: room(test.has)},
		}
		volume := &v1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": test.provisioner}},
			Spec:       v1.PersistentVolumeSpec{ClaimRef: &v1.ObjectReference{UID: test.bound}},
		}
		size, grows := growth(claim, volume)
		if grows != test.grows || (grows && size.Value() != 2<<20) {
			t.Errorf("%s: %v, %s", name, grows, size.String())
		}
	}
}
