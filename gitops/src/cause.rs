//! The chain from git to a container of one Dataflow, which shows why it is in its state.
//!
//! | link | read from |
//! |---|---|
//! | git | the GitOps controller's own object |
//! | resource | generations, deletion, suspension |
//! | conditions | `status.conditions` |
//! | gang | `status.processes`, `status.revision` |
//! | pod, container | the pod that explains most |
//! | failure | the container's termination message, or `status.lastFailure` |
//!
//! Begin reading at [`Facts::text`].

mod advice;
mod controller;
mod facts;
mod pod;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use dataflow::phase::{message, phase};
use dataflow::status::ConditionType;
use jiff::Timestamp;
use kube::ResourceExt as _;

use crate::age::age;
use crate::ownership::is_managed_by_git;
pub use controller::{Controller, ControllerKind, ControllerState};
pub use facts::Facts;
pub use pod::{Suspect, suspect};

/// Number of the last lines of a log that are shown.
pub const LOG_LINES: usize = 8;

/// The state of one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Fine,
    Busy,
    Broken,
    Unknown,
}

/// One link of the chain.
#[derive(Debug)]
struct Link {
    name: &'static str,
    mark: Mark,
    text: String,
}

impl Facts<'_> {
    /// Returns the chain and the next commands, on one screen.
    #[must_use]
    pub fn text(&self) -> String {
        let flow = self.dataflow;
        let (name, namespace) = (flow.name_any(), flow.namespace().unwrap_or_default());
        let mut text = format!(
            "Dataflow `{name}` in namespace `{namespace}` is {}: {}\n\n",
            phase(flow),
            one_line(&message(flow))
        );
        for link in self.links() {
            let mark = match link.mark {
                Mark::Fine => "ok",
                Mark::Busy => "busy",
                Mark::Broken => "BROKEN",
                Mark::Unknown => "unknown",
            };
            let _ = writeln!(
                text,
                "  {:<11} {mark:<8} {}",
                link.name,
                one_line(&link.text)
            );
        }
        if let (Some(suspect), false) = (self.suspect(), self.log.is_empty()) {
            let run = if suspect.previous {
                " before its last restart"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "\nLast lines of container `{}` in pod `{}`{run}:",
                suspect.container, suspect.pod
            );
            for line in self.log.iter().rev().take(LOG_LINES).rev() {
                let _ = writeln!(text, "  {}", printable(line));
            }
        }
        let next = self.advice();
        if !next.is_empty() {
            text.push_str("\nNext:\n");
            for step in next {
                let _ = writeln!(text, "  {step}");
            }
        }
        text
    }

    /// Returns the links, from git down to the container.
    fn links(&self) -> Vec<Link> {
        let mut links = vec![self.git(), self.resource()];
        links.extend(self.conditions());
        links.push(self.gang());
        links.extend(self.pod());
        links
    }

    fn git(&self) -> Link {
        let (mark, text) = match &self.controller {
            Some(Ok(state)) => {
                let mark = if state.problem.is_some() {
                    Mark::Broken
                } else {
                    Mark::Fine
                };
                (mark, state.text())
            }
            Some(Err(why)) => (
                Mark::Unknown,
                format!("managed from git by a controller that was not read: {why}"),
            ),
            None if is_managed_by_git(self.dataflow) => {
                (Mark::Fine, format!("managed from git by {}", self.manager))
            }
            None if self.manager.is_empty() => (Mark::Fine, "not managed from git".to_owned()),
            None => (
                Mark::Fine,
                format!("not managed from git: {} wrote the spec", self.manager),
            ),
        };
        Link {
            name: "git",
            mark,
            text,
        }
    }

    fn resource(&self) -> Link {
        let flow = self.dataflow;
        let generation = flow.metadata.generation.unwrap_or_default();
        let observed = flow
            .status
            .as_ref()
            .map_or(-1, |status| status.observed_generation);
        let suspended = if flow.spec.suspended() {
            "; spec.suspend is true"
        } else {
            ""
        };
        let (mark, text) = if let Some(time) = &flow.metadata.deletion_timestamp {
            let since = self.since(time.0);
            let finalizers = flow.finalizers();
            let held = match finalizers {
                [] => String::new(),
                finalizers => format!(", held by {}", finalizers.join(", ")),
            };
            (Mark::Busy, format!("is being deleted for {since}{held}"))
        } else if observed < 0 {
            (
                Mark::Broken,
                format!("generation {generation}, but no operator has processed it"),
            )
        } else if observed < generation {
            let text =
                format!("generation {generation}, but the operator has processed only {observed}");
            (Mark::Busy, text)
        } else {
            (
                Mark::Fine,
                format!("generation {generation} is processed{suspended}"),
            )
        };
        Link {
            name: "resource",
            mark,
            text,
        }
    }

    /// Returns a link for each condition that says something, or one for Ready.
    fn conditions(&self) -> Vec<Link> {
        let all = self
            .dataflow
            .status
            .iter()
            .flat_map(|status| &status.conditions);
        let told = |condition: &&dataflow::status::Condition| match condition.type_.parse() {
            Ok(ConditionType::Ready) => true,
            Ok(ConditionType::Restorable) => condition.status == "False",
            _ => condition.status == "True",
        };
        let link = |condition: &dataflow::status::Condition| {
            let holds = condition.status == "True";
            let mark = match condition.type_.parse() {
                Ok(ConditionType::Ready) if holds => Mark::Fine,
                Ok(ConditionType::Ready | ConditionType::Reconciling) => Mark::Busy,
                _ => Mark::Broken,
            };
            Link {
                name: "condition",
                mark,
                text: format!(
                    "{} is {} for {}: {}: {}",
                    condition.type_,
                    condition.status,
                    self.since(condition.last_transition_time.0),
                    condition.reason,
                    condition.message
                ),
            }
        };
        all.filter(told).map(link).collect()
    }

    fn gang(&self) -> Link {
        let flow = self.dataflow;
        let status = flow.status.as_ref();
        let processes = status.and_then(|status| status.processes.as_ref());
        let (wanted, ready) = processes.map_or((flow.spec.processes(), 0), |processes| {
            (processes.wanted, processes.ready)
        });
        let revision = status.and_then(|status| status.revision.as_deref());
        let start = status.and_then(|status| status.start);
        let mut text = format!("{ready} of {wanted} processes are ready");
        if let (Some(revision), Some(start)) = (revision, start) {
            let _ = write!(text, "; revision {revision}, start {start}");
        }
        if let Some(outage) = status.and_then(|status| status.last_outage.as_ref())
            && outage.seconds.is_none()
        {
            let _ = write!(text, "; outage for {}", self.since(outage.began.0));
        }
        let mark = match ready {
            ready if ready >= wanted => Mark::Fine,
            _ if flow.spec.suspended() => Mark::Fine,
            _ => Mark::Busy,
        };
        Link {
            name: "gang",
            mark,
            text,
        }
    }

    fn pod(&self) -> Vec<Link> {
        let pods = match &self.pods {
            Ok(pods) => pods,
            Err(why) => {
                let text = format!("the pods were not read: {why}");
                return vec![Link {
                    name: "pods",
                    mark: Mark::Unknown,
                    text,
                }];
            }
        };
        let mut links = Vec::new();
        let Some(suspect) = suspect(pods) else {
            let text = match pods.len() {
                0 => "there is no pod".to_owned(),
                1 => "1 pod, nothing wrong with it".to_owned(),
                count => format!("{count} pods, nothing wrong with them"),
            };
            links.push(Link {
                name: "pods",
                mark: Mark::Fine,
                text,
            });
            links.extend(self.last_failure());
            return links;
        };
        let others = match pods.len() - 1 {
            0 => String::new(),
            1 => " (of 2 pods)".to_owned(),
            others => format!(" (of {} pods)", others + 1),
        };
        let mark = if suspect.failed {
            Mark::Broken
        } else {
            Mark::Busy
        };
        let text = format!("{}{others}: {}", suspect.pod, suspect.state);
        links.push(Link {
            name: "pod",
            mark,
            text,
        });
        match suspect.failure(self.now) {
            Some(text) => links.push(Link {
                name: "failure",
                mark: Mark::Broken,
                text,
            }),
            None => links.extend(self.last_failure()),
        }
        links
    }

    fn last_failure(&self) -> Option<Link> {
        let failure = self.dataflow.status.as_ref()?.last_failure.as_ref()?;
        let when = failure
            .time
            .as_ref()
            .map(|time| format!(", {} ago", self.since(time.0)));
        let running = phase(self.dataflow) == dataflow::status::Phase::Running;
        Some(Link {
            name: "failure",
            mark: if running { Mark::Fine } else { Mark::Broken },
            text: format!(
                "{}: {}{}",
                failure.reason,
                failure.summary(),
                when.unwrap_or_default()
            ),
        })
    }

    fn since(&self, time: Timestamp) -> String {
        age(self.now.as_second() - time.as_second())
    }
}

/// Returns a line of a log without characters that control a terminal.
fn printable(line: &str) -> String {
    let shown = |char: char| match char {
        '\t' => ' ',
        char if char.is_control() => char::REPLACEMENT_CHARACTER,
        char => char,
    };
    line.chars().map(shown).collect()
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|char: char| char.is_whitespace() || char.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}
