//! Constructors of environment variables, one for each source of the value.

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector, SecretKeySelector};

/// Returns a variable with a literal value.
pub(super) fn plain(name: &str, value: &(impl ToString + ?Sized)) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.to_string()),
        value_from: None,
    }
}

/// Returns a variable with the value of a field of the pod.
pub(super) fn field(name: &str, path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: path.to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
    }
}

/// Returns a variable with the value of a key of a Secret.
///
/// The key is optional: if it is missing, the pod still starts and runs the dataflow, and the container that needs the
/// key reports it.
pub(super) fn from_secret(secret: &str, key: &str) -> EnvVar {
    EnvVar {
        name: key.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                key: key.to_owned(),
                name: secret.to_owned(),
                optional: Some(true),
            }),
            ..EnvVarSource::default()
        }),
    }
}
