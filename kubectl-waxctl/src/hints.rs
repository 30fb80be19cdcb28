//! Adds causes and hints to the errors of crate `gitops`: which flag to give, what to type.

use dataflow::code;
use dataflow::validate::Faults;
use gitops::check::CheckError;
use gitops::entry::Candidate;
use gitops::environment::EnvironmentError;
use gitops::expand::ExpandError;
use gitops::files::FilesError;
use gitops::merge::MergeError;
use gitops::render::RenderError;
use gitops::shell::word;

use crate::error::CommandError;

impl From<RenderError> for CommandError {
    fn from(error: RenderError) -> Self {
        let command = Self::usage(error.to_string());
        match error {
            RenderError::NoName {
                folder: Some(folder),
                ..
            } => command
                .because(format!("the source is only a part of the flow in {folder}"))
                .hint(format!(
                    "name the whole folder {folder}, or pass `--name NAME`"
                )),
            RenderError::NoName { source_path, .. } => command.hint(format!(
                "pass `--name NAME`, or put a dataflow.yaml beside {}",
                source_path.display()
            )),
            RenderError::BadName { source, .. } => command.chain(&source),
            RenderError::WhichPythonFile {
                known, candidates, ..
            } => which_python_file(command, &known, &candidates),
            RenderError::Notebook { file } => command.hint(export_notebook(&file)),
            RenderError::HidesEngine { .. } => command.hint("rename it"),
            RenderError::TwoPlaces { .. } => {
                command.hint("leave out `--code-in-image`, or name no SOURCE")
            }
            RenderError::WhichModule => {
                command.hint("name the module that the image has, such as `-f shop.orders:flow`")
            }
            RenderError::NoPythonFile {
                near: Some(near), ..
            } => command.hint(format!(
                "did you mean `--python-file-name {}`?",
                word(&near)
            )),
            RenderError::NoPythonFile { near: None, .. } => command,
        }
    }
}

/// Adds what to type if there is no Python with Bytewax.
pub(crate) fn install_bytewax(error: CommandError) -> CommandError {
    error
        .hint("activate the virtual environment that has Bytewax, or make one:")
        .hint("python3 -m venv .venv && . .venv/bin/activate && pip install bytewax==0.21.1")
}

/// Returns the command that exports a notebook.
pub(crate) fn export_notebook(file: &str) -> String {
    let file = word(file);
    format!("export it first: jupyter nbconvert --to script {file}")
}

/// Number of entry points that are listed.
const CANDIDATES_SHOWN: usize = 8;

fn which_python_file(
    command: CommandError,
    known: &[String],
    candidates: &[Candidate],
) -> CommandError {
    let files = || {
        let shown = known.iter().take(CANDIDATES_SHOWN).map(String::as_str);
        shown.collect::<Vec<_>>().join(", ")
    };
    match (candidates, known) {
        ([], []) => command.because("it contains no Python file"),
        ([], [notebook, ..]) if notebook.ends_with(".ipynb") => command
            .because(format!("it contains only the notebook {notebook}"))
            .hint(export_notebook(notebook)),
        ([], _) => command
            .because(format!("it contains {}", files()))
            .because("none of them binds a Dataflow to a name, or has a function that returns one")
            .hint("name the file, such as `-f pipeline/main.py` or `-f \"pipeline/main.py:get_flow()\"`"),
        (candidates, _) => {
            let command = command.because(match candidates {
                [only] if only.needs_arguments => "the flow needs arguments".to_owned(),
                [_] => "only a test file holds a flow, and it is taken only if it is named".to_owned(),
                _ if candidates.len() > CANDIDATES_SHOWN => {
                    format!("it contains {} flows; the first of them follow", candidates.len())
                }
                _ => format!("it contains {} flows", candidates.len()),
            });
            let shown = candidates.iter().take(CANDIDATES_SHOWN);
            shown.fold(command, |command, candidate| {
                command.hint(format!("-f {}", word(&candidate.reference)))
            })
        }
    }
}

