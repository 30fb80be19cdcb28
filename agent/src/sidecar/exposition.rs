//! Our own metrics, beside the engine's.

use std::fmt::Write as _;

use crate::report::BackupReport;

/// Tells how the copies stand, in the text format of Prometheus.
pub(super) fn of(report: &BackupReport, now: u64) -> String {
    let BackupReport {
        interval,
        taken,
        took: _,
        failures,
        failing_since,
        failure: _,
        fault: _,
        restorable,
        not_restorable: _,
    } = report;
    let age = |moment: u64| now.saturating_sub(moment);
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, help: &str, value: Option<u64>| {
        if let Some(value) = value {
            let name = format!("waxrun_backup_{name}");
            // Writing to a text can't fail.
            let _ = write!(
                text,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            );
        }
    };
    add(
        "interval_seconds",
        "gauge",
        "Seconds between two copies of the recovery store.",
        Some(*interval),
    );
    add(
        "failures_total",
        "counter",
        "Attempts to copy the recovery store that failed.",
        Some(*failures),
    );
    add(
        "failing_seconds",
        "gauge",
        "How long every attempt has failed; 0 if the last one did not.",
        Some(failing_since.map_or(0, age)),
    );
    add(
        "copy_age_seconds",
        "gauge",
        "Age of this process's newest copies.",
        taken.map(age),
    );
    add(
        "restorable_age_seconds",
        "gauge",
        "Age of the newest moment that the copies of all processes lead back to.",
        restorable.as_ref().map(|point| age(point.taken)),
    );
    text
}
