//! Formats ages in the form that kubectl uses.

use jiff::Timestamp;

/// Returns a duration in whole seconds in the form that kubectl uses: `45s`, `2m5s`, `3h12m`, `5d`, `2y30d`.
///
/// The units and their limits are those of `HumanDuration` in k8s.io/apimachinery `pkg/util/duration`.
#[must_use]
pub fn age(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big}{big_unit}")
        } else {
            format!("{big}{big_unit}{small}{small_unit}")
        }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 365 * 8 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

/// Returns the age of a Unix time in seconds.
#[must_use]
pub fn age_since(now: Timestamp, time: u64) -> String {
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    // The clock of a node can be slightly ahead of this one.
    age(now.as_second().saturating_sub(time).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(-5, "<invalid>")]
    #[case(-1, "0s")]
    #[case(0, "0s")]
    #[case(119, "119s")]
    #[case(120, "2m")]
    #[case(125, "2m5s")]
    #[case(600, "10m")]
    #[case(10_799, "179m")]
    #[case(10_800, "3h")]
    #[case(11_520, "3h12m")]
    #[case(28_800, "8h")]
    #[case(172_800, "2d")]
    #[case(180_000, "2d2h")]
    #[case(8 * 86_400, "8d")]
    #[case(800 * 86_400, "2y70d")]
    #[case(4_000 * 86_400, "10y")]
    fn age_has_the_format_of_kubectl(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(age(seconds), expected);
    }
}
