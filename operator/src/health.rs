//! What keeps this operator from doing its work, for `/ready`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Something that can be wrong with the operator as a whole.
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

/// The open problems.
#[derive(Debug, Default)]
pub(crate) struct Health {
    problems: Mutex<BTreeMap<Subject, String>>,
}

impl Health {
    /// Notes a problem, or with `None` that it is over. Returns whether that is news.
    pub(crate) fn set(&self, subject: Subject, problem: Option<String>) -> bool {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let news = problems.get(&subject) != problem.as_ref();
        match problem {
            Some(problem) => drop(problems.insert(subject, problem)),
            None => drop(problems.remove(&subject)),
        }
        news
    }

    /// Whether there is a problem of this kind.
    #[must_use]
    pub(crate) fn has(&self, subject: Subject) -> bool {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&subject)
    }

    /// All problems, one line each; empty when ready.
    #[must_use]
    pub(crate) fn reasons(&self) -> String {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems
            .iter()
            .map(|(subject, problem)| format!("{subject}: {problem}\n"))
            .collect()
    }
}
