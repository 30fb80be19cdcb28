//! Tests of the continuity checker with records that the tests write themselves.

use serde_json::json;

use super::*;

/// A folder of records as the flow writes them.
struct Records {
    folder: tempfile::TempDir,
    time: u64,
    files: u64,
}

/// A source run of one key that is being written. Its state is right unless [`Writing::state`] changes it.
struct Writing<'a> {
    records: &'a mut Records,
    lines: String,
    key: &'static str,
    source_run: u64,
    state: (u64, u64),
}

impl Records {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            time: 0,
            files: 0,
        }
    }

    /// Begins a source run that resumes after `number` at `epoch`, with the right state.
    fn source_run(&mut self, key: &'static str, number: u64, epoch: u64) -> Writing<'_> {
        self.time += 1;
        let source_run = self.time;
        let resumed = json!({
            "key": key, "source_run": source_run, "resumed": number, "epoch": epoch, "worker": 0, "time": source_run,
        });
        Writing {
            records: self,
            lines: format!("{resumed}\n"),
            key,
            source_run,
            state: (number, number * (number + 1) / 2),
        }
    }

    fn read(&self) -> Continuity {
        Continuity::read(self.folder.path()).unwrap()
    }

    /// Returns the only anomaly; panics if there is not exactly one.
    fn fault(&self) -> (Kind, String) {
        match self.read().anomalies.as_slice() {
            [anomaly] => (anomaly.kind, anomaly.what.clone()),
            others => panic!("{others:?}"),
        }
    }
}

impl Writing<'_> {
    /// Adds the record that `number` was processed in `epoch`.
    fn then(mut self, number: u64, epoch: u64) -> Self {
        self.state = (self.state.0 + 1, self.state.1 + number);
        self.records.time += 1;
        let seen = json!({
            "key": self.key, "source_run": self.source_run, "number": number, "count": self.state.0,
            "sum": self.state.1, "anomaly": null, "epoch": epoch, "worker": 0,
            "time": self.records.time,
        });
        self.lines.push_str(&format!("{seen}\n"));
        self
    }

    fn state(mut self, count: u64, sum: u64) -> Self {
        self.state = (count, sum);
        self
    }

    fn end(self) {
        self.records.files += 1;
        let name = format!("{}.jsonl", self.records.files);
        std::fs::write(self.records.folder.path().join(name), self.lines).unwrap();
    }
}

#[test]
fn replay_after_crash_is_exact_and_counted() {
    let mut records = Records::new();
    records
        .source_run("a", 0, 1)
        .then(1, 1)
        .then(2, 2)
        .then(3, 2)
        .end();
    records.source_run("b", 0, 1).then(1, 2).end();
    records.source_run("a", 1, 2).then(2, 2).then(3, 3).end();
    let seen = records.read();
    seen.exact().unwrap();
    assert_eq!((seen.replayed, seen.source_runs), (2, 3));
    assert!(seen.reached(2, 1) && !seen.reached(2, 2) && !seen.reached(3, 1));
    assert_eq!(seen.highest["a"], 3);
}

#[test]
fn missing_records_are_an_error() {
    let error = Records::new().read().exact().unwrap_err().to_string();
    assert_eq!(error, "no record was made");
}

#[test]
fn only_the_last_line_may_be_incomplete() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).end();
    let file = records.folder.path().join("1.jsonl");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{whole}{{\"key\": \"a")).unwrap();
    records.read().exact().unwrap();
    std::fs::write(&file, format!("{{\"key\n{whole}")).unwrap();
    assert!(Continuity::read(records.folder.path()).is_err());
}

#[test]
fn missing_number_is_a_gap() {
    let mut records = Records::new();
    records
        .source_run("a", 0, 1)
        .then(1, 1)
        .state(2, 3)
        .then(3, 1)
        .end();
    let (kind, what) = records.fault();
    assert_eq!(kind, Kind::Gap);
    assert_eq!(what, "a, source run 1: 3 follows 1");
}

