//! Environments: each is a folder under `apps/` that contains the folders of flows.

use thiserror::Error;

/// Folder that contains one folder for each environment.
pub const APPS: &str = "apps";

/// Returns the folder of one flow in a repository.
#[must_use]
pub fn flow_folder(environment: &str, name: &str) -> String {
    format!("{APPS}/{environment}/{name}")
}

/// Error: no environment can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvironmentError {
    /// The repository has no environment.
    #[error("there is no environment in this repository yet")]
    None,
    /// The repository has several environments, and none is selected.
    #[error("there are several environments")]
    Several(Vec<String>),
    /// The name is not valid for an environment.
    #[error("{0:?} is not a valid name for an environment")]
    BadName(String),
}

/// Returns the default environment: the only one of the repository.
///
/// # Errors
/// There is no environment, or more than one.
pub fn only(mut known: Vec<String>) -> Result<String, EnvironmentError> {
    match known.len() {
        0 => Err(EnvironmentError::None),
        1 => Ok(known.remove(0)),
        _ => Err(EnvironmentError::Several(known)),
    }
}

/// Checks that the name is valid for an environment.
///
/// # Errors
/// The name is not valid.
pub fn check(name: &str) -> Result<(), EnvironmentError> {
    let fine = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if fine && !name.is_empty() && !name.starts_with(['.', '-']) {
        return Ok(());
    }
    Err(EnvironmentError::BadName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_environment_is_the_default() {
        let named = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(only(named(&["prod"])), Ok("prod".to_owned()));
        assert_eq!(only(Vec::new()), Err(EnvironmentError::None));
        let several = named(&["dev", "prod"]);
        assert_eq!(
            only(several.clone()),
            Err(EnvironmentError::Several(several))
        );
    }
}
