//! Compares two graphs step by step, or the stateful steps of two versions.

use dataflow::steps::{Kept, Shape, lost};

use super::model::{Graph, Input, Step};

/// Returns one line for each difference: `+` a new step, `-` a removed one, `~` a changed one.
#[must_use]
pub fn compare(old: &Graph, new: &Graph) -> Vec<String> {
    let mut lines = Vec::new();
    if old.flow != new.flow {
        lines.push(format!("~ flow {} is now {}", old.flow, new.flow));
    }
    let find =
        |graph: &Graph, name: &str| graph.steps.iter().find(|step| step.name == name).cloned();
    for step in &new.steps {
        match find(old, &step.name) {
            None => lines.push(format!("+ {}", shown(step))),
            Some(before) => lines.extend(change(&before, step)),
        }
    }
    let removed = old
        .steps
        .iter()
        .filter(|step| find(new, &step.name).is_none());
    lines.extend(removed.map(|step| format!("- {}", shown(step))));
    lines
}

/// Returns one line for each difference of the stateful steps, which are all that a record of steps has.
#[must_use]
pub fn compare_stateful(old: &Shape, new: &Shape) -> Vec<String> {
    // The engine that loaded the code is not the one of the image.
    let steps_of = |shape: &Shape| Shape {
        engine: None,
        ..shape.clone()
    };
    let mut lines = Vec::new();
    if old.flow != new.flow {
        lines.push(format!("~ flow {} is now {}", old.flow, new.flow));
    }
    let is_new = |step: &&String| !old.stateful.contains(step);
    lines.extend(
        new.stateful
            .iter()
            .filter(is_new)
            .map(|step| format!("+ {step}")),
    );
    let lost = lost(&Kept::from(steps_of(old)), &steps_of(new));
    lines.extend(
        lost.iter()
            .map(|loss| format!("- {} ({})", loss.step, loss.cause)),
    );
    lines
}

fn change(old: &Step, new: &Step) -> Option<String> {
    let mut changes = Vec::new();
    if old.operator != new.operator {
        changes.push(format!("{} is now {}", old.operator, new.operator));
    }
    if old.inputs != new.inputs {
        changes.push(format!(
            "reads from {} instead of {}",
            inputs(new),
            inputs(old)
        ));
    }
    (!changes.is_empty()).then(|| format!("~ {}: {}", new.name, changes.join(", ")))
}

fn shown(step: &Step) -> String {
    match step.inputs.as_slice() {
        [] => format!("{} ({})", step.name, step.operator),
        _ => format!("{} ({}) <- {}", step.name, step.operator, inputs(step)),
    }
}

fn inputs(step: &Step) -> String {
    match step.inputs.as_slice() {
        [] => "nothing".to_owned(),
        inputs => inputs
            .iter()
            .map(Input::shown)
            .collect::<Vec<_>>()
            .join(", "),
    }
}
