//! Values that could be secrets are never shown: only that they changed.

use crate::secret::{in_line, name_tells};

/// Ends of the names of fields that name a Secret, which is none. A variable of such a name can hold one.
const NAMES_OF_SECRETS: [&str; 2] = ["secretname", "pullsecret"];
/// What stands in for a value.
const HIDDEN: &str = "(hidden)";
/// What stands in for a new value, so that a change is still seen as one.
const HIDDEN_NEW: &str = "(hidden, another value)";

/// Hides both values of the field at `path` when its name or one of the values tells.
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

/// Hides the lines of a line diff that hold a secret.
pub(crate) fn lines(lines: &mut [String]) {
    for line in lines.iter_mut().filter(|line| value_tells(line)) {
        let sign = line.chars().next().unwrap_or(' ');
        *line = format!("{sign}{HIDDEN}");
    }
}

/// Whether the last part of the path tells.
fn path_tells(path: &str) -> bool {
    let name = path.rsplit(['.', '/']).next().unwrap_or(path);
    let field = name.to_ascii_lowercase();
    let names_a_secret = NAMES_OF_SECRETS.iter().any(|end| field.ends_with(end));
    (path.starts_with("spec.env") || !names_a_secret) && name_tells(name)
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
    fn what_could_be_a_secret_is_hidden(
        #[case] path: &str,
        #[case] value: &str,
        #[case] hidden: bool,
    ) {
        let mut new = Some(value.to_owned());
        values(path, &mut None, &mut new);
        assert_eq!(new.as_deref() == Some(HIDDEN), hidden);
    }

    #[test]
    fn a_hidden_change_is_still_a_change() {
        let (mut old, mut new) = (Some("a".to_owned()), Some("b".to_owned()));
        values("spec.env.TOKEN", &mut old, &mut new);
        assert_ne!(old, new);
        assert!(old.is_some_and(|old| old == HIDDEN));
        let mut changed = ["+url = 'amqp://a:b@c'".to_owned(), "+x = 1".to_owned()];
        lines(&mut changed);
        assert_eq!(changed, ["+(hidden)", "+x = 1"]);
    }
}
