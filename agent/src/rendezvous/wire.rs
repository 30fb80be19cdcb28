//! The rendezvous over TCP: one connection for each request, one line of JSON in each direction.
//!
//! The name of the host is resolved again for every request, so that it leads to the current pod of
//! process 0. A member polls with a [`Poller`]; process 0 answers with a [`HostServer`].

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpStream,
    sync::watch,
    time::{sleep_until, timeout},
};

use super::message::{Answer, Request};
use line::{REQUEST_TIMEOUT, read_line, runtime, write_line};

pub use line::{HOLD_TIME, MAX_LINE};
pub use serve::HostServer;

mod line;
mod serve;

/// The pause after a request that got no answer.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// The address of the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostAddress {
    /// A name or an IP address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The result of one request.
#[derive(Debug)]
pub struct Reply {
    /// The request.
    pub request: Request,
    /// When the request was sent.
    pub at: Instant,
    /// The answer, or the reason why there is none.
    pub answer: Result<Answer, String>,
}

/// Repeats a request to the host until it is given another one.
#[derive(Debug)]
pub struct Poller {
    request: watch::Sender<Request>,
}

impl Poller {
    /// Starts to poll in a thread of its own, which ends when this value is dropped.
    ///
    /// # Errors
    /// The system provides no thread.
    pub fn start(
        host: HostAddress,
        request: Request,
        on_reply: impl Fn(Reply) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = watch::channel(request);
        let runtime = runtime()?;
        std::thread::Builder::new()
            .name("poller".to_owned())
            .spawn(move || runtime.block_on(poll(&host, receiver, &on_reply)))?;
        Ok(Self { request: sender })
    }

    /// Replaces the request; an equal one changes nothing.
    pub fn set(&self, request: Request) {
        self.request.send_if_modified(|present| {
            let differs = *present != request;
            *present = request;
            differs
        });
    }
}

/// Sends one request and waits for the answer, at most for `limit`.
///
/// # Errors
/// There is no answer in time.
pub fn ask_once(host: &HostAddress, request: &Request, limit: Duration) -> io::Result<Answer> {
    runtime()?.block_on(async { timeout(limit, ask(host, request)).await? })
}

async fn poll(
    host: &HostAddress,
    mut requests: watch::Receiver<Request>,
    on_reply: &impl Fn(Reply),
) {
    loop {
        let request = requests.borrow_and_update().clone();
        let at = Instant::now();
        let answer = tokio::select! {
            answer = timeout(REQUEST_TIMEOUT, ask(host, &request)) => answer,
            changed = requests.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let answer = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", REQUEST_TIMEOUT.as_secs())),
        };
        let pause = match answer {
            Ok(Answer::Wait(_) | Answer::Holds | Answer::Unsure) => Duration::ZERO,
            Ok(_) => HOLD_TIME,
            Err(_) => RETRY_INTERVAL,
        };
        on_reply(Reply {
            request,
            at,
            answer,
        });
        tokio::select! {
            () = sleep_until((at + pause).into()) => {}
            changed = requests.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

async fn ask(host: &HostAddress, request: &Request) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((host.host.as_str(), host.port)).await?;
    write_line(&mut stream, request).await?;
    read_line(&mut stream).await
}
