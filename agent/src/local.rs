//! A dataflow on this machine: as many engines as asked for, beside each other, the way pods run
//! them. Nothing is printed here; the caller takes events.

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

pub use error::LocalError;
pub use event::{LocalEvent, LocalOutcome, LocalRun, Stream};
pub use load::{LoadError, load};

/// Runs it to its end. Ends all processes when one fails, or on Ctrl-C.
///
/// Blocks; it must not be called from within an asynchronous runtime, and it takes over Ctrl-C for
/// the rest of the program's life.
///
/// # Errors
/// There is no Python with Bytewax, or the system refuses something.
pub fn run(
    run: &LocalRun,
    on_event: &mut dyn FnMut(LocalEvent<'_>),
) -> Result<LocalOutcome, LocalError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("the runtime cannot be started"))?;
    runtime.block_on(async {
        // Before the first engine: a Ctrl-C from here on ends them, too.
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
