//! Measures the cost of `launch` and the sidecar in normal operation. The same flow with recovery runs as two processes,
//! alternately by hand (`python -m bytewax.run`) and with the programs of our pods, without a cluster. The flow counts
//! as fast as it can, so that the cost of the agent is visible. `WAX_SECONDS` sets how long each turn is measured.

mod syncs;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;
use wax_tests::pods::Pods;
use wax_tests::sidecar::Sidecar;

use crate::usage::Usage;
use crate::{Figure, median, release, seconds};

const SIZE: u32 = 2;
/// The volume of each partition.
const PARTITIONS: [u32; 4] = [0, 1, 0, 1];
const ROUNDS: usize = 3;
/// Interval of the kubelet's readiness probes to the sidecar.
const PROBES: Duration = Duration::from_secs(1);
/// Seconds between two numbers of a key while system calls are counted, because counting slows each call down.
const SLOW: &str = "0.02";

/// Measurements of one turn, summed over all processes.
struct Turn {
    minutes: f64,
    records: f64,
    engines: Usage,
    launches: Usage,
    sidecars: Usage,
}

/// A function that returns one measurement of a turn.
type Of<T> = fn(&Turn) -> T;

/// A running flow, started by hand or with the programs of our pods.
struct Running {
    pods: Pods,
    sidecars: Vec<Sidecar>,
}

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let window = Duration::from_secs(seconds(20)?);
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(Running::start(true, "0").await?.turn(window)?);
        ours.push(Running::start(false, "0").await?.turn(window)?);
    }
    let mut figures = engines(&plain, &ours);
    figures.extend(agent(&ours));
    figures.extend(synced(window).await?);
    Ok(figures)
}

/// Returns the figures of the engines.
fn engines(plain: &[Turn], ours: &[Turn]) -> Vec<Figure> {
    let rows: [(&str, Of<f64>); 3] = [
        ("records per second", |turn| {
            turn.records / turn.minutes / 60.0
        }),
        ("engine CPU us per record", |turn| {
            turn.engines.cpu_seconds * 1e6 / turn.records
        }),
        ("engine memory (PSS) kB", |turn| {
            turn.engines.proportional_kilobytes / f64::from(SIZE)
        }),
    ];
    let ratio = |(what, of): (&str, Of<f64>)| {
        let of = |turns: &[Turn]| median(turns.iter().map(of).collect());
        let (ours, plain) = (of(ours), of(plain));
        Figure::new(
            format!("with agent to plain Bytewax, {what}"),
            format!("{:.2} ({ours:.0} : {plain:.0})", ours / plain),
        )
    };
    rows.into_iter().map(ratio).collect()
}

/// Returns the figures of the agent of one process.
fn agent(turns: &[Turn]) -> Vec<Figure> {
    let parts: [(&str, Of<Usage>); 2] = [
        ("launch", |turn| turn.launches),
        ("sidecar", |turn| turn.sidecars),
    ];
    let mut figures = Vec::new();
    for (name, part) in parts {
        let of = |value: fn(Usage) -> f64, by_minute: bool| {
            let one = |turn: &Turn| {
                let minutes = if by_minute { turn.minutes } else { 1.0 };
                value(part(turn)) / f64::from(SIZE) / minutes
            };
            median(turns.iter().map(one).collect())
        };
        let cpu = of(|usage| usage.cpu_seconds, true);
        let written = of(|usage| usage.written_kilobytes, true);
        let resident = of(|usage| usage.resident_kilobytes, false) / 1024.0;
        let proportional = of(|usage| usage.proportional_kilobytes, false) / 1024.0;
        figures.extend([
            Figure::new(
                format!("{name}, CPU per minute"),
                format!("{cpu:.2} s ({:.2} %)", cpu / 0.6),
            ),
            Figure::new(
                format!("{name}, memory (RSS, PSS)"),
                format!("{resident:.1} MB, {proportional:.1} MB"),
            ),
            Figure::new(
                format!("{name}, written per minute"),
                format!("{written:.0} kB"),
            ),
        ]);
    }
    figures
}

