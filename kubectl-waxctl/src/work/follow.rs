//! Follows the logs of pods while they are created and deleted.

use std::time::Duration;

use dataflow::Dataflow;
use dataflow::phase::phase;
use dataflow::status::Phase;
use futures::{StreamExt as _, TryStreamExt as _};
use gitops::selector;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt as _, watcher::watch_object};
use tokio::sync::mpsc;

use super::interruptions::Interruptions;
use super::log_request::LogRequest;
use crate::cluster::Session;
use crate::error::CommandError;
use crate::logs::Line;
use crate::logs::track::{Opening, Run, Tracker};
use crate::ui::Ui;

/// The maximum number of lines that wait to be printed. A slow reader delays the logs, but does not increase memory.
const WAITING_LINES: usize = 256;

/// The delay before the pod of an ended log is read again, 1 s: its container may still run.
const RECHECK_DELAY: Duration = Duration::from_secs(1);

enum LogEvent {
    Line { opening: Opening, line: Line },
    Ended { run: Run },
    Pod(Box<Pod>),
    Refused { run: Run, error: kube::Error },
}

/// Prints lines as they arrive, until the Dataflow was deleted or is completed and all logs are printed.
///
/// # Errors
/// A log cannot be read.
pub(super) async fn follow(
    session: &Session,
    request: &LogRequest,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let config = watcher::Config::default().labels(&selector::processes_of(&request.name));
    let pods = watcher::watcher(session.pod_api(), config).default_backoff();
    let mut pods = std::pin::pin!(pods);
    let api: Api<Dataflow> = Api::namespaced(session.client.clone(), session.namespace());
    let dataflows = watch_object(api, &request.name).default_backoff();
    let mut dataflows = std::pin::pin!(dataflows);
    let (sender, mut events) = mpsc::channel(WAITING_LINES);
    let mut reading = Reading {
        session,
        request,
        sender,
        tracker: Tracker::new(request.container.clone()),
    };
    let mut over: Option<String> = None;
    let mut interruptions = Interruptions::default();
    loop {
        if let Some(message) = &over
            && !reading.tracker.any_open()
            && events.is_empty()
        {
            ui.say(message);
            return Ok(());
        }
        tokio::select! {
            biased;
            Some(event) = events.recv() => reading.on_event(event, ui)?,
            event = pods.try_next() => match event {
                Ok(event) => {
                    interruptions.end();
                    reading.change(event);
                }
                Err(error) => interruptions.tell(session, "watch pods", error, ui)?,
            },
            change = dataflows.try_next() => match change {
                Ok(change) => {
                    interruptions.end();
                    over = ending(change.flatten().as_ref(), &request.name);
                }
                Err(error) => interruptions.tell(session, "watch dataflows", error, ui)?,
            },
        }
    }
}

/// Returns the message at the end of all logs; `None` if more can come.
fn ending(dataflow: Option<&Dataflow>, name: &str) -> Option<String> {
    let Some(dataflow) = dataflow else {
        return Some(format!("Dataflow `{name}` was deleted."));
    };
    let completed = phase(dataflow) == Phase::Completed;
    completed.then(|| format!("The input of dataflow `{name}` has ended."))
}

struct Reading<'a> {
    session: &'a Session,
    request: &'a LogRequest,
    sender: mpsc::Sender<LogEvent>,
    tracker: Tracker,
}

impl Reading<'_> {
    fn change(&mut self, event: Option<Event<Pod>>) {
        match event {
            Some(Event::InitApply(pod) | Event::Apply(pod)) => self.pod(&pod),
            Some(Event::InitDone) => self.tracker.all_seen(),
            _ => {}
        }
    }

    fn pod(&mut self, pod: &Pod) {
        let Some(opening) = self.tracker.pod(pod) else {
            return;
        };
        let asked = self.request.params(pod);
        let params = LogParams {
            follow: true,
            ..restrict(asked, &opening)
        };
        let session = self.session.clone();
        let sender = self.sender.clone();
        tokio::spawn(async move { read(&session, opening, &params, &sender).await });
    }

    fn on_event(&mut self, event: LogEvent, ui: &mut Ui) -> Result<(), CommandError> {
        match event {
            LogEvent::Line { opening, line } => {
                if self.tracker.line(&opening.run, opening.after, line.time) {
                    self.request.show(&opening.run.pod, &line, ui)?;
                }
            }
            LogEvent::Ended { run } => self.tracker.ended(&run),
            LogEvent::Pod(pod) => self.pod(&pod),
            LogEvent::Refused { run, error } => {
                self.tracker.ended(&run);
                // Race: the pod can be deleted between the event and the request.
                let gone =
                    matches!(&error, kube::Error::Api(status) if matches!(status.code, 400 | 404));
                if !gone {
                    let doing = format!("read the log of pod `{}`", run.pod);
                    return Err(self.session.failed(doing)(error).into());
                }
            }
        }
        Ok(())
    }
}

/// Applies `--tail` and `--since` only to runs that existed at the beginning; later runs are shown completely.
fn restrict(asked: LogParams, opening: &Opening) -> LogParams {
    if let Some(after) = opening.after {
        return LogParams {
            since_time: Some(after),
            since_seconds: None,
            tail_lines: None,
            ..asked
        };
    }
    if opening.from_the_beginning {
        return asked;
    }
    LogParams {
        since_time: None,
        since_seconds: None,
        tail_lines: None,
        ..asked
    }
}

/// Reads one log to its end, then reads the pod again: a log also ends if the connection breaks.
///
/// Sending fails only if the receiver is dropped, which ends the reading.
async fn read(
    session: &Session,
    opening: Opening,
    params: &LogParams,
    sender: &mpsc::Sender<LogEvent>,
) {
    let run = opening.run.clone();
    let mut lines = match session.log(&run.pod, params).await {
        Ok(lines) => lines,
        Err(error) => {
            let _gone = sender.send(LogEvent::Refused { run, error }).await;
            return;
        }
    };
    while let Some(Ok(raw)) = lines.next().await {
        let event = LogEvent::Line {
            opening: opening.clone(),
            line: Line::parse(&raw),
        };
        if sender.send(event).await.is_err() {
            return;
        }
    }
    let pod = run.pod.clone();
    if sender.send(LogEvent::Ended { run }).await.is_err() {
        return;
    }
    tokio::time::sleep(RECHECK_DELAY).await;
    if let Ok(pod) = session.pod_api().get(&pod).await {
        let _gone = sender.send(LogEvent::Pod(Box::new(pod))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn opening(from_the_beginning: bool, after: Option<Timestamp>) -> Opening {
        let run = Run {
            pod: "a-0".into(),
            container: "process".into(),
            id: "c1".into(),
        };
        Opening {
            run,
            from_the_beginning,
            after,
        }
    }

    #[test]
    fn tail_and_since_apply_only_at_start() {
        let asked = || LogParams {
            tail_lines: Some(5),
            since_seconds: Some(60),
            ..LogParams::default()
        };
        assert_eq!(restrict(asked(), &opening(true, None)).tail_lines, Some(5));
        assert_eq!(restrict(asked(), &opening(false, None)).tail_lines, None);
        let again = restrict(asked(), &opening(true, Some(Timestamp::UNIX_EPOCH)));
        assert_eq!((again.tail_lines, again.since_seconds), (None, None));
        assert_eq!(again.since_time, Some(Timestamp::UNIX_EPOCH));
    }
}
