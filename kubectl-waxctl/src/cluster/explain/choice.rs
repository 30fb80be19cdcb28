//! Explains why no cluster could be chosen from flags, kubeconfig and pod.

use std::path::PathBuf;

use gitops::suggest::suggest;

use crate::cluster::kubeconfig::ChoiceError;
use crate::error::CommandError;

/// Explains why no cluster could be chosen.
pub(super) fn explain(error: &ChoiceError) -> CommandError {
    let command = CommandError::failure(error.to_string());
    match error {
        ChoiceError::File { source, .. } => command.because(source).hint("kubectl config view"),
        ChoiceError::NoCluster {
            looked,
            named,
            no_token,
        } => {
            let command = match no_token {
                None => command,
                Some(path) => command
                    .because(format!(
                        "this pod has no token of a service account: {} does not exist",
                        path.display()
                    ))
                    .hint("set `automountServiceAccountToken: true` in the spec of the pod"),
            };
            without_kubeconfig(command, looked, *named)
        }
        ChoiceError::NoKubeconfig {
            what,
            looked,
            named,
            in_pod,
            ..
        } => {
            let command = CommandError::usage(error.to_string());
            let command = without_kubeconfig(command, looked, *named);
            match in_pod {
                true => command.hint(format!(
                    "leave out `--{what}` to use the service account of this pod"
                )),
                false => command,
            }
        }
        ChoiceError::NoContext { known } if known.is_empty() => {
            command.hint("pass `--kubeconfig FILE`, or set KUBECONFIG")
        }
        ChoiceError::NoContext { known } => command
            .because(format!("its contexts are: {}", known.join(", ")))
            .hint(format!("kubectl config use-context {}", known[0])),
        ChoiceError::Unknown {
            what,
            name,
            known,
            typed,
        } => {
            let command = match typed {
                true => CommandError::usage(error.to_string()),
                false => command,
            };
            unknown(command, what, name, known)
        }
        ChoiceError::Unusable { faults } => faults
            .iter()
            .fold(command, CommandError::because)
            .hint("kubectl config view --minify"),
    }
}

/// Names the kubeconfig files that do not exist, and how to name another one.
fn without_kubeconfig(command: CommandError, looked: &[PathBuf], named: bool) -> CommandError {
    let command = looked.iter().fold(command, |command, path| {
        command.because(format!("{} does not exist", path.display()))
    });
    command.hint(if named {
        "correct KUBECONFIG, or unset it"
    } else {
        "pass `--kubeconfig FILE`, or set KUBECONFIG"
    })
}

/// Names the entries that the kubeconfig has, and the flag with a similar one.
fn unknown(command: CommandError, what: &str, name: &str, known: &[String]) -> CommandError {
    let command = if known.is_empty() {
        command
    } else {
        command.because(format!("the kubeconfig has: {}", known.join(", ")))
    };
    match suggest(name, known.iter().map(String::as_str)) {
        Some(near) => command.hint(format!("did you mean `--{what} {near}`?")),
        None => command.hint("kubectl config get-contexts"),
    }
}
