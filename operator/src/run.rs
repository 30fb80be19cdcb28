//! `wax-operator run`: starts the watches, the leader election and the admin endpoint, and shuts them
//! down.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dataflow::spec::Dataflow;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::HeaderValue;
use http::header::USER_AGENT;
use jiff::Timestamp;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::controller::{self, applier};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::admin;
use crate::agents::{Agents, Reach};
use crate::args::{ClusterArgs, LeaseArgs, RunArgs};
use crate::backup_polls::BackupPolls;
use crate::error::RunError;
use crate::health::{Health, Subject};
use crate::last_backups::LastBackups;
use crate::leader::{Leadership, LeaseSettings};
use crate::limit::RequestLimit;
use crate::metrics::Metrics;
use crate::observe::{Caches, Settings, WatchHealth};
use crate::queue::Queue;
use crate::reconcile::{Context, Failures, reconcile, retry};

/// Time that running reconciles get to finish after a termination signal.
const LAST_RECONCILES: Duration = Duration::from_secs(5);

/// Runs the operator until it receives SIGTERM or SIGINT.
///
/// # Errors
///
/// Fails if no cluster is configured, the Lease cannot be reached or the admin address is in use.
pub async fn run(args: RunArgs) -> Result<(), RunError> {
    let config = named(config(&args.cluster).await?);
    let own_namespace = config.default_namespace.clone();
    let inside = args.cluster.kubeconfig.is_none() && in_cluster();
    let limit = RequestLimit::new(args.limits.requests_per_second, args.limits.burst);
    let client = ClientBuilder::try_from(config.clone())
        .map_err(|error| RunError::Client(Box::new(error)))?
        .with_layer(&limit)
        .build();
    // The Lease and the events use a client without the request limit: a busy operator must not lose
    // its Lease.
    let aside = Client::try_from(config).map_err(|error| RunError::Client(Box::new(error)))?;

    let health = Arc::new(Health::default());
    let metrics = Arc::new(Metrics::default());
    health.set(Subject::Caches, Some("not filled yet".to_owned()));
    let shutdown = CancellationToken::new();
    let state = admin::AdminState {
        health: health.clone(),
        metrics: metrics.clone(),
    };
    let admin = tokio::spawn(admin::serve(args.listen, state, shutdown.clone()));

    let scopes = scopes(&args.cluster, &own_namespace);
    let mut works = Vec::new();
    for scope in &scopes {
        let reach = args
            .agents
            .unwrap_or(if inside { Reach::PodIp } else { Reach::Proxy });
        let (work, watch_health) = Work::new(
            &args,
            reach,
            &client,
            &aside,
            scope.as_deref(),
            &health,
            &metrics,
        );
        tokio::spawn(follow(watch_health, health.clone(), shutdown.clone()));
        works.push(work);
    }
    let first = scopes.into_iter().next().flatten();
    let leadership = leadership(&args.lease, aside, first.unwrap_or(own_namespace)).await?;
    tokio::spawn(stop_on_signal(shutdown.clone())?);
    lead(works, leadership, &health, &metrics, &shutdown).await;
    shutdown.cancel();
    admin.await.unwrap_or(Ok(()))
}

/// Joins the leader election, unless `--no-lease` is set.
async fn leadership(
    args: &LeaseArgs,
    client: Client,
    namespace: String,
) -> Result<Leadership, RunError> {
    if args.no_lease {
        return Ok(Leadership::alone());
    }
    let settings = LeaseSettings {
        namespace: args.lease_namespace.clone().unwrap_or(namespace),
        name: args.lease_name.clone(),
        seconds: args.lease_seconds,
        identity: args.identity.clone(),
    };
    Leadership::campaign(client, settings).await
}

/// Caches, queue and reconciles of one scope.
struct Work {
    context: Arc<Context>,
    queue: Queue,
    concurrency: u16,
}

impl Work {
    fn new(
        args: &RunArgs,
        reach: Reach,
        client: &Client,
        aside: &Client,
        scope: Option<&str>,
        health: &Arc<Health>,
        metrics: &Arc<Metrics>,
    ) -> (Self, BoxStream<'static, WatchHealth>) {
        let queue = Queue::default();
        let (caches, watch_health) = Caches::new(client, scope, &queue);
        let reporter = Reporter {
            controller: "wax-operator".to_owned(),
            instance: args.lease.identity.clone(),
        };
        let context = Context {
            client: client.clone(),
            caches,
            settings: Settings {
                agent_image: args.agent_image.clone(),
                probe_deadline: args.probe_deadline,
            },
            agents: Agents::new(reach, client.clone()),
            recorder: Recorder::new(aside.clone(), reporter),
            health: health.clone(),
            metrics: metrics.clone(),
            clock: Timestamp::now,
            failures: Failures::default(),
            backup_polls: BackupPolls::default(),
            last_backups: LastBackups::default(),
            queue: queue.clone(),
        };
        let work = Self {
            context: Arc::new(context),
            queue,
            concurrency: args.limits.concurrency,
        };
        (work, watch_health)
    }

