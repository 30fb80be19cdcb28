//! Names of the files that the folder of a flow has beside its code.

/// The file with the resource.
pub const DATAFLOW: &str = "dataflow.yaml";
/// The file that makes the folder one that kustomize builds.
pub(crate) const KUSTOMIZATION: &str = "kustomization.yaml";
/// The file that tells kustomize where the resource names its ConfigMap.
pub(crate) const NAME_REFERENCE: &str = "kustomizeconfig.yaml";
