//! The options that every verb takes: kubectl's own, and `--color`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Id, ValueEnum};

/// kubectl's global options, accepted before and after the verb.
///
/// Help of the verbs leaves most of them out, as kubectl's does; `waxctl options` lists them.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Namespace [default: the context's]
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Path to the kubeconfig file
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Name of the kubeconfig context to use
    #[arg(long, global = true, hide = true, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Name of the kubeconfig cluster to use
    #[arg(long, global = true, hide = true, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// Name of the kubeconfig user to use
    #[arg(long, global = true, hide = true, value_name = "USER")]
    pub user: Option<String>,
    /// Address of the API server [short: -s, except on render, diff, commit and deploy]
    #[arg(long, global = true, hide = true, value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token for the API server
    #[arg(long, global = true, hide = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// User name to impersonate
    #[arg(
        long = "as",
        id = "as",
        global = true,
        hide = true,
        value_name = "USER"
    )]
    pub as_user: Option<String>,
    /// Group to impersonate; can be given several times
    #[arg(long, global = true, hide = true, value_name = "GROUP", action = ArgAction::Append)]
    pub as_group: Vec<String>,
    /// UID to impersonate
    #[arg(long, global = true, hide = true, value_name = "UID")]
    pub as_uid: Option<String>,
    /// File with the certificate authority of the API server
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// File with a client certificate for TLS
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,
    /// File with a client key for TLS
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Server name to check the API server's certificate against
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// Do not check the API server's certificate
    #[arg(long, global = true, hide = true)]
    pub insecure_skip_tls_verify: bool,
    /// Do not ask the API server for compressed answers
    #[arg(long, global = true, hide = true)]
    pub disable_compression: bool,
    /// How long to wait for one answer of the API server, such as 30s; 0 waits for ever
    #[arg(long, global = true, hide = true, value_name = "DURATION")]
    pub request_timeout: Option<String>,
    /// Cache folder
    #[arg(long, global = true, hide = true, value_name = "FOLDER")]
    pub cache_dir: Option<PathBuf>,
    /// Log level [short: -v, except on render, diff, commit and deploy]
    #[arg(long = "v", id = "v", global = true, hide = true, value_name = "LEVEL")]
    pub verbosity: Option<u8>,
    /// Treat warnings of the API server as errors
    #[arg(long, global = true, hide = true)]
    pub warnings_as_errors: bool,
    /// Say more about what is done
    #[arg(long, global = true, hide = true)]
    pub debug: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        hide = true,
        value_name = "WHEN",
        value_enum,
        default_value_t
    )]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The short form that kubectl gives an option, where the original `waxctl` gives the letter to
/// another one.
pub(super) fn kubectl_short(id: &Id) -> Option<char> {
    match id.as_str() {
        "server" => Some('s'),
        "v" => Some('v'),
        _ => None,
    }
}
