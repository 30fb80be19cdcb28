//! Tests many writers that push to one repository at the same time, each from a clone of its own that is never pulled.
//!
//! A normal run takes one round. A campaign (`WAX_CAMPAIGN=1`) goes on for two minutes, and `WAX_RACE_SECONDS` sets any
//! other time.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use super::lab::{FLOW, Lab};

const WRITERS: usize = 20;
const FLOWS: usize = 10;
/// The time of a campaign in seconds.
const CAMPAIGN: u64 = 120;
/// The line that the two writers of a flow both change.
const SHARED: &str = "# owner: ";

/// How long the writers go on after their first round.
fn duration() -> Duration {
    let variable = |name| std::env::var(name).ok();
    let seconds = match variable("WAX_RACE_SECONDS") {
        Some(seconds) => seconds.parse().expect("WAX_RACE_SECONDS is a number"),
        None if variable("WAX_CAMPAIGN").as_deref() == Some("1") => CAMPAIGN,
        None => 0,
    };
    Duration::from_secs(seconds)
}

/// One writer: its source, and what became of its changes.
#[derive(Default)]
struct Writer {
    number: usize,
    lines: Vec<String>,
    owner: String,
    accepted: Vec<String>,
    accepted_owner: Option<String>,
    refused: usize,
}

impl Writer {
    fn flow(&self) -> usize {
        self.number % FLOWS
    }

    /// Returns the source: each writer of a flow has a place of its own in it.
    fn text(&self) -> String {
        let own = self.lines.join("\n");
        let mut places = [String::new(), String::new()];
        places[self.number / FLOWS] = own;
        let gap = "# -\n# --\n# ---\n";
        let [first, second] = places;
        format!(
            "{FLOW}{gap}{SHARED}{}\n{gap}# first\n{first}\n{gap}# second\n{second}\n{gap}",
            self.owner
        )
    }

    /// Takes rounds until the time is over, but at least one, and returns their number.
    fn rounds(&mut self, lab: &Lab, end: Instant) -> usize {
        let mut round = 1;
        self.round(lab, round);
        while Instant::now() < end {
            round += 1;
            self.round(lab, round);
        }
        round
    }

    /// Changes the source, and commits it. A refused change of the shared line is taken out of the source again.
    fn round(&mut self, lab: &Lab, round: usize) {
        let line = format!("# line {round} of writer {}", self.number);
        self.lines.push(line);
        let before = self.owner.clone();
        if round % 2 == 1 {
            self.owner = format!("writer {} in round {round}", self.number);
        }
        if self.commit(lab) {
            return;
        }
        self.owner = before;
        self.commit(lab);
    }

    fn commit(&mut self, lab: &Lab) -> bool {
        let source = format!("writer-{}/flow.py", self.number);
        lab.write(&source, self.text());
        let name = format!("flow-{}", self.flow());
        let (source, clone) = (format!("../{source}"), format!("clone-{}", self.number));
        let args = [&source, "--name", &name, "--env", "prod", "--push"];
        let mut command = lab.waxctl(&clone, &args);
        command.env("HOME", lab.path(&format!("home-{}", self.number)));
        let run = lab.run(command);
        match run.code {
            Some(0) => {
                self.accepted.clone_from(&self.lines);
                if !self.owner.is_empty() {
                    self.accepted_owner = Some(self.owner.clone());
                }
                true
            }
            // A conflict with a colleague's change, ten lost races, or a change of a colleague that would be taken back.
            Some(code @ (1 | 4 | 5)) if code > 1 || run.err.contains("conflicting changes") => {
                self.refused += 1;
                false
            }
            _ => panic!("writer {}: {}", self.number, run.shown()),
        }
    }
}

#[test]
fn twenty_writers_lose_no_change() {
    let lab = Lab::with_remote();
    let start = Writer::default();
    lab.write("start/flow.py", start.text());
    for flow in 0..FLOWS {
        let name = format!("flow-{flow}");
        let args = ["../start/flow.py", "--name", &name, "--env", "prod"];
        lab.commit("repo", &args).succeeded();
    }
    lab.git("repo", &["push", "-q"]);
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|number| Writer {
            number,
            ..Writer::default()
        })
        .collect();
    for writer in &writers {
        let number = writer.number;
        lab.new_home(&format!("home-{number}"), &format!("Writer{number}"));
        lab.git(
            ".",
            &["clone", "-q", "remote.git", &format!("clone-{number}")],
        );
    }
    let begun = Instant::now();
    let rounds: usize = thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                let lab = &lab;
                scope.spawn(move || writer.rounds(lab, begun + duration()))
            })
            .collect();
        threads.into_iter().map(|one| one.join().unwrap()).sum()
    });
    let mut owners: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let mut lost = Vec::new();
    for writer in &writers {
        let path = format!("main:apps/prod/flow-{}/flow.py", writer.flow());
        let text = lab.git("remote.git", &["show", &path]);
        let has = |line: &str| text.lines().any(|other| other == line);
        lost.extend(writer.accepted.iter().filter(|line| !has(line)).cloned());
        if let Some(owner) = &writer.accepted_owner {
            owners.entry(writer.flow()).or_default().push(owner);
            if !has(&format!("{SHARED}{owner}")) {
                lost.push(owner.clone());
            }
        }
    }
    let accepted: usize = writers.iter().map(|writer| writer.accepted.len()).sum();
    let refused: usize = writers.iter().map(|writer| writer.refused).sum();
    println!(
        "{WRITERS} writers, {FLOWS} flows, {rounds} rounds in {} s: {accepted} changes accepted, {refused} commits refused, {} lost",
        begun.elapsed().as_secs(),
        lost.len()
    );
    assert_eq!(lost, Vec::<String>::new());
    // Of the two writers of a flow at most one has changed the shared line; the other one was refused.
    assert!(
        owners.values().all(|owners| owners.len() == 1),
        "{owners:?}"
    );
    assert!(refused >= FLOWS, "{refused}");
    lab.git("remote.git", &["fsck", "--strict"]);
}
