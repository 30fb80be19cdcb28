//! The result of [`decide`]: a question, or a decision.
//!
//! [`decide`]: super::decide

use dataflow::status::Formed;
use jiff::Timestamp;

use super::operation::Operation;
use super::question::Question;
use super::summary::{Summary, SummaryKind};
use super::timeouts::after;
use crate::observed::Observed;

/// The next thing to do for a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each reconcile")]
pub(crate) enum Next {
    /// Answer a question, then decide again. Nothing is written before.
    Ask(Question),
    /// Perform an operation, and write the summary to status.
    Do(Decision),
}

impl From<Decision> for Next {
    fn from(decision: Decision) -> Self {
        Self::Do(decision)
    }
}

impl Next {
    /// Applies `change` to a decision, and returns a question unchanged.
    #[must_use]
    pub(super) fn map(self, change: impl FnOnce(Decision) -> Decision) -> Self {
        match self {
            Self::Ask(question) => Self::Ask(question),
            Self::Do(decision) => Self::Do(change(decision)),
        }
    }
}

/// The next operation, and everything that status reports about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// The operation to perform.
    pub(crate) operation: Operation,
    /// The kind, reason and message of the conditions.
    pub(crate) summary: Summary,
    /// The time of the next reconcile if nothing changes before.
    pub(crate) requeue_at: Option<Timestamp>,
    /// The start that has formed, and the container restarts until then.
    pub(crate) formed: Option<Formed>,
    /// The reason why the revision is started without a probe, if it is.
    pub(crate) probe_skipped: Option<String>,
    /// The steps whose state a refused revision would lose.
    pub(crate) orphaned_steps: Vec<String>,
    /// The reason why the gang is stopped without a backup, if it is.
    pub(crate) not_backed_up: Option<String>,
}

impl Decision {
    /// Returns the decision to perform no operation.
    #[must_use]
    pub(crate) fn idle(summary: Summary) -> Self {
        Self::act(Operation::None, summary)
    }

    /// Returns the decision to perform one operation.
    #[must_use]
    pub(crate) fn act(operation: Operation, summary: Summary) -> Self {
        Self {
            operation,
            summary,
            requeue_at: None,
            formed: None,
            probe_skipped: None,
            orphaned_steps: Vec::new(),
            not_backed_up: None,
        }
    }

    /// Requests the next reconcile after `seconds`, unless it is requested for an earlier time.
    #[must_use]
    pub(crate) fn requeue_after(mut self, observed: &Observed, seconds: i64) -> Self {
        self.requeue_no_later_than(Some(after(observed.now, seconds)));
        self
    }

    /// Requests the next reconcile at `at`, unless it is requested for an earlier time.
    pub(crate) fn requeue_no_later_than(&mut self, at: Option<Timestamp>) {
        self.requeue_at = match (self.requeue_at, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Replaces the summary of the running revision by `verdict`, unless the running revision is stalled and
    /// `verdict` is only reconciling.
    #[must_use]
    pub(crate) fn with_spec_summary(mut self, verdict: Summary) -> Self {
        let worse =
            self.summary.kind == SummaryKind::Stalled && verdict.kind == SummaryKind::Reconciling;
        if !worse {
            self.summary = verdict;
        }
        self
    }
}
