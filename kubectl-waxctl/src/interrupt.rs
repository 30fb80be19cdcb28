//! Ends the program on Ctrl-C, SIGTERM and SIGHUP, within a second and with everything that it has started.
//!
//! | moment | what happens |
//! |---|---|
//! | nothing has been started | the system ends the program, as any other |
//! | a request is awaited ([`requested`]) | the verb returns an error, which names what was already done |
//! | files of a commit are replaced ([`hold`]) | the commit is finished first |
//! | files of a commit are shown to a hook ([`showing`]) | the hook is stopped, and the files are put back first |
//! | else | git, Python and plugins are stopped, locks and folders are removed, the program ends |
//!
//! Race: a child may end before the program does. Its caller must not take that for an answer, so it waits in
//! [`stop_here`] for the end of the program. Begin reading in [`watch`].

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::error::{CommandError, Kind};

/// The time for a verb to end by itself after its request was interrupted.
const VERB_TIMEOUT: Duration = Duration::from_millis(500);

/// The time for children to end after SIGTERM. git needs it to remove its lock files.
const CHILD_TIMEOUT: Duration = Duration::from_millis(300);

/// The time limit for a commit's files to be replaced or put back.
const HOLD_TIMEOUT: Duration = Duration::from_secs(10);

/// How often to check whether children have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The time for a signal that has ended a child to reach this program, too.
const SIGNAL_TIMEOUT: Duration = Duration::from_millis(100);

/// The bit of SIGHUP in the masks of `/proc/self/status`.
const HANGUP_BIT: u64 = 1;

struct State {
    /// The error with which the program ends.
    ending: Option<Kind>,
    /// Number of commits whose files are being replaced.
    held: usize,
    /// Number of commits whose files are shown to a hook.
    shown: usize,
    /// Number of requests that are awaited.
    awaiting: usize,
    /// Whether another part of the program handles signals.
    handed_over: bool,
    /// Files and folders to remove at the end.
    leftovers: Vec<PathBuf>,
}

static STATE: Mutex<State> = Mutex::new(State {
    ending: None,
    held: 0,
    shown: 0,
    awaiting: 0,
    handed_over: false,
    leftovers: Vec::new(),
});
static CHANGED: Condvar = Condvar::new();
static REQUESTED: Notify = Notify::const_new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to handle signals, in a thread of its own. To be called before anything is started that has to end with the
/// program.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let (ready, begun) = mpsc::channel();
        let thread = thread::Builder::new().name("signals".to_owned());
        // Without the thread the system ends the program, which leaves children to their own devices.
        if thread.spawn(move || listen(ready)).is_ok() {
            begun.recv().ok();
        }
    });
}

fn listen(ready: mpsc::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return;
        };
        // A program that was started with `nohup` survives its terminal.
        let mut hang_up = if ignores_hangup() {
            None
        } else {
            signal(SignalKind::hangup()).ok()
        };
        drop(ready);
        loop {
            let kind = tokio::select! {
                _ = interrupt.recv() => Kind::Interrupted,
                _ = terminate.recv() => Kind::Terminated,
                () = hung_up(&mut hang_up) => Kind::HungUp,
            };
            if !state().handed_over {
                end(kind);
            } else if kind == Kind::HungUp {
                // The other part of the program knows only the signal to stop.
                kill(Pid::this(), Signal::SIGTERM).ok();
            }
        }
    });
}

async fn hung_up(hang_up: &mut Option<tokio::signal::unix::Signal>) {
    match hang_up {
        Some(hang_up) => {
            hang_up.recv().await;
        }
        None => std::future::pending::<()>().await,
    }
}

/// Whether SIGHUP was ignored when the program began. Where that is unknown, the system decides about the signal.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & HANGUP_BIT != 0)
}

/// Leaves the signals to another part of the program, such as a local run, for good.
pub(crate) fn hand_over() {
    state().handed_over = true;
}

/// Waits for a signal, and returns the error with which the verb ends.
///
/// As long as this is awaited, the program ends through the verb.
pub(crate) async fn requested() -> CommandError {
    struct Awaiting;
    impl Drop for Awaiting {
        fn drop(&mut self) {
            state().awaiting -= 1;
        }
    }
    watch();
    state().awaiting += 1;
    let _awaiting = Awaiting;
    loop {
        let wait = REQUESTED.notified();
        if let Some(kind) = state().ending {
            return CommandError::ended(kind);
        }
        wait.await;
    }
}

/// Waits for the end of the program if it has begun; else returns at once. To be called whenever a child has ended.
pub(crate) fn stop_here() {
    let ends = |state: &State| state.ending.is_some() && state.held == 0 && state.shown == 0;
    while ends(&state()) {
        thread::park();
    }
}

