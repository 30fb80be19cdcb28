//! Prometheus metrics. No label contains the name of an object, so the number of time series is
//! bounded.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Label with the outcome of a reconcile: `ok` or the class of its error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Label with the name of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

/// All metrics of the operator.
pub(crate) struct Metrics {
    registry: Registry,
    reconciles: Family<Outcome, Counter>,
    operations: Family<Operation, Counter>,
    status_writes: Counter,
    duration: Histogram,
    leader: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("wax_operator");
        let reconciles = Family::default();
        let operations = Family::default();
        let status_writes = Counter::default();
        let duration = Histogram::new(exponential_buckets(0.001, 4.0, 8));
        let leader = Gauge::default();
        registry.register(
            "reconciles",
            "Reconciles of Dataflows by outcome",
            reconciles.clone(),
        );
        registry.register(
            "operations",
            "Operations of reconciles by kind",
            operations.clone(),
        );
        registry.register(
            "status_writes",
            "Writes of Dataflow status",
            status_writes.clone(),
        );
        let help = "Duration of one reconcile";
        registry.register_with_unit("reconcile_duration", help, Unit::Seconds, duration.clone());
        registry.register(
            "leader",
            "1 while this operator is the leader, otherwise 0",
            leader.clone(),
        );
        Self {
            registry,
            reconciles,
            operations,
            status_writes,
            duration,
            leader,
        }
    }
}

impl Metrics {
    /// Counts a reconcile and records its duration.
    pub(crate) fn count_reconcile(&self, outcome: &'static str, took: Duration) {
        self.reconciles.get_or_create(&Outcome { outcome }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts an operation.
    pub(crate) fn count_operation(&self, operation: &'static str) {
        let operation = Operation { operation };
        self.operations.get_or_create(&operation).inc();
    }

    /// Counts a status write.
    pub(crate) fn wrote_status(&self) {
        self.status_writes.inc();
    }

    /// Records whether this operator is the leader.
    pub(crate) fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Returns all metrics in the OpenMetrics text format.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        encode(&mut text, &self.registry).ok();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_contains_every_recorded_metric() {
        let metrics = Metrics::default();
        metrics.count_reconcile("ok", Duration::from_millis(3));
        metrics.count_operation("start");
        metrics.leads(true);
        let text = metrics.text();
        for line in [
            "wax_operator_reconciles_total{outcome=\"ok\"} 1",
            "wax_operator_operations_total{operation=\"start\"} 1",
            "wax_operator_reconcile_duration_seconds_count 1",
            "wax_operator_leader 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