    /// Reconciles every Dataflow once, and then after each change, until the queue is closed.
    async fn reconciles(&self) {
        self.context.caches.wait_until_filled().await;
        let store = self.context.caches.dataflows.clone();
        let names = self.queue.open();
        for dataflow in store.state() {
            self.queue.push(ObjectRef::from_obj(dataflow.as_ref()));
        }
        let config = controller::Config::default().concurrency(self.concurrency);
        applier(
            |dataflow, context| Box::pin(reconcile(dataflow, context)),
            |dataflow: Arc<Dataflow>, error, context: Arc<Context>| {
                retry(&dataflow, error, &context)
            },
            self.context.clone(),
            store,
            names.map(Ok::<_, std::convert::Infallible>),
            config,
        )
        .for_each(|_| std::future::ready(()))
        .await;
    }
}

/// Reconciles while this operator is the leader, and stands by while another operator is.
async fn lead(
    works: Vec<Work>,
    mut leadership: Leadership,
    health: &Health,
    metrics: &Metrics,
    shutdown: &CancellationToken,
) {
    let filled = async {
        for work in &works {
            work.context.caches.wait_until_filled().await;
        }
        health.set(Subject::Caches, None);
        tracing::info!("caches are filled");
        std::future::pending::<()>().await;
    };
    let terms = async {
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = leadership.won() => {}
                () = shutdown.cancelled() => return,
            }
            tracing::info!("became the leader");
            metrics.leads(true);
            let reconciles = futures::future::join_all(works.iter().map(Work::reconciles));
            tokio::pin!(reconciles);
            tokio::select! {
                _ = &mut reconciles => {}
                () = leadership.lost() => tracing::warn!("lost the leadership"),
                () = shutdown.cancelled() => {
                    works.iter().for_each(|work| work.queue.close());
                    drop(tokio::time::timeout(LAST_RECONCILES, reconciles).await);
                }
            }
            works.iter().for_each(|work| work.queue.close());
            metrics.leads(false);
        }
    };
    tokio::select! {
        () = filled => {}
        () = terms => {}
    }
    leadership.resign().await;
}

/// Drives the watches that fill the caches, and reports watches that fail.
async fn follow(
    mut watch_health: BoxStream<'static, WatchHealth>,
    health: Arc<Health>,
    shutdown: CancellationToken,
) {
    loop {
        let next = tokio::select! {
            next = watch_health.next() => next,
            () = shutdown.cancelled() => return,
        };
        let Some(WatchHealth { kind, problem }) = next else {
            return;
        };
        // A repeated problem is logged once, not at every retry of the watch.
        if health.set(Subject::Watch(kind), problem.clone()) {
            match problem {
                Some(problem) => {
                    tracing::warn!(kind, %problem, "watch failed, retrying");
                }
                None => tracing::info!(kind, "watch recovered"),
            }
        }
    }
}

fn stop_on_signal(
    shutdown: CancellationToken,
) -> Result<impl Future<Output = ()> + Send, RunError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signal)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("received a termination signal");
        shutdown.cancel();
    })
}

fn scopes(cluster: &ClusterArgs, own_namespace: &str) -> Vec<Option<String>> {
    if cluster.all_namespaces {
        vec![None]
    } else if cluster.namespace.is_empty() {
        vec![Some(own_namespace.to_owned())]
    } else {
        cluster.namespace.iter().cloned().map(Some).collect()
    }
}

async fn config(cluster: &ClusterArgs) -> Result<Config, RunError> {
    let options = KubeConfigOptions {
        context: cluster.context.clone(),
        ..KubeConfigOptions::default()
    };
    let Some(file) = &cluster.kubeconfig else {
        return match (&cluster.context, in_cluster()) {
            (None, _) => Ok(Config::infer().await?),
            (Some(_), _) => Ok(Config::from_kubeconfig(&options).await?),
        };
    };
    let kubeconfig = Kubeconfig::read_from(PathBuf::from(file))?;
    Ok(Config::from_custom_kubeconfig(kubeconfig, &options).await?)
}

/// Sets the user agent, which identifies the operator in the API server's audit log.
fn named(mut config: Config) -> Config {
    let agent = HeaderValue::from_static(concat!("wax-operator/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    config
}

fn in_cluster() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}
