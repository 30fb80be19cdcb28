//! Git: reads flows from any commit, builds commits without a checkout, and pushes them, again if another push was
//! faster.
//!
//! Objects are read and written in process (libgit2) or through git's plumbing. Commits, references, network, identity,
//! signing and hooks are always left to the user's own `git`. Begin reading in [`local`] and [`push`].

mod address;
mod attributes;
mod branch;
mod commit;
mod commit_view;
mod config;
mod destination;
mod error;
mod history;
mod hook_edit;
mod hooks;
mod index_lock;
mod journal;
mod local;
mod local_branch;
mod lookup;
mod object_id;
mod objects;
mod outcome;
mod place;
mod process;
mod programs;
mod push;
mod push_report;
mod reference;
mod remote;
mod repository;
mod scratch;
mod source;
mod tree;
mod url;
mod worktree;

pub(crate) use branch::Target;
pub(crate) use commit::Proposed;
pub(crate) use commit_view::CommitView;
pub(crate) use history::{Commit, History};
pub(crate) use local::commit;
pub(crate) use object_id::ObjectId;
pub(crate) use push::{Pace, preview, publish};
pub(crate) use remote::Remote;
pub(crate) use repository::Repository;
pub(crate) use scratch::{is_url, scratch};
pub(crate) use source::{Relation, SourceRepository};
