//! Environments: each is a folder under `apps/` that contains the folders of flows.

use thiserror::Error;

/// Folder that contains one folder for each environment.
pub const APPS: &str = "apps";

/// Returns the folder of one flow in a repository.
#[must_use]
pub fn flow_folder(environment: &str, name: &str) -> String {
    format!("{APPS}/{environment}/{name}")
}

/// Place of a source in the folder of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowPlace {
    /// Environment.
    pub environment: String,
    /// Name of the flow.
    pub name: String,
    /// Whether the source is the whole folder, and not only a part of it.
    pub whole: bool,
}

/// Returns the place of a path below the top of a repository; `None` if it is in no flow's folder.
#[must_use]
pub fn place_of(path: &str) -> Option<FlowPlace> {
    let mut parts = path.split('/');
    let apps = parts.next()?;
    let (environment, name) = (parts.next()?, parts.next()?);
    (apps == APPS && check(environment).is_ok()).then(|| FlowPlace {
        environment: environment.to_owned(),
        name: name.to_owned(),
        whole: parts.next().is_none(),
    })
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
    fn place_is_the_folder_of_a_flow() {
        let place = |whole| {
            Some(FlowPlace {
                environment: "prod".to_owned(),
                name: "orders".to_owned(),
                whole,
            })
        };
        assert_eq!(place_of("apps/prod/orders"), place(true));
        assert_eq!(place_of("apps/prod/orders/pkg/mod.py"), place(false));
        for other in [
            "",
            "apps",
            "apps/prod",
            "flows/prod/orders",
            "apps/.git/orders",
        ] {
            assert_eq!(place_of(other), None, "{other}");
        }
    }

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
