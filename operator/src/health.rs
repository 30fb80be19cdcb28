//! Open problems that affect the operator as a whole, for `/ready`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Part of the operator that can have a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
pub(crate) enum Subject {
    /// The caches.
    #[strum(to_string = "caches")]
    Caches,
    /// The CustomResourceDefinition.
    #[strum(to_string = "custom resource definition")]
    Crd,
    /// The watch of one kind.
    #[strum(to_string = "watch of {0}")]
    Watch(&'static str),
}

/// Open problems, at most one per subject.
#[derive(Debug, Default)]
pub(crate) struct Health {
    problems: Mutex<BTreeMap<Subject, String>>,
}

impl Health {
    /// Sets the problem of a subject, or clears it with `None`. Returns true if that is a change.
    pub(crate) fn set(&self, subject: Subject, problem: Option<String>) -> bool {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let news = problems.get(&subject) != problem.as_ref();
        match problem {
            Some(problem) => drop(problems.insert(subject, problem)),
            None => drop(problems.remove(&subject)),
        }
        news
    }

    /// Whether the subject has an open problem.
    #[must_use]
    pub(crate) fn has(&self, subject: Subject) -> bool {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&subject)
    }

    /// Returns the open problems, one per line; empty if the operator is ready.
    #[must_use]
    pub(crate) fn reasons(&self) -> String {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems
            .iter()
            .map(|(subject, problem)| format!("{subject}: {problem}\n"))
            .collect()
    }
}
