//! Variables of containers, by where their values come from.

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector, SecretKeySelector};

/// A variable with a value of its own.
pub(super) fn plain(name: &str, value: &(impl ToString + ?Sized)) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.to_string()),
        value_from: None,
    }
}

/// A variable with the value of a field of the pod.
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

/// A variable with the value of a key of a Secret.
///
/// Whatever is missing is told by the one who needs it: a pod that can't start for it would not run
/// the dataflow either.
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
