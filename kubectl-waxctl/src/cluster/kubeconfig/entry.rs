//! The entries of a kubeconfig file, with the names of their fields in the file. An absent text is empty, as in client-go.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The address of a cluster, and how its certificate is checked.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Cluster {
    /// Address of the API server.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) server: String,
    /// Name to check the certificate against.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) tls_server_name: String,
    /// Whether the certificate is not checked.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub(crate) insecure_skip_tls_verify: bool,
    /// File with the certificate authority.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) certificate_authority: String,
    /// The certificate authority in base64; wins over the file.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) certificate_authority_data: String,
    /// Address of the proxy.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) proxy_url: String,
    /// Whether responses are requested without compression.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub(crate) disable_compression: bool,
    /// Settings of other programs; one of them is for credential plugins.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub(crate) extensions: Vec<Extension>,
}

/// A named setting of another program.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Extension {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    /// Its value.
    pub(crate) extension: Value,
}

/// A cluster, a user and a namespace that belong together.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Context {
    /// Name of the cluster.
    #[serde(deserialize_with = "or_default")]
    pub(crate) cluster: String,
    /// Name of the user.
    #[serde(deserialize_with = "or_default")]
    pub(crate) user: String,
    /// Namespace of requests.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) namespace: String,
}

/// How a user is authenticated.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct User {
    /// File with the client certificate.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) client_certificate: String,
    /// The client certificate in base64; wins over the file.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) client_certificate_data: String,
    /// File with the client key.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) client_key: String,
    /// The client key in base64; wins over the file.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) client_key_data: String,
    /// Bearer token.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) token: String,
    /// File with a bearer token; wins over the token while it can be read.
    #[serde(
        rename = "tokenFile",
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) token_file: String,
    /// User to impersonate.
    #[serde(
        rename = "as",
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) as_user: String,
    /// UID to impersonate.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) as_uid: String,
    /// Groups to impersonate.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub(crate) as_groups: Vec<String>,
    /// Further attributes of the impersonated user.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(crate) as_user_extra: BTreeMap<String, Vec<String>>,
    /// User name for basic authentication.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) username: String,
    /// Password for basic authentication.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) password: String,
    /// A provider of tokens that is part of kubectl.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth_provider: Option<AuthProvider>,
    /// A program that issues credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exec: Option<Exec>,
}

/// A provider of tokens that is part of kubectl, such as `oidc`.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AuthProvider {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    /// Its settings, among them tokens.
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: BTreeMap<String, String>,
}

/// A program that issues credentials.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Exec {
    /// The program, with a path relative to the file if it contains a slash.
    #[serde(deserialize_with = "or_default")]
    pub(crate) command: String,
    /// Its arguments.
    #[serde(deserialize_with = "or_default")]
    pub(crate) args: Vec<String>,
    /// Variables that are added to its environment.
    #[serde(deserialize_with = "or_default")]
    pub(crate) env: Vec<Variable>,
    /// Version of the credentials that it issues.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) api_version: String,
    /// How to install it.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) install_hint: String,
    /// Whether it gets the settings of the cluster.
    #[serde(deserialize_with = "or_default")]
    pub(crate) provide_cluster_info: bool,
    /// Whether it gets standard input: `Never`, `IfAvailable` or `Always`.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(crate) interactive_mode: String,
}

/// A variable of a plugin's environment.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Variable {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    /// Its value, often a secret.
    #[serde(deserialize_with = "or_default")]
    pub(crate) value: String,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Cluster(hidden)")
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("User(hidden)")
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Exec(hidden)")
    }
}

/// Reads `null` as the default value, as Go does.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn is_false(value: &bool) -> bool {
    !value
}