/// Returns how often files are synced, counted at a slow pace.
async fn synced(window: Duration) -> Result<Vec<Figure>> {
    let plain = Running::start(true, SLOW).await?;
    let groups = [plain.engines()?];
    let by_hand = plain.while_probed(window, || syncs::count(&groups, window))?;
    drop(plain);
    let mut ours = Running::start(false, SLOW).await?;
    let agent = [ours.launches()?, ours.sidecars()].concat();
    let groups = [ours.engines()?, agent];
    let with_agent = ours.while_probed(window, || syncs::count(&groups, window))?;
    let figure = |what: &str, count: u64| -> Result<Figure> {
        let what = format!("syncs per minute of one process, {what}");
        let minutes = window.as_secs_f64() / 60.0 * f64::from(SIZE);
        let count = f64::from(u32::try_from(count)?);
        Ok(Figure::new(what, format!("{:.0}", count / minutes)))
    };
    Ok(vec![
        figure("engine by hand", by_hand[0])?,
        figure("engine with agent", with_agent[0])?,
        figure("launch and sidecar", with_agent[1])?,
    ])
}

impl Running {
    async fn start(plain: bool, pace: &str) -> Result<Self> {
        let mut pods = Pods::with_agent(&release("waxrun")?, &PARTITIONS, SIZE)?;
        pods.plain = plain;
        pods.env.push(("CONTINUITY_PACE", pace.to_owned()));
        pods.initialise()?;
        pods.start_all()?;
        let mut sidecars = Vec::new();
        for process in (0..SIZE).filter(|_| !plain) {
            sidecars.push(pods.sidecar(process).await?);
        }
        pods.advance().await?;
        Ok(Self { pods, sidecars })
    }

    fn turn(mut self, window: Duration) -> Result<Turn> {
        let groups = [self.engines()?, self.launches()?, self.sidecars()];
        let used = || -> Result<[Usage; 3]> {
            let [engines, launches, sidecars] = &groups;
            Ok([
                Usage::of_all(engines)?,
                Usage::of_all(launches)?,
                Usage::of_all(sidecars)?,
            ])
        };
        let (begun, before, from) = (Instant::now(), used()?, self.lengths()?);
        self.while_probed(window, || Ok(()))?;
        let (after, until) = (used()?, self.lengths()?);
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let [engines, launches, sidecars] = [0, 1, 2].map(|at| after[at].since(before[at]));
        ensure!(from.len() == until.len(), "an engine was restarted");
        let mut records = 0.0;
        for ((path, from), (_, until)) in from.into_iter().zip(until) {
            records += lines(&path, from, until)?;
        }
        Ok(Turn {
            minutes,
            records,
            engines,
            launches,
            sidecars,
        })
    }

    /// Sends readiness probes to each sidecar, as a kubelet does, while `work` runs.
    fn while_probed<T: Send>(
        &self,
        window: Duration,
        work: impl FnOnce() -> Result<T> + Send,
    ) -> Result<T> {
        std::thread::scope(|scope| {
            let work = scope.spawn(work);
            let begun = Instant::now();
            while begun.elapsed() < window {
                for sidecar in &self.sidecars {
                    let (code, said) = sidecar.ask("GET", "/v1/ready", "", &Value::Null)?;
                    ensure!(code == 200, "{code}: {said}");
                }
                std::thread::sleep(PROBES.min(window.saturating_sub(begun.elapsed())));
            }
            work.join().expect("the work does not panic")
        })
    }

    fn engines(&self) -> Result<Vec<u32>> {
        (0..SIZE)
            .map(|process| self.pods.engine_id(process))
            .collect()
    }

    fn launches(&mut self) -> Result<Vec<u32>> {
        if self.pods.plain {
            return Ok(Vec::new());
        }
        (0..SIZE)
            .map(|process| self.pods.launch_id(process))
            .collect()
    }

    fn sidecars(&self) -> Vec<u32> {
        self.sidecars.iter().map(Sidecar::id).collect()
    }

    /// Returns the files of records, with their present lengths.
    fn lengths(&self) -> Result<Vec<(PathBuf, u64)>> {
        let mut lengths = Vec::new();
        for entry in std::fs::read_dir(self.pods.records())? {
            let entry = entry?;
            lengths.push((entry.path(), entry.metadata()?.len()));
        }
        lengths.sort();
        Ok(lengths)
    }
}

/// Returns the number of lines that end in this part of a file.
fn lines(path: &PathBuf, from: u64, until: u64) -> Result<f64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let (mut part, mut buffer, mut found) =
        (BufReader::new(file.take(until - from)), [0; 65536], 0);
    loop {
        let read = part.read(&mut buffer)?;
        if read == 0 {
            return Ok(f64::from(u32::try_from(found)?));
        }
        found += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
    }
}
