//! Three-way merge of a flow that others changed at the same time: value by value, file by file, and line by line.

use std::collections::BTreeSet;
use std::ops::Range;

use dataflow::code::{Code, CodeError};
use dataflow::spec::Dataflow;
use dataflow::steps::Shape;
use serde_json::Value;
use thiserror::Error;

use crate::edit;
use crate::lines;
use crate::loss;
use crate::rendered::Rendered;

/// Error: two versions of a flow cannot be merged.
#[derive(Debug, Error)]
pub enum MergeError {
    /// Both sides changed the same values or files in different ways.
    #[error("{what} has conflicting changes in git and here")]
    Clash {
        /// The flow's folder.
        what: String,
        /// Paths of the conflicting values, and names of the files with the conflicting lines.
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

/// The result of a merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The flow with the changes of both sides.
    pub flow: Rendered,
    /// The values and files that the other side changed and ours lacks, as people read them.
    pub kept: Vec<String>,
}

/// Applies all changes between `base` and `ours` to `theirs`.
///
/// `what` names the flow's folder, for the error that lists the values and lines changed differently on both sides.
///
/// # Errors
/// Both sides changed the same value, or the same lines of a file, in different ways.
pub fn merge(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
    what: &str,
) -> Result<Merged, MergeError> {
    let (dataflow, mut clashes, mut kept) = merge_dataflow(base, ours, theirs)?;
    let code = merge_code(&base.code, &ours.code, &theirs.code, &mut clashes)?;
    if clashes.is_empty() {
        kept.extend(changed_files(&ours.code, &code));
        let flow = Rendered { dataflow, code };
        return Ok(Merged { flow, kept });
    }
    Err(MergeError::Clash {
        what: what.to_owned(),
        clashes,
    })
}

/// Returns the stateful steps of code in which two changes of the same base were merged: those of `theirs`, with what
/// `ours` has added to the base, and without what it has removed. `None` if a side has renamed the flow, which changes
/// the id of every step.
#[must_use]
pub fn merge_steps(base: &Shape, ours: &Shape, theirs: &Shape) -> Option<Shape> {
    if ours.flow != base.flow || theirs.flow != base.flow {
        return None;
    }
    Some(Shape {
        flow: base.flow.clone(),
        stateful: merge_list(&base.stateful, &ours.stateful, &theirs.stateful),
        windows: merge_list(&base.windows, &ours.windows, &theirs.windows),
        engine: ours.engine.clone(),
    })
}

fn merge_list(base: &[String], ours: &[String], theirs: &[String]) -> Vec<String> {
    let removed = |step: &&String| base.contains(step) && !ours.contains(step);
    let added = |step: &&String| !base.contains(step) && !theirs.contains(step);
    let kept = theirs.iter().filter(|step| !removed(step));
    kept.chain(ours.iter().filter(added)).cloned().collect()
}

fn merge_dataflow(
    base: &Rendered,
    ours: &Rendered,
    theirs: &Rendered,
) -> Result<(Dataflow, Vec<String>, Vec<String>), MergeError> {
    // Each side recorded the steps of its own code. The caller records those of the merged code.
    let value = |rendered: &Rendered| {
        serde_json::to_value(loss::without_record(&rendered.dataflow))
            .map_err(MergeError::Unreadable)
    };
    let (ours, theirs) = (value(ours)?, value(theirs)?);
    let (merged, clashes) = edit::merge(&value(base)?, &ours, &theirs);
    let clashes = clashes
        .into_iter()
        .map(|clash| match (plain(clash.theirs), plain(clash.ours)) {
            (Some(theirs), Some(ours)) => {
                format!("{}: {theirs} in git, {ours} here", clash.path)
            }
            _ => clash.path,
        });
    let kept = edit::difference(&ours, &merged).into_iter();
    let kept = kept.map(|(path, value)| match plain(value) {
        Some(value) => format!("{path}: {value}"),
        None => path,
    });
    let (clashes, kept) = (clashes.collect(), kept.collect());
    let dataflow = serde_json::from_value(merged).map_err(MergeError::NotADataflow)?;
    Ok((dataflow, clashes, kept))
}

/// Returns the text of a value that cannot be a secret.
fn plain(value: Option<Value>) -> Option<String> {
    match value? {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
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
            there.map(<[u8]>::to_vec)
        } else if there == before {
            here.map(<[u8]>::to_vec)
        } else {
            match merge_file(before, here, there) {
                Ok(text) => Some(text.into_bytes()),
                Err(clash) => {
                    clashes.push(format!("{key}{clash}"));
                    continue;
                }
            }
        };
        if let Some(content) = content {
            merged.insert(key, content).map_err(MergeError::Code)?;
        }
    }
    Ok(merged)
}

