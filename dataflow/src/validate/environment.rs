//! Checks environment variables: a name must be valid in a pod and must not be reserved for the platform.

use std::collections::BTreeSet;

use super::fault::Fault;
use crate::spec::EnvVar;

/// Variables that define the place of a process in the gang, or that the agent sets for the engine.
const RESERVED: [&str; 6] = [
    "BYTEWAX_ADDRESSES",
    "BYTEWAX_HOSTFILE_PATH",
    "BYTEWAX_POD_NAME",
    "BYTEWAX_PROCESS_ID",
    "BYTEWAX_STATEFULSET_NAME",
    "BYTEWAX_WORKERS_PER_PROCESS",
];

const RESERVED_PREFIXES: [&str; 3] = ["BYTEWAX_DATAFLOW_API_", "BYTEWAX_RECOVERY_", "WAXRUN_"];

pub(super) fn check(env: &[EnvVar], found: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for (index, variable) in env.iter().enumerate() {
        let path = format!("spec.env[{index}].name");
        check_name(&variable.name, &path, found);
        if !seen.insert(variable.name.as_str()) {
            found.push(Fault::invalid(
                path,
                format!("`{}` is set twice", variable.name),
                "keep one of them",
            ));
        }
        if variable.value.contains('\0') {
            found.push(Fault::invalid(
                format!("spec.env[{index}].value"),
                "contains a NUL character",
                "remove the character",
            ));
        }
    }
}

/// Adds a fault if a name is not valid in a pod or is reserved for the platform.
pub(super) fn check_name(name: &str, path: &str, found: &mut Vec<Fault>) {
    let prefix = RESERVED_PREFIXES
        .iter()
        .find(|prefix| name.starts_with(*prefix));
    let fault = if name.is_empty() {
        Fault::invalid(path, "is empty", "write the variable's name")
    } else if name.contains('=') || !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Fault::invalid(
            path,
            format!(
                "`{}` is not a valid name of a variable",
                name.escape_debug()
            ),
            "write letters, digits and `_`",
        )
    } else if RESERVED.contains(&name) || prefix.is_some() {
        Fault::invalid(
            path,
            format!("`{name}` is set by the platform"),
            "remove it: its value comes from the fields of the spec",
        )
    } else {
        return;
    };
    found.push(fault);
}
