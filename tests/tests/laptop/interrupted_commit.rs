//! Tests that Ctrl-C ends a commit together with the code that it loads.

use std::path::Path;

use process_group::Program;
use wax_tests::command::Signal;
use wax_tests::wait;

use crate::losses::{FLOW, Place};

#[tokio::test]
async fn ctrl_c_ends_a_commit_that_loads_code() {
    let place = Place::empty();
    let pids = place.work("pids");
    place.write(&format!(
        "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '1000'])\n\
         open('new', 'w').write('%s %s' % (os.getpid(), child.pid))\nos.rename('new', {:?})\n\
         while True:\n    time.sleep(1)\n{FLOW}",
        pids.to_str().unwrap()
    ));
    let mut command = place.command(true);
    let flow = [
        "df",
        "commit",
        "sums.py",
        "--name",
        "sums",
        "--env",
        "prod",
        "--recovery",
    ];
    command.args(flow).stderr(std::process::Stdio::piped());
    let program = Program::start(&mut command).unwrap();
    let text = wait::until("the loading of the code", || {
        Ok(std::fs::read_to_string(&pids).ok())
    })
    .await
    .unwrap();
    program.signal(Signal::SIGINT).unwrap();
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: interrupted\n"
    );
    for pid in text.split(' ') {
        let stat = Path::new("/proc").join(pid).join("stat");
        let ended = || {
            let stat = std::fs::read_to_string(&stat);
            Ok(stat
                .map_or(true, |stat| stat.contains(") Z "))
                .then_some(()))
        };
        wait::until("the end of its processes", ended)
            .await
            .unwrap();
    }
    assert_eq!(place.git(&["rev-list", "HEAD"]).lines().count(), 1);
}
