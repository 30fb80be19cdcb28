//! The report for people, as lines that know what colour they deserve.

use super::lines::unified;
use super::types::{FieldChange, FlowDiff, State};

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line is.
    pub kind: LineKind,
    /// Its text.
    pub text: String,
}

/// What a line of the report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The head of a flow.
    Head,
    /// A field, or the head of a file.
    Field,
    /// A line that goes.
    Removed,
    /// A line that comes.
    Added,
    /// A line around a change, or a remark.
    Context,
}

/// The report of one flow.
#[must_use]
pub fn report(flow: &FlowDiff) -> Vec<Line> {
    let head = match flow.state {
        State::Same => format!("{}: no changes against {}", flow.name, flow.against),
        State::Added => format!("{}: new, not in {}", flow.name, flow.against),
        State::Changed => format!("{}: {} ({})", flow.name, flow.cost, flow.against),
    };
    let mut lines = vec![Line {
        kind: LineKind::Head,
        text: head,
    }];
    for change in &flow.changes {
        field(change, flow.state, &mut lines);
    }
    for field in &flow.stays {
        let text = format!(
            "  {}: {} stays, owned by {}",
            field.path, field.value, field.owner
        );
        lines.push(Line {
            kind: LineKind::Context,
            text,
        });
    }
    lines
}

fn field(change: &FieldChange, state: State, lines: &mut Vec<Line>) {
    // A new flow costs nothing, and saying so at every field would only be noise.
    let cost = match state {
        State::Added => String::new(),
        State::Same | State::Changed => format!("  [{}]", change.cost),
    };
    let path = &change.path;
    let long = |value: &Option<String>| value.as_ref().is_some_and(|text| text.contains('\n'));
    let short = !long(&change.old) && !long(&change.new);
    let (old, new) = (
        change.old.as_deref().map(shown),
        change.new.as_deref().map(shown),
    );
    let text = match (old, new) {
        (Some(old), Some(new)) if short => format!("  {path}: {old} -> {new}{cost}"),
        (None, Some(new)) if short => format!("  {path}: + {new}{cost}"),
        (Some(old), None) if short => format!("  {path}: - {old}{cost}"),
        _ => format!("  {path}{cost}"),
    };
    lines.push(Line {
        kind: LineKind::Field,
        text,
    });
    if !short {
        let values = unified(change.old.as_deref(), change.new.as_deref());
        lines.extend(values.iter().map(|line| code_line(line)));
    }
    lines.extend(change.lines.iter().flatten().map(|line| code_line(line)));
}

/// An empty value is a value, too.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

fn code_line(line: &str) -> Line {
    let kind = match line.chars().next() {
        Some('+') => LineKind::Added,
        Some('-') => LineKind::Removed,
        _ => LineKind::Context,
    };
    Line {
        kind,
        text: format!("    {line}"),
    }
}
