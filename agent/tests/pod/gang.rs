//! Several `launch` processes together, as the pods of a gang run them.

use std::{fs, net::TcpListener, process::ExitStatus};

use agent::{
    report::{FailureKind, ProcessPhase},
    state::{RunDir, RunState},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::environment::{Pod, Running, eventually};

const COUNT: &str = include_str!("flows/count.py");
const TICKS: &str = include_str!("flows/ticks.py");

/// The pods of one gang, each with its own address. The test acts as the kubelet.
struct Gang {
    code: String,
    size: u32,
    ports: [String; 2],
    pods: Vec<Pod>,
    running: Vec<Option<Running>>,
}

impl Drop for Gang {
    #[expect(
        clippy::print_stderr,
        reason = "a test that fails says how its gang was"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in 0..self.pods.len() {
                let log = self.log(process);
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                eprintln!("process {process}: {:?}\n{tail:#?}", self.state(process));
            }
        }
    }
}

impl Gang {
    fn new(code: &str, size: u32) -> Self {
        let held = [(); 2].map(|()| TcpListener::bind("0.0.0.0:0").unwrap());
        let ports = held.map(|held| held.local_addr().unwrap().port().to_string());
        let mut gang = Self {
            code: code.to_owned(),
            size,
            ports,
            pods: Vec::new(),
            running: Vec::new(),
        };
        for process in 0..size {
            let pod = gang.pod(process);
            gang.pods.push(pod);
            gang.running.push(None);
        }
        gang
    }

    fn pod(&self, process: u32) -> Pod {
        let hosts: Vec<String> = (1..=self.size)
            .map(|host| format!("127.0.0.{host}"))
            .collect();
        Pod::new(&self.code)
            .set("WAXRUN_POD_NAME", &format!("orders-{process}"))
            .set("WAXRUN_PROCESSES", &self.size.to_string())
            .set("WAXRUN_HOSTS", &hosts.join(","))
            .set("WAXRUN_PROCESS_PORT", &self.ports[0])
            .set("WAXRUN_RENDEZVOUS_PORT", &self.ports[1])
    }

