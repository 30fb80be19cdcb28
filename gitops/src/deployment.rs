//! Computes the objects of a deployment without git.

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::cost::{self, Change};
use dataflow::{Dataflow, label};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::core::{DynamicObject, Resource};

use crate::object::{Format, Named, documents, dynamic};
use crate::ownership::FIELD_MANAGER;
use crate::rendered::Rendered;
use crate::resources::source_config_map;

/// A Dataflow with its code, for one namespace.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The Dataflow, which names the ConfigMap with the code.
    pub dataflow: Dataflow,
    /// ConfigMap with the code; `None` if the Dataflow names a ConfigMap from another place.
    pub code: Option<ConfigMap>,
}

impl Deployment {
    /// Creates the deployment of `rendered` in `namespace`.
    ///
    /// The name of the ConfigMap ends with the hash of the code, as in git. So one write changes the spec and the code
    /// together, and a new spec never runs with old code.
    #[must_use]
    pub fn new(rendered: &Rendered, namespace: &str) -> Self {
        let mut dataflow = rendered.dataflow.clone();
        dataflow.metadata.namespace = Some(namespace.to_owned());
        let code = source_config_map(rendered).map(|mut code| {
            let stem = code.metadata.name.take().unwrap_or_default();
            code.metadata.name = Some(format!("{stem}-{}", rendered.code.hash().short()));
            code.metadata.namespace = Some(namespace.to_owned());
            let label = (label::MANAGED_BY.to_owned(), FIELD_MANAGER.to_owned());
            code.metadata.labels = Some(BTreeMap::from([label]));
            dataflow
                .spec
                .config_map_name
                .clone_from(&code.metadata.name);
            code
        });
        Self { dataflow, code }
    }

    /// Returns the namespace as an object.
    #[must_use]
    pub fn namespace(&self) -> DynamicObject {
        let name = self.dataflow.metadata.namespace.clone();
        let metadata = ObjectMeta {
            name,
            ..ObjectMeta::default()
        };
        dynamic(&Namespace {
            metadata,
            ..Namespace::default()
        })
    }

    /// Returns the ConfigMap with the Dataflow as its owner, so that Kubernetes deletes it with the Dataflow.
    #[must_use]
    pub fn owned_code(&self, uid: Option<&str>) -> Option<ConfigMap> {
        let (mut code, uid) = (self.code.clone()?, uid?);
        code.metadata.owner_references = Some(vec![OwnerReference {
            api_version: Dataflow::api_version(&()).into_owned(),
            kind: Dataflow::kind(&()).into_owned(),
            name: self.dataflow.metadata.name.clone().unwrap_or_default(),
            uid: uid.to_owned(),
            ..OwnerReference::default()
        }]);
        Some(code)
    }

    /// Returns the selector of all ConfigMaps that this program deployed.
    #[must_use]
    pub fn code_selector() -> String {
        format!("{}={FIELD_MANAGER}", label::MANAGED_BY)
    }

    /// Returns every object as text for `kubectl apply -f -`.
    #[must_use]
    pub fn text(&self, with_namespace: bool, format: Format) -> String {
        let namespace = with_namespace.then(|| Named::from(&self.namespace()));
        let code = self.code.as_ref().map(Named::from);
        let all = namespace
            .into_iter()
            .chain(code)
            .chain([Named::from(&self.dataflow)]);
        documents(all.collect(), format)
    }
}

/// Returns the changes of deploying `rendered` over `existing`. `old_code` is the content of its ConfigMap, if there is
/// one.
#[must_use]
pub fn changes(existing: &Dataflow, old_code: Option<Code>, rendered: &Rendered) -> Vec<Change> {
    if rendered.code.is_empty() {
        let (old, new) = (Code::new(), Code::new());
        return cost::changes(&existing.spec, &old, &rendered.dataflow.spec, &new);
    }
    let mut spec = rendered.dataflow.spec.clone();
    // Another name of the ConfigMap is not a change. The content of the code is compared.
    spec.config_map_name
        .clone_from(&existing.spec.config_map_name);
    let old = old_code.unwrap_or_default();
    cost::changes(&existing.spec, &old, &spec, &rendered.code)
}

/// Returns true if `old` contains code of the same Dataflow that the spec no longer names.
#[must_use]
pub fn is_obsolete(old: &ConfigMap, current: &ConfigMap) -> bool {
    let owner = |code: &ConfigMap| {
        code.metadata
            .owner_references
            .iter()
            .flatten()
            .map(|owner| owner.uid.clone())
            .next()
    };
    owner(old).is_some()
        && owner(old) == owner(current)
        && old.metadata.name != current.metadata.name
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::DataflowSpec;

    fn rendered(text: &str) -> Rendered {
        let mut dataflow = Dataflow::new("orders", DataflowSpec::default());
        dataflow.spec.image.tag = "x".into();
        dataflow.spec.python_file_name = "orders.py".into();
        dataflow.spec.config_map_name = Some("orders-source".into());
        let mut code = Code::new();
        code.insert("orders.py", text).unwrap();
        Rendered { dataflow, code }
    }

    fn owned(text: &str, uid: &str) -> ConfigMap {
        Deployment::new(&rendered(text), "team")
            .owned_code(Some(uid))
            .unwrap()
    }

    #[test]
    fn config_map_name_contains_the_code_hash() {
        let one = Deployment::new(&rendered("one"), "team");
        let two = Deployment::new(&rendered("two"), "team");
        let named = |deployment: &Deployment| deployment.dataflow.spec.config_map_name.clone();
        assert_eq!(named(&one), one.code.as_ref().unwrap().metadata.name);
        assert_ne!(named(&one), named(&two));
    }

    #[test]
    fn obsolete_code_belongs_to_the_same_dataflow() {
        let current = owned("two", "uid-1");
        assert!(is_obsolete(&owned("one", "uid-1"), &current));
        assert!(!is_obsolete(&current, &current));
        assert!(!is_obsolete(&owned("one", "uid-2"), &current));
        let ownerless = Deployment::new(&rendered("one"), "team").code.unwrap();
        assert!(!is_obsolete(&ownerless, &current));
    }

    #[test]
    fn deployment_text_contains_every_object() {
        let deployment = Deployment::new(&rendered("x = 1\ny = 2\n"), "team");
        insta::assert_snapshot!(deployment.text(true, Format::Yaml));
    }
}
