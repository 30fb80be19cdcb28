//! Prometheus metrics. No label ever carries the name of an object.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// One fixed word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Word {
    word: &'static str,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    passes: Family<Word, Counter>,
    steps: Family<Word, Counter>,
    status_writes: Counter,
    duration: Histogram,
    leader: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("wax_operator");
        let passes = Family::default();
        let steps = Family::default();
        let status_writes = Counter::default();
        let duration = Histogram::new(exponential_buckets(0.001, 4.0, 8));
        let leader = Gauge::default();
        registry.register(
            "passes",
            "Passes over a Dataflow by outcome",
            passes.clone(),
        );
        registry.register("steps", "Steps taken by kind", steps.clone());
        registry.register(
            "status_writes",
            "Changes of a status",
            status_writes.clone(),
        );
        let help = "Time of one pass";
        registry.register_with_unit("pass_duration", help, Unit::Seconds, duration.clone());
        registry.register("leader", "1 while this operator leads", leader.clone());
        Self {
            registry,
            passes,
            steps,
            status_writes,
            duration,
            leader,
        }
    }
}

impl Metrics {
    /// Counts a pass.
    pub fn passed(&self, outcome: &'static str, took: Duration) {
        self.passes.get_or_create(&Word { word: outcome }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts a step.
    pub fn stepped(&self, step: &'static str) {
        self.steps.get_or_create(&Word { word: step }).inc();
    }

    /// Counts a change of a status.
    pub fn wrote_status(&self) {
        self.status_writes.inc();
    }

    /// Notes whether this operator leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Everything in the text format that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        encode(&mut text, &self.registry).ok();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_can_be_scraped() {
        let metrics = Metrics::default();
        metrics.passed("ok", Duration::from_millis(3));
        metrics.stepped("start");
        metrics.leads(true);
        let text = metrics.text();
        for line in [
            "wax_operator_passes_total{word=\"ok\"} 1",
            "wax_operator_steps_total{word=\"start\"} 1",
            "wax_operator_pass_duration_seconds_count 1",
            "wax_operator_leader 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