/// Like [`stop_here`], for a child that a signal has ended.
///
/// Race: Ctrl-C in a terminal reaches the child and this program, but the child may end before this program notices.
pub(crate) fn stop_here_after_signal() {
    let is_going_on = |state: &mut State| state.ending.is_none();
    drop(CHANGED.wait_timeout_while(state(), SIGNAL_TIMEOUT, is_going_on));
    stop_here();
}

/// Delays the end of the program until the guard is dropped, because files are half replaced meanwhile.
pub(crate) fn hold() -> Hold {
    stop_here();
    state().held += 1;
    Hold(())
}

/// Whether the end of the program is delayed. A child that is started now must not get the terminal's Ctrl-C.
pub(crate) fn is_held() -> bool {
    state().held > 0
}

/// A guard that delays the end of the program.
pub(crate) struct Hold(());

impl Drop for Hold {
    fn drop(&mut self) {
        state().held -= 1;
        CHANGED.notify_all();
        stop_here();
    }
}

/// Delays the end of the program until the guard is dropped, because files of a commit are shown to a hook meanwhile. What
/// runs is stopped, so the caller puts the files back at once.
pub(crate) fn showing() -> Showing {
    stop_here();
    state().shown += 1;
    Showing(())
}

/// A guard that delays the end of the program, but not of what it has started.
pub(crate) struct Showing(());

impl Drop for Showing {
    fn drop(&mut self) {
        state().shown -= 1;
        stop_here();
    }
}

/// Removes a file or folder when the program is ended by a signal. Otherwise its owner removes it.
pub(crate) fn remove_at_end(path: &Path) -> AtEnd {
    let path = path.to_owned();
    state().leftovers.push(path.clone());
    AtEnd(path)
}

/// A file or folder that is removed when the program is ended by a signal.
#[derive(Debug)]
pub(crate) struct AtEnd(PathBuf);

impl Drop for AtEnd {
    fn drop(&mut self) {
        state().leftovers.retain(|path| *path != self.0);
    }
}

/// Ends the program.
fn end(kind: Kind) {
    let by_verb = {
        let mut state = state();
        state.ending = Some(kind);
        state.awaiting > 0
    };
    REQUESTED.notify_one();
    CHANGED.notify_all();
    drop(CHANGED.wait_timeout_while(state(), HOLD_TIMEOUT, |state| state.held > 0));
    stop_hook();
    if by_verb {
        stop_children();
        thread::sleep(VERB_TIMEOUT);
    }
    stop_children();
    for path in &state().leftovers {
        if std::fs::remove_file(path).is_err() {
            std::fs::remove_dir_all(path).ok();
        }
    }
    // Race: standard error may be a pipe that nobody reads. The message is no reason to stay.
    let said = thread::spawn(move || crate::ui::last_words(&CommandError::ended(kind)));
    let begun = Instant::now();
    while !said.is_finished() && begun.elapsed() < CHILD_TIMEOUT {
        thread::sleep(POLL_INTERVAL);
    }
    std::process::exit(kind.exit_code().into());
}

/// Stops the hook that looks at the files of a commit, and waits until the files are put back. That work needs children of
/// its own, which run while it is held.
fn stop_hook() {
    let begun = Instant::now();
    while begun.elapsed() < HOLD_TIMEOUT {
        let (shown, held) = {
            let state = state();
            (state.shown, state.held)
        };
        if shown == 0 {
            return;
        }
        if held == 0 {
            stop_children();
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Stops every process that this one has started, directly or not: first in the way that lets it clean up.
///
/// Race: a process may start another one while it is stopped. Those that lose their parent become children of this one,
/// and it goes on until none is left.
pub(crate) fn stop_children() {
    adopt_orphans();
    let begun = Instant::now();
    for pid in children() {
        kill(pid, Signal::SIGTERM).ok();
    }
    while begun.elapsed() < CHILD_TIMEOUT {
        if !children().into_iter().any(is_running) {
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
    while begun.elapsed() < 2 * CHILD_TIMEOUT && children().into_iter().any(is_running) {
        for pid in children() {
            kill(pid, Signal::SIGKILL).ok();
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Makes this process the parent of descendants whose own parent ends.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true).ok();
}

/// Returns all descendants of this process. Empty where there is no `/proc`; there the terminal's Ctrl-C reaches them.
fn children() -> Vec<Pid> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some(pid) = pid
            && let Some((_, parent)) = facts(pid)
        {
            all.push((pid, parent));
        }
    }
    let mut found = vec![Pid::this().as_raw()];
    let mut next = 0;
    while let Some(of) = found.get(next).copied() {
        let below = all.iter().filter(|(_, parent)| *parent == of);
        found.extend(below.map(|(pid, _)| *pid));
        next += 1;
    }
    found.into_iter().skip(1).map(Pid::from_raw).collect()
}

fn is_running(pid: Pid) -> bool {
    facts(pid.as_raw()).is_some_and(|(state, _)| state != "Z")
}

/// Returns state and parent of a process.
fn facts(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last parenthesis may contain anything.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}
