//! Finds contractions such as "can't" in messages.

use super::fault::WordingFault;
use super::source::Text;

/// The endings that make a word a contraction.
const ENDINGS: [&str; 4] = ["n't", "'re", "'ve", "'ll"];

/// The words before "nt" that make a contraction without its apostrophe.
const BEFORE_NT: [&str; 12] = [
    "are", "ca", "could", "did", "do", "does", "has", "have", "is", "should", "was", "would",
];

/// Endings that also mark a genitive or a quotation, with the words behind which they are contractions.
const AMBIGUOUS: [(&str, &[&str]); 3] = [
    (
        "'s",
        &[
            "he", "here", "how", "it", "let", "she", "that", "there", "what", "where", "who",
        ],
    ),
    ("'d", &["he", "i", "it", "she", "they", "we", "you"]),
    ("'m", &["i"]),
];

/// Finds the contractions in messages.
pub(super) fn faults(messages: &[Text]) -> Vec<WordingFault> {
    let faults = messages.iter().filter_map(|message| {
        Some(WordingFault::Contraction {
            place: message.place(),
            word: contraction(&message.text)?,
        })
    });
    faults.collect()
}

/// Returns the first contraction of a text.
fn contraction(text: &str) -> Option<String> {
    let text = text.replace('\u{2019}', "'");
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words
        .map(|word| word.trim_matches('\''))
        .find(|word| is_contraction(&word.to_lowercase()))
        .map(str::to_owned)
}

/// Whether a word in lower case is a contraction.
fn is_contraction(word: &str) -> bool {
    let by_ending = ENDINGS.iter().any(|ending| {
        let stem = word.strip_suffix(ending);
        stem.is_some_and(|stem| stem.ends_with(char::is_alphabetic))
    });
    let by_word = AMBIGUOUS.iter().any(|(ending, stems)| {
        let stem = word.strip_suffix(ending);
        stem.is_some_and(|stem| stems.contains(&stem))
    });
    let without_apostrophe = word
        .strip_suffix("nt")
        .is_some_and(|stem| BEFORE_NT.contains(&stem));
    by_ending || by_word || without_apostrophe
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::not("it can't be read", Some("can't"))]
    #[case::typographic("it can\u{2019}t be read", Some("can't"))]
    #[case::is("It's gone", Some("It's"))]
    #[case::are("they're gone", Some("they're"))]
    #[case::will("this'll end", Some("this'll"))]
    #[case::have("we've seen", Some("we've"))]
    #[case::quoted_sentence("it says 'it can't' here", Some("can't"))]
    #[case::without_apostrophe("it cant be read", Some("cant"))]
    #[case::genitive("the pod's volume of 'orders'", None)]
    #[case::quoted("'not' and n't alone", None)]
    #[case::full("it cannot be read", None)]
    fn contraction_is_found(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(contraction(text).as_deref(), expected);
    }
}
