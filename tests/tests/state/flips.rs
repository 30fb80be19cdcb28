//! Tests store changes whose store pod is killed at each rename that takes a file out of use or into use.

use std::collections::HashSet;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{major, minor};
use nix::unistd::{Pid, gettid};
use serde_json::{Value, json};
use wax_tests::command::run;
use wax_tests::counting::{Counting, NAME};
use wax_tests::sample::Sample;

/// Kills the store pod that changes some volumes as soon as it renames a partition on one of them. The next store
/// pod does not repeat these renames, so it gets further before it is killed.
struct Killer {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<String>>>,
}

impl Killer {
    fn start(volumes: &[PathBuf]) -> Result<Self> {
        let renames = Inotify::init(InitFlags::IN_NONBLOCK)?;
        let mut locks = HashSet::new();
        for volume in volumes {
            renames.add_watch(volume, AddWatchFlags::IN_MOVED_TO)?;
            locks.insert(as_in_proc_locks(&volume.join(".waxrun.lock"))?);
        }
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            be_prompt();
            let mut kills = Vec::new();
            while !until.load(Ordering::Relaxed) {
                let job = job_that_holds(&locks)?;
                let Some(name) = next_flipped(&renames)? else {
                    continue;
                };
                match job.map(|job| kill(job, Signal::SIGKILL)) {
                    Some(Ok(())) => kills.push(name),
                    // Race: the store pod had already ended, or this is a rename from before it was killed.
                    None | Some(Err(Errno::ESRCH)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
            Ok(kills)
        });
        Ok(Self { over, thread })
    }

    /// Stops the thread; returns the renames after which a store pod was killed.
    fn finish(self) -> Result<Vec<String>> {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.ok().context("the killer has panicked")?
    }
}

/// Gives this thread a real-time priority, because a store pod needs only a few milliseconds between two renames.
/// Without the permission for it, the thread is too late more often.
fn be_prompt() {
    let thread = gettid().to_string();
    let mut command = Command::new("chrt");
    drop(run(command.args(["--fifo", "--pid", "1", &thread]), b""));
}

/// Returns the name of the next partition that is taken out of use or into use, if that happens within 1 ms.
fn next_flipped(renames: &Inotify) -> Result<Option<String>> {
    poll(&mut [PollFd::new(renames.as_fd(), PollFlags::POLLIN)], 1_u8)?;
    let events = match renames.read_events() {
        Err(Errno::EAGAIN) => return Ok(None),
        events => events?,
    };
    let names = events.into_iter().filter_map(|event| event.name);
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    Ok(names.find(|name| {
        name.starts_with("part-") && (name.ends_with(".sqlite3") || name.ends_with(".retired"))
    }))
}

/// Returns the process of the store pod that holds one of these locks now.
fn job_that_holds(locks: &HashSet<String>) -> Result<Option<Pid>> {
    let held = fs::read_to_string("/proc/locks")?;
    let holders = held.lines().filter_map(|line| {
        // 1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF
        let words: Vec<&str> = line.split_whitespace().collect();
        locks.contains(*words.get(5)?).then_some(*words.get(4)?)
    });
    for holder in holders {
        // The `launch` of an engine holds such a lock, too.
        let command = fs::read(format!("/proc/{holder}/cmdline")).unwrap_or_default();
        if command
            .split(|byte| *byte == 0)
            .any(|word| word == b"store")
        {
            return Ok(holder.parse().ok().map(Pid::from_raw));
        }
    }
    Ok(None)
}

fn as_in_proc_locks(lock: &Path) -> Result<String> {
    let file = fs::metadata(lock).with_context(|| lock.display().to_string())?;
    let (major, minor) = (major(file.dev()), minor(file.dev()));
    Ok(format!("{major:02x}:{minor:02x}:{}", file.ino()))
}

/// Makes a store change while its store pods are killed; returns how often they were.
#[expect(
    clippy::print_stdout,
    reason = "the renames at which it was killed are the result of this test"
)]
async fn change(counting: &mut Counting, volumes: &[PathBuf], change: Value) -> usize {
    let killer = Killer::start(volumes).unwrap();
    counting.change(&change).await.unwrap();
    let kills = killer.finish().unwrap();
    println!("{change}: killed after {kills:?}");
    counting.is_exact().await.unwrap();
    kills.len()
}

/// Highest number of repartitions until store pods were killed often enough. On a busy machine a store pod may end
/// before it is killed.
const MOST: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn store_change_killed_at_renames_is_exact() {
    let recovery = json!({"enabled": true, "partsCount": 6, "backupInterval": 5});
    let mut counting = Counting::start("flips", 3, &recovery).await.unwrap();
    counting.ns.ready(NAME).await.unwrap();
    let mut volumes = Vec::new();
    for process in 0..3 {
        let claim = format!("recovery-{NAME}-{process}");
        volumes.push(counting.ns.volume(&claim).await.unwrap());
    }
    let sample = Sample::of_this_run().unwrap();
    let enough = sample.choose(6, 2);
    let mut kills = 0;
    // Partitions 2 and 5 move once, when process 2 is removed. They do not move back when it is added again.
    for processes in sample.choose(vec![2, 3, 2], vec![2]) {
        let processes = json!({"processesCount": processes});
        kills += change(&mut counting, &volumes, processes).await;
    }
    for count in [4_usize, 6].into_iter().cycle().take(MOST) {
        let parts = json!({"recovery": {"partsCount": count}});
        kills += change(&mut counting, &volumes, parts).await;
        let status = counting.ns.ready(NAME).await.unwrap();
        let partitions = status["recovery"]["partitions"].as_array();
        assert_eq!(partitions.map(Vec::len), Some(count));
        if kills >= enough {
            break;
        }
    }
    assert!(kills >= enough, "killed {kills} times");
}
