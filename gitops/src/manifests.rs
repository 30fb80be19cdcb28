//! The objects that install the operator, from the files in `deploy/`, with a namespace and images filled in.
//!
//! kustomize uses the same files, so both ways of installing create the same objects.

use dataflow::yaml::{self, YamlError};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject};
use kube::core::DynamicObject;

use crate::object::dynamic;

const SERVICE_ACCOUNT: &str = include_str!("../../deploy/operator/serviceaccount.yaml");
const DEPLOYMENT: &str = include_str!("../../deploy/operator/deployment.yaml");
const LEADER_ROLE: &str = include_str!("../../deploy/operator/leader-role.yaml");
const LEADER_BINDING: &str = include_str!("../../deploy/operator/leader-rolebinding.yaml");
const ROLE: &str = include_str!("../../deploy/namespaced/role.yaml");
const ROLE_BINDING: &str = include_str!("../../deploy/namespaced/rolebinding.yaml");
const NAMESPACE: &str = include_str!("../../deploy/cluster/namespace.yaml");
const CLUSTER_ROLE: &str = include_str!("../../deploy/cluster/clusterrole.yaml");
const CLUSTER_ROLE_BINDING: &str = include_str!("../../deploy/cluster/clusterrolebinding.yaml");

/// Name of the Deployment.
pub const OPERATOR: &str = "wax-operator";

/// Default namespace of an operator that manages all namespaces.
pub const SYSTEM_NAMESPACE: &str = "bytewax-system";

/// Argument that makes the operator manage all namespaces.
const ALL_NAMESPACES: &str = "--all-namespaces";

/// Environment variable with the image of the agent.
const AGENT_IMAGE: &str = "WAX_AGENT_IMAGE";

/// Settings of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Namespace of the operator.
    pub namespace: String,
    /// Whether the operator manages all namespaces or only its own.
    pub all_namespaces: bool,
    /// Image of the operator; `None` for the image of this release.
    pub image: Option<String>,
    /// Image of the agent; `None` for the image of this release.
    pub agent_image: Option<String>,
}

/// Returns the objects. Order: CRD, namespace, roles and bindings, operator, which is the order of applying them.
///
/// # Errors
/// An embedded file does not contain the expected object. A test reads all files.
pub fn objects(wanted: &Installation) -> Result<Vec<DynamicObject>, YamlError> {
    let mut objects = vec![dynamic(&dataflow::crd::crd())];
    if wanted.all_namespaces {
        let mut namespace: Namespace = yaml::from_str(NAMESPACE)?;
        namespace.metadata.name = Some(wanted.namespace.clone());
        let mut binding: ClusterRoleBinding = yaml::from_str(CLUSTER_ROLE_BINDING)?;
        settle(binding.subjects.as_mut(), &wanted.namespace);
        objects.push(dynamic(&namespace));
        objects.push(dynamic(&yaml::from_str::<ClusterRole>(CLUSTER_ROLE)?));
        objects.push(dynamic(&binding));
    }
    let rights: &[(&str, &str)] = if wanted.all_namespaces {
        &[(LEADER_ROLE, LEADER_BINDING)]
    } else {
        &[(ROLE, ROLE_BINDING), (LEADER_ROLE, LEADER_BINDING)]
    };
    let place = || Some(wanted.namespace.clone());
    for (role, binding) in rights {
        let mut role: Role = yaml::from_str(role)?;
        let mut binding: RoleBinding = yaml::from_str(binding)?;
        role.metadata.namespace = place();
        binding.metadata.namespace = place();
        settle(binding.subjects.as_mut(), &wanted.namespace);
        objects.push(dynamic(&role));
        objects.push(dynamic(&binding));
    }
    let mut account: ServiceAccount = yaml::from_str(SERVICE_ACCOUNT)?;
    let mut deployment: Deployment = yaml::from_str(DEPLOYMENT)?;
    account.metadata.namespace = place();
    deployment.metadata.namespace = place();
    adapt(&mut deployment, wanted);
    objects.push(dynamic(&account));
    objects.push(dynamic(&deployment));
    Ok(objects)
}

fn settle(subjects: Option<&mut Vec<Subject>>, namespace: &str) {
    for subject in subjects.into_iter().flatten() {
        subject.namespace = Some(namespace.to_owned());
    }
}

fn adapt(deployment: &mut Deployment, wanted: &Installation) {
    let pod = deployment
        .spec
        .as_mut()
        .and_then(|spec| spec.template.spec.as_mut());
    for container in pod.into_iter().flat_map(|pod| &mut pod.containers) {
        if let Some(image) = &wanted.image {
            container.image = Some(image.clone());
        }
        if wanted.all_namespaces {
            container
                .args
                .get_or_insert_default()
                .push(ALL_NAMESPACES.to_owned());
        }
        let variables = container.env.iter_mut().flatten();
        if let Some(image) = &wanted.agent_image {
            for variable in variables.filter(|variable| variable.name == AGENT_IMAGE) {
                variable.value = Some(image.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
