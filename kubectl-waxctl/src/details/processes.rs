//! The part of the details that comes from the running processes.

use agent::report::{BackupReport, LiveReport, ProcessPhase, StoreReport};
use dataflow::step_id;
use gitops::age;
use jiff::Timestamp;

use super::layout::{Fields, section};
use crate::process_state::{Answer, GangState, Process, Stores, commit};

/// Columns of the table of processes.
const COLUMNS: &[&str] = &[
    "PROCESS",
    "PHASE",
    "FORMED",
    "PARTITIONS",
    "COMMIT",
    "LAST COPY",
    "NOTE",
];

/// Columns of the wide table.
const WIDE: &[&str] = &[
    "PROCESS",
    "PHASE",
    "FORMED",
    "PARTITIONS",
    "COMMIT",
    "LAST COPY",
    "PEERS",
    "START",
    "REVISION",
    "NOTE",
];

/// The reports of the processes.
pub(super) struct Processes<'a> {
    pub(super) live: &'a Answer<GangState>,
    pub(super) now: Timestamp,
}

impl Processes<'_> {
    /// Adds the fields about the recovery store as a whole.
    pub(super) fn state(&self, backups: bool, fields: &mut Fields) {
        let stores = match self.live {
            Ok(GangState {
                stores: Some(stores),
                ..
            }) => Ok(stores),
            Ok(_) => Err("no process was polled".to_owned()),
            Err(why) => Err(why.clone()),
        };
        let asked = |question: &dyn Fn(&Stores) -> Answer<String>| {
            stores
                .clone()
                .and_then(question)
                .unwrap_or_else(|why| unknown(&why))
        };
        let start = asked(&|stores| {
            Ok(stores.last_start()?.map_or_else(
                || "none yet".to_owned(),
                |start| {
                    format!(
                        "execution {}, from epoch {}",
                        start.execution, start.resume_epoch
                    )
                },
            ))
        });
        fields.add("Last start", start);
        let frontier = asked(&|stores| Ok(format!("epoch {}", stores.frontier()?)));
        fields.add("Frontier", frontier);
        let orphaned = asked(&|stores| {
            let steps = stores.orphaned_steps()?;
            let steps: Vec<_> = steps.iter().map(|step| step_id::shown(step)).collect();
            Ok(steps.join(", "))
        });
        fields.add("Orphaned steps", orphaned);
        let restorable = match backups {
            true => asked(&|stores| self.restorable(stores)),
            false => "none: spec.recovery.cloudBackup is off".to_owned(),
        };
        fields.add("Restorable", restorable);
    }

    fn restorable(&self, stores: &Stores) -> Answer<String> {
        let newest = stores.newest_point()?;
        Ok(match (newest, stores.why_no_point()) {
            (Some(point), _) => format!("{}, {} ago", point.point, self.seconds_since(point.taken)),
            (None, Some(why)) => format!("none: {why}"),
            (None, None) => "none yet".to_owned(),
        })
    }

    /// Returns the table with one row per process.
    pub(super) fn table(&self, wide: bool) -> String {
        let live = match self.live {
            Ok(live) => live,
            Err(why) => return format!("\nProcesses:\n  {}\n", unknown(why)),
        };
        let columns = if wide { WIDE } else { COLUMNS };
        let stores = live
            .stores
            .iter()
            .flat_map(|stores| stores.0.iter().map(Some));
        let stores = stores.chain(std::iter::repeat(None));
        let rows: Vec<_> = live
            .processes
            .iter()
            .zip(stores)
            .map(|(process, store)| self.process(process, store, wide))
            .collect();
        section("Processes", columns, &rows)
    }

    fn process(
        &self,
        process: &Process,
        store: Option<&Answer<StoreReport>>,
        wide: bool,
    ) -> Vec<String> {
        let Process { pod, live } = process;
        let known = store.and_then(|store| store.as_ref().ok());
        let backup = known.and_then(|report| report.backup.as_ref());
        let of_live = |text: &dyn Fn(&LiveReport) -> String| match live {
            Ok(report) => text(report),
            Err(_) => "unknown".to_owned(),
        };
        let of_store = |text: &dyn Fn(&StoreReport) -> String| match store {
            Some(Ok(report)) => text(report),
            Some(Err(_)) => "unknown".to_owned(),
            None => String::new(),
        };
        let mut cells = vec![
            pod.clone(),
            of_live(&|report| word(report.phase).to_owned()),
            of_live(&|report| if report.formed { "yes" } else { "no" }.to_owned()),
            of_store(&|report| {
                let indexes = report
                    .partitions
                    .iter()
                    .map(|partition| partition.index.to_string());
                indexes.collect::<Vec<_>>().join(",")
            }),
            of_store(&|report| {
                commit(report)
                    .map(|epoch| epoch.to_string())
                    .unwrap_or_default()
            }),
            of_store(&|_| {
                let taken = backup.and_then(|backup| backup.taken);
                taken
                    .map(|taken| self.seconds_since(taken))
                    .unwrap_or_default()
            }),
        ];
        if wide {
            cells.push(of_live(&|report| report.peers.to_string()));
            cells.push(of_live(&|report| report.start.to_string()));
            cells.push(of_live(&|report| report.revision.clone()));
        }
        cells.push(self.note(live, store, backup));
        cells
    }

    /// Returns the reasons why something is unknown, missing or late.
    fn note(
        &self,
        live: &Answer<LiveReport>,
        store: Option<&Answer<StoreReport>>,
        backup: Option<&BackupReport>,
    ) -> String {
        let mut notes = Vec::new();
        match live {
            Ok(report) => notes.extend(report.wait_reason.clone()),
            Err(why) => notes.push(why.clone()),
        }
        if let Some(Err(why)) = store
            && !notes.contains(why)
        {
            notes.push(why.clone());
        }
        if let Some(BackupReport {
            failing_since: Some(since),
            failure,
            ..
        }) = backup
        {
            let since = self.seconds_since(*since);
            let why = failure.clone().unwrap_or_default();
            notes.push(format!("backup copies have failed for {since}: {why}"));
        }
        notes.join("; ")
    }

    fn seconds_since(&self, time: u64) -> String {
        age::age_since(self.now, time)
    }
}

fn unknown(why: &str) -> String {
    format!("unknown ({why})")
}

fn word(phase: ProcessPhase) -> &'static str {
    match phase {
        ProcessPhase::Starting => "starting",
        ProcessPhase::Running => "running",
        ProcessPhase::Ended => "ended",
        ProcessPhase::Failed => "failed",
    }
}
