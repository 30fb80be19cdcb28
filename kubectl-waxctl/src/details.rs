//! Formats all that is known about one Dataflow as text. Pure.

mod layout;
mod processes;

use std::fmt::Write as _;

use dataflow::Dataflow;
use dataflow::phase::{message, phase};
use dataflow::status::{LastAction, RecoveryStatus, Resumed, StoreChange};
use dataflow::step_id;
use gitops::age::age;
use gitops::row::{TERMINATING, terminating};
use jiff::Timestamp;
use kube::ResourceExt as _;

use crate::process_state::{Answer, GangState};
use layout::{Fields, section};
use processes::Processes;

/// One Dataflow with the reports of its processes.
#[derive(Debug)]
pub(crate) struct Details<'a> {
    /// The Dataflow.
    pub(crate) dataflow: &'a Dataflow,
    /// The field manager of its spec.
    pub(crate) source: String,
    /// The reports of its processes, or why they could not be polled.
    pub(crate) live: Answer<GangState>,
    /// Whether to show all columns.
    pub(crate) wide: bool,
    /// The present time, from which ages are counted.
    pub(crate) now: Timestamp,
}

impl Details<'_> {
    /// Returns the whole text.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.conditions());
        text.push_str(&self.state());
        text.push_str(&self.processes().table(self.wide));
        text
    }

    fn head(&self) -> String {
        let flow = self.dataflow;
        let status = flow.status.as_ref();
        let mut fields = Fields::default();
        fields.add("Name", flow.name_any());
        fields.add("Namespace", flow.namespace().unwrap_or_default());
        let (phase, message) = match terminating(&flow.metadata) {
            Some(message) => (TERMINATING.to_owned(), message),
            None => (phase(flow).to_string(), message(flow)),
        };
        fields.add("Phase", phase);
        fields.add("Message", message);
        let created = flow.creation_timestamp();
        fields.add(
            "Age",
            created.map(|time| self.since(time.0)).unwrap_or_default(),
        );
        let file = &flow.spec.python_file_name;
        let code = match flow.spec.config_map_name.as_deref() {
            Some(source) if !source.is_empty() => format!("{file} of configmap/{source}"),
            _ if flow.spec.has_code_in_image() => format!("{file} of the image"),
            _ => file.clone(),
        };
        fields.add("Code", code);
        fields.add("Image", flow.spec.image_reference());
        fields.add("Managed by", self.source.clone());
        let revision = status.and_then(|status| status.revision.clone());
        fields.add("Revision", revision.unwrap_or_default());
        let start = status.and_then(|status| status.start);
        fields.add(
            "Start",
            start.map(|start| start.to_string()).unwrap_or_default(),
        );
        let processes = status.and_then(|status| status.processes.as_ref());
        let ready = processes.map_or_else(
            || format!("0/{}", flow.spec.processes()),
            |processes| processes.summary.clone(),
        );
        let workers = flow.spec.workers();
        fields.add(
            "Processes",
            format!("{ready} ready, workers in each: {workers}"),
        );
        if let Some(outage) = status.and_then(|status| status.last_outage.as_ref()) {
            let since = self.since(outage.began.0);
            let text = match outage.seconds {
                Some(seconds) => format!("{}, {since} ago", age(seconds)),
                None => format!("ongoing for {since}"),
            };
            fields.add("Last outage", text);
        }
        if let Some(failure) = status.and_then(|status| status.last_failure.as_ref()) {
            let when = failure
                .time
                .as_ref()
                .map(|time| format!(", {} ago", self.since(time.0)));
            let when = when.unwrap_or_default();
            fields.add("Last failure", format!("{}{when}", failure.summary()));
        }
        fields.text
    }

    fn conditions(&self) -> String {
        let status = self.dataflow.status.as_ref();
        let conditions = status.map_or(&[][..], |status| &status.conditions);
        let row = |condition: &dataflow::status::Condition| {
            vec![
                condition.type_.clone(),
                condition.status.clone(),
                condition.reason.clone(),
                self.since(condition.last_transition_time.0),
                condition.message.clone(),
            ]
        };
        let rows: Vec<_> = conditions.iter().map(row).collect();
        section(
            "Conditions",
            &["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"],
            &rows,
        )
    }

    fn state(&self) -> String {
        let recovery = self.dataflow.spec.recovery.as_ref();
        let enabled = recovery.and_then(|recovery| recovery.enabled) == Some(true);
        let status = self.dataflow.status.as_ref();
        let ledger = status.and_then(|status| status.recovery.as_ref());
        let mut text = "\nState:\n".to_owned();
        let mut fields = Fields::indented();
        match ledger {
            Some(ledger) => ledger_fields(ledger, &mut fields),
            None if enabled => fields.add("Store", String::new()),
            None => fields.add(
                "Store",
                "none: spec.recovery.enabled is not true".to_owned(),
            ),
        }
        if let Some(resumed) = status.and_then(|status| status.resumed.as_ref())
            && enabled
            && let Some(epochs) = resumed.replayed_epochs
        {
            let plural = if epochs == 1 { "epoch" } else { "epochs" };
            let Resumed {
                start, execution, ..
            } = resumed;
            fields.add(
                "Replayed",
                format!("{epochs} {plural} by start {start} (execution {execution})"),
            );
        }
        if enabled {
            let backup = recovery.and_then(|recovery| recovery.cloud_backup.as_ref());
            let backups = backup.and_then(|backup| backup.enabled) == Some(true);
            self.processes().state(backups, &mut fields);
        }
        text.push_str(&fields.text);
        if let Some(ledger) = ledger {
            let row = |partition: &dataflow::status::Partition| {
                vec![
                    partition.index.to_string(),
                    partition.claim.clone(),
                    format!("{:?}", partition.state),
                ]
            };
            let rows: Vec<_> = ledger.partitions.iter().map(row).collect();
            text.push_str(&section(
                "Partitions",
                &["PARTITION", "VOLUME", "STATE"],
                &rows,
            ));
        }
        text
    }

    fn processes(&self) -> Processes<'_> {
        Processes {
            live: &self.live,
            now: self.now,
        }
    }

    fn since(&self, time: Timestamp) -> String {
        age(self.now.as_second() - time.as_second())
    }
}

/// Adds the fields of the ledger.
fn ledger_fields(ledger: &RecoveryStatus, fields: &mut Fields) {
    let RecoveryStatus {
        format_version: _,
        store_id,
        timeline,
        change_number,
        partitions: _,
        claims: _,
        pending,
        detached,
        last_action,
    } = ledger;
    let detached = if *detached {
        " (detached: not in use)"
    } else {
        ""
    };
    fields.add("Store", format!("{store_id}{detached}"));
    fields.add("Timeline", timeline.clone());
    fields.add("Change number", change_number.to_string());
    if let Some(StoreChange { kind, timeline, .. }) = pending {
        let begins = timeline
            .as_ref()
            .map(|timeline| format!(", begins timeline {timeline}"));
        let begins = begins.unwrap_or_default();
        fields.add("Pending change", format!("{kind:?}{begins}"));
    }
    if let Some(action) = last_action {
        let LastAction {
            kind,
            point,
            steps,
            expect: _,
            timeline,
        } = action;
        let mut text = format!("{kind:?}");
        if let Some(point) = point {
            let _ = write!(text, " of {point}");
        }
        if !steps.is_empty() {
            let steps: Vec<_> = steps.iter().map(|step| step_id::shown(step)).collect();
            let _ = write!(text, " of {}", steps.join(", "));
        }
        fields.add("Last action", format!("{text}, began timeline {timeline}"));
    }
}

#[cfg(test)]
mod tests;
