//! Compares `df diff --live` of many flows with `kubectl diff` of the same manifests.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;
use wax_tests::command::{Finished, isolate_git, run};
use wax_tests::programs::root;
use wax_tests::{Cluster, TestNamespace};

use crate::{Figure, cpu_milliseconds, release, setting};

/// Number of flows, unless `WAX_FLOWS` gives another.
const FLOWS: u64 = 1000;

/// One flow in so many differs from the cluster.
const CHANGED: usize = 10;

pub(crate) async fn figures(cluster: &'static Cluster) -> Result<Vec<Figure>> {
    let flows = usize::try_from(setting("WAX_FLOWS", FLOWS)?)?;
    let ns = TestNamespace::without_operator(cluster, "live-diff").await?;
    let names: Vec<String> = (0..flows).map(|number| format!("flow-{number}")).collect();
    let manifests = render(&ns, &names)?;
    ns.apply(&manifests.join("---\n"))?;
    let changed = change(ns.folder(), &names, &manifests)?;
    let all = ns.folder().join("all.yaml");
    std::fs::write(&all, changed.join("---\n"))?;

    let mut ours = waxctl(&ns)?;
    ours.args(["df", "diff", "--live", "--format", "json"])
        .args(&names);
    let mut theirs = Command::new("kubectl");
    cluster.environment(&mut theirs);
    theirs
        .args(["diff", "--server-side", "-n", &ns.name, "-f"])
        .arg(&all);
    // Each first call is not measured: it fills the caches of the API server.
    timed(&mut ours)?;
    let (said, ours) = timed(&mut ours)?;
    let (_, theirs) = timed(&mut theirs)?;
    let report: serde_json::Value = serde_json::from_str(&said.stdout)?;
    let seen = report["flows"].as_array().context("no flows")?.iter();
    let seen = seen.filter(|flow| flow["state"] != "same").count();
    anyhow::ensure!(seen == flows.div_ceil(CHANGED), "{seen} changed flows");
    let figure = |what: &str, ours: f64, theirs: f64| {
        Figure::new(
            format!("df diff --live to kubectl diff, {flows} flows, {what}"),
            format!("{:.2} ({ours:.0} : {theirs:.0})", ours / theirs),
        )
    };
    Ok(vec![
        figure("wall ms", ours.0, theirs.0),
        figure("CPU ms", ours.1, theirs.1),
    ])
}

/// Renders the flows to folders of their names, and returns the Dataflow of each. Their code is put into the cluster.
fn render(ns: &TestNamespace, names: &[String]) -> Result<Vec<String>> {
    let hello = root().join("examples/hello/hello.py");
    let code = std::fs::read_to_string(&hello)?;
    let (mut manifests, mut config_maps) = (Vec::new(), Vec::new());
    for name in names {
        let mut render = waxctl(ns)?;
        render.args([
            "df", "render", "--name", name, "-n", &ns.name, "--into", name,
        ]);
        run(render.arg(&hello), b"")?.ok()?;
        let manifest = std::fs::read_to_string(ns.folder().join(name).join("dataflow.yaml"))?;
        let source = manifest
            .lines()
            .find_map(|line| line.trim().strip_prefix("configMapName: "));
        config_maps.push(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": source.context("no configMapName")?},
            "data": {"hello.py": code},
        }));
        manifests.push(manifest);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": config_maps});
    ns.apply(&list.to_string())?;
    Ok(manifests)
}

/// Changes one flow in `CHANGED`, and returns the Dataflows.
fn change(folder: &Path, names: &[String], manifests: &[String]) -> Result<Vec<String>> {
    let mut changed = manifests.to_vec();
    for (name, manifest) in names.iter().zip(&mut changed).step_by(CHANGED) {
        manifest.push_str("  workersPerProcess: 2\n");
        std::fs::write(folder.join(name).join("dataflow.yaml"), &*manifest)?;
    }
    Ok(changed)
}

/// Returns the released command in the folder of the test.
fn waxctl(ns: &TestNamespace) -> Result<Command> {
    let mut command = Command::new(release("kubectl-waxctl")?);
    ns.cluster.environment(&mut command);
    isolate_git(&mut command, ns.folder());
    command.current_dir(ns.folder());
    Ok(command)
}

/// Runs a comparison that finds differences, and returns its wall time and CPU time in milliseconds.
fn timed(command: &mut Command) -> Result<(Finished, (f64, f64))> {
    let (before, start) = (cpu_milliseconds()?, Instant::now());
    let finished = run(command, b"")?.code(1)?;
    let wall = start.elapsed().as_secs_f64() * 1000.0;
    Ok((finished, (wall, cpu_milliseconds()? - before)))
}