    fn start(&mut self, process: usize) {
        let mut command = self.pods[process].command("launch");
        // A pipe that nothing reads would block the gang.
        let log = fs::File::create(self.pods[process].work("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.running[process] = Some(Running::new(&mut command));
    }

    fn start_all(&mut self) {
        (0..self.pods.len()).for_each(|process| self.start(process));
    }

    fn state(&self, process: usize) -> RunState {
        RunDir::new(self.pods[process].run_dir()).read(7)
    }

    fn log(&self, process: usize) -> String {
        fs::read_to_string(self.pods[process].work("log")).unwrap()
    }

    fn kill(&mut self, process: usize) {
        let running = self.running[process].as_mut().unwrap();
        running.program.kill().unwrap();
    }

    /// Stops a launch as the kubelet does, and waits for it.
    fn stop(&mut self, process: usize) -> ExitStatus {
        let running = self.running[process].as_mut().unwrap();
        running.signal(Signal::SIGTERM);
        running.program.wait().unwrap()
    }

    /// Starts every launch again that has failed.
    fn restart_failed(&mut self) {
        for process in 0..self.pods.len() {
            let ended = self.running[process]
                .as_mut()
                .and_then(|running| running.program.try_wait().unwrap());
            if ended.is_some_and(|status| !status.success()) {
                self.start(process);
            }
        }
    }

    /// Waits until all processes run in one round after the given one, and returns its number. Restarts those that
    /// fail.
    fn runs_after(&mut self, round: u32) -> u32 {
        let mut before = None;
        eventually(&format!("a round after {round}"), || {
            self.restart_failed();
            let states: Vec<RunState> = (0..self.pods.len()).map(|i| self.state(i)).collect();
            let present = states[0].round?;
            let together = states
                .iter()
                .all(|state| state.phase == ProcessPhase::Running && state.round == Some(present));
            if !together || present <= round {
                before = None;
                return None;
            }
            // Their growing output shows that the engines are connected.
            let size = |i: usize| fs::metadata(self.pods[i].work("log")).unwrap().len();
            let written: u64 = (0..self.pods.len()).map(size).sum();
            let first = *before.get_or_insert(written);
            (written > first + 1000).then_some(present)
        })
    }
}

#[test]
fn engines_start_when_all_processes_wait() {
    let mut gang = Gang::new(TICKS, 3);
    gang.start(2);
    let waits = |state: RunState| state.waits.map(|waits| waits.reason).unwrap_or_default();
    eventually("a word of process 2", || {
        waits(gang.state(2))
            .contains("which hosts the rendezvous: ")
            .then_some(())
    });
    gang.start(0);
    for process in [0, 2] {
        eventually("a name for who is missing", || {
            (waits(gang.state(process)) == "waiting for process 1 to start").then_some(())
        });
    }
    assert!(
        gang.log(0).is_empty() && gang.log(2).is_empty(),
        "no engine runs"
    );
    gang.start(1);
    assert_eq!(gang.runs_after(0), 1);
}

#[test]
fn killed_process_leads_to_a_new_round() {
    let mut gang = Gang::new(TICKS, 2);
    gang.start_all();
    let mut round = gang.runs_after(0);
    for process in [0, 1, 1, 0] {
        gang.kill(process);
        round = gang.runs_after(round);
    }
}

#[test]
fn engine_end_after_another_sigchld_is_noticed() {
    let mut gang = Gang::new(TICKS, 2);
    gang.start_all();
    gang.runs_after(0);
    let running = gang.running[1].as_ref().unwrap();
    let launch = running.program.id();
    running.signal(Signal::SIGCHLD);
    // Two pending SIGCHLD become one, so the first must have been handled.
    eventually("the signal taken", || {
        let status = fs::read_to_string(format!("/proc/{launch}/status")).unwrap();
        let pending = status
            .lines()
            .find_map(|line| line.strip_prefix("ShdPnd:"))?;
        pending
            .trim()
            .bytes()
            .all(|digit| digit == b'0')
            .then_some(())
    });
    let children = fs::read_to_string(format!("/proc/{launch}/task/{launch}/children")).unwrap();
    let engine: i32 = children.trim().parse().unwrap();
    kill(Pid::from_raw(engine), Signal::SIGKILL).unwrap();
    let ended = eventually("the end of the launch", || {
        gang.running[1]
            .as_mut()
            .unwrap()
            .program
            .try_wait()
            .unwrap()
    });
    assert_eq!(ended.code(), Some(137));
}

#[test]
fn replaced_pod_leads_to_a_new_round() {
    let mut gang = Gang::new(TICKS, 3);
    gang.start_all();
    let mut round = gang.runs_after(0);
    for (process, politely) in [(1, true), (0, true), (2, false)] {
        if politely {
            assert_eq!(gang.stop(process).code(), Some(143));
        } else {
            gang.kill(process);
        }
        gang.pods[process] = gang.pod(u32::try_from(process).unwrap());
        gang.start(process);
        let next = gang.runs_after(0);
        round = if process == 0 {
            next
        } else {
            next.max(round + 1)
        };
        assert_eq!(next, round);
    }
}

#[test]
fn process_of_another_revision_is_named() {
    let mut gang = Gang::new(TICKS, 2);
    gang.pods[1] = gang.pod(1).set("WAXRUN_REVISION", "other");
    gang.start_all();
    for (process, revision) in [
        (0, "process 1 belongs to revision other"),
        (1, "process 0 belongs to revision 3f2a90bc11"),
    ] {
        eventually("a name for who differs", || {
            let waits = gang.state(process).waits?;
            waits.reason.contains(revision).then_some(())
        });
    }
    assert!(gang.log(0).is_empty() && gang.log(1).is_empty());
}

#[test]
fn end_holds_for_all_processes() {
    let mut gang = Gang::new(COUNT, 2);
    gang.start_all();
    let ended = |gang: &Gang| {
        (0..2)
            .all(|process| gang.state(process).phase == ProcessPhase::Ended)
            .then_some(())
    };
    eventually("the end", || ended(&gang));

    // A restarted container knows the end from its pod; a new host learns it from the other processes.
    for process in [1, 0] {
        gang.kill(process);
        gang.start(process);
        eventually("the end known again", || {
            gang.log(process)
                .contains("reached the end of all input")
                .then_some(())
        });
        assert_eq!(
            fs::read_to_string(gang.pods[process].work("runs.txt")).unwrap(),
            "run\n"
        );
    }

    // A new pod does not know the end, so without recovery all input is processed again.
    gang.stop(1);
    gang.pods[1] = gang.pod(1);
    gang.start(1);
    let code = gang.running[0]
        .as_mut()
        .unwrap()
        .program
        .wait()
        .unwrap()
        .code();
    assert_eq!(code, Some(1));
    assert_eq!(gang.pods[0].failure().kind, FailureKind::PeerLost);
    gang.start(0);
    eventually("another end", || ended(&gang));
    assert_eq!(
        fs::read_to_string(gang.pods[0].work("runs.txt")).unwrap(),
        "run\nrun\n"
    );
}
