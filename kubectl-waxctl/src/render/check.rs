//! What is checked before anything is printed, committed or applied.

use dataflow::code;
use dataflow::validate::{self, Faults};

use super::Rendered;
use crate::error::CommandError;

/// Refuses a dataflow that could not run, and returns warnings about one that can.
pub fn check(rendered: &Rendered) -> Result<Vec<String>, CommandError> {
    let spec = &rendered.dataflow.spec;
    let name = rendered.name();
    let credentials = validate::inline_credentials(spec);
    if !credentials.is_empty() {
        let error = CommandError::policy(format!("the dataflow {name} carries credentials"));
        return Err(with_faults(error, &Faults(credentials))
            .hint("put them into a Secret and name it with secretName"));
    }
    let valid = validate::validate(spec, name).map_err(|faults| {
        let error = if faults.not_supported() {
            CommandError::usage(format!(
                "the dataflow {name} asks for what is not supported yet"
            ))
        } else {
            CommandError::usage(format!("the dataflow {name} is not valid"))
        };
        with_faults(error, &faults)
    })?;
    let mut warnings: Vec<_> = valid
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.path, warning.message))
        .collect();
    let size = rendered.code.packed_size();
    if size > code::MAX_BYTES {
        return Err(
            CommandError::usage(format!("the code of the dataflow {name} is too large"))
                .because(format!(
                    "it has {} KiB, a ConfigMap holds at most {} KiB",
                    size / 1024,
                    code::MAX_BYTES / 1024
                ))
                .hint("keep data out of the code: put it into the image, or let the flow fetch it"),
        );
    }
    if size > code::WARN_BYTES {
        warnings.push(format!(
            "the code has {} KiB: above {} KiB only server-side apply takes it \
             (`kubectl apply --server-side`, Argo CD's ServerSideApply=true)",
            size / 1024,
            code::WARN_BYTES / 1024
        ));
    }
    Ok(warnings)
}

fn with_faults(error: CommandError, faults: &Faults) -> CommandError {
    faults.0.iter().fold(error, CommandError::because)
}
