//! Checks that the file or module of `spec.pythonFileName` is part of the code.

use crate::entry::{Location, locate, near};

/// The problem of an entry point.
pub(super) struct Missing {
    /// The problem, in words that follow the path of the field.
    pub(super) message: String,
    /// The remedy.
    pub(super) remedy: String,
}

/// Returns the problem of a reference such as `flow.py:get_flow(5)` or `pkg.flow:flow`, if there is one. A package that
/// the code does not have can be in the image.
pub(super) fn check(reference: &str, paths: &[String]) -> Option<Missing> {
    let files: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| path.ends_with(".py"))
        .collect();
    // An empty reference is reported as a fault of the resource.
    if reference.is_empty() || locate(reference, &files) != Location::Missing {
        return None;
    }
    Some(Missing {
        message: format!("is `{reference}`, but the code has no such file"),
        remedy: match (near(reference, &files), files.as_slice()) {
            (Some(near), _) => format!("write `{near}`"),
            (None, []) => "add the file".to_owned(),
            (None, files) => format!("write one of {}", files.join(", ")),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn paths() -> [String; 3] {
        ["flow.py", "pkg/__init__.py", "pkg/inner.py"].map(str::to_owned)
    }

    #[rstest]
    #[case("flow.py")]
    #[case("./flow.py")]
    #[case("flow.py:get_flow(a='x:y')")]
    #[case("flow")]
    #[case("pkg.inner:flow")]
    #[case("pkg")]
    #[case("pkg/inner.py:flow")]
    #[case("in_image.flows:flow")]
    fn existing_entry_point_is_accepted(#[case] reference: &str) {
        assert!(check(reference, &paths()).is_none(), "{reference}");
    }

    #[rstest]
    #[case("flwo.py", "flow.py")]
    #[case("pkg.iner:flow", "pkg.inner:flow")]
    fn missing_entry_point_names_nearest_file(#[case] reference: &str, #[case] near: &str) {
        let missing = check(reference, &paths()).unwrap();
        assert_eq!(missing.remedy, format!("write `{near}`"));
    }
}
