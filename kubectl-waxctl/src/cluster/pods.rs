//! Requests for the pods of a Dataflow and their logs.

use futures::{AsyncBufReadExt as _, AsyncReadExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, LogParams};

use super::explain::ClusterError;
use super::session::Session;
use crate::logs::Lines;

/// The maximum length of a line of a log, 1 MiB.
const MAX_LINE: u64 = 1 << 20;

impl Session {
    /// Returns the API of pods in the session's namespace.
    #[must_use]
    pub(crate) fn pod_api(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), self.namespace())
    }

    /// Returns the pods that `labels` select.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn pods(&self, labels: &str) -> Result<Vec<Pod>, ClusterError> {
        let list = self
            .pod_api()
            .list(&ListParams::default().labels(labels))
            .await;
        Ok(list.map_err(self.failed("list pods"))?.items)
    }

    /// Opens the log of one container. Bytes that are not UTF-8 become replacement characters. A line that is too long
    /// is split, because it is in memory as a whole.
    ///
    /// # Errors
    /// The error of the API server, for example that the container has not started.
    pub(crate) async fn log(&self, pod: &str, params: &LogParams) -> Result<Lines, kube::Error> {
        let reader = self.pod_api().log_stream(pod, params).await?;
        let lines = futures::stream::unfold(Box::pin(reader), |mut reader| async move {
            let mut line = Vec::new();
            let read = (&mut reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .await;
            match read {
                Ok(0) => None,
                Ok(_) => {
                    let text = line.strip_suffix(b"\n").unwrap_or(&line);
                    Some((Ok(String::from_utf8_lossy(text).into_owned()), reader))
                }
                Err(error) => Some((Err(error), reader)),
            }
        });
        Ok(lines.boxed())
    }
}
