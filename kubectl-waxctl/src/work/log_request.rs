//! A request for logs: the lines to read from the API server, and their format.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;

use crate::error::CommandError;
use crate::logs::track::container;
use crate::logs::{Line, style};
use crate::ui::Ui;

/// The lines to read of each container, and their format.
#[derive(Debug, Clone)]
pub(crate) struct LogRequest {
    /// Name of the Dataflow.
    pub(crate) name: String,
    /// Only lines younger than this.
    pub(crate) since: Option<Duration>,
    /// Only lines after this time.
    pub(crate) since_time: Option<Timestamp>,
    /// Only this many last lines of each process; negative for all.
    pub(crate) tail: i64,
    /// Whether to print the time of each line.
    pub(crate) timestamps: bool,
    /// Another container than the one that runs the flow.
    pub(crate) container: Option<String>,
    /// Whether to read the logs from before the last restart of the containers.
    pub(crate) previous: bool,
    /// Whether to put the pod's name before each line.
    pub(crate) prefix: bool,
}

impl LogRequest {
    /// Prints one line.
    pub(super) fn show(&self, pod: &str, line: &Line, ui: &mut Ui) -> Result<(), CommandError> {
        let text = line.shown(self.timestamps);
        if !self.prefix {
            return ui.log_line("", &text);
        }
        let prefix = ui.paint(style(pod), &format!("[{pod}]"));
        ui.log_line(&format!("{prefix} "), &text)
    }

    /// Returns the parameters for the API server. They always request times, which give the order of the lines.
    pub(super) fn params(&self, pod: &Pod) -> LogParams {
        LogParams {
            container: Some(container(pod, self.container.as_deref())),
            previous: self.previous,
            since_seconds: self
                .since
                .map(|since| i64::try_from(since.as_secs().max(1)).unwrap_or(i64::MAX)),
            since_time: self.since_time,
            tail_lines: Some(self.tail).filter(|lines| *lines >= 0),
            timestamps: true,
            ..LogParams::default()
        }
    }
}
