//! Reads words of a shell that are quoted in parts: `PASSWORD="hun"'ter2'` and `PASSWORD=hun'ter2'`.

use std::ops::Range;

/// Longest word that is read.
const LONGEST: usize = 1024;

/// Returns the place of the word at `line[at..]` and what it stands for, if it has several parts.
pub(super) fn word(line: &str, at: usize) -> Option<(Range<usize>, String)> {
    let mut word = String::new();
    let mut parts = 0;
    let mut place = at;
    let mut was_quoted = true;
    while let Some(char) = line.get(place..)?.chars().next() {
        let rest = &line[place..];
        let quoted = ["$'", "$\"", "'", "\""]
            .into_iter()
            .find(|open| rest.starts_with(open));
        if let Some(open) = quoted {
            let inner = &rest[open.len()..];
            let length = inner.find(open.trim_start_matches('$'))?;
            word.push_str(&inner[..length]);
            place += open.len() + length + 1;
            parts += 1;
            was_quoted = true;
        } else {
            let goes_on =
                !was_quoted || parts == 0 || char.is_alphanumeric() || "!@#%^*+_.".contains(char);
            if !goes_on || char.is_whitespace() || ";&|()<>,{}[]`".contains(char) {
                break;
            }
            parts += usize::from(was_quoted);
            word.push(char);
            place += char.len_utf8();
            was_quoted = false;
        }
        if place > at + LONGEST {
            return None;
        }
    }
    (parts > 1).then_some((at..place, word))
}

#[cfg(test)]
mod tests {
    #[rstest::rstest]
    #[case("\"hun\"'ter2'", Some("hunter2"))]
    #[case("hun'ter2' x", Some("hunter2"))]
    #[case("$'hun'\"ter2\"; x", Some("hunter2"))]
    #[case("\"hun\"ter2", Some("hunter2"))]
    #[case("'hunter2'", None)]
    #[case("hunter2", None)]
    #[case("\"a\",\"b\"", None)]
    #[case("\"a\"/>", None)]
    #[case("\"open", None)]
    #[case("", None)]
    fn word_of_several_parts_is_read(#[case] line: &str, #[case] word: Option<&str>) {
        assert_eq!(super::word(line, 0).map(|(_, word)| word).as_deref(), word);
    }
}
