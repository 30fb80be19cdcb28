//! A suspension that ends by itself. Annotations of the Dataflow request it, so no spec has to be changed back.
//!
//! Invariant: `spec.suspend` has no end. If it is true, these annotations have no effect.

use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;

use crate::label;
use crate::spec::Dataflow;

/// A suspension until a time, with the person and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedSuspension {
    /// The time at which the flow starts again.
    pub until: Timestamp,
    /// The person who has requested it.
    pub by: Option<String>,
    /// The reason that the person gave.
    pub reason: Option<String>,
}

impl TimedSuspension {
    /// Returns the suspension that the annotations request, also if it has ended. A time that is not of RFC 3339 is
    /// ignored.
    #[must_use]
    pub fn requested(dataflow: &Dataflow) -> Option<Self> {
        let text = |key: &str| dataflow.annotations().get(key).cloned();
        Some(Self {
            until: text(label::SUSPENDED_UNTIL)?.parse().ok()?,
            by: text(label::SUSPENDED_BY).filter(|by| !by.is_empty()),
            reason: text(label::SUSPENSION_REASON).filter(|reason| !reason.is_empty()),
        })
    }

    /// Returns the suspension that holds at a time; `None` if `spec.suspend` holds instead.
    #[must_use]
    pub fn at(dataflow: &Dataflow, now: Timestamp) -> Option<Self> {
        Self::requested(dataflow).filter(|this| now < this.until && !dataflow.spec.suspended())
    }

    /// Returns the annotations that request the suspension.
    #[must_use]
    pub fn annotations(&self) -> [(&'static str, Option<String>); 3] {
        [
            (label::SUSPENDED_UNTIL, Some(self.until.to_string())),
            (label::SUSPENDED_BY, self.by.clone()),
            (label::SUSPENSION_REASON, self.reason.clone()),
        ]
    }

    /// Returns the suspension as a phrase: `suspended until 2026-05-01T14:00:00Z by ann: a migration`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let by = self
            .by
            .as_ref()
            .map(|by| format!(" by {by}"))
            .unwrap_or_default();
        let reason = self
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        format!("suspended until {}{by}{reason}", self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNTIL: &str = "2026-05-01T14:00:00Z";

    fn flow(annotations: &[(&str, &str)], suspend: bool) -> Dataflow {
        let mut dataflow = Dataflow::default();
        let pairs = annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        dataflow.metadata.annotations = Some(pairs.collect());
        dataflow.spec.suspend = Some(suspend);
        dataflow
    }

    fn at(dataflow: &Dataflow, time: &str) -> Option<String> {
        TimedSuspension::at(dataflow, time.parse().unwrap()).map(|timed| timed.phrase())
    }

    #[test]
    fn suspension_holds_until_its_time() {
        let all = [
            (label::SUSPENDED_UNTIL, UNTIL),
            (label::SUSPENDED_BY, "ann"),
            (label::SUSPENSION_REASON, "a migration"),
        ];
        let timed = flow(&all, false);
        let phrase = "suspended until 2026-05-01T14:00:00Z by ann: a migration";
        assert_eq!(at(&timed, "2026-05-01T13:59:59Z").as_deref(), Some(phrase));
        assert_eq!(at(&timed, UNTIL), None);
        assert_eq!(at(&flow(&all, true), "2026-05-01T13:00:00Z"), None);
        let short = flow(&all[..1], false);
        assert_eq!(
            at(&short, "2026-05-01T13:00:00Z").as_deref(),
            Some("suspended until 2026-05-01T14:00:00Z")
        );
    }

    #[test]
    fn unreadable_or_absent_time_suspends_nothing() {
        for annotations in [
            &[][..],
            &[(label::SUSPENDED_UNTIL, "tomorrow")],
            &[(label::SUSPENDED_BY, "ann")],
        ] {
            assert_eq!(TimedSuspension::requested(&flow(annotations, false)), None);
        }
    }

    #[test]
    fn annotations_request_same_suspension() {
        let timed = TimedSuspension {
            until: UNTIL.parse().unwrap(),
            by: Some("ann".to_owned()),
            reason: None,
        };
        let annotations = timed.annotations();
        let pairs: Vec<_> = annotations
            .iter()
            .filter_map(|(key, value)| Some((*key, value.as_deref()?)))
            .collect();
        assert_eq!(
            TimedSuspension::requested(&flow(&pairs, false)),
            Some(timed)
        );
    }
}
