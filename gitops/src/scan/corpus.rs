//! The corpus by which the search for secrets is measured: planted secrets by kind and place, and harmless lines.
//!
//! Tokens are generated when the test runs. A file with what looks like one could not be pushed to a forge.

use dataflow::code::Code;
use dataflow::spec::{Dataflow, DataflowSpec};

use self::harmless::TEXTS;
use self::places::{COMMANDS, PAIRS, PLACES};
use super::*;

mod harmless;
mod places;

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Kinds of tokens: the head, the alphabet, and the number of characters after the head.
const TOKENS: &[(&str, &str, usize)] = &[
    ("AKIA", UPPER, 16),
    ("ASIA", UPPER, 16),
    ("", BASE64, 40),
    ("AIza", LETTERS, 35),
    ("GOCSPX-", LETTERS, 28),
    ("dop_v1_", HEX, 64),
    ("ghp_", LETTERS, 36),
    ("gho_", LETTERS, 36),
    ("github_pat_", LETTERS, 60),
    ("glpat-", LETTERS, 20),
    ("xoxb-123456789012-", LETTERS, 24),
    ("sk_live_", LETTERS, 24),
    ("npm_", LETTERS, 36),
    ("pypi-AgEIcHlwaS5vcmc", LETTERS, 80),
    ("SG.abcdefghijklmnop123456.", LETTERS, 43),
    ("SK", HEX, 32),
    ("sk-", LETTERS, 48),
    ("sk-proj-", LETTERS, 48),
    ("sk-ant-api03-", LETTERS, 90),
    ("hf_", LETTERS, 34),
    ("dapi", HEX, 32),
    ("shpat_", HEX, 32),
    ("hvs.", LETTERS, 90),
    ("glsa_", LETTERS, 32),
    ("123456789:AA", LETTERS, 33),
    ("MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDe.", LETTERS, 38),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", LETTERS, 43),
    ("abc8Q~", LETTERS, 34),
    (
        "https://hooks.slack.com/services/T01234567/B01234567/",
        LETTERS,
        24,
    ),
    ("AGE-SECRET-KEY-1", UPPER, 58),
    ("postgres://app:", LETTERS, 12),
    ("kafka+ssl://app:S3$", LETTERS, 9),
    (
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=",
        BASE64,
        86,
    ),
    ("Server=db;User Id=app;Password=", LETTERS, 12),
    ("Authorization: Bearer ", LETTERS, 32),
    ("Authorization: Basic YW5uOmh1bnRlcjJodW50ZXIy", LETTERS, 0),
];

/// Names of secrets, in all spellings.
const NAMES: &[&str] = &[
    "DB_PASSWORD",
    "db_pass",
    "dbPwd",
    "redis-passwd",
    "APIKEY",
    "api_key",
    "x-api-key",
    "AWS_SECRET_ACCESS_KEY",
    "client_secret",
    "GITHUB_TOKEN",
    "authToken",
    "GCP_CREDENTIALS",
    "SECRET_KEY",
    "signing_key",
    "STRIPE_KEY",
    "sasl.password",
    "PASSWORD_DB",
    "private-key",
];

/// Returns a text that looks random and is the same in each run.
fn random(alphabet: &str, length: usize, seed: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = seed as u64 * 2_654_435_761 + 12_345;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = usize::try_from(state >> 33).unwrap();
        letters[number % letters.len()]
    };
    (0..length).map(next).collect()
}

/// Returns the number of findings in one file of a flow.
fn findings(path: &str, text: &str) -> usize {
    match path {
        "message" => return in_message(text).len(),
        "branch" => return in_branch(text).len(),
        _ => {}
    }
    let flow = Rendered {
        dataflow: Dataflow::new("orders", DataflowSpec::default()),
        code: Code::new(),
    };
    let change = FileChange {
        path: format!("apps/prod/orders/{path}"),
        old: None,
        new: Some(text.into()),
    };
    scan("apps/prod/orders", &flow, &[change]).new.len()
}

