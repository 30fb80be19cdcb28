//! Why a dataflow could not be run.

use std::io;

use thiserror::Error;

use crate::{engine::EngineError, python::NoPython};

/// It could not be run.
#[derive(Debug, Error)]
pub enum LocalError {
    /// There is no Python with Bytewax.
    #[error(transparent)]
    NoPython(#[from] NoPython),
    /// An engine could not be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system refused something else.
    #[error("{doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes an error of what the system said.
pub(super) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> LocalError {
    move |source| LocalError::System { doing, source }
}
