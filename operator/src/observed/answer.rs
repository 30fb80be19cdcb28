//! What is found out in one pass because a decision hangs on it. No cache holds it.

use agent::report::InspectionReport;
use dataflow::steps::Kept;
use store::resume::Resumed;

use super::backups::BackupAnswer;
use super::pod::Pod;
use super::process::ProcessReport;

/// The answer to one question of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Pods with the gang's labels, from the API server itself.
    Pods(Vec<Pod>),
    /// What each process does; `None` for an agent that is silent.
    Processes(Vec<Option<ProcessReport>>),
    /// The steps that have state on the volume of each process; `None` for an agent that is silent.
    StoredSteps(Vec<Option<Kept>>),
    /// How the copies of each process stand.
    Backups(Vec<BackupAnswer>),
    /// Where the engines went on; `None` if some have not answered.
    Resumption(Option<Resumed>),
    /// What lies on the volumes, or why it cannot be told.
    Inspection(Result<InspectionReport, String>),
}

/// The answers that one pass has so far; `None` where nobody has asked.
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
    /// Adds an answer, in place of an earlier one to the same question.
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

/// Where the engines of a gang went on, as their agents say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// Nobody has asked them in this pass.
    #[default]
    NotAsked,
    /// Some have not answered.
    Unknown,
    /// All have.
    Known(Resumed),
}
