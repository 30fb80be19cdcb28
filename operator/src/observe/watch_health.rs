//! Health of the watches that fill the caches.

use kube::runtime::watcher;

/// Health of the watch of one kind, as of its newest event.
pub(crate) struct WatchHealth {
    /// Kind that the watch follows, in plural.
    pub(crate) kind: &'static str,
    /// Error of the watch; `None` if it works.
    pub(crate) problem: Option<String>,
}

impl WatchHealth {
    /// Returns the health that an event of the watch shows. The start of a new list shows nothing yet.
    pub(super) fn from_event<K>(
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
            404 => "the API server does not serve this kind; install its \
                    CustomResourceDefinition"
                .to_owned(),
            403 => format!("no permission to list and watch: {}", status.message),
            _ => status.message.clone(),
        },
        InitialListFailed(cause) | WatchStartFailed(cause) | WatchFailed(cause) => {
            cause.to_string()
        }
        other => other.to_string(),
    }
}