/// Writes a secret into a text: whole, in two pieces, or in base64.
fn filled(text: &str, secret: &str) -> String {
    let (first, second) = secret.split_at(secret.len() / 2);
    text.replacen("{}", secret, 1)
        .replace("{a}", first)
        .replace("{b}", second)
        .replace("{64}", &base64(secret))
}

fn base64(text: &str) -> String {
    let digits: Vec<char> = BASE64.chars().collect();
    let chunk = |bytes: &[u8]| -> String {
        let bits = bytes.iter().enumerate();
        let bits = bits.fold(0, |bits, (at, byte)| {
            bits | usize::from(*byte) << (16 - 8 * at)
        });
        let digit = |at: usize| {
            if at > bytes.len() {
                '='
            } else {
                digits[bits >> (18 - 6 * at) & 63]
            }
        };
        (0..4).map(digit).collect()
    };
    text.as_bytes().chunks(3).map(chunk).collect()
}

fn planted() -> Vec<(String, String)> {
    let mut planted = Vec::new();
    for (kind, (head, alphabet, length)) in TOKENS.iter().enumerate() {
        for (place, (path, text)) in PLACES.iter().enumerate() {
            let mut token = format!("{head}{}", random(alphabet, *length, kind * 100 + place));
            if head.contains("://app") {
                token += "@db.shop.net/orders";
            }
            planted.push(((*path).to_owned(), filled(text, &token)));
        }
    }
    for (kind, name) in NAMES.iter().enumerate() {
        for (place, (path, text)) in PAIRS.iter().enumerate() {
            let value = random(LETTERS, 20, 10_000 + kind * 100 + place);
            let text = text.replace("{n=v}", &base64(&format!("{name}={value}")));
            let text = text.replace("{i}", &name.replace(['-', '.'], "_"));
            let text = text.replace("{n}", name).replace("{v}", &value);
            planted.push(((*path).to_owned(), filled(&text, &value)));
        }
    }
    for seed in 0..5 {
        for (place, (path, text)) in COMMANDS.iter().enumerate() {
            let value = random(LETTERS, 20, 20_000 + seed * 100 + place);
            planted.push(((*path).to_owned(), text.replace("{v}", &value)));
        }
    }
    planted
}

fn harmless() -> Vec<(&'static str, &'static str)> {
    let files = [
        ("flow.py", include_str!("corpus/harmless.py")),
        ("values.yaml", include_str!("corpus/harmless.yaml")),
        ("README.md", include_str!("corpus/harmless.md")),
    ];
    let lines = files
        .iter()
        .flat_map(|(path, text)| text.lines().map(|line| (*path, line)));
    lines.chain(TEXTS.iter().copied()).collect()
}

#[test]
fn planted_secrets_are_found() {
    let planted = planted();
    let missed: Vec<_> = planted
        .iter()
        .filter(|(path, text)| findings(path, text) == 0)
        .collect();
    let found = planted.len() - missed.len();
    println!(
        "planted secrets found: {found} of {} ({} kinds, {} places)",
        planted.len(),
        TOKENS.len() + NAMES.len(),
        PLACES.len() + PAIRS.len() + COMMANDS.len()
    );
    assert!(
        planted.len() >= 2200 && found * 100 >= planted.len() * 98,
        "missed: {missed:#?}"
    );
}

#[test]
fn harmless_texts_pass() {
    let harmless = harmless();
    let alarms: Vec<_> = harmless
        .iter()
        .filter(|(path, text)| findings(path, text) > 0)
        .collect();
    println!(
        "false alarms: {} of {} harmless texts",
        alarms.len(),
        harmless.len()
    );
    assert!(
        harmless.len() >= 360 && alarms.len() * 100 <= harmless.len(),
        "false alarms: {alarms:#?}"
    );
}
