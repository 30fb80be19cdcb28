//! Parses `-e A=1,B=2`: lists of environment variables whose values may contain commas.

use crate::error::CommandError;

/// Parses all lists. A later value of a name replaces an earlier one.
pub(super) fn parse(lists: &[String]) -> Result<Vec<(String, String)>, CommandError> {
    let mut env = Vec::new();
    for list in lists {
        for item in split(list) {
            let (name, value) = item
                .split_once('=')
                .filter(|(name, _)| is_name(name))
                .ok_or_else(|| not_a_variable(item))?;
            set(&mut env, name.to_owned(), value.to_owned());
        }
    }
    Ok(env)
}

/// Sets a variable; one that is set already keeps its position.
pub(super) fn set(env: &mut Vec<(String, String)>, name: String, value: String) {
    match env.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => env.push((name, value)),
    }
}

/// Splits at each comma that is followed by `NAME=`; other commas belong to the value.
fn split(list: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    for (comma, _) in list.match_indices(',') {
        let rest = &list[comma + 1..];
        if rest.split_once('=').is_some_and(|(name, _)| is_name(name)) {
            items.push(&list[start..comma]);
            start = comma + 1;
        }
    }
    items.push(&list[start..]);
    items
}

/// Whether shells and Python's `os.environ` accept the text as a name.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Returns an error that shows only the name: the rest could be a secret.
fn not_a_variable(item: &str) -> CommandError {
    let name = item.split('=').next().unwrap_or_default();
    let problem = if item.contains('=') {
        format!("{name:?} is not a name for an environment variable")
    } else {
        "an environment variable is given without \"=\"".to_owned()
    };
    CommandError::usage(problem).hint("write it as `-e NAME=VALUE`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(lists: &[&str]) -> Vec<(String, String)> {
        parse(&lists.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    #[rstest::rstest]
    #[case("A=1", &[("A", "1")])]
    #[case("A=1,B=2", &[("A", "1"), ("B", "2")])]
    #[case("A=1,2,3", &[("A", "1,2,3")])]
    #[case("A=1,2,B=3,4", &[("A", "1,2"), ("B", "3,4")])]
    #[case("A=", &[("A", "")])]
    #[case("A==", &[("A", "=")])]
    #[case("A=x,", &[("A", "x,")])]
    #[case("URL=k1=v1;k2=v2", &[("URL", "k1=v1;k2=v2")])]
    #[case("A=1,2x=3", &[("A", "1,2x=3")])]
    #[case("A=a b,_b=\n", &[("A", "a b"), ("_b", "\n")])]
    fn comma_splits_only_before_name(#[case] list: &str, #[case] expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        assert_eq!(parsed(&[list]), expected);
    }

    #[test]
    fn later_value_replaces_earlier_in_place() {
        assert_eq!(
            parsed(&["A=1,B=2", "A=3"]),
            [
                ("A".to_owned(), "3".to_owned()),
                ("B".to_owned(), "2".to_owned())
            ]
        );
    }

    #[test]
    fn invalid_item_is_refused_without_its_value() {
        let error = parse(&["token".to_owned()]).unwrap_err();
        assert_eq!(
            error.message,
            "an environment variable is given without \"=\""
        );
        let error = parse(&["2A=secret".to_owned()]).unwrap_err();
        assert_eq!(
            error.message,
            "\"2A\" is not a name for an environment variable"
        );
    }

    proptest::proptest! {
        #[test]
        fn value_without_commas_is_kept(value in "[^,]*") {
            let expected = [("NAME".to_owned(), value.clone())];
            assert_eq!(parsed(&[&format!("NAME={value}")]), expected);
        }
    }
}
