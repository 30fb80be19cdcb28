//! Runs real Bytewax with recovery on this machine, without pods.
//!
//! The engines run the continuity flow and are killed with SIGKILL, as a kubelet does. Epochs last milliseconds,
//! so that a test sees many of them. Nothing in the engine's recovery depends on the length of an epoch.

mod bed;
mod gang;
mod poll;

use anyhow::Result;

pub use bed::{Bed, Shape};
pub use gang::{Gang, Input};
pub use poll::until;

impl Bed {
    /// Starts all engines. [`Bed::begin`] does beforehand what makes a start safe.
    pub fn start(&self, input: &Input) -> Result<Gang> {
        let mut gang = Gang::gathering(self)?;
        for process in 0..self.shape().processes {
            gang.join(self, input, process)?;
        }
        Ok(gang)
    }

    /// Waits until the next execution after the running `gang` would resume at `epoch` or later.
    pub fn reaches(&self, gang: &mut Gang, epoch: u64) -> Result<()> {
        until(&format!("epoch {epoch}"), || {
            gang.alive()?;
            Ok((self.resume()?.epoch >= epoch).then_some(()))
        })
    }

    /// Waits until the running `gang` has begun an execution with a higher number than `last`.
    pub fn begins(&self, gang: &mut Gang, last: u64) -> Result<()> {
        until(&format!("an execution after {last}"), || {
            gang.alive()?;
            Ok((self.resume()?.execution > last).then_some(()))
        })
    }
}
