//! The reasons why a Helm release cannot be written to git.

use thiserror::Error;

use crate::render::RenderError;

/// Name of the chart of the original platform.
pub(super) const CHART: &str = "bytewax";

/// Error: a release cannot be written to git as a flow.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The Secret does not have Helm's format.
    #[error("its Secret cannot be read: {0}")]
    Unreadable(String),
    /// It is a release of another chart.
    #[error("it is a release of the chart `{0}`, not of `{CHART}`")]
    OtherChart(String),
    /// It runs as a Kubernetes Job.
    #[error("it runs as a Job (configuration.jobMode), which no dataflow does yet")]
    Job,
    /// A value has a wrong type.
    #[error("its value {0} cannot be read")]
    Value(String),
    /// The ConfigMap with the code does not exist.
    #[error("the ConfigMap `{0}` with its code does not exist")]
    NoCode(String),
    /// The values give no valid flow.
    #[error(transparent)]
    Render(#[from] RenderError),
}
