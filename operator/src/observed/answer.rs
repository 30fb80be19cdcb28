//! Facts that no cache holds, and that are therefore requested when a decision depends on them.

use agent::report::InspectionReport;
use dataflow::steps::Kept;
use store::resume::Resumed;

use super::backups::BackupAnswer;
use super::pod::Pod;
use super::process::ProcessReport;

/// The answer to one question of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The pods with the gang's labels, listed from the API server.
    Pods(Vec<Pod>),
    /// The report of each process; `None` if its agent does not answer.
    Processes(Vec<Option<ProcessReport>>),
    /// The steps that have state on the volume of each process; `None` if its agent does not answer.
    StoredSteps(Vec<Option<Kept>>),
    /// The backup report of each process.
    Backups(Vec<BackupAnswer>),
    /// The epoch at which the engines resumed; `None` if some agents do not answer.
    Resumption(Option<Resumed>),
    /// The contents of the recovery volumes, or the reason why they are unknown.
    Inspection(Result<InspectionReport, String>),
}

/// The answers that one reconcile has so far; `None` for a question that was not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// See [`Answer::Pods`].
    pub(crate) pods: Option<Vec<Pod>>,
    /// See [`Answer::Processes`].
    pub(crate) processes: Option<Vec<Option<ProcessReport>>>,
    /// See [`Answer::StoredSteps`].
    pub(crate) stored_steps: Option<Vec<Option<Kept>>>,
    /// See [`Answer::Backups`].
    pub(crate) backups: Option<Vec<BackupAnswer>>,
    /// See [`Answer::Resumption`].
    pub(crate) resumption: Resumption,
    /// See [`Answer::Inspection`].
    pub(crate) inspection: Option<Result<InspectionReport, String>>,
}

impl Answers {
    /// Stores an answer. It replaces an earlier one to the same question.
    pub(crate) fn note(&mut self, answer: Answer) {
        match answer {
            Answer::Pods(pods) => self.pods = Some(pods),
            Answer::Processes(processes) => self.processes = Some(processes),
            Answer::StoredSteps(steps) => self.stored_steps = Some(steps),
            Answer::Backups(backups) => self.backups = Some(backups),
            Answer::Resumption(resumed) => {
                self.resumption = resumed.map_or(Resumption::Unknown, Resumption::Known);
            }
            Answer::Inspection(report) => self.inspection = Some(report),
        }
    }
}

/// The epoch at which the engines of a gang resumed, as their agents report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// The agents were not asked in this reconcile.
    #[default]
    NotAsked,
    /// Some agents did not answer.
    Unknown,
    /// All agents answered.
    Known(Resumed),
}
