//! Options that every verb takes: kubectl's global options and `--color`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, Id};

use crate::access::{Access, Hidden};
use crate::names;
use crate::ui::ColorWhen;

/// kubectl's global options, accepted before and after the verb.
///
/// The help of the verbs omits most of them, as kubectl's help does; `waxctl options` lists them.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Namespace [default: the context's]
    #[arg(short, long, global = true, value_name = "NAMESPACE", value_parser = names::namespace_flag)]
    pub(crate) namespace: Option<String>,
    /// Path to the kubeconfig file
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Name of the kubeconfig context to use
    #[arg(long, global = true, hide = true, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
    /// Name of the kubeconfig cluster to use
    #[arg(long, global = true, hide = true, value_name = "CLUSTER")]
    pub(crate) cluster: Option<String>,
    /// Name of the kubeconfig user to use
    #[arg(long, global = true, hide = true, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Address of the API server [short: -s, except on render, diff, commit and deploy]
    #[arg(long, global = true, hide = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Address of the proxy to the API server
    #[arg(long, global = true, hide = true, value_name = "URL")]
    pub(crate) proxy_url: Option<Hidden>,
    /// Bearer token for the API server
    #[arg(long, global = true, hide = true, value_name = "TOKEN")]
    pub(crate) token: Option<Hidden>,
    /// User name for basic authentication
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Password for basic authentication
    #[arg(long, global = true, hide = true, value_name = "PASSWORD")]
    pub(crate) password: Option<Hidden>,
    /// User name to impersonate
    #[arg(
        long = "as",
        id = "as",
        global = true,
        hide = true,
        value_name = "USER"
    )]
    pub(crate) as_user: Option<String>,
    /// Group to impersonate; can be given several times
    #[arg(long, global = true, hide = true, value_name = "GROUP", action = ArgAction::Append)]
    pub(crate) as_group: Vec<String>,
    /// UID to impersonate
    #[arg(long, global = true, hide = true, value_name = "UID")]
    pub(crate) as_uid: Option<String>,
    /// Further attribute of the impersonated user; can be given several times
    #[arg(long, global = true, hide = true, value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub(crate) as_user_extra: Vec<String>,
    /// File with the certificate authority of the API server
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) certificate_authority: Option<PathBuf>,
    /// File with a client certificate for TLS
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) client_certificate: Option<PathBuf>,
    /// File with a client key for TLS
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub(crate) client_key: Option<PathBuf>,
    /// Server name to check the API server's certificate against
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// Do not check the API server's certificate
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) insecure_skip_tls_verify: Option<GoBool>,
    /// Accepted as kubectl does; compressed responses are never requested
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) disable_compression: Option<GoBool>,
    /// Timeout of one request to the API server, such as 30s; 0 for none
    #[arg(long, global = true, hide = true, value_name = "DURATION")]
    pub(crate) request_timeout: Option<String>,
    /// Accepted as kubectl does; nothing is cached
    #[arg(long, global = true, hide = true, value_name = "FOLDER")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Log requests to the API server: 6 their addresses, 7 headers, 8 bodies, 9 more of them
    /// [short: -v, except on render, diff, commit and deploy]
    #[arg(
        long = "v",
        id = "v",
        global = true,
        hide = true,
        value_name = "LEVEL",
        allow_negative_numbers = true
    )]
    pub(crate) verbosity: Option<i32>,
    /// Treat warnings of the API server as errors
    #[arg(long, global = true, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) warnings_as_errors: Option<GoBool>,
    /// Log requests to the API server, as --v=6 does
    #[arg(long, global = true, hide = true)]
    pub(crate) debug: bool,
    /// Use of colour
    #[arg(
        long,
        global = true,
        hide = true,
        value_name = "WHEN",
        value_enum,
        default_value_t
    )]
    pub(crate) color: ColorWhen,
}

impl GlobalArgs {
    /// Returns the options without those that are empty, which count as not given in kubectl.
    #[must_use]
    pub(crate) fn without_empty(mut self) -> Self {
        for option in [
            &mut self.namespace,
            &mut self.context,
            &mut self.cluster,
            &mut self.user,
            &mut self.server,
        ] {
            option.take_if(|text| text.is_empty());
        }
        self
    }

    /// Returns the options that choose the cluster and the user.
    pub(crate) fn access(&self) -> Access {
        Access {
            namespace: self.namespace.clone(),
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            proxy_url: self.proxy_url.clone(),
            token: self.token.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
            as_user: self.as_user.clone(),
            as_group: self.as_group.clone(),
            as_uid: self.as_uid.clone(),
            as_user_extra: self.as_user_extra.clone(),
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: is_on(self.insecure_skip_tls_verify),
            request_timeout: self.request_timeout.clone(),
            for_completion: false,
        }
    }

    /// Whether a warning of the API server makes the command fail.
    pub(crate) fn fails_on_warnings(&self) -> bool {
        is_on(self.warnings_as_errors)
    }

    /// Returns the level of the log.
    pub(crate) fn log_level(&self) -> i32 {
        let debug = if self.debug { DEBUG_LEVEL } else { 0 };
        self.verbosity.unwrap_or(debug)
    }
}

/// The level of the log that `--debug` of the original `waxctl` stands for.
const DEBUG_LEVEL: i32 = 6;

/// The value of a switch, in the spellings of Go. A switch without a value is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoBool(bool);

impl FromStr for GoBool {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Self(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Self(false)),
            _ => Err("write `true` or `false`"),
        }
    }
}

fn is_on(switch: Option<GoBool>) -> bool {
    switch.is_some_and(|switch| switch.0)
}

/// Returns the short flag that kubectl gives an option. The original `waxctl` uses these letters for other options.
pub(crate) fn kubectl_short(id: &Id) -> Option<char> {
    match id.as_str() {
        "server" => Some('s'),
        "v" => Some('v'),
        _ => None,
    }
}
