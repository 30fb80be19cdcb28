//! Runs a dataflow on this machine: several engines beside each other, as pods run them.
//!
//! Nothing is printed here; the caller receives events.

use tokio::sync::mpsc::channel;

use crate::python;
use error::system;
use gang::RunningGang;
use stop::Stop;

mod error;
mod event;
mod gang;
mod load;
mod stop;
mod trace;

pub use error::LocalError;
pub use event::{LocalEvent, LocalOutcome, LocalRun, Stream};
pub use load::{LoadError, describe, load};

/// Runs a dataflow to its end. Stops all processes when one fails, or within a second on Ctrl-C. What engines print about
/// an interruption is left out.
///
/// Blocks, so it must not be called in an asynchronous runtime. It handles Ctrl-C until the program exits.
///
/// # Errors
/// There is no Python with Bytewax, or the system refuses a call.
pub fn run(
    run: &LocalRun,
    on_event: &mut dyn FnMut(LocalEvent<'_>),
) -> Result<LocalOutcome, LocalError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the runtime"))?;
    runtime.block_on(async {
        // Order: before the first engine, so that Ctrl-C stops the engines from the beginning.
        let mut stop = Stop::new()?;
        let python = python::find(run.search_path.as_deref())?;
        let (lines, mut written) = channel(1024);
        let mut gang = RunningGang::start(run, &python, &lines, on_event)?;
        drop(lines);
        let interrupted = gang.attend(&mut written, &mut stop, on_event).await?;
        gang.drain(&mut written, on_event).await;
        Ok(gang.outcome(interrupted))
    })
}
