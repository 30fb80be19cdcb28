//! The base of a merge: what the writer of a commit started from, never what the writer has not seen.
//!
//! A commit changes the flow in git by what its source changed since the base; everything else in git stays. docs/git.md
//! explains which evidence decides. Begin reading in `find`.

mod content;
mod evidence;
mod find;
mod merged_flow;
mod objection;
mod renders;
mod writer;

pub(crate) use find::Base;
pub(crate) use merged_flow::MergedFlow;
pub(crate) use writer::{BaseChoice, Writer};
