//! Waits for conditions by watches and polls, with one long timeout for all of them.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use futures::{StreamExt, pin_mut};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Timeout of every wait, 600 s. It only ends a test that hangs: tests assert sequences and counts, never seconds.
pub const DEADLINE: Duration = Duration::from_secs(600);

/// Watches the object `name` until `holds` is true for it, and returns it. `what` names the condition in the error.
pub async fn object<K>(
    api: &Api<K>,
    name: &str,
    what: &str,
    mut holds: impl FnMut(&K) -> bool,
) -> Result<K>
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned + Send + 'static,
{
    let mut last = None;
    let search = async {
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let stream = watcher(api.clone(), config)
            .default_backoff()
            .applied_objects();
        pin_mut!(stream);
        while let Some(object) = stream.next().await {
            // The watcher reconnects by itself after an error; only the timeout ends the search.
            let Ok(object) = object else { continue };
            if holds(&object) {
                return Ok(object);
            }
            last = Some(object);
        }
        Err(anyhow!("the watch ended"))
    };
    let found = tokio::time::timeout(DEADLINE, search).await;
    found
        .unwrap_or_else(|_| {
            Err(anyhow!(
                "{name}: {what}: not seen in {} s",
                DEADLINE.as_secs()
            ))
        })
        .with_context(|| last_seen(last.as_ref()))
}

/// Waits until the object `name` does not exist.
pub async fn gone<K>(api: &Api<K>, name: &str) -> Result<()>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let search = async {
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let stream = watcher(api.clone(), config).default_backoff();
        pin_mut!(stream);
        while let Some(event) = stream.next().await {
            // The watcher reconnects by itself after an error; only the timeout ends the search.
            let Ok(watcher::Event::Delete(_) | watcher::Event::InitDone) = event else {
                continue;
            };
            // Polled until the API server answers, because a deleted object causes no further event.
            let what = format!("whether {name} is left");
            let left = until_async(&what, async || Ok(api.get_opt(name).await.ok())).await?;
            if left.is_none() {
                return Ok(());
            }
        }
        Err(anyhow!("the watch ended"))
    };
    tokio::time::timeout(DEADLINE, search)
        .await
        .map_err(|_| anyhow!("{name} is still there after {} s", DEADLINE.as_secs()))?
}

/// Polls `ask` every 200 ms until it returns a value, for conditions that no watch reports, such as logs and files.
/// `what` names the condition in the error.
pub async fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    until_async(what, async || ask()).await
}

/// Like [`until`], for an async `ask`.
pub async fn until_async<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut pause = tokio::time::interval(Duration::from_millis(200));
    let search = async {
        loop {
            pause.tick().await;
            if let Some(found) = ask().await? {
                return Ok(found);
            }
        }
    };
    tokio::time::timeout(DEADLINE, search)
        .await
        .map_err(|_| anyhow!("{what}: not seen in {} s", DEADLINE.as_secs()))?
}

fn last_seen<K: Serialize>(object: Option<&K>) -> String {
    object
        .and_then(|object| serde_json::to_value(object).ok())
        .map_or_else(
            || "the object was never seen".to_owned(),
            |object| {
                format!(
                    "last seen: spec {}\nstatus {:#}",
                    object["spec"], object["status"]
                )
            },
        )
}
