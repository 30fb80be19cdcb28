//! Finds the earlier render that a source was made from, if nothing but its content tells, and what a new render takes
//! back from the renders in between.
//!
//! Begin reading in [`nearest`].

use std::collections::BTreeMap;

use dataflow::code::Code;

use crate::file_name::{KUSTOMIZATION, NAME_REFERENCE};
use crate::layout;
use crate::lines;
use crate::loss;
use crate::mask::Masks;
use crate::rendered::Rendered;

/// Length of an identity, as of a revision.
const DIGITS: usize = 10;
/// Lines of one commit that a message shows.
const SHOWN: usize = 3;
const LONGEST_LINE: usize = 80;

/// An earlier version of a flow, and the source rendered on top of it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The earlier version.
    pub earlier: Rendered,
    /// The source rendered as a change of that version.
    pub ours: Rendered,
}

/// The earlier version that a source was most probably made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// Its place in the list of candidates.
    pub index: usize,
    /// Whether the newest candidate is exactly as near, so that the content cannot tell.
    pub ambiguous: bool,
    /// Whether at least half of the lines of the code are the same.
    pub related: bool,
}

/// The lines of one commit that a new render takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The place of the commit in the list of candidates.
    pub index: usize,
    /// The first lines, each with its file, as people read them.
    pub lines: Vec<String>,
}

/// Returns the identity of a render: ten hex digits that depend on every value and file, but not on the record of steps,
/// which a source does not have.
#[must_use]
pub fn identity(rendered: &Rendered) -> String {
    // A version that was written and read back has the same identity.
    let files = layout::write(&loss::unrecorded(rendered));
    let read = layout::read(&files).as_ref().map_or(files, layout::write);
    let mut all = Vec::new();
    for (path, bytes) in read {
        all.extend(format!("{path}\n{}\n", bytes.len()).into_bytes());
        all.extend(bytes);
    }
    let mut code = Code::new();
    code.insert("render", all).expect("the key is valid");
    code.hash().as_str()[..DIGITS].to_owned()
}

/// Returns the candidate from which the fewest lines change; `candidates` begins with the newest.
///
/// Of equally near candidates the oldest content is taken: a line that both the source and a newer commit changed is
/// then a conflict and not overwritten. Of equal content the newest commit is taken.
#[must_use]
pub fn nearest(candidates: &[Candidate]) -> Option<Nearest> {
    let distances: Vec<usize> = candidates.iter().map(Candidate::changed_lines).collect();
    let least = *distances.iter().min()?;
    let oldest = distances.iter().rposition(|distance| *distance == least)?;
    let content = texts(&candidates[oldest].earlier);
    let index = candidates
        .iter()
        .position(|candidate| texts(&candidate.earlier) == content)?;
    Some(Nearest {
        index,
        ambiguous: index > 0 && distances[0] == least,
        related: candidates[index].is_related(),
    })
}

/// Returns what the source, rendered on top of the newest candidate, takes back from the candidates before `nearest`:
/// lines that they added, and lines that they removed.
#[must_use]
pub fn taken_back(candidates: &[Candidate], nearest: usize) -> Vec<TakenBack> {
    let Some(newest) = candidates.first() else {
        return Vec::new();
    };
    let (now, ours) = (texts(&newest.earlier), texts(&newest.ours));
    let earlier = candidates.iter().map(|candidate| &candidate.earlier);
    let masks = Masks::of(earlier.chain([&newest.ours]));
    let versions: Vec<_> = candidates[..=nearest]
        .iter()
        .map(|candidate| texts(&candidate.earlier))
        .collect();
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let empty = String::new();
    let files: std::collections::BTreeSet<&String> = now.keys().chain(ours.keys()).collect();
    for file in files {
        let text = |version: &BTreeMap<String, String>| version.get(file).cloned();
        let (before, after) = (
            now.get(file).unwrap_or(&empty),
            ours.get(file).unwrap_or(&empty),
        );
        let has = |index: usize, line: &str| {
            text(&versions[index]).is_some_and(|text| text.lines().any(|other| other == line))
        };
        for (old, new, end) in [(before, after, ""), (after, before, " comes back")] {
            let added = end.is_empty();
            for line in lines::difference(old, new).0 {
                let line = line.trim_end_matches('\n');
                let brought = (0..nearest)
                    .rev()
                    .find(|i| has(*i, line) == added && has(i + 1, line) != added);
                if let Some(index) = brought.filter(|_| !line.trim().is_empty()) {
                    let shown = format!("{file}: {}{end}", quoted(&masks, file, line));
                    found.entry(index).or_default().push(shown);
                }
            }
        }
    }
    let shortened = found.into_iter().map(|(index, mut lines)| {
        let more = lines.len().saturating_sub(SHOWN);
        lines.truncate(SHOWN);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        TakenBack { index, lines }
    });
    shortened.collect()
}

