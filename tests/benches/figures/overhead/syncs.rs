//! Counts the system calls with which running processes sync files to the disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

struct Watch<'a> {
    groups: &'a [Vec<u32>],
    /// The group of each thread; `None` for a thread of another process.
    threads: BTreeMap<Pid, Option<usize>>,
    counts: Vec<u64>,
}

/// Counts the syncs of each group of processes during `window`. The wait for system calls has no timeout, so some of the
/// processes must make one from time to time.
pub(super) fn count(groups: &[Vec<u32>], window: Duration) -> Result<Vec<u64>> {
    std::thread::scope(|scope| {
        // The kernel detaches all traced threads when the tracing thread ends.
        let watch = scope.spawn(|| Watch::begin(groups)?.run(window));
        watch.join().expect("the watch does not panic")
    })
}

impl<'a> Watch<'a> {
    fn begin(groups: &'a [Vec<u32>]) -> Result<Self> {
        let mut watch = Self {
            groups,
            threads: BTreeMap::new(),
            counts: vec![0; groups.len()],
        };
        for pid in groups.iter().flatten() {
            for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
                let id = thread?.file_name().to_string_lossy().parse()?;
                let id = Pid::from_raw(id);
                let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE;
                ptrace::seize(id, options).context("cannot trace a process")?;
                ptrace::interrupt(id)?;
                watch.threads.insert(id, watch.group(id));
            }
        }
        Ok(watch)
    }

    fn run(mut self, window: Duration) -> Result<Vec<u64>> {
        let begun = Instant::now();
        while begun.elapsed() < window {
            let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
            let (id, signal) = match waitpid(None, Some(flags))? {
                WaitStatus::PtraceSyscall(id) => {
                    self.system_call(id);
                    (id, None)
                }
                WaitStatus::PtraceEvent(id, ..) => (id, None),
                WaitStatus::Stopped(id, signal) => (id, Some(signal)),
                WaitStatus::Exited(id, _) | WaitStatus::Signaled(id, ..) => {
                    self.threads.remove(&id);
                    continue;
                }
                _ => continue,
            };
            // Race: a thread that was killed meanwhile is reported again, as ended.
            let _gone = ptrace::syscall(id, signal);
        }
        Ok(self.counts)
    }

    /// Counts a sync. Each call stops its thread twice, at entry and at exit.
    fn system_call(&mut self, id: Pid) {
        let (Ok(info), Ok(registers)) = (ptrace::syscall_info(id), ptrace::getregs(id)) else {
            return;
        };
        let enters = info.op == libc::PTRACE_SYSCALL_INFO_ENTRY;
        if enters && is_sync(registers.orig_rax.cast_signed()) {
            let known = self.threads.get(&id).copied();
            let group = known.unwrap_or_else(|| self.group(id));
            self.threads.insert(id, group);
            if let Some(group) = group {
                self.counts[group] += 1;
            }
        }
    }

    fn group(&self, id: Pid) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let mut lines = status.lines();
        let process = lines.find_map(|line| line.strip_prefix("Tgid:"))?;
        let process = process.trim().parse().ok()?;
        self.groups
            .iter()
            .position(|group| group.contains(&process))
    }
}

fn is_sync(call: i64) -> bool {
    [
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_sync_file_range,
        libc::SYS_syncfs,
        libc::SYS_sync,
        libc::SYS_msync,
    ]
    .contains(&call)
}
