//! A decision: a question, or a decision.

use dataflow::status::Formed;
use jiff::Timestamp;

use super::operation::Operation;
use super::question::Question;
use super::summary::{Summary, SummaryKind};
use super::timeouts::after;
use crate::observed::Observed;

/// What is to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each pass")]
pub(crate) enum Next {
    /// Find something out, then decide again. Nothing is written before.
    Ask(Question),
    /// Do something, and say how the Dataflow stands.
    Do(Decision),
}

impl From<Decision> for Next {
    fn from(decision: Decision) -> Self {
        Self::Do(decision)
    }
}

impl Next {
    /// Changes what is done or said, if anything is.
    #[must_use]
    pub(super) fn map(self, change: impl FnOnce(Decision) -> Decision) -> Self {
        match self {
            Self::Ask(question) => Self::Ask(question),
            Self::Do(decision) => Self::Do(change(decision)),
        }
    }
}

/// The next step, and everything status needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What to do.
    pub(crate) operation: Operation,
    /// How the Dataflow stands.
    pub(crate) summary: Summary,
    /// When to look again if nothing changes before.
    pub(crate) requeue_at: Option<Timestamp>,
    /// The gang that has just been seen together.
    pub(crate) formed: Option<Formed>,
    /// A revision that goes on untried, and why.
    pub(crate) probe_skipped: Option<String>,
    /// Steps whose state a revision that is refused would leave behind.
    pub(crate) orphaned_steps: Vec<String>,
    /// Why a gang is stopped without copies of its state having been made before.
    pub(crate) not_backed_up: Option<String>,
}

impl Decision {
    /// Does nothing.
    #[must_use]
    pub(crate) fn idle(summary: Summary) -> Self {
        Self::act(Operation::None, summary)
    }

    /// Does one thing.
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

    /// Looks again after so many seconds.
    #[must_use]
    pub(crate) fn requeue_after(mut self, observed: &Observed, seconds: i64) -> Self {
        self.requeue_no_later_than(Some(after(observed.now, seconds)));
        self
    }

    /// Looks again at a point in time, if that is sooner.
    pub(crate) fn requeue_no_later_than(&mut self, at: Option<Timestamp>) {
        self.requeue_at = match (self.requeue_at, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Says `verdict` about the spec instead of what was found out about what runs on.
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
