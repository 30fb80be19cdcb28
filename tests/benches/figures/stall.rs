//! Measures how long a flow stalls while its partition is copied to a bucket. A real engine with short epochs runs on
//! one large partition, with the sidecar beside it. The S3 server runs on the same processors and keeps its objects
//! in memory. `WAX_MEGABYTES` sets the size of the partition, and `WAX_SECONDS` how long the flow is measured after a
//! copy.

mod gaps;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use wax_tests::engine::{Bed, Gang, Input, Shape};
use wax_tests::ports;
use wax_tests::s3::S3;
use wax_tests::sidecar::Sidecar;

use self::gaps::{Record, Span, Stretch};
use crate::usage::Usage;
use crate::{Figure, median, release, seconds, setting};

const ROUNDS: usize = 3;
const EPOCH: Duration = Duration::from_millis(50);
/// So many epochs are kept that the engine collects nothing in the partition.
const KEPT: u32 = 1_000_000;
/// The step whose state fills the partition.
const STEP: &str = "continuity.check.stateful_flat_map.stateful.stateful_batch";
/// Number of old snapshots of each key.
const VERSIONS: u64 = 256;
/// Bytes of a key's state. The engine loads only the newest state of each key.
const STATE: usize = 16 << 10;

/// Measurements so far.
#[derive(Default)]
struct Rounds {
    /// Seconds of each copy.
    took: Vec<f64>,
    /// Processor time of the sidecar for each copy.
    used: Vec<f64>,
    copied: Vec<Span>,
    quiet: Vec<Span>,
}

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let megabytes = setting("WAX_MEGABYTES", 1024)?;
    let after = Duration::from_secs(seconds(20)?);
    let shape = Shape {
        workers: 1,
        processes: 1,
        partitions: 1,
    };
    let mut bed = Bed::new(shape, EPOCH, KEPT)?;
    fill(&bed.partition(0), megabytes)?;
    bed.begin()?;
    let s3 = S3::in_memory()?;
    let begun = bed.resume()?.execution;
    let mut gang = bed.start(&Input {
        keys: 4,
        pace: 0.005,
        poll: 0.005,
        last: None,
    })?;
    bed.begins(&mut gang, begun)?;
    let sidecar = sidecar(&bed, &s3).await?;
    let mut seen = Rounds::default();
    for round in 0..ROUNDS {
        seen.round(&sidecar, &mut gang, after, round)?;
    }
    let (size, peak) = (bed.partition(0).metadata()?.len(), peak(sidecar.id())?);
    gang.kill(0)?;
    let records = Record::read(&bed.records())?;
    let worst = |spans: &[Span]| {
        let seen = spans.iter().map(|span| Stretch::of(&records, span));
        seen.fold(Stretch::default(), Stretch::worst)
    };
    let mut figures = vec![
        Figure::new(
            format!("copy of a partition of {} MB, made and sent", size >> 20),
            format!("{:.1} s", median(seen.took)),
        ),
        Figure::new(
            "sidecar, CPU for one copy",
            format!("{:.1} s", median(seen.used)),
        ),
        Figure::new(
            "sidecar, highest memory (RSS)",
            format!("{:.1} MB", peak / 1024.0),
        ),
    ];
    figures.extend(worst(&seen.copied).figures("with copies"));
    figures.extend(worst(&seen.quiet).figures("without"));
    Ok(figures)
}

impl Rounds {
    /// Measures the flow during one copy, and for the same time without a copy.
    fn round(
        &mut self,
        sidecar: &Sidecar,
        gang: &mut Gang,
        after: Duration,
        round: usize,
    ) -> Result<()> {
        // Unwritten pages of an earlier round would otherwise be written during this one.
        nix::unistd::sync();
        let engine = gang.engine(0).id();
        let before = Usage::of(sidecar.id())?.cpu_seconds;
        let copied = Span::watch(engine, || {
            self.took.push(copy(sidecar, &format!("round-{round}"))?);
            std::thread::sleep(after);
            Ok(())
        })?;
        self.used
            .push(Usage::of(sidecar.id())?.cpu_seconds - before);
        nix::unistd::sync();
        let length = copied.length();
        self.copied.push(copied);
        self.quiet.push(Span::watch(engine, || {
            std::thread::sleep(length);
            Ok(())
        })?);
        gang.alive()
    }
}

/// Fills a partition with snapshots, as earlier executions would have.
fn fill(partition: &Path, megabytes: u64) -> Result<()> {
    let mut connection = Connection::open(partition)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    transaction.execute("INSERT INTO exs VALUES ('then', 0, 1, 1)", ())?;
    transaction.execute(
        "INSERT INTO fronts VALUES ('then', 0, 0, ?1)",
        [VERSIONS + 1],
    )?;
    let state = pickled(STATE);
    let keys = (megabytes << 20) / (VERSIONS * u64::try_from(STATE)?);
    let mut insert = transaction.prepare("INSERT INTO snaps VALUES ('then', ?1, ?2, ?3, ?4)")?;
    // Sorted by epoch, as an engine writes them, so that the rows of a key are far apart.
    for epoch in 1..=VERSIONS {
        for key in 0..keys {
            insert.execute((STEP, format!("cold-{key}"), epoch, &state))?;
        }
    }
    drop(insert);
    Ok(transaction.commit()?)
}

/// Returns a Python pickle of `length` bytes.
fn pickled(length: usize) -> Vec<u8> {
    let size = u32::try_from(length).expect("a state is small");
    let mut pickle = vec![0x80, 3, b'B'];
    pickle.extend(size.to_le_bytes());
    pickle.extend((0..length).map(|at| u8::try_from(at % 251).expect("below 256")));
    pickle.push(b'.');
    pickle
}

async fn sidecar(bed: &Bed, s3: &S3) -> Result<Sidecar> {
    let mut command = Command::new(release("waxrun")?);
    command
        .arg("sidecar")
        .env_clear()
        .envs(bed.environment(0))
        .envs(s3.environment())
        .env("WAXRUN_BACKUP_KEEP", "1")
        // Copies are made only on request.
        .env("WAXRUN_BACKUP_INTERVAL_SECONDS", "1000000");
    Sidecar::start(command, ("127.0.0.1".to_owned(), ports::free(1)?.remove(0))).await
}

/// Requests one copy, and returns its duration in seconds.
fn copy(sidecar: &Sidecar, id: &str) -> Result<f64> {
    let begun = Instant::now();
    loop {
        let (code, answer) = sidecar.copy(id)?;
        ensure!([200, 202].contains(&code), "{code}: {answer}");
        if code == 200 {
            return Ok(begun.elapsed().as_secs_f64());
        }
    }
}

/// Returns the peak memory of a process in kB.
fn peak(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.context("the kernel does not report VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
