//! Everything git: reading flows from any commit, building commits without a checkout, pushing them through races.
//!
//! Objects are read and written in process (libgit2) or through git's plumbing. Commits, references, network, identity,
//! signing and hooks are always the user's own `git`.

mod attributes;
mod branch;
mod commit;
mod error;
mod follow;
mod journal;
mod local;
mod objects;
mod process;
mod push;
mod remote;
mod repository;
mod scratch;
mod snapshot;
mod tree;
mod worktree;

pub use branch::{Base, Target};
pub use commit::{Proposal, Proposed};
pub use error::Error;
pub use local::commit;
pub use objects::{Kind, ObjectId, Objects};
pub use process::{Answer, Git, without_passwords};
pub use push::{Pace, preview, publish};
pub use remote::Remote;
pub use repository::{Repository, flow_folder};
pub use scratch::{is_url, scratch};
pub use snapshot::Snapshot;
pub use tree::{Edit, Entry};

/// What a commit or a push did, for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The new commit; `None` when there was nothing to commit.
    pub commit: Option<ObjectId>,
    /// What else is worth a line: leftovers removed, races run again, a local branch left behind.
    pub notes: Vec<String>,
}
