//! Finds the line of a field, so that a message can name it.

use super::change::PathSegment;
use super::scan::{Item, children, lines, top};

/// One step of a path such as `spec.env[0].value`.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
    Named(&'a str),
}

/// Returns the number of the line, from 1, of a field, or of the nearest field above it that the text contains.
///
/// Paths have the form of faults: `spec.env[0].value` or `spec.env[LOG_LEVEL].value`.
pub(crate) fn line_of(text: &str, path: &str) -> Option<usize> {
    let lines = lines(text);
    let mut items = top(&lines)?;
    let mut line = None;
    for step in steps(path) {
        let Some(item) = find(&items, &step) else {
            return line;
        };
        line = Some(item.line + 1);
        items = match children(&lines, item) {
            Some(items) => items,
            None => return line,
        };
    }
    line
}

fn find<'a>(items: &'a [Item], step: &Step<'_>) -> Option<&'a Item> {
    match step {
        Step::Index(index) => items.get(*index),
        Step::Key(wanted) => items
            .iter()
            .find(|item| matches!(&item.segment, Some(PathSegment::Key(key)) if key == wanted)),
        Step::Named(wanted) => items
            .iter()
            .find(|item| matches!(&item.segment, Some(PathSegment::Named(name)) if name == wanted)),
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|text| text.split_once(']'))
        {
            steps.push(match inside.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Named(inside),
            });
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if !key.is_empty() {
            steps.push(Step::Key(key));
        } else if after.is_empty() || after.starts_with('.') {
            break;
        }
        rest = after;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const TEXT: &str = "# A flow\napiVersion: bytewax.io/v1alpha1\nspec:\n  image:\n    tag: ''\n\n  env:\n  - name: A\n    \
                        value: x\n  - value: y\n    name: B\n  chartValues: |\n    a: b\n  flow: {a: b}\n";

    #[rstest]
    #[case("apiVersion", Some(2))]
    #[case("spec.image.tag", Some(5))]
    #[case("spec.env[0].value", Some(9))]
    #[case("spec.env[1]", Some(10))]
    #[case("spec.env[B].name", Some(11))]
    #[case("spec.chartValues", Some(12))]
    #[case("spec.flow.a", Some(14))]
    #[case("spec.image.repository", Some(4))]
    #[case("spec.suspend", Some(3))]
    #[case("metadata.name", None)]
    #[case("spec..", Some(3))]
    #[case("", None)]
    fn line_is_that_of_field_or_parent(#[case] path: &str, #[case] expected: Option<usize>) {
        assert_eq!(line_of(TEXT, path), expected, "{path}");
    }

    #[test]
    fn line_of_unusual_text_is_unknown() {
        assert_eq!(line_of("", "spec"), None);
        assert_eq!(line_of("{spec: {a: b}}", "spec.a"), None);
    }
}
