//! Runs a program under ptrace and kills it with all its children, directly after its k-th system call that changes a
//! file. So the kills cover every state of the disk.

use std::collections::BTreeMap;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// The result of a traced run.
#[derive(Debug)]
pub(crate) struct Traced {
    /// Number of file-changing calls, without those of the server of a push.
    pub(crate) calls: u32,
    /// Whether the run was killed before it ended.
    pub(crate) killed: bool,
}

#[derive(Default)]
struct Process {
    /// A server: it is not killed, and its calls do not count.
    server: bool,
    changing: bool,
}

struct Tracer {
    processes: BTreeMap<Pid, Process>,
    calls: u32,
    kill_after: u32,
    killed: bool,
}

/// Runs the command; kills it after `kill_after` file-changing calls.
pub(crate) fn run(command: &Command, kill_after: u32) -> Traced {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
        .arg(command.get_program());
    shell
        .args(command.get_args())
        .env_clear()
        .current_dir(command.get_current_dir().unwrap());
    shell.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    shell.stdin(std::process::Stdio::null());
    shell
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    #[expect(
        clippy::zombie_processes,
        reason = "the tracer waits for it by its process id"
    )]
    let child = shell.spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let stopped = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options).unwrap();
    kill(pid, Signal::SIGCONT).unwrap();
    let processes = BTreeMap::from([(pid, Process::default())]);
    let mut tracer = Tracer {
        processes,
        calls: 0,
        kill_after,
        killed: false,
    };
    while !tracer.processes.is_empty() {
        // Only children of this thread: other tests run concurrently.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        match waitpid(None, Some(flags)) {
            // The end of a short process can be reported before its start.
            Err(Errno::ECHILD) => break,
            status => tracer.see(status.unwrap()),
        }
    }
    Traced {
        calls: tracer.calls,
        killed: tracer.killed,
    }
}

impl Tracer {
    fn see(&mut self, status: WaitStatus) {
        let (pid, signal) = match status {
            WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) => {
                self.processes.remove(&pid);
                return;
            }
            WaitStatus::PtraceSyscall(pid) => {
                self.system_call(pid);
                (pid, None)
            }
            WaitStatus::PtraceEvent(pid, _, event) => {
                self.event(pid, event);
                (pid, None)
            }
            WaitStatus::Stopped(pid, signal) => (pid, Some(signal)),
            other => unreachable!("{other:?}"),
        };
        let signal = signal.filter(|signal| *signal != Signal::SIGCONT);
        // A process that was killed meanwhile is reported again, as ended.
        let _gone = if self.processes.entry(pid).or_default().server {
            // It does not stop at system calls, which do not count.
            ptrace::cont(pid, signal)
        } else {
            ptrace::syscall(pid, signal)
        };
    }

    fn event(&mut self, pid: Pid, event: i32) {
        if event == libc::PTRACE_EVENT_EXEC {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if name.starts_with("git-receive-pa") || name.starts_with("git-upload-pac") {
                self.processes.entry(pid).or_default().server = true;
            }
        } else if [
            libc::PTRACE_EVENT_FORK,
            libc::PTRACE_EVENT_VFORK,
            libc::PTRACE_EVENT_CLONE,
        ]
        .contains(&event)
        {
            let server = self.processes.get(&pid).is_some_and(|parent| parent.server);
            if let Ok(child) = ptrace::getevent(pid) {
                let child = Pid::from_raw(i32::try_from(child).unwrap());
                self.processes.entry(child).or_default().server = server;
            }
        }
    }

    fn system_call(&mut self, pid: Pid) {
        let Ok(info) = ptrace::syscall_info(pid) else {
            return;
        };
        let process = self.processes.entry(pid).or_default();
        let begins = info.op == libc::PTRACE_SYSCALL_INFO_ENTRY;
        // Most calls change no file, and nobody needs the result of those.
        if !begins && !process.changing {
            return;
        }
        let Ok(registers) = ptrace::getregs(pid) else {
            return;
        };
        if begins {
            process.changing = changes_a_file(pid, &registers);
            return;
        }
        process.changing = false;
        let succeeded = registers.rax.cast_signed() >= 0;
        if !succeeded || process.server || self.killed {
            return;
        }
        self.calls += 1;
        if self.calls == self.kill_after {
            self.killed = true;
            for (pid, _) in self.processes.iter().filter(|(_, process)| !process.server) {
                let _gone = kill(*pid, Signal::SIGKILL);
            }
        }
    }
}

fn changes_a_file(pid: Pid, registers: &libc::user_regs_struct) -> bool {
    let creates = |flags: u64| flags & (libc::O_CREAT | libc::O_TRUNC).cast_unsigned() as u64 != 0;
    match registers.orig_rax.cast_signed() {
        libc::SYS_open => creates(registers.rsi),
        libc::SYS_openat => creates(registers.rdx),
        libc::SYS_write
        | libc::SYS_pwrite64
        | libc::SYS_writev
        | libc::SYS_ftruncate
        | libc::SYS_fallocate => is_file(pid, registers.rdi),
        libc::SYS_copy_file_range => is_file(pid, registers.rdx),
        libc::SYS_sendfile => is_file(pid, registers.rdi),
        libc::SYS_creat
        | libc::SYS_rename
        | libc::SYS_renameat
        | libc::SYS_renameat2
        | libc::SYS_link
        | libc::SYS_linkat
        | libc::SYS_symlink
        | libc::SYS_symlinkat
        | libc::SYS_unlink
        | libc::SYS_unlinkat
        | libc::SYS_mkdir
        | libc::SYS_mkdirat
        | libc::SYS_rmdir
        | libc::SYS_truncate
        | libc::SYS_chmod
        | libc::SYS_fchmod
        | libc::SYS_fchmodat => true,
        _ => false,
    }
}

fn is_file(pid: Pid, descriptor: u64) -> bool {
    let target = std::fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap_or_default();
    target.is_absolute() && !target.starts_with("/dev") && !target.starts_with("/proc")
}
