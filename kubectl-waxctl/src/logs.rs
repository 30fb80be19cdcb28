//! Log lines of several processes as one text.

pub(crate) mod merge;
pub(crate) mod track;

use anstyle::{AnsiColor, Style};
use futures::stream::BoxStream;
use jiff::Timestamp;

/// Colours of the prefixes, one process after the other.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightRed,
];

/// Lines of one container's log, each without its newline.
pub(crate) type Lines = BoxStream<'static, std::io::Result<String>>;

/// A line with the time at which the container printed it.
///
/// The time is always asked for: it is what puts the lines of several processes in order, and what tells a line that was
/// seen before when a log has to be opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Nanosecond time of the container runtime; `None` for text that came without one.
    pub(crate) time: Option<Timestamp>,
    /// The time as the API server wrote it.
    pub(crate) stamp: String,
    /// What the process printed.
    pub(crate) text: String,
}

impl Line {
    /// Splits what the API server sends when asked for timestamps.
    #[must_use]
    pub(crate) fn parse(raw: &str) -> Self {
        let (stamp, text) = raw.split_once(' ').unwrap_or((raw, ""));
        match stamp.parse() {
            Ok(time) => Self {
                time: Some(time),
                stamp: stamp.to_owned(),
                text: text.to_owned(),
            },
            Err(_) => Self {
                time: None,
                stamp: String::new(),
                text: raw.to_owned(),
            },
        }
    }

    /// The line as it is printed, with its time if that was asked for.
    #[must_use]
    pub(crate) fn shown(&self, timestamps: bool) -> String {
        if timestamps && !self.stamp.is_empty() {
            format!("{} {}", self.stamp, self.text)
        } else {
            self.text.clone()
        }
    }
}

/// The style of a pod's prefix: that of its ordinal, so that a pod made anew keeps its colour.
#[must_use]
pub(crate) fn style(pod: &str) -> Style {
    let ordinal = pod
        .rsplit('-')
        .next()
        .and_then(|digits| digits.parse::<usize>().ok());
    COLOURS[ordinal.unwrap_or(0) % COLOURS.len()].on_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "2026-01-01T00:00:01.5Z hello  world",
        Some("2026-01-01T00:00:01.5Z"),
        "hello  world"
    )]
    #[case("2026-01-01T00:00:01Z ", Some("2026-01-01T00:00:01Z"), "")]
    #[case("no time here", None, "no time here")]
    #[case("", None, "")]
    fn a_line_is_its_time_and_its_text(
        #[case] raw: &str,
        #[case] time: Option<&str>,
        #[case] text: &str,
    ) {
        let line = Line::parse(raw);
        assert_eq!(line.time, time.map(|time| time.parse().unwrap()));
        assert_eq!(line.text, text);
        assert_eq!(line.shown(false), text);
        assert_eq!(line.shown(true), if time.is_some() { raw } else { text });
    }

    #[test]
    fn neighbours_differ_in_colour_and_a_pod_keeps_its_own() {
        assert_ne!(style("orders-0"), style("orders-1"));
        assert_eq!(style("orders-1"), style("orders-7"));
    }
}