impl From<CheckError> for CommandError {
    fn from(error: CheckError) -> Self {
        let message = error.to_string();
        match error {
            CheckError::Credentials { faults, .. } => with_faults(Self::policy(message), &faults)
                .hint("put them into a Secret, and name the Secret in `secretName`"),
            CheckError::NotSupported { faults, .. } | CheckError::Invalid { faults, .. } => {
                with_faults(Self::usage(message), &faults)
            }
            CheckError::RunsOnImport { .. } => Self::usage(message),
            CheckError::TooLarge { size, .. } => Self::usage(message)
                .because(format!(
                    "it has {} KiB, but a ConfigMap can contain at most {} KiB",
                    size / 1024,
                    code::MAX_BYTES / 1024
                ))
                .hint("keep data out of the code: put it into the image, or let the flow fetch it"),
        }
    }
}

impl From<ExpandError> for CommandError {
    fn from(error: ExpandError) -> Self {
        let command = Self::usage(error.to_string());
        match error {
            ExpandError::Invalid { faults, .. } => command.because(faults),
            ExpandError::NoCode { config_map } => {
                command.because(format!("it is in the ConfigMap `{config_map}`"))
            }
        }
    }
}

impl From<MergeError> for CommandError {
    fn from(error: MergeError) -> Self {
        let command = Self::failure(error.to_string());
        match error {
            // The caller knows both sides, and adds the hints.
            MergeError::Clash { clashes, .. } => clashes.iter().fold(command, Self::because),
            MergeError::Unreadable(source) | MergeError::NotADataflow(source) => {
                command.chain(&source)
            }
            MergeError::Code(source) => command.chain(&source),
        }
    }
}

impl From<FilesError> for CommandError {
    fn from(error: FilesError) -> Self {
        let command = Self::failure(error.to_string());
        match error {
            FilesError::NotText { source, .. } => command.chain(&source),
            FilesError::NotEditable { source, .. } => command
                .chain(&source)
                .hint("make the change there by hand, or rewrite the file with `--reset`"),
            FilesError::Reserved { .. } => {
                command.hint("rename the file, or put it into a folder of its own")
            }
            FilesError::EditedByHand { needed, .. } => needed
                .iter()
                .fold(command, |command, line| {
                    command.because(format!("it needs the line: {line}"))
                })
                .hint("make the change there by hand and commit it, or rewrite the file with `--reset`"),
        }
    }
}

impl From<EnvironmentError> for CommandError {
    fn from(error: EnvironmentError) -> Self {
        let command = Self::usage(error.to_string());
        match error {
            EnvironmentError::None => command
                .because("apps/ has no folder")
                .hint("name the first one, such as `--env prod`"),
            EnvironmentError::Several(known) => command
                .because(format!("apps/ contains {}", known.join(", ")))
                .hint("choose one with `--env ENV`"),
            EnvironmentError::BadName(_) => command
                .because("it becomes a folder under apps/")
                .hint("use letters, digits, `-`, `_` and `.`, such as `--env prod`"),
        }
    }
}

