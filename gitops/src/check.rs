//! What is checked before anything is printed, committed or applied.

use dataflow::code;
use dataflow::validate::{self, Faults};
use thiserror::Error;

use crate::rendered::Rendered;

/// Why a dataflow could not run, or must not be written anywhere.
#[derive(Debug, Error)]
pub enum CheckError {
    /// Credentials stand in its fields.
    #[error("the dataflow {name} carries credentials")]
    Credentials {
        /// Name of the dataflow.
        name: String,
        /// The fields.
        faults: Faults,
    },
    /// It asks for what is not built yet.
    #[error("the dataflow {name} asks for what is not supported yet")]
    NotSupported {
        /// Name of the dataflow.
        name: String,
        /// The fields.
        faults: Faults,
    },
    /// Its fields contradict the rules.
    #[error("the dataflow {name} is not valid")]
    Invalid {
        /// Name of the dataflow.
        name: String,
        /// The fields.
        faults: Faults,
    },
    /// Its code does not fit into a ConfigMap.
    #[error("the code of the dataflow {name} is too large")]
    TooLarge {
        /// Name of the dataflow.
        name: String,
        /// Size of the code in bytes.
        size: usize,
    },
}

/// Refuses a dataflow that could not run, and returns warnings about one that can.
///
/// # Errors
/// It could not run, or carries credentials.
pub fn check(rendered: &Rendered) -> Result<Vec<String>, CheckError> {
    let spec = &rendered.dataflow.spec;
    let name = || rendered.name().to_owned();
    let credentials = validate::inline_credentials(spec);
    if !credentials.is_empty() {
        return Err(CheckError::Credentials {
            name: name(),
            faults: Faults(credentials),
        });
    }
    let valid = validate::validate(spec, rendered.name()).map_err(|faults| {
        let name = name();
        match faults.not_supported() {
            true => CheckError::NotSupported { name, faults },
            false => CheckError::Invalid { name, faults },
        }
    })?;
    let mut warnings: Vec<_> = valid
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.path, warning.message))
        .collect();
    let size = rendered.code.packed_size();
    if size > code::MAX_BYTES {
        return Err(CheckError::TooLarge { name: name(), size });
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