impl Candidate {
    /// Whether our version lacks a line of the earlier one, or has one more.
    #[must_use]
    pub fn changes_lines(&self) -> bool {
        let ours = texts(&self.ours);
        texts(&self.earlier).iter().any(|(path, text)| {
            let after = ours.get(path).map_or("", String::as_str);
            let (removed, added) = lines::difference(text, after);
            !removed.is_empty() || added > 0
        }) || ours.len() > texts(&self.earlier).len()
    }

    fn changed_lines(&self) -> usize {
        let (earlier, ours) = (texts(&self.earlier), texts(&self.ours));
        let removed_files = earlier.iter().filter(|(path, _)| !ours.contains_key(*path));
        let removed: usize = removed_files.map(|(_, text)| lines::count(text)).sum();
        let changed = ours.iter().map(|(path, text)| {
            let before = earlier.get(path).map_or("", String::as_str);
            let (removed, added) = lines::difference(before, text);
            removed.len() + added
        });
        removed + changed.sum::<usize>()
    }

    fn is_related(&self) -> bool {
        let code = |rendered: &Rendered| {
            let mut files = texts(rendered);
            files.remove(layout::DATAFLOW);
            files
        };
        let (earlier, ours) = (code(&self.earlier), code(&self.ours));
        let lines_of = |files: &BTreeMap<String, String>| {
            files.values().map(|t| lines::count(t)).sum::<usize>()
        };
        let shared: usize = earlier
            .iter()
            .filter_map(|(path, text)| {
                let removed = lines::difference(text, ours.get(path)?).0.len();
                Some(lines::count(text) - removed)
            })
            .sum();
        4 * shared >= lines_of(&earlier) + lines_of(&ours)
    }
}

/// Returns the dataflow and the code as texts by path. Generated files and the record of steps are left out.
fn texts(rendered: &Rendered) -> BTreeMap<String, String> {
    let files = layout::write(&loss::unrecorded(rendered)).into_iter();
    files
        .filter(|(path, _)| path != KUSTOMIZATION && path != NAME_REFERENCE)
        .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
        .collect()
}