#[test]
fn resume_after_missing_numbers_is_a_gap() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).then(2, 2).end();
    records.source_run("a", 2, 2).end();
    assert_eq!(records.fault().0, Kind::Gap);
}

#[test]
fn number_repeated_in_one_source_run_is_doubled() {
    let mut records = Records::new();
    records
        .source_run("a", 0, 1)
        .then(1, 1)
        .then(2, 1)
        .state(1, 1)
        .then(2, 1)
        .end();
    assert_eq!(records.fault().0, Kind::Doubled);
}

#[test]
fn resume_before_durable_numbers_is_doubled() {
    let mut records = Records::new();
    records
        .source_run("a", 0, 1)
        .then(1, 1)
        .then(2, 2)
        .then(3, 3)
        .end();
    records.source_run("a", 1, 3).end();
    let (kind, what) = records.fault();
    assert_eq!(kind, Kind::Doubled);
    assert_eq!(
        what,
        "a, source run 2: resumes after 1 at epoch 3, 2 had been durable"
    );
}

#[test]
fn return_to_older_epoch_needs_a_restore() {
    let mut records = Records::new();
    let mut source_run = records.source_run("a", 0, 1);
    for number in 1..=9 {
        source_run = source_run.then(number, number);
    }
    source_run.end();
    records.source_run("a", 3, 4).then(4, 4).end();
    assert_eq!(records.fault().0, Kind::Doubled);
    let folder = records.folder.path();
    Continuity::read_restored(folder, &[4])
        .unwrap()
        .exact()
        .unwrap();
    assert!(
        Continuity::read_restored(folder, &[5])
            .unwrap()
            .exact()
            .is_err()
    );
}

#[test]
fn empty_store_is_detected_by_its_resume_epoch() {
    let mut records = Records::new();
    records
        .source_run("a", 0, 1)
        .then(1, 1)
        .then(2, 2)
        .then(3, 3)
        .end();
    records.source_run("a", 0, 1).then(1, 1).end();
    let (kind, what) = records.fault();
    assert_eq!(kind, Kind::RestartedFromZero);
    assert_eq!(what, "a, source run 2: resumes at epoch 1 after epoch 3");
}

#[test]
fn source_without_position_restarts_from_zero() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).then(2, 2).end();
    records.source_run("a", 0, 3).end();
    assert_eq!(records.fault().0, Kind::RestartedFromZero);
}

#[test]
fn wrong_state_is_reported_once() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).then(2, 2).end();
    records
        .source_run("a", 2, 3)
        .state(1, 1)
        .then(3, 3)
        .then(4, 3)
        .then(5, 3)
        .end();
    let (kind, what) = records.fault();
    assert_eq!(kind, Kind::WrongState);
    assert_eq!(what, "a, source run 2: after 3: 2 numbers with the sum 4");
}

#[test]
fn anomaly_found_by_the_step_is_reported() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).end();
    let file = records.folder.path().join("1.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("null", "\"7 follows 5\"", 1)).unwrap();
    assert_eq!(
        records.fault(),
        (Kind::WrongState, "a, source run 1: 7 follows 5".to_owned())
    );
}

#[test]
fn overlapping_source_runs_are_two_writers() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).end();
    records.source_run("a", 1, 2).then(2, 2).end();
    let file = records.folder.path().join("1.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"time\":2", "\"time\":4")).unwrap();
    assert_eq!(records.fault().0, Kind::TwoWriters);
}

#[test]
fn key_in_two_processes_has_two_writers() {
    let mut records = Records::new();
    records.source_run("a", 0, 1).then(1, 1).end();
    records.source_run("a", 1, 1).then(2, 1).end();
    let file = records.folder.path().join("2.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let (_, number) = text.split_once('\n').unwrap();
    std::fs::write(
        &file,
        number.replace("\"source_run\":3", "\"source_run\":1"),
    )
    .unwrap();
    assert_eq!(records.fault().0, Kind::TwoWriters);
}
