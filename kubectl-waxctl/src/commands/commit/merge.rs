//! What a commit wants of a flow that others may have changed in git meanwhile: a three-way merge, value by value.

use std::collections::BTreeSet;

use dataflow::code::Code;
use dataflow::spec::Dataflow;

use crate::edit;
use crate::error::CommandError;
use crate::render::Rendered;

/// `theirs` with everything that changed between `base` and `ours`.
///
/// `what` names the flow's folder, for the error that lists the values changed differently on both sides.
pub(super) fn merge(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
    what: &str,
) -> Result<Rendered, CommandError> {
    let (dataflow, mut clashes) = merge_dataflow(base, ours, theirs)?;
    let code = merge_code(&base.code, &ours.code, &theirs.code, &mut clashes)?;
    if clashes.is_empty() {
        return Ok(Rendered { dataflow, code });
    }
    let error = CommandError::failure(format!("{what} was changed in git and here, differently"));
    let error = clashes.iter().fold(error, CommandError::because);
    Err(error
        .hint("take over what git says into your source, then commit again")
        .hint("or write your version over it with --reset"))
}

fn merge_dataflow(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
) -> Result<(Dataflow, Vec<String>), CommandError> {
    let value = |rendered: &Rendered| {
        serde_json::to_value(&rendered.dataflow)
            .map_err(|error| CommandError::failure("cannot compare the dataflows").chain(&error))
    };
    let (merged, clashes) = edit::merge(&value(base)?, &value(ours)?, &value(theirs)?);
    let dataflow = serde_json::from_value(merged).map_err(|error| {
        CommandError::failure("both changes together are no dataflow").chain(&error)
    })?;
    Ok((dataflow, clashes))
}

fn merge_code(
    base: &Code,
    ours: &Code,
    theirs: &Code,
    clashes: &mut Vec<String>,
) -> Result<Code, CommandError> {
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
                .map_err(|error| CommandError::failure("cannot merge the code").chain(&error))?;
        }
    }
    Ok(merged)
}
