//! The command line of `wax-operator`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::agents::Reach;

/// Runs every Dataflow of a cluster as a gang of processes.
#[derive(Debug, Parser)]
#[command(name = "wax-operator", version, propagate_version = true)]
pub struct Cli {
    /// Subcommand to run.
    #[command(subcommand)]
    pub command: Command,
}

/// Subcommand to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator until SIGTERM or SIGINT.
    Run(Box<RunArgs>),
    /// Print the CustomResourceDefinition.
    Crd,
}

/// Arguments of `wax-operator run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wax-operator run --namespace flows\n  \
    wax-operator run --kubeconfig ~/.kube/config --all-namespaces")]
pub struct RunArgs {
    /// Cluster and namespaces.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Leader election.
    #[command(flatten)]
    pub lease: LeaseArgs,
    /// Limits on concurrency and requests.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Image of the agent for new revisions
    #[arg(long, env = "WAX_AGENT_IMAGE", value_name = "IMAGE", default_value = DEFAULT_AGENT_IMAGE)]
    pub agent_image: String,

    /// Network path to the agents [default: pod-ip in a cluster, otherwise proxy]
    #[arg(long, env = "WAX_AGENTS", value_enum)]
    pub agents: Option<Reach>,

    /// Time limit for loading a new revision in a probe pod, in seconds
    #[arg(
        long,
        env = "WAX_PROBE_DEADLINE",
        value_name = "SECONDS",
        default_value_t = 120
    )]
    pub probe_deadline: i64,

    /// Listen address of /live, /ready and /metrics
    #[arg(
        long,
        env = "WAX_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080"
    )]
    pub listen: SocketAddr,

    /// Log filter, such as `info` or `operator=debug`
    #[arg(long, env = "WAX_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// Log format [default: text on a terminal, otherwise json]
    #[arg(long, env = "WAX_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
}

/// Agent image of this release.
pub const DEFAULT_AGENT_IMAGE: &str = concat!(
    "docker.io/bytewax-platform/agent:",
    env!("CARGO_PKG_VERSION")
);

/// Arguments that select the cluster and the namespaces.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// Kubeconfig file [default: the service account in a cluster, otherwise as in kubectl]
    #[arg(long, env = "WAX_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context in the kubeconfig
    #[arg(long, env = "WAX_CONTEXT", value_name = "NAME")]
    pub context: Option<String>,

    /// Namespace to watch; may be repeated [default: the namespace of the kubeconfig or service account]
    #[arg(
        long,
        short = 'n',
        env = "WAX_NAMESPACE",
        value_name = "NAMESPACE",
        value_delimiter = ','
    )]
    pub namespace: Vec<String>,

    /// Watch all namespaces
    #[arg(long, env = "WAX_ALL_NAMESPACES", conflicts_with = "namespace")]
    pub all_namespaces: bool,
}

/// Arguments of the leader election.
#[derive(Debug, Args)]
pub struct LeaseArgs {
    /// Namespace of the Lease [default: the first --namespace, otherwise that of the kubeconfig or service account]
    #[arg(long, env = "WAX_LEASE_NAMESPACE", value_name = "NAMESPACE")]
    pub lease_namespace: Option<String>,

    /// Name of the Lease
    #[arg(
        long,
        env = "WAX_LEASE_NAME",
        value_name = "NAME",
        default_value = "wax-operator"
    )]
    pub lease_name: String,

    /// Validity of the Lease without a renewal, in seconds
    #[arg(
        long,
        env = "WAX_LEASE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15
    )]
    pub lease_seconds: u64,

    /// Run without leader election
    #[arg(long, env = "WAX_NO_LEASE")]
    pub no_lease: bool,

    /// Name of this operator in the Lease [default: random]
    #[arg(long, env = "WAX_IDENTITY", value_name = "NAME")]
    pub identity: Option<String>,
}

/// Arguments that limit the load on the cluster.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Maximum number of concurrent reconciles for each --namespace
    #[arg(long, env = "WAX_CONCURRENCY", value_name = "N", default_value_t = 8)]
    pub concurrency: u16,

    /// Maximum average rate of requests to the API server, per second
    #[arg(
        long,
        env = "WAX_REQUESTS_PER_SECOND",
        value_name = "N",
        default_value_t = 50
    )]
    pub requests_per_second: u32,

    /// Maximum burst of requests to the API server
    #[arg(long, env = "WAX_BURST", value_name = "N", default_value_t = 100)]
    pub burst: u32,
}

/// Format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Plain text
    Text,
    /// JSON, one object per line
    Json,
}
