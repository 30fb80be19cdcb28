//! The environment that a flow belongs to: a folder under `apps/`.

use thiserror::Error;

/// The folder under which every environment has one folder.
pub const APPS: &str = "apps";

/// Returns the folder of one flow in a repository.
#[must_use]
pub fn flow_folder(environment: &str, name: &str) -> String {
    format!("{APPS}/{environment}/{name}")
}

/// Why no environment can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvironmentError {
    /// There is none.
    #[error("there is no environment in this repository yet")]
    None,
    /// There are several, and nobody says which is meant.
    #[error("there are several environments")]
    Several(Vec<String>),
    /// It can't be the name of one.
    #[error("{0:?} is not a name for an environment")]
    BadName(String),
}

/// Returns the environment that is meant if nobody names one: the only one.
///
/// # Errors
/// There is none, or more than one.
pub fn only(mut known: Vec<String>) -> Result<String, EnvironmentError> {
    match known.len() {
        0 => Err(EnvironmentError::None),
        1 => Ok(known.remove(0)),
        _ => Err(EnvironmentError::Several(known)),
    }
}

/// Checks that a folder can have the name.
///
/// # Errors
/// It can't.
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
    fn only_one_environment_need_not_be_named() {
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
