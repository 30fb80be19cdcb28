//! Checks a dataflow before it is printed, committed or applied.

mod ignored;

use dataflow::code;
use dataflow::object_name::{LABEL_RULE, label_fault};
use dataflow::validate::{self, Fault, FaultKind, Faults};
use thiserror::Error;

use crate::on_import;
use crate::rendered::Rendered;

/// Error: a dataflow cannot run, or must not be committed or applied.
#[derive(Debug, Error)]
pub enum CheckError {
    /// Fields of the dataflow contain credentials.
    #[error("dataflow `{name}` contains credentials")]
    Credentials {
        /// Name of the dataflow.
        name: String,
        /// Faults, one for each field.
        faults: Faults,
    },
    /// The dataflow uses fields that this release does not support.
    #[error("dataflow `{name}` uses fields that are not supported yet")]
    NotSupported {
        /// Name of the dataflow.
        name: String,
        /// Faults, one for each field.
        faults: Faults,
    },
    /// The spec has faults.
    #[error("dataflow `{name}` is not valid")]
    Invalid {
        /// Name of the dataflow.
        name: String,
        /// Faults, one for each field.
        faults: Faults,
    },
    /// The code does not fit into a ConfigMap.
    #[error("the code of dataflow `{name}` is too large")]
    TooLarge {
        /// Name of the dataflow.
        name: String,
        /// Size of the code in bytes.
        size: usize,
    },
    /// The file of the flow runs it while it is imported.
    #[error(
        "{file}:{line} runs the flow while it is imported: put it below `if __name__ == \"__main__\":`"
    )]
    RunsOnImport {
        /// The file.
        file: String,
        /// Line of the statement.
        line: usize,
    },
}

/// Checks a dataflow and returns its warnings.
///
/// # Errors
/// The dataflow cannot run, or contains credentials.
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
    if let Some(fault) = namespace_fault(rendered.namespace()) {
        return Err(CheckError::Invalid {
            name: name(),
            faults: Faults(vec![fault]),
        });
    }
    let ignored = ignored::ignored(spec);
    if !ignored.is_empty() {
        return Err(CheckError::NotSupported {
            name: name(),
            faults: Faults(ignored),
        });
    }
    refuse_start(rendered)?;
    let mut warnings: Vec<_> = valid
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.path, warning.message))
        .collect();
    if let Some(backup) = spec
        .recovery
        .as_ref()
        .and_then(|recovery| recovery.cloud_backup.as_ref())
        && backup.enabled != Some(true)
    {
        warnings.push(
            "spec.recovery.cloudBackup: no backups are made, since `enabled` is not true \
             (`--recovery-backup`)"
                .to_owned(),
        );
    }
    let size = rendered.code.packed_size();
    if size > code::MAX_BYTES {
        return Err(CheckError::TooLarge { name: name(), size });
    }
    if size > code::WARN_BYTES {
        warnings.push(format!(
            "the code has {} KiB: above {} KiB only server-side apply accepts it \
             (`kubectl apply --server-side`, Argo CD's ServerSideApply=true)",
            size / 1024,
            code::WARN_BYTES / 1024
        ));
    }
    Ok(warnings)
}

/// Returns the fault of a namespace that no cluster can have. It would become a part of a request's path.
pub(crate) fn namespace_fault(namespace: Option<&str>) -> Option<Fault> {
    let fault = label_fault(namespace?)?;
    Some(Fault {
        path: "metadata.namespace".to_owned(),
        problem: fault,
        instead: format!("write {LABEL_RULE}"),
        kind: FaultKind::Invalid,
    })
}

/// Refuses a file of a flow that runs it while it is imported: it would run once more in each process and each probe.
fn refuse_start(rendered: &Rendered) -> Result<(), CheckError> {
    let entry = rendered.dataflow.spec.python_file_name.split(':').next();
    let file = entry.unwrap_or_default().trim_start_matches("./");
    let Some(bytes) = code::key_for_path(file)
        .ok()
        .and_then(|key| rendered.code.get(&key))
    else {
        return Ok(());
    };
    match on_import::line_of_start(&String::from_utf8_lossy(bytes)) {
        Some(line) => Err(CheckError::RunsOnImport {
            file: file.to_owned(),
            line,
        }),
        None => Ok(()),
    }
}
