//! Durations in the syntax of Go and kubectl.

use std::time::Duration;

/// The longest duration of Go, 292 years: 2^63 - 1 nanoseconds. A longer one would also overflow a clock.
const MAX: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// The time that kubectl waits if it is given a negative one: a week.
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// The longest suspension that ends by itself, 366 days.
const LONGEST_SUSPENSION: Duration = Duration::from_secs(366 * 24 * 3600);

/// Parses a Go duration such as `90s` or `1h30m`. Negative ones are refused, and those that Go cannot hold.
#[must_use]
pub(crate) fn duration(text: &str) -> Option<Duration> {
    match signed(text).ok()? {
        (true, duration) if !duration.is_zero() => None,
        (_, duration) => Some(duration),
    }
}

/// Parses the value of a flag that takes a duration.
///
/// # Errors
/// The value is no duration; the error says how to write one.
pub(crate) fn flag(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| match signed(text) {
        Ok(_) => "a duration here cannot be negative".to_owned(),
        Err(fault) => fault.to_owned(),
    })
}

/// Parses the time limit of a wait as kubectl does: 0 means to check once, a negative one a week.
///
/// # Errors
/// As [`flag`].
pub(crate) fn wait_flag(text: &str) -> Result<Duration, String> {
    match signed(text)? {
        (true, duration) if !duration.is_zero() => Ok(A_WEEK),
        (_, duration) => Ok(duration),
    }
}

/// Parses the time of a suspension that ends by itself: from 1 s to 366 days.
///
/// # Errors
/// As [`flag`], or the time is too short or too long.
pub(crate) fn suspension_flag(text: &str) -> Result<Duration, String> {
    match flag(text)? {
        duration if duration < Duration::from_secs(1) => {
            Err("it has to be at least 1s".to_owned())
        }
        duration if duration > LONGEST_SUSPENSION => Err(
            "it can be at most 8784h, which is 366 days; leave out `--for` to suspend it without an end"
                .to_owned(),
        ),
        duration => Ok(duration),
    }
}

const HOW_TO_WRITE: &str = "write a duration such as 30s or 5m";
const TOO_LONG: &str = "it is longer than 292 years";

/// Writes a duration as people type it: `5m`, `1h30m`, `0s`. Parts of a second are left out, unless there is nothing
/// else.
#[must_use]
pub(crate) fn shown(duration: Duration) -> String {
    if duration < Duration::from_secs(1) && !duration.is_zero() {
        return format!("{}ms", duration.as_millis());
    }
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let text: String = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// Parses a duration as Go's `time.ParseDuration`, and whether it is negative. The parser of kube panics if a number is
/// too large.
fn signed(text: &str) -> Result<(bool, Duration), &'static str> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    match rest {
        "" => return Err(HOW_TO_WRITE),
        "0" => return Ok((negative, Duration::ZERO)),
        _ => {}
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (seconds, after) = first_part(rest).ok_or(HOW_TO_WRITE)?;
        let part = Duration::try_from_secs_f64(seconds).map_err(|_| TOO_LONG)?;
        let sum = total.checked_add(part).filter(|sum| *sum <= MAX);
        total = sum.ok_or(TOO_LONG)?;
        rest = after;
    }
    Ok((negative, total))
}

/// Reads a number with its unit, as seconds; returns the rest of the text, too.
fn first_part(text: &str) -> Option<(f64, &str)> {
    let unit = text.find(|char: char| !char.is_ascii_digit() && char != '.')?;
    let (number, after) = text.split_at(unit);
    let end = after.find(|char: char| char.is_ascii_digit() || char == '.');
    let (unit, after) = after.split_at(end.unwrap_or(after.len()));
    let number: f64 = number.parse().ok()?;
    Some((number * seconds_of(unit)?, after))
}

/// Returns the seconds in a unit of Go.
fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        // The micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90s", Some(90_000))]
    #[case("1h30m", Some(5_400_000))]
    #[case("1.5h1m", Some(5_460_000))]
    #[case("+.5s", Some(500))]
    #[case("300ms", Some(300))]
    #[case("2000\u{b5}s", Some(2))]
    #[case("0", Some(0))]
    #[case("-0s", Some(0))]
    #[case("-5s", None)]
    #[case("soon", None)]
    #[case("", None)]
    #[case("-", None)]
    #[case("s", None)]
    #[case("1h30", None)]
    #[case("5s-3s", None)]
    #[case("--5s", None)]
    #[case("1e3s", None)]
    #[case("1.2.3s", None)]
    fn duration_parses_as_in_go(#[case] text: &str, #[case] milliseconds: Option<u64>) {
        assert_eq!(
            duration(text),
            milliseconds.map(Duration::from_millis),
            "{text}"
        );
        assert_eq!(flag(text).ok(), duration(text));
    }

    #[rstest]
    #[case::longest_of_go("2562047h47m16s", true)]
    #[case::longer("2562048h", false)]
    #[case::sum("2000000h2000000h", false)]
    #[case::absurd("99999999999999999999999999h", false)]
    #[case::not_finite(&format!("{}h", "9".repeat(400)), false)]
    fn duration_beyond_limit_is_refused(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(duration(text).is_some(), fits);
        assert_eq!(flag(text).is_err_and(|why| why == TOO_LONG), !fits);
    }

    #[test]
    fn negative_wait_is_week_as_in_kubectl() {
        assert_eq!(wait_flag("-1s"), Ok(Duration::from_hours(168)));
        assert_eq!(wait_flag("0"), Ok(Duration::ZERO));
        assert_eq!(wait_flag("5m"), Ok(Duration::from_mins(5)));
        assert!(wait_flag("soon").is_err());
        assert!(flag("-1s").unwrap_err().contains("negative"));
    }

    #[rstest]
    #[case::shortest("1s", true)]
    #[case::longest("8784h", true)]
    #[case::nothing("0s", false)]
    #[case::part_of_second("10ms", false)]
    #[case::longer("8785h", false)]
    #[case::absurd("100000000h", false)]
    #[case::negative("-2h", false)]
    fn suspension_has_shortest_and_longest_time(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(suspension_flag(text).is_ok(), fits);
    }

    #[rstest]
    #[case(0, "0s")]
    #[case(250, "250ms")]
    #[case(60_000, "1m")]
    #[case(300_000, "5m")]
    #[case(5_405_900, "1h30m5s")]
    fn duration_is_shown_as_typed(#[case] milliseconds: u64, #[case] text: &str) {
        assert_eq!(shown(Duration::from_millis(milliseconds)), text);
    }
}
