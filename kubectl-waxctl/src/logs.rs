//! Log lines of several processes, merged into one text.

pub(crate) mod merge;
pub(crate) mod track;

use anstyle::{AnsiColor, Style};
use futures::stream::BoxStream;
use jiff::Timestamp;

/// Colours of the prefixes, by the ordinal of the pod.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightRed,
];

/// The lines of one container's log, without newlines.
pub(crate) type Lines = BoxStream<'static, std::io::Result<String>>;

/// A line with the time at which the container printed it.
///
/// Times are always requested. They give the order of the lines of several processes. If a log has to be opened again,
/// they show which lines were printed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The time of the container runtime, in nanoseconds; `None` for a line without a time.
    pub(crate) time: Option<Timestamp>,
    /// The time in the API server's own text.
    pub(crate) stamp: String,
    /// The text that the process printed.
    pub(crate) text: String,
}

impl Line {
    /// Parses a line that the API server sent with a timestamp.
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

    /// Returns the line to print, with its time if `timestamps` is set.
    #[must_use]
    pub(crate) fn shown(&self, timestamps: bool) -> String {
        if timestamps && !self.stamp.is_empty() {
            format!("{} {}", self.stamp, self.text)
        } else {
            self.text.clone()
        }
    }
}

/// Returns the style of a pod's prefix. It depends on the ordinal only, so a recreated pod keeps its colour.
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
    fn line_splits_into_time_and_text(
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
    fn colour_depends_on_pod_ordinal() {
        assert_ne!(style("orders-0"), style("orders-1"));
        assert_eq!(style("orders-1"), style("orders-7"));
    }
}
