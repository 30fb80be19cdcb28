//! Merges and compares texts line by line.
//!
//! A change that both sides made counts once, also if one side has continued from it: a person who has copied a change
//! from git into the source and has then edited beside it gets no conflict.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A place where both sides changed the same lines in different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineClash {
    /// Lines of the other side, counted from 0.
    pub(crate) theirs: Range<usize>,
}

/// Applies all changes between `base` and `ours` to `theirs`.
///
/// # Errors
/// Both sides changed the same or adjacent lines in different ways.
pub(crate) fn merge(base: &str, ours: &str, theirs: &str) -> Result<String, Vec<LineClash>> {
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let in_ours = matches(&base, &ours);
    let in_theirs = matches(&base, &theirs);
    let (mut merged, mut clashes) = (String::new(), Vec::new());
    let (mut b, mut o, mut t) = (0, 0, 0);
    while b < base.len() || o < ours.len() || t < theirs.len() {
        if b < base.len() && in_ours[b] == Some(o) && in_theirs[b] == Some(t) {
            merged.push_str(base[b]);
            (b, o, t) = (b + 1, o + 1, t + 1);
            continue;
        }
        // The next line that all three have ends the region.
        let next = (b..base.len()).find_map(|i| Some((i, in_ours[i]?, in_theirs[i]?)));
        let (b2, o2, t2) = next.unwrap_or((base.len(), ours.len(), theirs.len()));
        match resolve(&base[b..b2], &ours[o..o2], &theirs[t..t2]) {
            Some(region) => merged.extend(region.iter().copied()),
            None => clashes.push(LineClash { theirs: t..t2 }),
        }
        (b, o, t) = (b2, o2, t2);
    }
    if clashes.is_empty() {
        Ok(merged)
    } else {
        Err(clashes)
    }
}

/// Returns the lines that `new` lacks, and the number of lines that only `new` has.
pub(crate) fn difference<'t>(old: &'t str, new: &str) -> (Vec<&'t str>, usize) {
    let (old, new) = (lines(old), lines(new));
    let (mut removed, mut added) = (Vec::new(), 0);
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if !matches!(operation, DiffOp::Equal { .. }) {
            removed.extend(&old[operation.old_range()]);
            added += operation.new_range().len();
        }
    }
    (removed, added)
}

/// Returns the number of lines of a text.
pub(crate) fn count(text: &str) -> usize {
    lines(text).len()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Returns, for each line of `base`, its place in `other`.
fn matches(base: &[&str], other: &[&str]) -> Vec<Option<usize>> {
    let mut places = vec![None; base.len()];
    for operation in capture_diff_slices(Algorithm::Myers, base, other) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = operation
        {
            for offset in 0..len {
                places[old_index + offset] = Some(new_index + offset);
            }
        }
    }
    places
}

/// Returns the side that contains the changes of both sides, if there is one.
fn resolve<'l, 't>(
    base: &[&str],
    ours: &'l [&'t str],
    theirs: &'l [&'t str],
) -> Option<&'l [&'t str]> {
    if theirs == base || ours == theirs || contains_change(base, ours, theirs) {
        Some(ours)
    } else if ours == base || contains_change(base, theirs, ours) {
        Some(theirs)
    } else {
        None
    }
}

/// Whether `whole` contains every change from `base` to `part`: all lines of `part` in their order, and no line that
/// `part` has removed. A change that only removes lines is never contained in one that puts others in their place.
fn contains_change(base: &[&str], whole: &[&str], part: &[&str]) -> bool {
    let adds = part
        .iter()
        .any(|line| !line.trim().is_empty() && !base.contains(line));
    let mut rest = whole.iter();
    let has_all = part
        .iter()
        .all(|line| rest.any(|candidate| candidate == line));
    let removed = |line: &&&str| !line.trim().is_empty() && !part.contains(*line);
    adds && has_all && !base.iter().filter(removed).any(|line| whole.contains(line))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn text(words: &str) -> String {
        words.split_whitespace().map(|w| format!("{w}\n")).collect()
    }

    #[rstest]
    #[case::different_lines("a b c d e", "A b c d e", "a b c d E", Some("A b c d E"))]
    #[case::same_change("a b c", "a B c", "a B c", Some("a B c"))]
    #[case::same_line("a b c", "a B c", "a X c", None)]
    #[case::removed_and_changed("a b c", "a c", "a B c", None)]
    #[case::only_theirs("a b c", "a b c", "a c", Some("a c"))]
    #[case::both_removed("a b c", "a c", "a c", Some("a c"))]
    #[case::added_at_both_ends("a b c", "x a b c", "a b c y", Some("x a b c y"))]
    #[case::added_at_one_place("a c", "a x c", "a y c", None)]
    #[case::continued_from_theirs("a c", "a y x c", "a y c", Some("a y x c"))]
    #[case::continued_from_an_edit("a b c", "a B x c", "a B c", Some("a B x c"))]
    #[case::kept_what_they_removed("a b c", "a b x c", "a c", None)]
    #[case::without_common_base("", "a b", "a c", None)]
    fn changes_of_both_sides_are_merged(
        #[case] base: &str,
        #[case] ours: &str,
        #[case] theirs: &str,
        #[case] expected: Option<&str>,
    ) {
        let merged = merge(&text(base), &text(ours), &text(theirs)).ok();
        assert_eq!(merged, expected.map(text));
    }

    #[test]
    fn clash_names_lines_of_other_side() {
        let clashes = merge(&text("a b c d"), &text("a B c d"), &text("a X Y c d")).unwrap_err();
        assert_eq!(clashes, [LineClash { theirs: 1..3 }]);
    }

    #[test]
    fn difference_lists_removed_lines() {
        let (old, new) = (text("a b c d"), text("a c x y"));
        assert_eq!(difference(&old, &new), (vec!["b\n", "d\n"], 2));
    }

    fn version() -> impl Strategy<Value = String> {
        proptest::collection::vec(prop_oneof!["a", "b", "c", "d"], 0..8)
            .prop_map(|lines| lines.concat().chars().map(|c| format!("{c}\n")).collect())
    }

    proptest! {
        #[test]
        fn merge_with_unchanged_side_returns_other_side(base in version(), other in version()) {
            prop_assert_eq!(merge(&base, &other, &base), Ok(other.clone()));
            prop_assert_eq!(merge(&base, &base, &other), Ok(other.clone()));
            prop_assert_eq!(merge(&base, &other, &other), Ok(other));
        }

        #[test]
        fn merge_does_not_depend_on_order_of_sides(base in version(), one in version(), two in version()) {
            let (there, back) = (merge(&base, &one, &two), merge(&base, &two, &one));
            prop_assert_eq!(there.is_ok(), back.is_ok());
        }

        #[test]
        fn merge_loses_no_line_that_one_side_added(base in version(), ours in version(), theirs in version()) {
            if let Ok(merged) = merge(&base, &ours, &theirs) {
                let has = |text: &str, line: &str| text.lines().any(|other| other == line);
                for line in ours.lines().chain(theirs.lines()) {
                    prop_assert!(has(&base, line) || has(&merged, line), "{line}");
                }
            }
        }
    }
}
