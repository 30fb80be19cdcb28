//! Errors of running a dataflow on this machine.

use std::io;

use thiserror::Error;

use crate::{engine::EngineError, python::NoPython};

/// Why a dataflow could not be run.
#[derive(Debug, Error)]
pub enum LocalError {
    /// There is no Python with Bytewax.
    #[error(transparent)]
    NoPython(#[from] NoPython),
    /// An engine could not be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system refused another call.
    #[error("{doing}")]
    System {
        /// The failed action.
        doing: &'static str,
        /// The error of the system.
        source: io::Error,
    },
}

/// Converts an error of the system.
pub(super) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> LocalError {
    move |source| LocalError::System { doing, source }
}
