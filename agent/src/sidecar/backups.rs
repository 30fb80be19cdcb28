//! The task that makes backup copies: after each interval, and on request.
//!
//! HTTP handlers send it a [`BackupCommand`] and wait for the outcome. A failed copy is repeated; the engine
//! never notices.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    copies::{Copier, now},
    failure::NotCopied,
};
use crate::{
    backup::BucketError,
    report::{BackupReport, PAUSE_FACTOR, PointReport, RECENT},
    reporting::say,
};

/// The number of outcomes that are kept for repeated requests.
const REMEMBERED: usize = 32;
/// The longest pause after failures, in seconds.
const LONGEST_PAUSE: u64 = 300;

/// The outcome of a request: when the copies were taken, or why they failed.
pub(super) type Outcome = Result<u64, String>;

/// A request to the task that makes copies.
enum BackupCommand {
    Copy(String),
    RestorePoints(usize, tokio::sync::oneshot::Sender<Points>),
}

type Points = Result<(Vec<PointReport>, Vec<String>), String>;

/// The handlers' side: sends commands to the task and holds its report and outcomes.
#[derive(Debug)]
pub(super) struct Backups {
    commands: mpsc::Sender<BackupCommand>,
    report: Mutex<BackupReport>,
    outcomes: watch::Sender<VecDeque<(String, Option<Outcome>)>>,
}

impl Backups {
    pub(super) fn new(interval: u64) -> (Self, BackupCommands) {
        let (commands, receiver) = mpsc::channel(REMEMBERED);
        let report = BackupReport {
            interval,
            ..BackupReport::default()
        };
        let backups = Self {
            commands,
            report: Mutex::new(report),
            outcomes: watch::Sender::default(),
        };
        (backups, BackupCommands(receiver))
    }

