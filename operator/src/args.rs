//! The command line of `wax-operator`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::agents::Reach;

/// Runs every Dataflow of a cluster as a gang of processes.
#[derive(Debug, Parser)]
#[command(name = "wax-operator", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Work until told to stop.
    Run(Box<RunArgs>),
    /// Print the CustomResourceDefinition.
    Crd,
}

/// How to work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wax-operator run --namespace flows\n  \
    wax-operator run --kubeconfig ~/.kube/config --all-namespaces")]
pub struct RunArgs {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The election.
    #[command(flatten)]
    pub lease: LeaseArgs,
    /// The limits.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Image of the agent, for revisions that are new
    #[arg(long, env = "WAX_AGENT_IMAGE", value_name = "IMAGE", default_value = DEFAULT_AGENT_IMAGE)]
    pub agent_image: String,

    /// How to reach the agents [default: pod-ip in a cluster, else proxy]
    #[arg(long, env = "WAX_AGENTS", value_enum)]
    pub agents: Option<Reach>,

    /// Seconds that a new revision may take to load before the old one is stopped
    #[arg(
        long,
        env = "WAX_PROBE_DEADLINE",
        value_name = "SECONDS",
        default_value_t = 120
    )]
    pub probe_deadline: i64,

    /// Address of /live, /ready and /metrics
    #[arg(
        long,
        env = "WAX_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080"
    )]
    pub listen: SocketAddr,

    /// What to log, such as `info` or `operator=debug`
    #[arg(long, env = "WAX_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    /// Form of the log [default: text on a terminal, else json]
    #[arg(long, env = "WAX_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
}

/// The image that goes with this release.
pub const DEFAULT_AGENT_IMAGE: &str = concat!(
    "docker.io/bytewax-platform/agent:",
    env!("CARGO_PKG_VERSION")
);

/// Which cluster, and what of it.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// The kubeconfig to use [default: in a cluster its own account, else as kubectl does]
    #[arg(long, env = "WAX_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// The context in the kubeconfig
    #[arg(long, env = "WAX_CONTEXT", value_name = "NAME")]
    pub context: Option<String>,

    /// Namespace to work in; may be repeated [default: the client's own]
    #[arg(
        long,
        short = 'n',
        env = "WAX_NAMESPACE",
        value_name = "NAMESPACE",
        value_delimiter = ','
    )]
    pub namespace: Vec<String>,

    /// Work in all namespaces
    #[arg(long, env = "WAX_ALL_NAMESPACES", conflicts_with = "namespace")]
    pub all_namespaces: bool,
}

/// How to take part in the election.
#[derive(Debug, Args)]
pub struct LeaseArgs {
    /// Namespace of the Lease [default: the first --namespace, else the client's own]
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

    /// Seconds that the Lease is valid without being renewed
    #[arg(
        long,
        env = "WAX_LEASE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15
    )]
    pub lease_seconds: u64,

    /// Work without an election
    #[arg(long, env = "WAX_NO_LEASE")]
    pub no_lease: bool,

    /// This operator's name in the Lease [default: random]
    #[arg(long, env = "WAX_IDENTITY", value_name = "NAME")]
    pub identity: Option<String>,
}

/// How much to do at once.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Dataflows looked at at the same time
    #[arg(long, env = "WAX_CONCURRENCY", value_name = "N", default_value_t = 8)]
    pub concurrency: u16,

    /// Requests to the API server in a second
    #[arg(
        long,
        env = "WAX_REQUESTS_PER_SECOND",
        value_name = "N",
        default_value_t = 50
    )]
    pub requests_per_second: u32,

    /// Requests to the API server at once
    #[arg(long, env = "WAX_BURST", value_name = "N", default_value_t = 100)]
    pub burst: u32,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}
