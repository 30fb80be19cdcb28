//! Loading a dataflow on a user's machine, without running it.

use std::{fs, path::Path, time::Duration};

use agent::local::{LoadError, LocalRun, describe, load};
use agent::report::ProbeReport;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::venv;

const LONG: Duration = Duration::from_secs(600);

fn loaded(
    code: &str,
    env: &[(&str, &str)],
    deadline: Duration,
) -> (Result<ProbeReport, LoadError>, TempDir) {
    let (run, work, _scratch) = prepared(code, env);
    (load(&run, deadline), work)
}

fn prepared(code: &str, env: &[(&str, &str)]) -> (LocalRun, TempDir, TempDir) {
    let (work, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(work.path().join("flow.py"), code).unwrap();
    let env = env
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let run = LocalRun {
        workdir: work.path().into(),
        python_file: "flow.py".into(),
        processes: 1,
        workers: 1,
        env: env.collect(),
        scratch: scratch.path().into(),
        search_path: Some(venv::bin().into()),
    };
    (run, work, scratch)
}

#[test]
fn description_has_steps_and_streams() {
    let (run, _work, _scratch) = prepared(include_str!("flows/count.py"), &[]);
    let description = describe(&run, LONG).unwrap();
    assert_eq!(description.flow.stateful, ["count.inp"]);
    let steps = description.graph["substeps"].as_array().unwrap();
    let ports = |step: &Value, side: &str, what: &str| step[side][0][what].clone();
    assert_eq!(description.graph["flow_id"], "count");
    assert_eq!(
        ports(&steps[1], "inp_ports", "from_port_ids"),
        json!([ports(&steps[0], "out_ports", "port_id")])
    );
}

#[test]
fn loaded_code_gets_only_variables_that_find_things() {
    let code = format!(
        "import os\nopen('names.txt', 'w').write('\\n'.join(os.environ))\n{}",
        include_str!("flows/count.py")
    );
    let (report, work) = loaded(&code, &[("LEVEL", "info")], LONG);
    assert_eq!(report.unwrap().stateful, ["count.inp"]);
    let names = fs::read_to_string(work.path().join("names.txt")).unwrap();
    let allowed = [
        "CONDA_PREFIX",
        "DYLD_LIBRARY_PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "LEVEL",
        "PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "PYTHONUSERBASE",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
    ];
    let foreign: Vec<_> = names
        .lines()
        .filter(|name| !allowed.contains(name))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(names.contains("LEVEL") && names.contains("PATH"), "{names}");
}

#[test]
fn code_loading_too_long_is_stopped() {
    let (report, _) = loaded(
        "import time\nwhile True:\n    time.sleep(1)\n",
        &[],
        Duration::from_millis(100),
    );
    assert!(matches!(report, Err(LoadError::TooLong(_))), "{report:?}");
}

#[tokio::test]
async fn code_is_loaded_also_inside_a_runtime() {
    let (report, _) = loaded(include_str!("flows/count.py"), &[], LONG);
    assert_eq!(report.unwrap().flow, "count");
}

#[test]
fn process_of_loaded_code_ends_with_it() {
    let code = format!(
        "import subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n\
         open('child.txt', 'w').write(str(child.pid))\n{}",
        include_str!("flows/count.py")
    );
    let (report, work) = loaded(&code, &[], LONG);
    report.unwrap();
    let child = fs::read_to_string(work.path().join("child.txt")).unwrap();
    crate::environment::eventually("the end of the code's child", || {
        let stat = fs::read_to_string(Path::new("/proc").join(child.trim()).join("stat"));
        // An orphan that nobody reaps stays as a zombie.
        let ended = stat.map_or(true, |stat| stat.contains(") Z "));
        ended.then_some(())
    });
}