    /// Returns the status of the copies.
    pub(super) fn report(&self) -> BackupReport {
        let report = self.report.lock();
        report.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests copies and waits for the outcome; `None` if they are still being made after `limit`. An `id` that
    /// was requested before makes no other copies.
    pub(super) async fn make(&self, id: &str, limit: Duration) -> Option<Outcome> {
        let mut outcomes = self.outcomes.subscribe();
        let fresh = self.outcomes.send_if_modified(|outcomes| {
            let fresh = outcomes.iter().all(|(known, _)| known != id);
            if fresh {
                outcomes.push_back((id.to_owned(), None));
                if outcomes.len() > REMEMBERED {
                    outcomes.pop_front();
                }
            }
            fresh
        });
        if fresh
            && self
                .commands
                .send(BackupCommand::Copy(id.to_owned()))
                .await
                .is_err()
        {
            return Some(Err("the backup task has stopped".to_owned()));
        }
        let outcome = |outcomes: &VecDeque<(String, Option<Outcome>)>| {
            let of = outcomes.iter().find(|(known, _)| known == id);
            of.and_then(|(_, outcome)| outcome.clone())
        };
        let made = outcomes.wait_for(|outcomes| outcome(outcomes).is_some());
        let made = tokio::time::timeout(limit, made).await.ok()?.ok()?;
        outcome(&made)
    }

    /// Returns the newest restore points.
    pub(super) async fn points(&self, most: usize) -> Points {
        let (sender, answer) = tokio::sync::oneshot::channel();
        let gone = || "the backup task has stopped".to_owned();
        let sent = self
            .commands
            .send(BackupCommand::RestorePoints(most, sender))
            .await;
        sent.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    fn note(&self, change: impl FnOnce(&mut BackupReport)) {
        let report = self.report.lock();
        change(&mut report.unwrap_or_else(PoisonError::into_inner));
    }

    fn settle(&self, id: &str, outcome: &Outcome) {
        self.outcomes.send_modify(|outcomes| {
            for (known, slot) in outcomes {
                if known == id {
                    *slot = Some(outcome.clone());
                }
            }
        });
    }
}

/// The commands on their way to the task.
pub(super) struct BackupCommands(mpsc::Receiver<BackupCommand>);

/// Makes copies until no handler is left.
pub(super) async fn run(
    backups: &Backups,
    BackupCommands(mut commands): BackupCommands,
    mut copier: Copier,
) {
    let interval = copier.interval();
    let mut failures = 0;
    let mut next = Instant::now() + Duration::from_secs(interval);
    loop {
        let command = tokio::select! {
            command = commands.recv() => match command {
                Some(command) => Some(command),
                None => return,
            },
            () = sleep_until(next) => None,
        };
        let id = match command {
            Some(BackupCommand::RestorePoints(most, answer)) => {
                // The client may have gone.
                drop(answer.send(copier.points(most).await));
                continue;
            }
            Some(BackupCommand::Copy(id)) => Some(id),
            None => None,
        };
        let outcome = copier.round().await;
        let pause = match &outcome {
            Ok((_, took)) => {
                failures = 0;
                let least = took.saturating_mul(PAUSE_FACTOR).as_secs();
                interval.max(least)
            }
            Err(_) => {
                failures += 1;
                let longer = interval.saturating_mul(1 << failures.min(6));
                longer.min(LONGEST_PAUSE.max(interval))
            }
        };
        next = Instant::now() + Duration::from_secs(pause);
        note(backups, &outcome, pause);
        if outcome.is_ok() && copier.is_first() {
            look_after(&mut copier, backups, pause).await;
        }
        if let Some(id) = id {
            let outcome = outcome.map(|(taken, _)| taken);
            backups.settle(&id, &outcome.map_err(|failure| failure.why));
        }
    }
}

fn note(backups: &Backups, outcome: &Result<(u64, Duration), NotCopied>, pause: u64) {
    let since = backups.report().failing_since;
    match outcome {
        Ok((taken, took)) => {
            if since.is_some() {
                tell("backup copies succeed again");
            }
            backups.note(|report| {
                report.interval = pause;
                report.taken = Some(*taken);
                let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                report.took.insert(0, took);
                report.took.truncate(RECENT);
                report.failing_since = None;
                (report.failure, report.fault) = (None, None);
            });
        }
        Err(failure) => {
            let why = &failure.why;
            tell(&format!(
                "backup copies failed, next attempt in {pause} s: {why}"
            ));
            note_failure(backups, failure);
        }
    }
}

fn note_failure(backups: &Backups, failure: &NotCopied) {
    backups.note(|report| {
        report.failures += 1;
        report.failing_since = report.failing_since.or(Some(now()));
        report.failure = Some(failure.why.clone());
        report.fault = Some(failure.fault);
    });
}

/// Removes copies that are no longer needed, and reports the newest restore point. An error in either only
/// appears in the log.
async fn look_after(copier: &mut Copier, backups: &Backups, interval: u64) {
    if let Err(why) = copier.prune(interval).await {
        tell(&format!("cannot remove old backup copies: {why}"));
    }
    match copier.points(1).await {
        Ok((points, notes)) => backups.note(|report| {
            report.restorable = points.into_iter().next();
            let why = || notes.into_iter().next_back().unwrap_or_default();
            report.not_restorable = report.restorable.is_none().then(why);
        }),
        Err(why) => tell(&format!("cannot list backup copies: {why}")),
    }
}

fn tell(text: &str) {
    say(&mut io::stderr(), text);
}

/// Answers every command with the error of unusable settings.
pub(super) async fn give_up(
    backups: &Backups,
    BackupCommands(mut commands): BackupCommands,
    error: &BucketError,
) {
    let failure = NotCopied::from(error);
    let why = &failure.why;
    tell(why);
    note_failure(backups, &failure);
    while let Some(command) = commands.recv().await {
        match command {
            BackupCommand::Copy(id) => backups.settle(&id, &Err(why.clone())),
            // The client may have gone.
            BackupCommand::RestorePoints(_, answer) => drop(answer.send(Err(why.clone()))),
        }
    }
}
