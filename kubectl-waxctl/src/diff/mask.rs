//! Values that could be secrets are never shown: only that they changed.

use super::FieldChange;
use crate::secrets;

/// What stands in for a value.
const HIDDEN: &str = "(hidden)";
/// What stands in for a new value, so that a change is still seen as one.
const HIDDEN_NEW: &str = "(hidden, another value)";

/// Words in the name of a field or variable that make its value a secret.
const TELLING: [&str; 9] = [
    "password",
    "passwd",
    "secretaccesskey",
    "accesskeyid",
    "token",
    "secret",
    "apikey",
    "credential",
    "privatekey",
];

/// Hides the values of a change when the name of the field or the value itself tells.
pub(super) fn mask(change: &mut FieldChange) {
    let values = [change.old.as_deref(), change.new.as_deref()];
    let telling = name_tells(&change.path)
        || values
            .into_iter()
            .flatten()
            .any(|value| value_tells(value) || env_tells(value));
    if telling {
        let both = change.old.is_some() && change.new.is_some();
        change.old = change.old.as_ref().map(|_| HIDDEN.to_owned());
        let new = if both { HIDDEN_NEW } else { HIDDEN };
        change.new = change.new.as_ref().map(|_| new.to_owned());
    }
    for line in change.lines.iter_mut().flatten() {
        if value_tells(line) {
            let sign = line.chars().next().unwrap_or(' ');
            *line = format!("{sign}{HIDDEN}");
        }
    }
}

/// The names of Secrets are no secrets.
fn name_tells(path: &str) -> bool {
    let name = path.rsplit(['.', '/']).next().unwrap_or(path);
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let names_a_secret = ["secretname", "pullsecret"]
        .iter()
        .any(|end| name.ends_with(end));
    !names_a_secret && TELLING.iter().any(|word| name.contains(word))
}

/// A value that is a whole list of variables.
fn env_tells(value: &str) -> bool {
    value
        .lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, _)| name_tells(name.trim()))
}

/// A value that no name tells about, but its form does.
fn value_tells(value: &str) -> bool {
    value.lines().any(|line| secrets::in_line(line).is_some())
}

#[cfg(test)]
mod tests {
    use dataflow::cost::Cost;

    use super::*;

    #[rstest::rstest]
    #[case("spec.env.DB_PASSWORD", "x", true)]
    #[case("spec.env[API_KEY]", "x", true)]
    #[case("spec.recovery.cloudBackup.s3.secretAccessKey", "x", true)]
    #[case("spec.recovery.cloudBackup.s3.secretName", "x", false)]
    #[case("spec.image.pullSecret", "x", false)]
    #[case("spec.env.URL", "postgres://user:pass@db/x", true)]
    #[case("spec.env.URL", "postgres://user@db/x", false)]
    #[case("spec.env.URL", "https://host/a:b@c", false)]
    #[case("spec.env.A", "AKIAIOSFODNN7EXAMPLE", true)]
    #[case("spec.image.tag", "1.0", false)]
    fn what_could_be_a_secret_is_hidden(
        #[case] path: &str,
        #[case] value: &str,
        #[case] hidden: bool,
    ) {
        let mut change = FieldChange {
            path: path.to_owned(),
            old: None,
            new: Some(value.to_owned()),
            cost: Cost::None,
            lines: None,
        };
        mask(&mut change);
        assert_eq!(change.new.as_deref() == Some(HIDDEN), hidden);
    }

    #[test]
    fn a_hidden_change_is_still_a_change() {
        let mut change = FieldChange {
            path: "spec.env.TOKEN".to_owned(),
            old: Some("a".to_owned()),
            new: Some("b".to_owned()),
            cost: Cost::OneRestart,
            lines: Some(vec![
                "+url = 'amqp://a:b@c'".to_owned(),
                "+x = 1".to_owned(),
            ]),
        };
        mask(&mut change);
        assert_ne!(change.old, change.new);
        assert_eq!(change.lines.unwrap(), ["+(hidden)", "+x = 1"]);
    }
}
