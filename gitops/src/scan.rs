//! Finds secrets in what is about to go to git: deny by default, each finding with its place.

use std::fmt;

use dataflow::code;

use crate::layout;
use crate::rendered::Rendered;
use crate::secret::{in_line, is_placeholder, name_tells};

const SHORTEST_SECRET: usize = 8;
/// Ends of names that say where a secret is, or something about it. Hiding such a value is cheap, refusing it is not.
const ABOUT_SECRETS: [&str; 13] = [
    "COUNT", "DIR", "ENABLED", "ENDPOINT", "FILE", "HOST", "LIMIT", "NAME", "PATH", "SECONDS",
    "SIZE", "TTL", "URL",
];

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: a field path, or a file and a line.
    pub place: String,
    /// What it looks like. The value itself is never shown.
    pub what: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} holds {}", self.place, self.what)
    }
}

/// Everything in a flow that looks like a secret.
#[must_use]
pub fn scan(rendered: &Rendered) -> Vec<Finding> {
    let spec = &rendered.dataflow.spec;
    let mut found = Vec::new();
    for variable in &spec.env {
        let what = in_line(&variable.value).or_else(|| by_name(&variable.name, &variable.value));
        found.extend(what.map(|what| Finding {
            place: format!("spec.env[{}].value", variable.name),
            what,
        }));
    }
    let chart_values = spec.chart_values.as_deref().unwrap_or_default();
    found.extend(in_text("spec.chartValues", chart_values.as_bytes()));
    for (path, bytes) in layout::code_files(rendered) {
        let packed = spec.tar_name.as_deref().filter(|tar| *tar == path);
        match packed.and_then(|_| code::unpack(bytes).ok()) {
            Some(files) => {
                let inside = files
                    .iter()
                    .flat_map(|file| in_text(&format!("{path}: {}", file.path), &file.bytes));
                found.extend(inside);
            }
            None => found.extend(in_text(&path, bytes)),
        }
    }
    found
}

fn in_text(place: &str, bytes: &[u8]) -> Vec<Finding> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Vec::new();
    };
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(number, line)| {
        in_line(line).map(|what| Finding {
            place: format!("{place} line {}", number + 1),
            what,
        })
    });
    found.collect()
}

// A name such as DB_PASSWORD promises a secret, unless the value only says where the secret lies.
fn by_name(name: &str, value: &str) -> Option<&'static str> {
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_uppercase();
    let tells = name_tells(name) && !ABOUT_SECRETS.contains(&last.as_str());
    let literal =
        value.len() >= SHORTEST_SECRET && !value.starts_with(['/', '$']) && !is_placeholder(value);
    (tells && literal).then_some("a secret, by its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telling_name_makes_a_literal_value_a_secret() {
        let cases = [
            ("DB_PASSWORD", "correct horse", true),
            ("API_KEY", "0123456789", true),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMIK7MDENGbPxRfiCY",
                true,
            ),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("DB_PASSWORD", "$(DB_PASSWORD)", false),
            ("TOKEN_BUCKET_SIZE", "1000000000", false),
            ("TOKEN_URL", "issuer.example.com", false),
            ("TOPIC", "correct horse", false),
        ];
        for (name, value, want) in cases {
            assert_eq!(by_name(name, value).is_some(), want, "{name}={value}");
        }
    }
}
