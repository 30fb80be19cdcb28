//! When copies are made: now and then, and when somebody asks.

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
    telling::say,
};

/// How many outcomes are remembered for those who ask again.
const REMEMBERED: usize = 32;
/// The longest pause after failures.
const LONGEST_PAUSE: u64 = 300;

/// What became of a request: when the copies were taken, or why there are none.
pub(super) type Outcome = Result<u64, String>;

/// Something that is asked of the task that makes copies.
enum Wish {
    Copy(String),
    Points(usize, tokio::sync::oneshot::Sender<Points>),
}

type Points = Result<(Vec<PointReport>, Vec<String>), String>;

/// The way from the handlers to the task that makes copies.
#[derive(Debug)]
pub(super) struct Backups {
    wishes: mpsc::Sender<Wish>,
    report: Mutex<BackupReport>,
    outcomes: watch::Sender<VecDeque<(String, Option<Outcome>)>>,
}

impl Backups {
    pub(super) fn new(interval: u64) -> (Self, Wishes) {
        let (wishes, receiver) = mpsc::channel(REMEMBERED);
        let report = BackupReport {
            interval,
            ..BackupReport::default()
        };
        let backups = Self {
            wishes,
            report: Mutex::new(report),
            outcomes: watch::Sender::default(),
        };
        (backups, Wishes(receiver))
    }

    /// How the copies stand.
    pub(super) fn report(&self) -> BackupReport {
        let report = self.report.lock();
        report.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has copies made and waits for them, up to a limit: none if they are still being made. For an
    /// `id` that was asked for before nothing is made again.
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
        if fresh && self.wishes.send(Wish::Copy(id.to_owned())).await.is_err() {
            return Some(Err("no copies are made any more".to_owned()));
        }
        let outcome = |outcomes: &VecDeque<(String, Option<Outcome>)>| {
            let of = outcomes.iter().find(|(known, _)| known == id);
            of.and_then(|(_, outcome)| outcome.clone())
        };
        let made = outcomes.wait_for(|outcomes| outcome(outcomes).is_some());
        let made = tokio::time::timeout(limit, made).await.ok()?.ok()?;
        outcome(&made)
    }

    /// The moments that copies lead back to.
    pub(super) async fn points(&self, most: usize) -> Points {
        let (sender, answer) = tokio::sync::oneshot::channel();
        let gone = || "no copies are made any more".to_owned();
        let sent = self.wishes.send(Wish::Points(most, sender)).await;
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

/// Wishes on their way.
pub(super) struct Wishes(mpsc::Receiver<Wish>);

/// Makes copies until nobody can ask for any. Whatever fails is tried again; the engine never
/// notices.
pub(super) async fn run(backups: &Backups, Wishes(mut wishes): Wishes, mut copier: Copier) {
    let interval = copier.interval();
    let mut failures = 0;
    let mut next = Instant::now() + Duration::from_secs(interval);
    loop {
        let wish = tokio::select! {
            wish = wishes.recv() => match wish {
                Some(wish) => Some(wish),
                None => return,
            },
            () = sleep_until(next) => None,
        };
        let id = match wish {
            Some(Wish::Points(most, answer)) => {
                // Whoever asked may have gone.
                drop(answer.send(copier.points(most).await));
                continue;
            }
            Some(Wish::Copy(id)) => Some(id),
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
                tell("copies are made again");
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
            tell(&format!("no copies, next attempt in {pause} s: {why}"));
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

/// Removes what is no longer needed and notes the newest moment. Neither is worth a failure.
async fn look_after(copier: &mut Copier, backups: &Backups, interval: u64) {
    if let Err(why) = copier.prune(interval).await {
        tell(&format!("old copies stay: {why}"));
    }
    match copier.points(1).await {
        Ok((points, notes)) => backups.note(|report| {
            report.restorable = points.into_iter().next();
            let why = || notes.into_iter().next_back().unwrap_or_default();
            report.not_restorable = report.restorable.is_none().then(why);
        }),
        Err(why) => tell(&format!("the copies can't be listed: {why}")),
    }
}

fn tell(text: &str) {
    say(&mut io::stderr(), text);
}

/// Says to everybody who asks that the settings make no bucket.
pub(super) async fn give_up(backups: &Backups, Wishes(mut wishes): Wishes, error: &BucketError) {
    let failure = NotCopied::from(error);
    let why = &failure.why;
    tell(why);
    note_failure(backups, &failure);
    while let Some(wish) = wishes.recv().await {
        match wish {
            Wish::Copy(id) => backups.settle(&id, &Err(why.clone())),
            // Whoever asked may have gone.
            Wish::Points(_, answer) => drop(answer.send(Err(why.clone()))),
        }
    }
}
