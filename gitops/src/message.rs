//! Writes the commit message: the changes of each flow with their cost, and trailers for programs. Values that could be
//! secrets are hidden, as in a diff.

use dataflow::cost::{self, Change, Cost};
use dataflow::label;
use dataflow::revision::revision;
use dataflow::steps::Loss;
use kube::ResourceExt as _;

use crate::mask::Masks;
use crate::rendered::Rendered;
use crate::trailer::{self, Origin};

/// One flow of a commit, before and after.
#[derive(Clone, Debug)]
pub struct FlowChange {
    /// Environment of the flow.
    pub environment: String,
    /// The flow before the commit; `None` if it is new.
    pub old: Option<Rendered>,
    /// The flow after the commit.
    pub new: Rendered,
    /// Steps that lose their state.
    pub losses: Vec<Loss>,
    /// What the new version was made from; `None` if it was not rendered.
    pub origin: Option<Origin>,
}

const LONGEST_VALUE: usize = 60;

/// Returns the whole message. A text by the user replaces subject and body, but never the trailers.
#[must_use]
pub fn message(flows: &[FlowChange], written: Option<&str>) -> String {
    let text = written.map_or_else(
        || {
            let body = body(flows);
            if body.is_empty() {
                subject(flows)
            } else {
                format!("{}\n\n{body}", subject(flows))
            }
        },
        tidy,
    );
    format!(
        "{text}\n\n{}",
        flows.iter().map(trailers).collect::<String>()
    )
}

/// Returns a text as git tidies the message of `git commit -m`: without blank lines at its ends, spaces at the ends of
/// lines, and several blank lines in a row.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|next, before| next.is_empty() && before.is_empty());
    lines.join("\n").trim_matches('\n').to_owned()
}

fn subject(flows: &[FlowChange]) -> String {
    let verb = if flows.iter().all(|flow| flow.old.is_none()) {
        "Add"
    } else {
        "Update"
    };
    let mut environments: Vec<&str> = flows.iter().map(|flow| flow.environment.as_str()).collect();
    environments.dedup();
    let place = environments.join(", ");
    match flows {
        [flow] => format!("{verb} dataflow {} in {place}", flow.new.name()),
        _ => format!("{verb} {} dataflows in {place}", flows.len()),
    }
}

fn body(flows: &[FlowChange]) -> String {
    let several = flows.len() > 1;
    let parts = flows.iter().map(|flow| {
        let lines = lines(flow);
        if several {
            format!("{}: {}\n", flow.new.name(), lines.join("\n  "))
        } else {
            lines.join("\n")
        }
    });
    parts.collect::<String>().trim_end().to_owned()
}

fn lines(flow: &FlowChange) -> Vec<String> {
    let Some(mut changes) = changes(flow) else {
        let spec = &flow.new.dataflow.spec;
        let processes = spec.processes();
        let noun = if processes == 1 {
            "process"
        } else {
            "processes"
        };
        return vec![format!(
            "new, {processes} {noun} of {}",
            spec.image_reference()
        )];
    };
    if changes.is_empty() {
        return vec!["only the files change (no restart)".to_owned()];
    }
    let masks = Masks::of(flow.old.iter().chain([&flow.new]));
    for change in &mut changes {
        masks.field(&change.path, &mut change.old, &mut change.new);
    }
    changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    // The content of a file is not part of a message, however short it is.
    let is_file = change.path.starts_with("code/");
    let short = |value: &Option<String>| {
        value
            .as_deref()
            .filter(|text| !is_file && text.len() <= LONGEST_VALUE && !text.contains('\n'))
            .map(str::to_owned)
    };
    let what = match (&change.old, &change.new) {
        (None, Some(_)) => {
            short(&change.new).map_or("added".to_owned(), |new| format!("added {new}"))
        }
        (Some(_), None) => "removed".to_owned(),
        _ => match (short(&change.old), short(&change.new)) {
            (Some(old), Some(new)) => format!("{old} -> {new}"),
            _ => "changed".to_owned(),
        },
    };
    format!("{}: {what} ({})", change.path, change.cost)
}

fn changes(flow: &FlowChange) -> Option<Vec<Change>> {
    let old = flow.old.as_ref()?;
    let spec = &flow.new.dataflow.spec;
    let mut changes = cost::changes(&old.dataflow.spec, &old.code, spec, &flow.new.code);
    changes.extend(requests(old, &flow.new));
    changes.extend(flow.losses.iter().map(Change::from));
    Some(changes)
}

/// Returns the changes of annotations by which people ask the operator for something.
fn requests(old: &Rendered, new: &Rendered) -> Vec<Change> {
    let value = |flow: &Rendered, key: &str| flow.dataflow.annotations().get(key).cloned();
    let changes = label::REQUESTS.map(|key| Change {
        path: format!("metadata.annotations.{key}"),
        old: value(old, key),
        new: value(new, key),
        cost: match label::stops_processes(key) {
            true => Cost::OneRestart,
            false => Cost::None,
        },
    });
    changes
        .into_iter()
        .filter(|change| change.old != change.new)
        .collect()
}

fn trailers(flow: &FlowChange) -> String {
    let cost = changes(flow).map_or(Cost::None, |changes| cost::total(&changes));
    let revision = revision(&flow.new.dataflow.spec, &flow.new.code.hash());
    let origin = flow.origin.as_ref();
    let origin = trailer::write(&flow.environment, flow.new.name(), origin);
    format!("{origin}Waxctl-Revision: {revision}\nWaxctl-Cost: {cost}\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("Why", "Why")]
    #[case::blank_lines_around("\n\nWhy\n\n", "Why")]
    #[case::blank_lines_between("Why\n\n \n\nBecause.\n", "Why\n\nBecause.")]
    #[case::spaces("Why  \r\n  - one\t\n", "Why\n  - one")]
    fn written_message_is_tidied_as_by_git(#[case] written: &str, #[case] expected: &str) {
        assert_eq!(message(&[], Some(written)), format!("{expected}\n\n"));
    }
}
