//! Hides values that could be secrets. A diff shows only that they changed.

use crate::secret::{in_line, name_tells};

/// Ends of the names of fields that contain the name of a Secret, which is not a secret itself. A variable with such a
/// name can still contain a secret.
const NAMES_OF_SECRETS: [&str; 2] = ["secretname", "pullsecret"];
/// Text that is shown instead of a value.
const HIDDEN: &str = "(hidden)";
/// Text that is shown instead of a changed value, so that the change is visible.
const HIDDEN_NEW: &str = "(hidden, changed)";

/// Hides both values of the field at `path` if its name or one of its values indicates a secret.
pub(crate) fn values(path: &str, old: &mut Option<String>, new: &mut Option<String>) {
    let tells = |value: &Option<String>| {
        value
            .as_deref()
            .is_some_and(|value| value_tells(value) || env_tells(value))
    };
    if !path_tells(path) && !tells(old) && !tells(new) {
        return;
    }
    let both = old.is_some() && new.is_some();
    *old = old.as_ref().map(|_| HIDDEN.to_owned());
    let hidden = if both { HIDDEN_NEW } else { HIDDEN };
    *new = new.as_ref().map(|_| hidden.to_owned());
}

/// Hides the lines of a line diff that contain a secret.
pub(crate) fn lines(lines: &mut [String]) {
    for line in lines.iter_mut().filter(|line| value_tells(line)) {
        let sign = line.chars().next().unwrap_or(' ');
        *line = format!("{sign}{HIDDEN}");
    }
}

/// Returns true if the last part of the path indicates a secret.
fn path_tells(path: &str) -> bool {
    let name = path.rsplit(['.', '/']).next().unwrap_or(path);
    let field = name.to_ascii_lowercase();
    let names_a_secret = NAMES_OF_SECRETS.iter().any(|end| field.ends_with(end));
    (path.starts_with("spec.env") || !names_a_secret) && name_tells(name)
}

/// Returns true if the value is a list of variables and one of their names indicates a secret.
fn env_tells(value: &str) -> bool {
    value
        .lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, _)| name_tells(name.trim()))
}

/// Returns true if the form of the value indicates a secret.
fn value_tells(value: &str) -> bool {
    value.lines().any(|line| in_line(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("spec.env.DB_PASSWORD", "x", true)]
    #[case("spec.env[API_KEY]", "x", true)]
    #[case("spec.recovery.cloudBackup.s3.secretAccessKey", "x", true)]
    #[case("spec.recovery.cloudBackup.s3.secretName", "x", false)]
    #[case("spec.image.pullSecret", "x", false)]
    #[case("spec.env[PULL_SECRET]", "x", true)]
    #[case("spec.env", "PULL_SECRET=x", true)]
    #[case("spec.env.URL", "postgres://user:pass@db/x", true)]
    #[case("spec.env.URL", "postgres://user@db/x", false)]
    #[case("spec.env.URL", "https://host/a:b@c", false)]
    #[case("spec.env.A", "AKIAIOSFODNN7EXAMPLE", true)]
    #[case("spec.image.tag", "1.0", false)]
    fn value_that_could_be_secret_is_hidden(
        #[case] path: &str,
        #[case] value: &str,
        #[case] hidden: bool,
    ) {
        let mut new = Some(value.to_owned());
        values(path, &mut None, &mut new);
        assert_eq!(new.as_deref() == Some(HIDDEN), hidden);
    }

    #[test]
    fn hidden_change_is_visible_as_change() {
        let (mut old, mut new) = (Some("a".to_owned()), Some("b".to_owned()));
        values("spec.env.TOKEN", &mut old, &mut new);
        assert_ne!(old, new);
        assert!(old.is_some_and(|old| old == HIDDEN));
        let mut changed = ["+url = 'amqp://a:b@c'".to_owned(), "+x = 1".to_owned()];
        lines(&mut changed);
        assert_eq!(changed, ["+(hidden)", "+x = 1"]);
    }
}
