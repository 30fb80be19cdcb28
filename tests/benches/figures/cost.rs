//! Measures the CPU time of command-line calls, and the sizes of the programs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use wax_tests::Cluster;
use wax_tests::command::run;
use wax_tests::programs::root;

use crate::{Figure, cpu_milliseconds, median, release};

const CALLS: usize = 21;

pub(crate) fn figures(cluster: &Cluster) -> Result<Vec<Figure>> {
    let waxctl = release("kubectl-waxctl")?;
    let hello = root().join("examples/hello/hello.py");
    let mut figures = Vec::new();
    let mut kubectl = Command::new("kubectl");
    cluster.environment(&mut kubectl);
    let mut calls = [
        (
            "CPU time of kubectl version --client",
            kubectl,
            vec!["version", "--client"],
        ),
        (
            "CPU time of waxctl version",
            Command::new(&waxctl),
            vec!["version"],
        ),
        (
            "CPU time of waxctl df render",
            Command::new(&waxctl),
            vec![
                "df",
                "render",
                hello
                    .to_str()
                    .context("the path of the checkout is not UTF-8")?,
                "--name",
                "hello",
            ],
        ),
    ];
    for (what, command, arguments) in &mut calls {
        command.args(arguments.as_slice());
        let times: Result<Vec<f64>> = (0..CALLS).map(|_| cpu_time(command)).collect();
        figures.push(Figure::new(*what, format!("{:.1} ms", median(times?))));
    }
    for program in ["kubectl-waxctl", "wax-operator", "waxrun"] {
        figures.push(Figure::new(
            format!("size of {program}"),
            megabytes(&release(program)?)?,
        ));
    }
    Ok(figures)
}

/// Returns the CPU time of one run in milliseconds, user and system.
fn cpu_time(command: &mut Command) -> Result<f64> {
    let before = cpu_milliseconds()?;
    run(command, b"")?.ok()?;
    Ok(cpu_milliseconds()? - before)
}

fn megabytes(path: &Path) -> Result<String> {
    let kilobytes = u32::try_from(std::fs::metadata(path)?.len() / 1024)?;
    Ok(format!("{:.1} MB", f64::from(kilobytes) / 1024.0))
}
