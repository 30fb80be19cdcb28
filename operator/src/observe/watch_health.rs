//! Whether the watches that fill the caches work.

use kube::runtime::watcher;

/// One sign of life of a watch: which kind it follows, and what is wrong with it, if anything.
pub(crate) struct WatchHealth {
    /// The kind.
    pub(crate) kind: &'static str,
    /// Why it gets nothing.
    pub(crate) problem: Option<String>,
}

impl WatchHealth {
    /// What one event of a watch says about it; the start of a new list says nothing yet.
    pub(super) fn of<K>(
        kind: &'static str,
        event: &watcher::Result<watcher::Event<K>>,
    ) -> Option<Self> {
        match event {
            Ok(watcher::Event::Init) => None,
            Ok(_) => Some(Self {
                kind,
                problem: None,
            }),
            Err(error) => Some(Self {
                kind,
                problem: Some(problem(error)),
            }),
        }
    }
}

fn problem(error: &watcher::Error) -> String {
    use watcher::Error::{InitialListFailed, WatchFailed, WatchStartFailed};
    match error {
        InitialListFailed(kube::Error::Api(status))
        | WatchStartFailed(kube::Error::Api(status)) => match status.code {
            404 => "the API server does not know this kind; is its \
                    CustomResourceDefinition installed?"
                .to_owned(),
            403 => format!("not allowed to list and watch: {}", status.message),
            _ => status.message.clone(),
        },
        InitialListFailed(cause) | WatchStartFailed(cause) | WatchFailed(cause) => {
            cause.to_string()
        }
        other => other.to_string(),
    }
}