/// Returns a line in quotes, shortened; hidden if it could contain a secret.
fn quoted(masks: &Masks, file: &str, line: &str) -> String {
    let mut masked = Some(line.to_owned());
    masks.file(file, &mut masked, &mut None);
    let masked = masked.unwrap_or_default();
    let line = masked.trim();
    let mut text: String = line
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST_LINE)
        .collect();
    if line.chars().count() > LONGEST_LINE {
        text.push('…');
    }
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use dataflow::{Dataflow, DataflowSpec};
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn flow(processes: u32, words: &str) -> Rendered {
        let spec: DataflowSpec =
            serde_json::from_value(json!({"processesCount": processes})).unwrap();
        let text: String = words.split_whitespace().map(|w| format!("{w}\n")).collect();
        let mut code = Code::new();
        code.insert("orders.py", text).unwrap();
        Rendered {
            dataflow: Dataflow::new("orders", spec),
            code,
        }
    }

    /// Returns the candidates, newest first, with our code rendered on each.
    fn candidates(earlier: &[&str], ours: &str) -> Vec<Candidate> {
        let earlier = earlier.iter().map(|words| flow(1, words));
        earlier
            .map(|earlier| Candidate {
                earlier,
                ours: flow(1, ours),
            })
            .collect()
    }

    #[rstest]
    #[case::from_older("newest lacks our base", &["a b c fix", "a b c"], "a b c mine", 1, false)]
    #[case::from_newest("ours continues the newest", &["a b c fix", "a b c"], "a b c fix mine", 0, false)]
    #[case::same_line("both edited one line", &["a X c", "a b c"], "a Y c", 1, true)]
    #[case::reverted("equal content, the newest commit", &["a b", "a b c", "a b"], "a b mine", 0, false)]
    #[case::own_deletion("part of the newest is gone", &["a b c d e", "a b"], "a b c d", 0, false)]
    fn nearest_version_has_fewest_changed_lines(
        #[case] _what: &str,
        #[case] earlier: &[&str],
        #[case] ours: &str,
        #[case] index: usize,
        #[case] ambiguous: bool,
    ) {
        let expected = Nearest {
            index,
            ambiguous,
            related: true,
        };
        assert_eq!(nearest(&candidates(earlier, ours)), Some(expected));
    }

    #[rstest]
    #[case::same("a b", "a b", false)]
    #[case::line_removed("a b c", "a c", true)]
    #[case::removal_added_back("a c", "a b c", true)]
    #[case::line_replaced("a b", "a c", true)]
    #[case::everything_removed("a", "", true)]
    fn added_line_counts_as_change(
        #[case] earlier: &str,
        #[case] ours: &str,
        #[case] expected: bool,
    ) {
        let candidate = candidates(&[earlier], ours).pop().unwrap();
        assert_eq!(candidate.changes_lines(), expected);
    }

    #[test]
    fn added_file_counts_as_change() {
        let mut candidate = candidates(&["a"], "a").pop().unwrap();
        candidate.ours.code.insert("more.py", "").unwrap();
        assert!(candidate.changes_lines());
    }

    #[test]
    fn another_program_is_not_related() {
        let nearest = nearest(&candidates(&["a b c d"], "w x y d")).unwrap();
        assert!(!nearest.related);
        assert_eq!(super::nearest(&[]), None);
    }

    #[test]
    fn taken_back_lines_name_commit_that_brought_them() {
        let earlier = ["a b c second first", "a b c first", "a b c d"];
        let found = taken_back(&candidates(&earlier, "a b c d mine"), 2);
        let lines = |index, lines: &[&str]| TakenBack {
            index,
            lines: lines
                .iter()
                .map(|line| format!("orders.py: {line}"))
                .collect(),
        };
        let expected = [
            lines(0, &["`second`"]),
            lines(1, &["`first`", "`d` comes back"]),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn value_that_goes_back_is_taken_back() {
        let candidate = |processes| Candidate {
            earlier: flow(processes, "a"),
            ours: flow(2, "a"),
        };
        let candidates = [candidate(5), candidate(2)];
        assert_eq!(nearest(&candidates).map(|nearest| nearest.index), Some(1));
        let found = taken_back(&candidates, 1);
        assert_eq!(
            found[0].lines,
            [
                "dataflow.yaml: `processesCount: 5`",
                "dataflow.yaml: `processesCount: 2` comes back"
            ]
        );
    }

    #[test]
    fn identity_survives_writing_and_reading() {
        let rendered = flow(2, "a b");
        let read = layout::read(&layout::write(&rendered)).unwrap();
        assert_eq!(identity(&rendered), identity(&read));
        assert_ne!(identity(&rendered), identity(&flow(3, "a b")));
        assert_eq!(identity(&rendered).len(), DIGITS);
    }
}
