//! The rendezvous over TCP: for every question a connection, a line of JSON each way.
//!
//! A name is looked up anew for every question, so that it leads to process 0's present pod.

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
use line::{PATIENCE, read_line, runtime, write_line};

pub use line::{HELD_BACK, LONGEST};
pub use serve::Served;

mod line;
mod serve;

/// The pause after a question that got no answer.
const AGAIN: Duration = Duration::from_millis(250);

/// Where the host is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What came of a question.
#[derive(Debug)]
pub struct Heard {
    /// The question.
    pub asked: Request,
    /// When it was asked.
    pub at: Instant,
    /// The answer, or why there is none.
    pub answer: Result<Answer, String>,
}

/// Asks the host the same again and again, until it is given another question.
#[derive(Debug)]
pub struct Asker {
    question: watch::Sender<Request>,
}

impl Asker {
    /// Starts to ask, in a thread of its own that ends with this value.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        place: Place,
        question: Request,
        tell: impl Fn(Heard) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, receiver) = watch::channel(question);
        let runtime = runtime()?;
        std::thread::Builder::new()
            .name("asker".to_owned())
            .spawn(move || runtime.block_on(ask_on(&place, receiver, &tell)))?;
        Ok(Self { question: sender })
    }

    /// Gives it another question, if it is another.
    pub fn ask(&self, question: Request) {
        self.question.send_if_modified(|present| {
            let other = *present != question;
            *present = question;
            other
        });
    }
}

/// Asks once, and waits no longer than `limit`.
///
/// # Errors
/// There is no answer in time.
pub fn ask_once(place: &Place, question: &Request, limit: Duration) -> io::Result<Answer> {
    runtime()?.block_on(async { timeout(limit, ask(place, question)).await? })
}

async fn ask_on(place: &Place, mut question: watch::Receiver<Request>, tell: &impl Fn(Heard)) {
    loop {
        let asked = question.borrow_and_update().clone();
        let at = Instant::now();
        let answer = tokio::select! {
            answer = timeout(PATIENCE, ask(place, &asked)) => answer,
            changed = question.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let answer = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it does not answer".to_owned()),
        };
        let pause = match answer {
            Ok(Answer::Wait(_) | Answer::Holds | Answer::Unsure) => Duration::ZERO,
            Ok(_) => HELD_BACK,
            Err(_) => AGAIN,
        };
        tell(Heard { asked, at, answer });
        tokio::select! {
            () = sleep_until((at + pause).into()) => {}
            changed = question.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

async fn ask(place: &Place, question: &Request) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((place.host.as_str(), place.port)).await?;
    write_line(&mut stream, question).await?;
    read_line(&mut stream).await
}
