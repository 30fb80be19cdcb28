//! The report of a diff for people, as lines with a kind that determines their colour.

use super::lines::unified;
use super::types::{FieldChange, FlowDiff, State};

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Kind of the line.
    pub kind: LineKind,
    /// Text of the line.
    pub text: String,
}

/// Kind of a line of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Heading of a flow.
    Head,
    /// A field, or the heading of a file.
    Field,
    /// A removed line.
    Removed,
    /// An added line.
    Added,
    /// An unchanged line near a change, or a remark.
    Context,
}

/// Returns the report of one flow.
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
    // A new flow costs nothing, so the cost is omitted.
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

/// Returns the text of a value; an empty value is shown as `""`.
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
