//! Runs real Bytewax with recovery on this machine, without pods.
//!
//! The engines run the continuity flow and are killed with SIGKILL, as a kubelet does. Epochs last milliseconds,
//! so that a test sees many of them. Nothing in the engine's recovery depends on the length of an epoch.

mod bed;
mod gang;
mod poll;

use anyhow::Result;
use store::partition::PartitionError;
use store::resume::Resume;

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
            let resume = self.resume_beside_engines()?;
            Ok(resume
                .is_some_and(|resume| resume.epoch >= epoch)
                .then_some(()))
        })
    }

    /// Waits until the running `gang` has begun an execution with a higher number than `last`.
    pub fn begins(&self, gang: &mut Gang, last: u64) -> Result<()> {
        until(&format!("an execution after {last}"), || {
            gang.alive()?;
            let resume = self.resume_beside_engines()?;
            Ok(resume
                .is_some_and(|resume| resume.execution > last)
                .then_some(()))
        })
    }

    /// Returns where the next execution would resume, while engines run; `None` while one keeps a file locked.
    fn resume_beside_engines(&self) -> Result<Option<Resume>> {
        match self.resume() {
            Err(error) if matches!(error.downcast_ref(), Some(PartitionError::Busy(_))) => Ok(None),
            resume => resume.map(Some),
        }
    }
}
