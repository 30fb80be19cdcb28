//! Durations in the syntax of Go and kubectl.

use std::time::Duration;

/// Parses a Go duration such as `90s` or `1h30m`. Negative ones are refused.
#[must_use]
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let duration: kube::core::Duration = text.parse().ok()?;
    if duration.is_negative() {
        None
    } else {
        Some(duration.into())
    }
}

/// Parses the value of a flag that takes a duration.
///
/// # Errors
/// The value is no duration; the error says how to write one.
pub(crate) fn flag(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a duration such as 30s or 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90s", Some(90))]
    #[case("1h30m", Some(5400))]
    #[case("-5s", None)]
    #[case("soon", None)]
    fn duration_parses_as_in_go(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(duration(text), seconds.map(Duration::from_secs));
        assert_eq!(flag(text).ok(), duration(text));
    }
}
