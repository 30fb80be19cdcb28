//! Three-way merge of a flow that others changed at the same time, value by value and file by file.

use std::collections::BTreeSet;

use dataflow::code::{Code, CodeError};
use dataflow::spec::Dataflow;
use thiserror::Error;

use crate::edit;
use crate::rendered::Rendered;

/// Error: two versions of a flow cannot be merged.
#[derive(Debug, Error)]
pub enum MergeError {
    /// Both sides changed the same values or files in different ways.
    #[error("{what} has conflicting changes in git and here")]
    Clash {
        /// The flow's folder.
        what: String,
        /// Paths of the conflicting values, and names of the files.
        clashes: Vec<String>,
    },
    /// A dataflow cannot be converted to JSON.
    #[error("cannot compare the dataflows")]
    Unreadable(#[source] serde_json::Error),
    /// The result of the merge is not a Dataflow.
    #[error("the merged changes are not a valid dataflow")]
    NotADataflow(#[source] serde_json::Error),
    /// The merged files are not valid code.
    #[error("cannot merge the code")]
    Code(#[source] CodeError),
}

/// Applies all changes between `base` and `ours` to `theirs`.
///
/// `what` names the flow's folder, for the error that lists the values changed differently on both sides.
///
/// # Errors
/// Both sides changed the same value or file in different ways.
pub fn merge(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
    what: &str,
) -> Result<Rendered, MergeError> {
    let (dataflow, mut clashes) = merge_dataflow(base, ours, theirs)?;
    let code = merge_code(&base.code, &ours.code, &theirs.code, &mut clashes)?;
    if clashes.is_empty() {
        return Ok(Rendered { dataflow, code });
    }
    Err(MergeError::Clash {
        what: what.to_owned(),
        clashes,
    })
}

fn merge_dataflow(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
) -> Result<(Dataflow, Vec<String>), MergeError> {
    let value = |rendered: &Rendered| {
        serde_json::to_value(&rendered.dataflow).map_err(MergeError::Unreadable)
    };
    let (merged, clashes) = edit::merge(&value(base)?, &value(ours)?, &value(theirs)?);
    let dataflow = serde_json::from_value(merged).map_err(MergeError::NotADataflow)?;
    Ok((dataflow, clashes))
}

fn merge_code(
    base: &Code,
    ours: &Code,
    theirs: &Code,
    clashes: &mut Vec<String>,
) -> Result<Code, MergeError> {
    let mut merged = Code::new();
    let keys: BTreeSet<&str> = [base, ours, theirs]
        .iter()
        .flat_map(|code| code.iter().map(|(key, _)| key))
        .collect();
    for key in keys {
        let (before, here, there) = (base.get(key), ours.get(key), theirs.get(key));
        let content = if here == before || here == there {
            there
        } else {
            if there != before {
                clashes.push(key.to_owned());
            }
            here
        };
        if let Some(content) = content {
            merged
                .insert(key, content.to_vec())
                .map_err(MergeError::Code)?;
        }
    }
    Ok(merged)
}
