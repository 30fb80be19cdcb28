package volumes

import (
	"context"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// provisioner makes and removes volumes; the library around it talks to the API server.
type provisioner struct{ place place }

// Provision makes the volume of one claim.
func (p provisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	volume, err := p.describe(options)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	size := volume.Spec.Capacity.Storage().Value()
	if err := makeFilesystem(p.place.folder(volume.Name), size); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return volume, controller.ProvisioningFinished, nil
}

// Delete removes a volume and all that is in it.
func (p provisioner) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	return removeFilesystem(p.place.folder(volume.Name))
}

// describe returns the object of the volume that this claim shall get. Its kind is "local", since of
// the kinds that need no driver only that one gives the files to a pod's fsGroup.
func (p provisioner) describe(options controller.ProvisionOptions) (*v1.PersistentVolume, error) {
	claim := options.PVC.Spec
	if options.SelectedNodeName != p.place.node {
		return nil, fmt.Errorf("node %q has no volumes of %s", options.SelectedNodeName, provisionerName)
	}
	if claim.Selector != nil {
		return nil, fmt.Errorf("%s cannot select among volumes: it makes a new one", provisionerName)
	}
	for _, mode := range claim.AccessModes {
		if !slices.Contains([]v1.PersistentVolumeAccessMode{v1.ReadWriteOnce, v1.ReadWriteOncePod}, mode) {
			return nil, fmt.Errorf("%s has volumes of one node only, not %s", provisionerName, mode)
		}
	}
	mode := v1.PersistentVolumeFilesystem
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   claim.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: *claim.Resources.Requests.Storage()},
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			VolumeMode:                    &mode,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				Local: &v1.LocalVolumeSource{Path: p.place.folder(options.PVName)},
			},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{
				NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{{
					Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{p.place.node},
				}}}},
			}},
		},
	}, nil
}
