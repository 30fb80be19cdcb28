//! Measures a commit in a repository of 100,000 files, and compares it with git's own commit of the same change.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use wax_tests::command::{git, isolate_git, run};
use wax_tests::programs::root;

use crate::{Figure, cpu_milliseconds, median, release};

const FOLDERS: usize = 1000;
const FILES_IN_EACH: usize = 100;
const COMMITS: usize = 7;

/// First argument of the process that measures one command.
pub(crate) const MEASURE: &str = "measure";

/// Resources that one command used, including all processes that it started.
struct Taken {
    cpu_milliseconds: f64,
    milliseconds: f64,
    peak_kilobytes: f64,
}

pub(crate) fn figures() -> Result<Vec<Figure>> {
    let folder = tempfile::TempDir::new()?;
    let repository = folder.path().join("repository");
    fill(&repository)?;
    let hello = root().join("examples/hello/hello.py");
    std::fs::copy(hello, folder.path().join("hello.py"))?;
    let (ours, theirs) = in_turns(&repository)?;
    let elsewhere = to_another_branch(&repository)?;
    let files = FOLDERS * FILES_IN_EACH;
    let figure = |part: fn(&Taken) -> f64, unit: &str| {
        let of = |all: &[Taken]| median(all.iter().map(part).collect());
        let (ours, theirs) = (of(&ours), of(&theirs));
        Figure::new(
            format!("df commit to git add + commit, {files} files, {unit}"),
            format!("{:.2} ({ours:.0} : {theirs:.0})", ours / theirs),
        )
    };
    Ok(vec![
        figure(|taken| taken.cpu_milliseconds, "CPU ms"),
        figure(|taken| taken.milliseconds, "wall ms"),
        figure(|taken| taken.peak_kilobytes, "peak kB"),
        Figure::new(
            format!("df commit to another branch, {files} files, CPU ms"),
            format!("{:.1}", median(elsewhere)),
        ),
    ])
}

/// Commits one value several times to a branch that is not checked out, so that no index is written. Returns the CPU
/// time of each commit in milliseconds.
fn to_another_branch(repository: &Path) -> Result<Vec<f64>> {
    git(repository, &["branch", "elsewhere"])?.ok()?;
    let waxctl = release("kubectl-waxctl")?;
    let mut all = Vec::new();
    for round in 0..COMMITS {
        let processes = (2 * round + 4).to_string();
        let mut command = Command::new(&waxctl);
        command
            .args(["df", "commit", "../hello.py", "--name", "hello"])
            .args(["--env", "prod", "--branch", "elsewhere", "-p", &processes]);
        all.push(measured(repository, &command)?.cpu_milliseconds);
    }
    Ok(all)
}

/// Changes and commits one value several times, alternately with waxctl and with git.
fn in_turns(repository: &Path) -> Result<(Vec<Taken>, Vec<Taken>)> {
    let waxctl = release("kubectl-waxctl")?;
    let commit = |processes: usize| {
        let mut command = Command::new(&waxctl);
        let flags = [
            "--name",
            "hello",
            "--env",
            "prod",
            "-p",
            &processes.to_string(),
        ];
        command.args(["df", "commit", "../hello.py"]).args(flags);
        command
    };
    let mut by_hand = Command::new("sh");
    by_hand.args([
        "-c",
        "git add apps/prod/hello && git commit --quiet -m 'Change hello'",
    ]);
    measured(repository, &commit(2))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..COMMITS {
        let processes = 2 * round + 3;
        ours.push(measured(repository, &commit(processes))?);
        let resource = repository.join("apps/prod/hello/dataflow.yaml");
        let text = std::fs::read_to_string(&resource)?;
        let line = |count: usize| format!("processesCount: {count}\n");
        anyhow::ensure!(text.contains(&line(processes)), "{text}");
        std::fs::write(
            &resource,
            text.replace(&line(processes), &line(processes + 1)),
        )?;
        theirs.push(measured(repository, &by_hand)?);
    }
    Ok((ours, theirs))
}

fn fill(repository: &Path) -> Result<()> {
    for folder in 0..FOLDERS {
        let folder = repository.join(format!("data/{folder}"));
        std::fs::create_dir_all(&folder)?;
        for file in 0..FILES_IN_EACH {
            std::fs::write(
                folder.join(format!("{file}.txt")),
                format!("{folder:?} {file}\n"),
            )?;
        }
    }
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["config", "gc.auto", "0"],
        &["config", "core.fsync", "none"],
        &["add", "."],
        &["commit", "--quiet", "-m", "A hundred thousand files"],
        &["gc", "--quiet"],
    ] {
        git(repository, arguments)?.ok()?;
    }
    Ok(())
}

/// Runs `command` in the repository, below a process of its own, because the kernel reports one peak of memory for all
/// children of a process.
fn measured(repository: &Path, command: &Command) -> Result<Taken> {
    let mut measure = Command::new(std::env::current_exe()?);
    measure
        .arg(MEASURE)
        .arg(command.get_program())
        .args(command.get_args());
    isolate_git(&mut measure, repository);
    let said = run(measure.current_dir(repository), b"")?.ok()?;
    let mut numbers = said.split_whitespace().map(str::parse);
    let mut next =
        || Ok::<f64, anyhow::Error>(numbers.next().context("fewer than three numbers")??);
    Ok(Taken {
        cpu_milliseconds: next()?,
        milliseconds: next()?,
        peak_kilobytes: next()?,
    })
}

/// Runs one command, and returns CPU time and wall time in milliseconds and its peak memory in kB.
pub(crate) fn measure(command: &[String]) -> Result<String> {
    let (program, arguments) = command
        .split_first()
        .context("there is no command to measure")?;
    let start = Instant::now();
    run(Command::new(program).args(arguments), b"")?.ok()?;
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    Ok(format!("{} {milliseconds} {peak}", cpu_milliseconds()?))
}