/// Merges a file that both sides changed. The error is the place of the clash, to be written behind the name.
fn merge_file(
    base: Option<&[u8]>,
    ours: Option<&[u8]>,
    theirs: Option<&[u8]>,
) -> Result<String, String> {
    let Some(ours) = ours else {
        return Err(": changed in git, removed here".to_owned());
    };
    let Some(theirs) = theirs else {
        return Err(": removed in git, changed here".to_owned());
    };
    let texts = [base.unwrap_or_default(), ours, theirs].map(std::str::from_utf8);
    let [Ok(base), Ok(ours), Ok(theirs)] = texts else {
        return Err(": binary, changed in git and here".to_owned());
    };
    lines::merge(base, ours, theirs).map_err(|clashes| {
        let places: Vec<_> = clashes.iter().map(|clash| place(&clash.theirs)).collect();
        format!(", in git {}", places.join(", "))
    })
}

fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("after line {}", lines.start),
        1 => format!("line {}", lines.end),
        _ => format!("lines {}-{}", lines.start + 1, lines.end),
    }
}

/// Returns the files that differ, with the numbers of lines, as people read them.
fn changed_files(old: &Code, new: &Code) -> Vec<String> {
    let keys: BTreeSet<&str> = [old, new]
        .iter()
        .flat_map(|code| code.iter().map(|(key, _)| key))
        .collect();
    let differing = keys.into_iter().filter(|key| old.get(key) != new.get(key));
    differing
        .map(|key| {
            let text = |code: &Code| {
                String::from_utf8(code.get(key).unwrap_or_default().to_vec()).unwrap_or_default()
            };
            let (before, after) = (text(old), text(new));
            let (removed, added) = lines::difference(&before, &after);
            format!("{key} (+{added} -{})", removed.len())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use dataflow::DataflowSpec;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn flow(processes: u32, code: &str) -> Rendered {
        let spec: DataflowSpec =
            serde_json::from_value(json!({"processesCount": processes})).unwrap();
        let mut files = Code::new();
        files.insert("orders.py", code).unwrap();
        Rendered {
            dataflow: Dataflow::new("orders", spec),
            code: files,
        }
    }

    #[test]
    fn changes_of_other_lines_and_values_are_kept() {
        let base = flow(2, "a\nb\nc\n");
        let merged = merge(&base, &flow(2, "a\nb\nC\n"), &flow(5, "A\nb\nc\n"), "x").unwrap();
        assert_eq!(merged.flow, flow(5, "A\nb\nC\n"));
        assert_eq!(merged.kept, ["spec.processesCount: 5", "orders.py (+1 -1)"]);
    }

    fn shape(flow: &str, steps: &str) -> Shape {
        Shape {
            flow: flow.to_owned(),
            stateful: steps.split_whitespace().map(str::to_owned).collect(),
            ..Shape::default()
        }
    }

    #[rstest]
    #[case::both_add("a", "a b", "a c", "a c b")]
    #[case::both_add_the_same("a", "a b", "a b", "a b")]
    #[case::ours_removes("a b", "a", "a b c", "a c")]
    #[case::theirs_removes("a b", "a b c", "b", "b c")]
    #[case::ours_renames("a", "b", "a c", "c b")]
    #[case::only_theirs("a", "a", "a b", "a b")]
    fn steps_of_both_sides_are_merged(
        #[case] base: &str,
        #[case] ours: &str,
        #[case] theirs: &str,
        #[case] expected: &str,
    ) {
        let [base, ours, theirs] = [base, ours, theirs].map(|steps| shape("f", steps));
        let merged = merge_steps(&base, &ours, &theirs);
        assert_eq!(merged, Some(shape("f", expected)));
        let renamed = shape("other", "a");
        assert_eq!(merge_steps(&base, &renamed, &theirs), None);
        assert_eq!(merge_steps(&base, &ours, &renamed), None);
    }

    #[test]
    fn clashes_name_values_and_lines() {
        let base = flow(2, "a\nb\nc\n");
        let error = merge(&base, &flow(3, "a\nB\nc\n"), &flow(5, "a\nx\nc\n"), "x").unwrap_err();
        let MergeError::Clash { clashes, .. } = error else {
            panic!("{error}");
        };
        let expected = [
            "spec.processesCount: 5 in git, 3 here",
            "orders.py, in git line 2",
        ];
        assert_eq!(clashes, expected);
    }
}
