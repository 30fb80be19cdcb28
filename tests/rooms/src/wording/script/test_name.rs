//! Finds the tests of Python and Go, and counts the words of their names.

use super::language::Language;

/// Returns line and number of words of each test. The word that makes it a test does not count.
pub(super) fn names(language: Language, path: &str, text: &str) -> Vec<(usize, usize)> {
    let name: fn(&str) -> Option<&str> = match language {
        Language::Python => python,
        Language::Go if path.ends_with("_test.go") => go,
        _ => return Vec::new(),
    };
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some((index + 1, words(name(line)?))))
        .collect()
}

/// Returns the name in a line such as `def test_name(self):`.
fn python(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("async ").unwrap_or(line);
    until_parenthesis(line.strip_prefix("def test_")?)
}

/// Returns the name in a line such as `func TestName(t *testing.T) {`.
fn go(line: &str) -> Option<&str> {
    let mut kinds = ["func Test", "func Fuzz"].into_iter();
    until_parenthesis(kinds.find_map(|kind| line.strip_prefix(kind))?)
}

fn until_parenthesis(rest: &str) -> Option<&str> {
    rest.split_once('(').map(|(name, _)| name)
}

/// Counts the words of a name such as `two_words` or `TwoWords`.
fn words(name: &str) -> usize {
    let letters: Vec<char> = name.chars().collect();
    let starts = (0..letters.len()).filter(|index| starts_word(&letters, *index));
    starts.count()
}

/// Whether a word starts at `index`. In `PIDIsReused` the words are `PID`, `Is` and `Reused`.
fn starts_word(letters: &[char], index: usize) -> bool {
    let letter = letters[index];
    let before = index.checked_sub(1).map(|before| letters[before]);
    match before {
        None | Some('_') => letter != '_',
        Some(before) => {
            let is_before_small = letters
                .get(index + 1)
                .is_some_and(|next| next.is_lowercase());
            letter.is_uppercase() && (!before.is_uppercase() || is_before_small)
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::method("class A:\n    def test_one_two(self):", &[(2, 2)])]
    #[case::asynchronous("async def test_one():", &[(1, 1)])]
    #[case::no_test("def one_two():", &[])]
    fn tests_of_python_are_found(#[case] text: &str, #[case] expected: &[(usize, usize)]) {
        assert_eq!(names(Language::Python, "a.py", text), expected);
    }

    #[rstest]
    #[case::test("a_test.go", "\nfunc TestOneTwo(t *testing.T) {", &[(2, 2)])]
    #[case::acronym("a_test.go", "func TestPIDIsReused(t *testing.T) {", &[(1, 3)])]
    #[case::underscore("a_test.go", "func Test_one_Two(t *testing.T) {", &[(1, 2)])]
    #[case::fuzz("a_test.go", "func FuzzOne(f *testing.F) {", &[(1, 1)])]
    #[case::no_test("a.go", "func TestOneTwo(t *testing.T) {", &[])]
    fn tests_of_go_are_found(
        #[case] path: &str,
        #[case] text: &str,
        #[case] expected: &[(usize, usize)],
    ) {
        assert_eq!(names(Language::Go, path, text), expected);
    }
}
