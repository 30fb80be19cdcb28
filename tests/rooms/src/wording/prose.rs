//! Splits Markdown into paragraphs, sentences and words.

/// Words that begin a question. "Whether" is none: it begins the doc of a `bool`.
const QUESTION_WORDS: [&str; 9] = [
    "how", "what", "when", "where", "which", "who", "whom", "whose", "why",
];

/// Abbreviations whose dot ends no sentence.
const ABBREVIATIONS: [&str; 4] = ["e.g.", "i.e.", "etc.", "vs."];

/// A paragraph, an item of a list, or a cell of a table.
#[derive(Debug, PartialEq)]
pub(super) struct Paragraph {
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    /// Its lines, joined by spaces.
    pub(super) text: String,
    /// Whether it is a cell of a table.
    pub(super) is_cell: bool,
}

/// Splits a text into paragraphs; headings and blocks of code are none.
pub(super) fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut found = Vec::new();
    let mut open: Option<Paragraph> = None;
    let (mut is_fenced, mut in_list) = (false, false);
    for (number, raw) in (1..).zip(text.lines()) {
        let line = raw.trim();
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        is_fenced ^= is_fence;
        let is_code = raw.starts_with("    ") && open.is_none() && !in_list;
        if is_fence || is_fenced || is_code || line.is_empty() || line.starts_with('#') {
            found.extend(open.take());
        } else if let Some(row) = line.strip_prefix('|') {
            found.extend(open.take());
            found.extend(
                row.split('|')
                    .map(|cell| paragraph(number, cell.trim(), true)),
            );
        } else if let Some(item) = list_item(line) {
            found.extend(open.replace(paragraph(number, item, false)));
            in_list = true;
        } else if let Some(paragraph) = &mut open {
            paragraph.text.push(' ');
            paragraph.text.push_str(line);
        } else {
            in_list &= raw.starts_with(' ');
            open = Some(paragraph(number, line, false));
        }
    }
    found.extend(open);
    found
}

fn paragraph(line: usize, text: &str, is_cell: bool) -> Paragraph {
    Paragraph {
        line,
        text: text.to_owned(),
        is_cell,
    }
}

/// Returns the text of a list item without its mark.
fn list_item(line: &str) -> Option<&str> {
    let mark = line.split(' ').next().unwrap_or_default();
    let number = mark.strip_suffix(['.', ')']);
    let is_number =
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    (is_number || ["-", "*", "+", ">"].contains(&mark)).then(|| line[mark.len()..].trim_start())
}

/// Returns the number of words in each sentence of the paragraphs, without tables.
pub(super) fn sentence_lengths(text: &str) -> Vec<usize> {
    let mut lengths = Vec::new();
    for paragraph in paragraphs(text).iter().filter(|it| !it.is_cell) {
        let mut length = 0;
        for word in paragraph.text.split_whitespace() {
            length += usize::from(is_word(word));
            let bare = word.trim_end_matches([')', ']', '"', '\'', '*', '_']);
            if bare.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&bare) {
                lengths.push(length);
                length = 0;
            }
        }
        lengths.push(length);
    }
    lengths.retain(|length| *length > 0);
    lengths
}

/// Counts the words of a text.
pub(super) fn word_count(text: &str) -> usize {
    text.split_whitespace().filter(|word| is_word(word)).count()
}

/// Whether a text begins with a question word.
pub(super) fn asks(text: &str) -> bool {
    let first = first_word(text).to_lowercase();
    QUESTION_WORDS.contains(&first.as_str())
}

/// Returns the first word of a text, without marks around it.
pub(super) fn first_word(text: &str) -> &str {
    let start = text.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    start
        .split(|letter: char| !letter.is_alphanumeric())
        .next()
        .unwrap_or_default()
}

fn is_word(token: &str) -> bool {
    token.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::lines_are_joined("one\ntwo\n\nthree", &[(1, "one two"), (4, "three")])]
    #[case::headings_are_none("# Head\none\n## Next", &[(2, "one")])]
    #[case::fenced_code_is_none("one\n```\ncode\n```\ntwo", &[(1, "one"), (5, "two")])]
    #[case::indented_code_is_none("one\n\n    code\n\ntwo", &[(1, "one"), (5, "two")])]
    #[case::items_are_separate("- one\n  more\n- two\n10. ten", &[(1, "one more"), (3, "two"), (4, "ten")])]
    #[case::item_continues_indented("- one\n\n    more", &[(1, "one"), (3, "more")])]
    #[case::code_after_a_list("- one\n\ntwo\n\n    code", &[(1, "one"), (3, "two")])]
    #[case::number_is_no_item("2026 was\n1.5 more", &[(1, "2026 was 1.5 more")])]
    fn paragraphs_are_found(#[case] text: &str, #[case] expected: &[(usize, &str)]) {
        let found = paragraphs(text);
        let found: Vec<(usize, &str)> =
            found.iter().map(|it| (it.line, it.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn cells_of_tables_are_separate() {
        let found = paragraphs("| a b | c |\n|---|---|");
        let cells = found.iter().filter(|it| it.is_cell && is_word(&it.text));
        let cells: Vec<&str> = cells.map(|it| it.text.as_str()).collect();
        assert_eq!(cells, ["a b", "c"]);
    }

    #[rstest]
    #[case::two("Returns it. Never fails!", &[2, 2])]
    #[case::without_a_dot("a noun phrase", &[3])]
    #[case::abbreviation("one, e.g. two. Three", &[3, 1])]
    #[case::dots_in_names("reads `a.rs` and b.c", &[4])]
    #[case::in_parentheses("(It ends.) Next one", &[2, 2])]
    #[case::items("- one two\n- three", &[2, 1])]
    #[case::signs_are_no_words("a -> b", &[2])]
    fn sentences_are_measured(#[case] text: &str, #[case] expected: &[usize]) {
        assert_eq!(sentence_lengths(text), expected);
    }

    #[rstest]
    #[case::what("What it does", true)]
    #[case::marked("`Where` it is", true)]
    #[case::whether("Whether it is", false)]
    #[case::verb("Returns what it does", false)]
    #[case::longer_word("Whatever it is", false)]
    fn question_is_seen_by_its_first_word(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(asks(text), expected);
    }
}
