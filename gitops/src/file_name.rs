//! Names of the files in a flow's folder beside its code.

/// File with the Dataflow resource.
pub const DATAFLOW: &str = "dataflow.yaml";
/// File that kustomize builds the folder from.
pub const KUSTOMIZATION: &str = "kustomization.yaml";
/// File that tells kustomize which field of the resource contains the name of the ConfigMap.
pub(crate) const NAME_REFERENCE: &str = "kustomizeconfig.yaml";
