//! Judges the names of fields and variables: whether their values are secrets.
//!
//! A name is judged by its words, so that `DB_PASSWORD`, `db-password`, `db.password` and `dbPassword2` are the same, and
//! `TOKENIZER` is no token.

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

/// Parts that are unmistakable inside a word, and across two words: `DBPASSWORD`, `secret_key`.
const UNMISTAKABLE: [&str; 23] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "kennwort",
    "contrasena",
    "motdepasse",
    "wachtwoord",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "accountkey",
    "sharedkey",
    "authkey",
    "clientsecret",
    "appsecret",
    "authpass",
    "secretaccess",
];
/// Words that are short for a password, alone or at the end of a longer word such as `DBPASS`.
const SHORT_PASSWORDS: [&str; 4] = ["pass", "pwd", "pswd", "passw"];
/// Words that end like [`SHORT_PASSWORDS`] and mean something else.
const NO_PASSWORDS: [&str; 16] = [
    "bandpass",
    "bypass",
    "compass",
    "encompass",
    "getcwd",
    "highpass",
    "lowpass",
    "multipass",
    "onepass",
    "overpass",
    "singlepass",
    "surpass",
    "trespass",
    "twopass",
    "underpass",
    "cwd",
];
/// Words before or after `pass` which say that it is no password: `first_pass`, `pass_rate`.
const BESIDE_PASS: [&str; 24] = [
    "all", "backward", "band", "boarding", "by", "count", "did", "each", "filter", "first",
    "forward", "hall", "high", "last", "low", "next", "num", "number", "on", "per", "rate",
    "second", "single", "through",
];
/// Words that are clear as a whole word, in the plural, or at the end of a word such as `accesstoken`.
const CLEAR: [&str; 3] = ["secret", "token", "credential"];
/// Words that are clear only as a whole word.
const CLEAR_WORDS: [&str; 6] = ["bearer", "cred", "creds", "jwt", "pat", "sas"];
/// Words before `token` of language models, parsers and pages: `eos_token`, `next_page_token`.
const BESIDE_TOKEN: [&str; 28] = [
    "begin",
    "bos",
    "cls",
    "completion",
    "continuation",
    "current",
    "end",
    "eos",
    "input",
    "key",
    "mask",
    "max",
    "min",
    "n",
    "next",
    "num",
    "output",
    "pad",
    "page",
    "prompt",
    "sep",
    "special",
    "start",
    "stop",
    "sync",
    "total",
    "unk",
    "word",
];
/// Words that are weak.
const WEAK: [&str; 13] = [
    "auth",
    "authorization",
    "cookie",
    "dsn",
    "hmac",
    "nonce",
    "pepper",
    "pin",
    "salt",
    "session",
    "sig",
    "signature",
    "webhook",
];
/// Words before `key` that make it a key of data instead of a key of a lock.
const DATA_KEYS: [&str; 46] = [
    "aggregate",
    "arrow",
    "blob",
    "bucket",
    "cache",
    "column",
    "composite",
    "dedup",
    "dedupe",
    "dict",
    "event",
    "feature",
    "field",
    "file",
    "foreign",
    "group",
    "hash",
    "idempotency",
    "index",
    "join",
    "json",
    "lookup",
    "map",
    "message",
    "metric",
    "msg",
    "natural",
    "object",
    "order",
    "partition",
    "path",
    "primary",
    "pub",
    "public",
    "range",
    "record",
    "registry",
    "routing",
    "row",
    "search",
    "shard",
    "sort",
    "state",
    "surrogate",
    "topic",
    "unique",
];
/// Last words of names whose value is the place or a property of a secret. Such a value can be hidden, but is not
/// refused.
const ABOUT_SECRETS: [&str; 118] = [
    "algorithm",
    "alg",
    "alphabet",
    "arn",
    "audience",
    "backend",
    "budget",
    "bucket",
    "char",
    "class",
    "column",
    "count",
    "days",
    "dir",
    "directory",
    "domain",
    "email",
    "embedding",
    "enabled",
    "encoding",
    "endpoint",
    "env",
    "environment",
    "error",
    "exists",
    "expiration",
    "expires",
    "expiry",
    "expired",
    "factory",
    "field",
    "file",
    "filename",
    "folder",
    "format",
    "generator",
    "grant",
    "handler",
    "hash",
    "header",
    "help",
    "hint",
    "host",
    "hours",
    "id",
    "ids",
    "index",
    "interval",
    "invalid",
    "issuer",
    "kind",
    "label",
    "len",
    "length",
    "level",
    "lifetime",
    "limit",
    "list",
    "location",
    "manager",
    "max",
    "mechanism",
    "message",
    "mgr",
    "min",
    "minutes",
    "mode",
    "ms",
    "name",
    "names",
    "namespace",
    "param",
    "parameter",
    "path",
    "pattern",
    "placeholder",
    "policy",
    "port",
    "position",
    "prefix",
    "prompt",
    "protocol",
    "provider",
    "realm",
    "rule",
    "schema",
    "ref",
    "refresh",
    "regex",
    "region",
    "required",
    "reset",
    "retries",
    "rotation",
    "scope",
    "scopes",
    "seconds",
    "server",
    "service",
    "size",
    "source",
    "status",
    "store",
    "strategy",
    "suffix",
    "threshold",
    "timeout",
    "title",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "user",
    "username",
    "var",
    "vault",
    "version",
];

/// Returns how much the name of a variable says about its value, or `None` if the value is no secret.
pub(crate) fn tells(name: &str) -> Option<Telling> {
    let words = words(name);
    let is_about = |word: &str| ABOUT_SECRETS.contains(&word);
    let about = words
        .last()
        .is_some_and(|last| is_about(last) || last.strip_suffix('s').is_some_and(is_about));
    if about { None } else { of_words(&words) }
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
