//! Real Bytewax with recovery on this machine: what pods do with a store, without the pods.
//!
//! The engines run the continuity flow and are killed as a kubelet would. Epochs last milliseconds, so
//! that a test sees many of them; nothing in the engine's recovery depends on their length.

mod bed;
mod gang;
mod poll;

use anyhow::Result;

pub use bed::{Bed, Shape};
pub use gang::{Gang, Input};
pub use poll::until;

impl Bed {
    /// Starts all engines; what a start needs to be safe is [`Bed::begin`]'s.
    pub fn start(&self, input: &Input) -> Result<Gang> {
        let mut gang = Gang::gathering(self)?;
        for process in 0..self.shape().processes {
            gang.join(self, input, process)?;
        }
        Ok(gang)
    }

    /// Waits until the running `gang` would resume at `epoch` or later.
    pub fn reaches(&self, gang: &mut Gang, epoch: u64) -> Result<()> {
        until(&format!("epoch {epoch}"), || {
            gang.alive()?;
            Ok((self.resume()?.epoch >= epoch).then_some(()))
        })
    }

    /// Waits until the running `gang` has begun an execution after `last`.
    pub fn begins(&self, gang: &mut Gang, last: u64) -> Result<()> {
        until(&format!("an execution after {last}"), || {
            gang.alive()?;
            Ok((self.resume()?.execution > last).then_some(()))
        })
    }
}
