//! Serves the host to all members.

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

use super::line::{HOLD_TIME, REQUEST_TIMEOUT, read_line, runtime, write_line};
use crate::rendezvous::{
    host::Host,
    host_record::HostRecord,
    message::{Answer, Message, Request},
    round::{Nonce, Round},
};

/// How often the host checks whether a round that had to wait can open now.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// A host that serves members in a thread of its own.
#[derive(Debug)]
pub struct HostServer {
    shared: Arc<Shared>,
    /// Processes with an answer after which the host may exit: a shutdown, a refusal, or the answer to their `Leave`.
    informed: Receiver<u32>,
    processes: u32,
}

/// Saves the record for the next host in this pod.
pub(super) type SaveRecord = Box<dyn FnMut(&HostRecord) -> io::Result<()> + Send>;

#[derive(Debug)]
struct Shared {
    host: Mutex<RecordedHost>,
    changed: watch::Sender<()>,
    informed: Mutex<Sender<u32>>,
}

/// The host, with the round that its saved record holds.
struct RecordedHost {
    host: Host,
    /// When the host's clock was last advanced.
    seen: Instant,
    save: SaveRecord,
    saved_round: Option<Nonce>,
}

impl RecordedHost {
    /// Saves the record if there is a new round.
    fn save(&mut self) -> io::Result<()> {
        let round = self.host.round().map(Round::id);
        if round != self.saved_round.as_ref() {
            (self.save)(&self.host.record())?;
            self.saved_round = self.host.round().map(|round| round.id().clone());
        }
        Ok(())
    }
}

impl fmt::Debug for RecordedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)
    }
}

impl HostServer {
    /// Serves a host on a non-blocking listener.
    ///
    /// Order: the record is saved before any member hears of a new round.
    ///
    /// # Errors
    /// The system refuses, or the record cannot be saved.
    pub fn start(
        host: Host,
        listener: TcpListener,
        processes: u32,
        mut save: SaveRecord,
    ) -> io::Result<Self> {
        save(&host.record())?;
        let (inform, informed) = channel();
        let shared = Arc::new(Shared {
            host: Mutex::new(RecordedHost {
                seen: Instant::now(),
                saved_round: host.round().map(|round| round.id().clone()),
                host,
                save,
            }),
            changed: watch::channel(()).0,
            informed: Mutex::new(inform),
        });
        let runtime = runtime()?;
        let serving = Arc::clone(&shared);
        // More than twice the number of members: one that reconnects may be counted twice.
        let most = processes as usize * 4 + 16;
        std::thread::Builder::new()
            .name("rendezvous".to_owned())
            .spawn(move || runtime.block_on(serve(serving, listener, most)))?;
        Ok(Self {
            shared,
            informed,
            processes,
        })
    }

    /// Tells all members that this process shuts down and that its engine has ended, as `farewell` says.
    /// Members that do not ask within `limit` are not waited for.
    pub fn close(&self, farewell: &Request, limit: Duration) {
        if self.shared.with(|host| host.close(farewell)).is_err() {
            return;
        }
        let end = Instant::now() + limit;
        let mut informed = BTreeSet::from([0]);
        while informed.len() < self.processes as usize {
            match self
                .informed
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(process) => informed.insert(process),
                Err(_) => return,
            };
        }
    }
}

impl Shared {
    /// Advances the host's clock, runs `act` on it, and wakes those that wait for news. Fails if there is a
    /// new round that cannot be saved; then no member may hear the result.
    fn with<T>(&self, act: impl FnOnce(&mut Host) -> T) -> io::Result<T> {
        let mut recorded = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        let before = recorded.host.news();
        let elapsed = recorded.seen.elapsed();
        recorded.host.pass(elapsed);
        recorded.seen = Instant::now();
        let result = act(&mut recorded.host);
        let news = recorded.host.news() != before;
        let saved = recorded.save();
        drop(recorded);
        if news {
            self.changed.send_replace(());
        }
        saved.map(|()| result)
    }

    /// Answers one request: at once if there is news, else after [`HOLD_TIME`].
    async fn attend(&self, mut stream: TcpStream) -> io::Result<()> {
        let (mut from, mut to) = stream.split();
        let request: Request = timeout(REQUEST_TIMEOUT, read_line(&mut from)).await??;
        let mut changed = self.changed.subscribe();
        self.with(|host| host.on_request(&request))?;
        let until = tokio::time::Instant::now() + HOLD_TIME;
        let answer = loop {
            changed.borrow_and_update();
            let answer = self.with(|host| host.answer(&request))?;
            let nothing_new = matches!(answer, Answer::Wait(_) | Answer::Holds | Answer::Unsure);
            if !nothing_new || until <= tokio::time::Instant::now() {
                break answer;
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = sleep_until(until) => {}
                // A member sends nothing after its request, so anything to read is the end.
                _ = from.read_u8() => {
                    return self.with(|host| host.on_disconnect(request.process, &request.attempt));
                }
            }
        };
        timeout(REQUEST_TIMEOUT, write_line(&mut to, &answer)).await??;
        if matches!(answer, Answer::Over(_) | Answer::Refused(_))
            || request.message == Message::Leave
        {
            let informed = self.informed.lock().unwrap_or_else(PoisonError::into_inner);
            // Only `close` reads this. The send fails only once the server was dropped.
            let _ = informed.send(request.process);
        }
        Ok(())
    }
}

async fn serve(shared: Arc<Shared>, listener: TcpListener, most: usize) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let places = Arc::new(Semaphore::new(most));
    let mut ticks = interval(POLL_INTERVAL);
    loop {
        tokio::select! {
            // A record that could not be saved is saved at the next tick or request.
            _ = ticks.tick() => drop(shared.with(|_| ())),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Connections beyond the limit do not come from members; they are closed.
                    if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                        let shared = Arc::clone(&shared);
                        tokio::spawn(async move {
                            // A member that got no answer asks again.
                            drop(shared.attend(stream).await);
                            drop(place);
                        });
                    }
                }
                Err(_) => sleep(POLL_INTERVAL).await,
            },
        }
    }
}
