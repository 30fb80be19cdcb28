//! Finds secrets in a flow before it is committed to git. Each finding has its place.

use std::fmt;

use dataflow::code;

use crate::layout;
use crate::rendered::Rendered;
use crate::secret::{in_line, is_placeholder, variable_tells};

const SHORTEST_SECRET: usize = 8;

/// A text that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Place: the path of a field, or a file and a line.
    pub place: String,
    /// Kind of the secret. The value itself is never shown.
    pub what: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} contains {}", self.place, self.what)
    }
}

/// Returns every text in a flow that looks like a secret.
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

// A variable with a name such as DB_PASSWORD contains a secret, unless its value is a path or a placeholder.
fn by_name(name: &str, value: &str) -> Option<&'static str> {
    let literal =
        value.len() >= SHORTEST_SECRET && !value.starts_with(['/', '$']) && !is_placeholder(value);
    (literal && variable_tells(name)).then_some("a secret, judging by its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_value_of_secret_name_is_found() {
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

    #[rstest::rstest]
    #[case("PASSWORD")]
    #[case("PASSWORD_DB")]
    #[case("MYSQL_ROOT_PASSWORD")]
    #[case("DBPASSWORD")]
    #[case("dbPassword2")]
    #[case("PULL_SECRET")]
    #[case("IMAGE_PULL_SECRET")]
    #[case("SECRET_KEY")]
    #[case("SECRET_KEY_BASE")]
    #[case("AWS_SECRET_ACCESS_KEY")]
    #[case("apiKey")]
    #[case("APIKEY")]
    #[case("MAPS_API_KEY_2")]
    #[case("GITHUB_TOKEN")]
    #[case("github.token")]
    #[case("MYTOKEN")]
    #[case("accesstoken")]
    #[case("CLIENTSECRET")]
    #[case("PRIVATE_KEY")]
    #[case("ssh-private-key")]
    #[case("GCP_CREDENTIALS")]
    fn variable_with_secret_name_is_refused(#[case] name: &str) {
        assert!(by_name(name, "correct horse").is_some());
    }

    #[rstest::rstest]
    #[case("TOKENIZER")]
    #[case("TOKENIZER_MODEL")]
    #[case("TOKENIZERS_PARALLELISM")]
    #[case("SECRET_ARN")]
    #[case("SECRET_ID")]
    #[case("SECRET_URI")]
    #[case("SECRET_NAME")]
    #[case("secretName")]
    #[case("TOKEN_ISSUER")]
    #[case("TOKEN_AUDIENCE")]
    #[case("TOKEN_TYPE")]
    #[case("tokenUrl")]
    #[case("tokenURL")]
    #[case("TOKEN_URL_2")]
    #[case("PASSWORD_POLICY")]
    #[case("PASSWORD_FILE")]
    #[case("CREDENTIALS_PROVIDER")]
    #[case("AWS_SECRETSMANAGER_REGION")]
    // The form of an AWS key is recognized, so its name need not be.
    #[case("AWS_ACCESS_KEY_ID")]
    #[case("PARTITION_KEY")]
    fn variable_about_a_secret_is_accepted(#[case] name: &str) {
        assert!(by_name(name, "correct horse").is_none());
    }
}
