//! Judges the names of fields and variables: whether their values are secrets.
//!
//! A name is judged by its words, so that `DB_PASSWORD`, `db-password`, `db.password` and `dbPassword2` are the same, and
//! `TOKENIZER` is no token.

mod list;

use self::list::{
    ABOUT_SECRETS, BESIDE_PASS, BESIDE_TOKEN, CLEAR, CLEAR_WORDS, DATA_KEYS, NO_PASSWORDS,
    PASSWORDS, SHORT_PASSWORDS, UNMISTAKABLE, WEAK,
};

/// How much a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    /// The value is a secret if it looks random, as for `SIGNING_SALT` or `MAPS_KEY`.
    Weakly,
    /// The value is a secret unless it is an ordinary word, as for `GITHUB_TOKEN`.
    Clearly,
    /// The value is a secret, as for `DB_PASSWORD`.
    Unmistakably,
}

/// Returns how much the name of a variable says about its value, or `None` if the value is no secret.
pub(crate) fn tells(name: &str) -> Option<Telling> {
    let words = words(name);
    let is_about = |word: &str| ABOUT_SECRETS.contains(&word);
    let about = words
        .last()
        .is_some_and(|last| is_about(last) || last.strip_suffix('s').is_some_and(is_about));
    match words.as_slice() {
        _ if about => None,
        // `passwordKey: db-password` names the key with the password.
        [.., password, key]
            if key.trim_end_matches('s') == "key" && PASSWORDS.contains(&password.as_str()) =>
        {
            Some(Telling::Weakly)
        }
        words => of_words(words),
    }
}

/// Returns true if the value of this field is hidden: the name tells, or it is about a secret.
pub(crate) fn hides(name: &str) -> bool {
    of_words(&words(name)).is_some_and(|telling| telling > Telling::Weakly)
}

fn of_words(words: &[String]) -> Option<Telling> {
    let unmistakable = |text: &str| UNMISTAKABLE.iter().any(|part| text.contains(part));
    let of_two = words.windows(2).any(|two| unmistakable(&two.concat()));
    if of_two || words.iter().any(|word| unmistakable(word)) {
        // `passwordless` and `tokenless` say that there is none.
        let none = words.iter().any(|word| word.ends_with("less"));
        return (!none).then_some(Telling::Unmistakably);
    }
    let beside = |at: usize, list: &[&str]| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let near = [before, words.get(at + 1)];
        near.into_iter()
            .flatten()
            .any(|word| list.contains(&word.as_str()))
    };
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        let one = word.strip_suffix('s').filter(|one| !one.ends_with('s'));
        let one = one.unwrap_or(word);
        let telling = if word == "pw" || (is_short_password(word) && !beside(at, &BESIDE_PASS)) {
            Some(Telling::Unmistakably)
        } else if one.ends_with("token") && beside(at, &BESIDE_TOKEN) {
            None
        } else if CLEAR.iter().any(|end| one.ends_with(end)) || CLEAR_WORDS.contains(&word.as_str())
        {
            Some(Telling::Clearly)
        } else if is_weak(words, at) {
            Some(Telling::Weakly)
        } else {
            None
        };
        found = found.max(telling);
    }
    found
}

fn is_short_password(word: &str) -> bool {
    SHORT_PASSWORDS.iter().any(|end| word.ends_with(end)) && !NO_PASSWORDS.contains(&word)
}

fn is_weak(words: &[String], at: usize) -> bool {
    let word = words[at].as_str();
    let last = at + 1 == words.len();
    let before = at.checked_sub(1).map(|at| words[at].as_str());
    let is_key = last && (word == "key" || (word.ends_with("key") && word.len() > 5));
    let is_key = is_key && before.is_none_or(|word| !DATA_KEYS.contains(&word));
    let alone = matches!(
        word,
        "keyspace" | "hotkey" | "turkey" | "monkey" | "donkey" | "whiskey"
    );
    WEAK.contains(&word) || (is_key && !alone && word != "key") || (is_key && before.is_some())
}

/// Returns the words of a name in lower case and without numbers. The names `DB_PASSWORD`, `db-password`, `db.password`
/// and `dbPassword2` have the same words.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut inside = false;
    for char in name.chars() {
        if char.is_ascii_uppercase() && inside {
            words.push(String::new());
        }
        match (words.last_mut(), char.is_alphabetic()) {
            (Some(word), true) => word.extend(char.to_lowercase()),
            _ => words.push(String::new()),
        }
        inside = char.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests;
