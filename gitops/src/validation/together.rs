//! Finds problems that only several flows together have.

use std::collections::BTreeMap;

use dataflow::DataflowName;

use super::found::{Flow, Problem, Severity};

/// The folder and the namespace in which names are unique. Which cluster a folder is for is not known.
type Scope<'a> = (&'a str, Option<&'a str>);

/// Returns the problems: flows with the same name, names of children that collide, and folders that differ only in case.
#[must_use]
pub fn together(flows: &[Flow]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut known: BTreeMap<(Scope<'_>, &str), &Flow> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| !flow.name.is_empty()) {
        if let Some(first) = known.get(&(scope(flow), flow.name.as_str())) {
            let message = format!(
                "dataflow `{}`{} is also defined by {}",
                flow.name,
                namespace(flow),
                first.file
            );
            found.push(problem(
                flow,
                "duplicate",
                message,
                "give it another name or namespace",
            ));
            continue;
        }
        known.insert((scope(flow), &flow.name), flow);
    }
    for (&(scope, name), flow) in &known {
        let Ok(name) = DataflowName::try_from(name) else {
            continue;
        };
        if let Some(other) = known.get(&(scope, name.api_service().as_str())) {
            let message = format!(
                "dataflow `{name}` has a Service `{}`, and so has dataflow `{}` of {}",
                name.api_service(),
                other.name,
                other.file
            );
            found.push(problem(
                flow,
                "name-collision",
                message,
                "rename one of them",
            ));
        }
    }
    let mut folders: BTreeMap<String, &Flow> = BTreeMap::new();
    for flow in flows {
        if let Some(first) = folders.insert(flow.file.to_lowercase(), flow)
            && first.file != flow.file
        {
            let message = format!(
                "differs from {} only in upper and lower case: macOS and Windows have only one of them",
                first.file
            );
            found.push(problem(flow, "case", message, "rename one of the folders"));
        }
    }
    found.sort();
    found
}

fn scope(flow: &Flow) -> Scope<'_> {
    (&flow.scope, flow.namespace.as_deref())
}

fn namespace(flow: &Flow) -> String {
    flow.namespace
        .as_ref()
        .map(|namespace| format!(" in namespace `{namespace}`"))
        .unwrap_or_default()
}

fn problem(flow: &Flow, rule: &'static str, message: String, remedy: &str) -> Problem {
    Problem {
        file: flow.file.clone(),
        line: flow.line,
        severity: Severity::Error,
        rule,
        message,
        remedy: remedy.to_owned(),
    }
}
