//! Splits Markdown into paragraphs, sentences and words.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

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

/// Splits a text into paragraphs; headings, blocks of code and HTML are none.
pub(super) fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut found = Vec::new();
    let mut open: Option<Paragraph> = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableCell) => {
                found.extend(open.replace(Paragraph {
                    line: text[..range.start].matches('\n').count() + 1,
                    text: String::new(),
                    is_cell: event == Event::Start(Tag::TableCell),
                }));
            }
            Event::Start(tag) if is_block(&tag) => found.extend(open.take()),
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell) => {
                found.extend(open.take());
            }
            Event::Text(piece) | Event::Code(piece) => add(&mut open, &piece),
            Event::SoftBreak | Event::HardBreak => add(&mut open, " "),
            _ => {}
        }
    }
    found.retain(|paragraph| !paragraph.text.is_empty());
    found
}

/// Whether a tag begins a block that ends the text of the item around it.
fn is_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Table(_)
            | Tag::FootnoteDefinition(_)
    )
}

fn add(open: &mut Option<Paragraph>, piece: &str) {
    if let Some(paragraph) = open {
        paragraph.text.push_str(piece);
    }
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
    #[case::four_backticks("````\n```\ncode\n```\nmore code\n````\none", &[(7, "one")])]
    #[case::tildes("~~~\n```\ncode\n~~~\none", &[(5, "one")])]
    #[case::tildes_in_backticks("```\n~~~\ncode\n```\none", &[(5, "one")])]
    #[case::quote("> one\n> two\n\nthree", &[(1, "one two"), (4, "three")])]
    #[case::code_in_a_quote("> one\n>\n> ```\n> code\n> ```\n>\n> two", &[(1, "one"), (7, "two")])]
    #[case::number_sign_in_a_paragraph("one\n#12 two", &[(1, "one #12 two")])]
    #[case::html_is_none("<!-- one\ntwo -->\n\nthree", &[(4, "three")])]
    #[case::link_definition_is_none("[one]\n\n[one]: two.md", &[(1, "one")])]
    #[case::nested_items("- one\n  - two", &[(1, "one"), (2, "two")])]
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