fn with_faults(error: CommandError, faults: &Faults) -> CommandError {
    faults.0.iter().fold(error, CommandError::because)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use dataflow::Dataflow;
    use dataflow::code::Code;
    use dataflow::validate::{Fault, FaultKind};
    use gitops::files::Files;
    use gitops::layout;
    use gitops::rendered::Rendered;

    use super::*;

    fn flow(processes: u32) -> Rendered {
        let spec = serde_json::from_value(serde_json::json!({"processesCount": processes}));
        Rendered {
            dataflow: Dataflow::new("orders", spec.unwrap()),
            code: Code::new(),
        }
    }

    /// Returns the error for a change of a dataflow.yaml with this content.
    fn refused(text: &[u8]) -> FilesError {
        let (old, new) = (flow(1), flow(2));
        let in_git = BTreeMap::from([(layout::DATAFLOW.to_owned(), text.to_vec())]);
        let files = Files {
            folder: "apps/prod/orders",
            old: Some((&old, &in_git)),
            new: &new,
            own_text: None,
            reset: false,
        };
        files.changes().unwrap_err()
    }

    fn of_sources() -> Vec<CommandError> {
        let source_path = || PathBuf::from("flows/orders");
        vec![
            RenderError::NoName {
                source_path: source_path(),
                folder: None,
            }
            .into(),
            RenderError::NoName {
                source_path: source_path(),
                folder: Some("apps/prod/orders".to_owned()),
            }
            .into(),
        ]
    }

    fn of_entry_points() -> Vec<CommandError> {
        let source_path = || PathBuf::from("flows/orders");
        let file = || "order.py".to_owned();
        vec![
            RenderError::WhichPythonFile {
                source_path: source_path(),
                known: vec!["a.py".to_owned(), "b.py".to_owned()],
                candidates: ["a.py", "b.py:get_flow(ARGUMENTS)"]
                    .map(|reference| Candidate {
                        reference: reference.to_owned(),
                        needs_arguments: reference.contains('('),
                    })
                    .into(),
            }
            .into(),
            RenderError::WhichPythonFile {
                source_path: source_path(),
                known: vec!["setup.py".to_owned(), "pipeline/main.py".to_owned()],
                candidates: Vec::new(),
            }
            .into(),
            RenderError::WhichPythonFile {
                source_path: source_path(),
                known: vec!["explore.ipynb".to_owned()],
                candidates: Vec::new(),
            }
            .into(),
            RenderError::Notebook {
                file: "explore.ipynb".to_owned(),
            }
            .into(),
            RenderError::HidesEngine {
                file: "bytewax.py".to_owned(),
            }
            .into(),
            RenderError::TwoPlaces {
                source_path: source_path(),
            }
            .into(),
            RenderError::WhichModule.into(),
            RenderError::WhichPythonFile {
                source_path: source_path(),
                known: Vec::new(),
                candidates: Vec::new(),
            }
            .into(),
            RenderError::NoPythonFile {
                source_path: source_path(),
                file: file(),
                near: Some("orders.py".to_owned()),
            }
            .into(),
            RenderError::NoPythonFile {
                source_path: source_path(),
                file: file(),
                near: None,
            }
            .into(),
        ]
    }

    fn of_test_file() -> Vec<CommandError> {
        let test = || "tests/test_flow.py".to_owned();
        vec![
            RenderError::WhichPythonFile {
                source_path: PathBuf::from("flows/orders"),
                known: vec![test()],
                candidates: vec![Candidate {
                    reference: test(),
                    needs_arguments: false,
                }],
            }
            .into(),
        ]
    }

    fn of_flows() -> Vec<CommandError> {
        let fault = Fault {
            path: "spec.s3.key".to_owned(),
            problem: "is a secret".to_owned(),
            instead: "name a Secret".to_owned(),
            kind: FaultKind::Invalid,
        };
        let name = || "orders".to_owned();
        vec![
            CheckError::Credentials {
                name: name(),
                faults: Faults(vec![fault]),
            }
            .into(),
            CheckError::TooLarge {
                name: name(),
                size: 2 * code::MAX_BYTES,
            }
            .into(),
            ExpandError::NoCode {
                config_map: "shared".to_owned(),
            }
            .into(),
        ]
    }

    fn of_repositories() -> Vec<CommandError> {
        vec![
            MergeError::Clash {
                what: "apps/prod/orders".to_owned(),
                clashes: vec!["spec.suspend".to_owned()],
            }
            .into(),
            refused(b"spec: [").into(),
            refused(b"\xff").into(),
            FilesError::Reserved {
                file: "kustomization.yaml".to_owned(),
            }
            .into(),
            FilesError::EditedByHand {
                path: "apps/prod/orders/kustomization.yaml".to_owned(),
                needed: vec!["- b.py".to_owned(), "- c.py".to_owned()],
            }
            .into(),
            EnvironmentError::None.into(),
            EnvironmentError::Several(vec!["dev".to_owned(), "prod".to_owned()]).into(),
            EnvironmentError::BadName("a/b".to_owned()).into(),
        ]
    }

    #[test]
    fn errors_of_gitops_get_causes_and_hints() {
        let errors = [
            of_sources(),
            of_entry_points(),
            of_test_file(),
            of_flows(),
            of_repositories(),
        ]
        .concat();
        let shown = |error: &CommandError| {
            let lines = [format!("{:?}: {}", error.kind, error.message)].into_iter();
            let causes = error
                .causes
                .iter()
                .map(|cause| format!("  because {cause}"));
            let hints = error.hints.iter().map(|hint| format!("  hint {hint}"));
            lines
                .chain(causes)
                .chain(hints)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let shown: Vec<String> = errors.iter().map(shown).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
