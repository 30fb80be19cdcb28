//! The host as a server.

use std::{
    collections::BTreeSet,
    fmt, io,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    sync::{Semaphore, watch},
    time::{interval, sleep, sleep_until, timeout},
};

use super::line::{HELD_BACK, PATIENCE, read_line, runtime, write_line};
use crate::rendezvous::{
    host::Host,
    memory::Memory,
    message::{Answer, Request, Say},
    round::{Nonce, Round},
};

/// How often it is seen whether a round can be given that had to wait.
const GLANCE: Duration = Duration::from_millis(250);

/// A host that serves, in a thread of its own.
#[derive(Debug)]
pub struct Served {
    shared: Arc<Shared>,
    told: Receiver<u32>,
    processes: u32,
}

/// Writes down what the next host in this pod has to know.
pub(super) type Keep = Box<dyn FnMut(&Memory) -> io::Result<()> + Send>;

#[derive(Debug)]
struct Shared {
    host: Mutex<Held>,
    changed: watch::Sender<()>,
    told: Mutex<Sender<u32>>,
}

struct Held {
    host: Host,
    seen: Instant,
    keep: Keep,
    /// The round that has been written down.
    kept: Option<Nonce>,
}

impl Held {
    /// Writes down what is new.
    fn keep(&mut self) -> io::Result<()> {
        let round = self.host.round().map(Round::id);
        if round != self.kept.as_ref() {
            (self.keep)(&self.host.memory())?;
            self.kept = self.host.round().map(|round| round.id().clone());
        }
        Ok(())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)
    }
}

impl Served {
    /// Serves on a listener that does not block, and keeps what the host gives before it is told.
    ///
    /// # Errors
    /// The system refuses, or nothing can be kept.
    pub fn start(
        host: Host,
        listener: TcpListener,
        processes: u32,
        mut keep: Keep,
    ) -> io::Result<Self> {
        keep(&host.memory())?;
        let (tell, told) = channel();
        let shared = Arc::new(Shared {
            host: Mutex::new(Held {
                seen: Instant::now(),
                kept: host.round().map(|round| round.id().clone()),
                host,
                keep,
            }),
            changed: watch::channel(()).0,
            told: Mutex::new(tell),
        });
        let runtime = runtime()?;
        let serving = Arc::clone(&shared);
        // More than twice as many as there are members: whoever reconnects may be counted twice.
        let most = processes as usize * 4 + 16;
        std::thread::Builder::new()
            .name("rendezvous".to_owned())
            .spawn(move || runtime.block_on(serve(serving, listener, most)))?;
        Ok(Self {
            shared,
            told,
            processes,
        })
    }

    /// Tells all members that this process goes and that its engine has ended, as it says; gives up
    /// on those that do not ask in time.
    pub fn close(&self, farewell: &Request, limit: Duration) {
        if self.shared.with(|host| host.close(farewell)).is_err() {
            return;
        }
        let end = Instant::now() + limit;
        let mut told = BTreeSet::from([0]);
        while told.len() < self.processes as usize {
            match self
                .told
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(process) => told.insert(process),
                Err(_) => return,
            };
        }
    }
}

impl Shared {
    /// Does something with the host, once it knows what time it is, and wakes those who wait for
    /// news of it. Nothing comes of it as long as what is new cannot be kept.
    fn with<T>(&self, act: impl FnOnce(&mut Host) -> T) -> io::Result<T> {
        let mut held = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.host.news();
        let elapsed = held.seen.elapsed();
        held.host.pass(elapsed);
        held.seen = Instant::now();
        let result = act(&mut held.host);
        let news = held.host.news() != before;
        let kept = held.keep();
        drop(held);
        if news {
            self.changed.send_replace(());
        }
        kept.map(|()| result)
    }

    /// Answers one question: at once if there is something to say, else a little later.
    async fn attend(&self, mut stream: TcpStream) -> io::Result<()> {
        let (mut from, mut to) = stream.split();
        let question: Request = timeout(PATIENCE, read_line(&mut from)).await??;
        let mut changed = self.changed.subscribe();
        self.with(|host| host.hear(&question))?;
        let until = tokio::time::Instant::now() + HELD_BACK;
        let answer = loop {
            changed.borrow_and_update();
            let answer = self.with(|host| host.answer(&question))?;
            let nothing_new = matches!(answer, Answer::Wait(_) | Answer::Holds | Answer::Unsure);
            if !nothing_new || until <= tokio::time::Instant::now() {
                break answer;
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep_until(until) => {}
                // Nothing more is said, so whatever can be read is the end.
                _ = from.read_u8() => {
                    return self.with(|host| host.lost(question.process, &question.nonce));
                }
            }
        };
        timeout(PATIENCE, write_line(&mut to, &answer)).await??;
        if matches!(answer, Answer::Over(_) | Answer::Refused(_)) || question.say == Say::Leave {
            let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody listens before this process goes.
            let _ = told.send(question.process);
        }
        Ok(())
    }
}

async fn serve(shared: Arc<Shared>, listener: TcpListener, most: usize) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let seats = Arc::new(Semaphore::new(most));
    let mut glance = interval(GLANCE);
    loop {
        tokio::select! {
            // What could not be kept now is tried again with the next question.
            _ = glance.tick() => drop(shared.with(|_| ())),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // One too many is not ours: its connection is closed again.
                    if let Ok(seat) = Arc::clone(&seats).try_acquire_owned() {
                        let shared = Arc::clone(&shared);
                        tokio::spawn(async move {
                            // Whoever got no answer asks again.
                            drop(shared.attend(stream).await);
                            drop(seat);
                        });
                    }
                }
                Err(_) => sleep(GLANCE).await,
            },
        }
    }
}
