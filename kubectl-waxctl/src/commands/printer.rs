//! Prints Dataflows as rows or as documents.

use std::collections::BTreeMap;

use gitops::object::dataflow_name;
use gitops::row::{COLUMNS, ProcessCells, Row, WIDE_COLUMNS};
use gitops::table::Table;
use jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::Value;

use crate::args::format::View;
use crate::documents::Documents;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::changes::Change;
use crate::work::process_cells::{Key, key};

/// Prints objects in one format. Of a watch it remembers the printed rows, so that the table shows only news.
pub(super) struct Printer {
    format: Format,
    events: bool,
    /// The wide columns of each Dataflow, as its processes reported them.
    pub(super) processes: BTreeMap<Key, ProcessCells>,
}

/// The flags of a table.
#[derive(Debug, Clone)]
pub(super) struct TableOptions {
    pub(super) headings: bool,
    pub(super) show_kind: bool,
    pub(super) show_labels: bool,
    pub(super) label_columns: Vec<String>,
    /// Whether changes are shown with their type.
    pub(super) events: bool,
}

enum Format {
    Rows(Rows),
    Documents(Documents),
}

struct Rows {
    table: Table,
    wide: bool,
    headings: bool,
    show_kind: bool,
    show_labels: bool,
    label_columns: Vec<String>,
    shown: BTreeMap<Key, Row>,
}

/// Returns an object as a JSON value.
pub(super) fn value(object: &DynamicObject) -> Value {
    serde_json::to_value(object).expect("a Kubernetes object is JSON")
}

impl Printer {
    pub(super) fn new(options: TableOptions, view: View, managed_fields: bool) -> Self {
        let events = options.events;
        let format = match view {
            View::Table { wide } => Format::Rows(Rows::new(options, wide)),
            View::Documents(format) => Format::Documents(Documents::new(format, managed_fields)),
        };
        Self {
            format,
            events,
            processes: BTreeMap::new(),
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.format, Format::Rows(_))
    }

    pub(super) fn is_wide(&self) -> bool {
        matches!(&self.format, Format::Rows(rows) if rows.wide)
    }

    /// Prints a whole list. Below a table it names the objects that this release cannot read.
    pub(super) fn list(
        &mut self,
        objects: &[DynamicObject],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        match &mut self.format {
            Format::Rows(rows) => {
                let lines = objects.iter().map(|object| {
                    let row = Row::from_object(object);
                    rows.cells(object, &row, self.processes.get(&key(object)), now)
                });
                let lines: Vec<_> = lines.collect();
                ui.data(&rows.text(&lines))?;
                objects.iter().for_each(|object| warn(object, ui));
                Ok(())
            }
            Format::Documents(documents) => {
                ui.document(&documents.list(objects.iter().map(value).collect())?)
            }
        }
    }

    /// Remembers objects as if they had been printed.
    pub(super) fn remember(&mut self, objects: &[DynamicObject]) {
        if let Format::Rows(rows) = &mut self.format {
            let known = objects.iter();
            rows.shown
                .extend(known.map(|object| (key(object), Row::from_object(object))));
        }
    }

    /// Returns the changes to print: for a table those that change a row.
    pub(super) fn news<'a>(&self, changes: &'a [Change]) -> Vec<&'a Change> {
        let is_news = |change: &&Change| match (&self.format, change) {
            (Format::Rows(rows), Change::Added(object) | Change::Modified(object)) => {
                rows.shown.get(&key(object)) != Some(&Row::from_object(object))
            }
            _ => true,
        };
        changes.iter().filter(is_news).collect()
    }

    /// Prints changes, each as a row or as a document.
    pub(super) fn changes(
        &mut self,
        changes: &[&Change],
        now: Timestamp,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        match &mut self.format {
            Format::Documents(documents) => {
                for change in changes {
                    let object = value(change.object());
                    ui.data(&match self.events {
                        true => documents.event(change.kind(), object)?,
                        false => documents.object(object)?,
                    })?;
                }
            }
            Format::Rows(_) if changes.is_empty() => {}
            Format::Rows(rows) => {
                let mut lines = Vec::with_capacity(changes.len());
                for change in changes {
                    let object = change.object();
                    let row = rows.remember(change);
                    let reported = self.processes.get(&key(object));
                    let mut cells = rows.cells(object, &row, reported, now);
                    if self.events {
                        cells.insert(0, change.kind().to_owned());
                    }
                    lines.push(cells);
                }
                ui.data(&rows.text(&lines))?;
            }
        }
        for change in changes {
            if let Change::Deleted(object) = change {
                self.processes.remove(&key(object));
            }
        }
        Ok(())
    }
}

/// Names an object that this release cannot read.
fn warn(object: &DynamicObject, ui: &mut Ui) {
    let row = Row::from_object(object);
    let Some(why) = row.unreadable() else { return };
    let (namespace, name) = key(object);
    ui.warn(&format!(
        "dataflow `{name}` in namespace `{namespace}`: {why}"
    ));
}

impl Rows {
    fn new(options: TableOptions, wide: bool) -> Self {
        let mut columns = Vec::new();
        if options.events {
            columns.push("EVENT".to_owned());
        }
        columns.extend(COLUMNS.iter().map(ToString::to_string));
        if wide {
            columns.extend(WIDE_COLUMNS.iter().map(ToString::to_string));
        }
        // As in kubectl, the heading of a label is the part after its prefix.
        let labels = options.label_columns.iter();
        let headings = labels.map(|label| label.rsplit('/').next().unwrap_or_default());
        columns.extend(headings.map(str::to_uppercase));
        if options.show_labels {
            columns.push("LABELS".to_owned());
        }
        Self {
            table: Table::new(&columns),
            wide,
            headings: options.headings,
            show_kind: options.show_kind,
            show_labels: options.show_labels,
            label_columns: options.label_columns,
            shown: BTreeMap::new(),
        }
    }

    /// Returns the row of a change, and keeps it as the printed one.
    fn remember(&mut self, change: &Change) -> Row {
        let object = change.object();
        let row = Row::from_object(object);
        if let Change::Deleted(_) = change {
            self.shown.remove(&key(object));
            return row.deleted();
        }
        self.shown.insert(key(object), row.clone());
        row
    }

    fn cells(
        &self,
        object: &DynamicObject,
        row: &Row,
        reported: Option<&ProcessCells>,
        now: Timestamp,
    ) -> Vec<String> {
        let nothing = ProcessCells::default();
        let reported = reported.unwrap_or(&nothing);
        let mut cells = row.cells(self.wide.then_some(reported), now);
        if self.show_kind {
            cells[0] = dataflow_name(&cells[0]);
        }
        let none = BTreeMap::new();
        let labels = object.metadata.labels.as_ref().unwrap_or(&none);
        let chosen = self.label_columns.iter();
        cells.extend(chosen.map(|label| labels.get(label).cloned().unwrap_or_default()));
        if self.show_labels {
            let all = labels
                .iter()
                .map(|(label, value)| format!("{label}={value}"));
            cells.push(all.collect::<Vec<_>>().join(","));
        }
        cells
    }

    fn text(&mut self, lines: &[Vec<String>]) -> String {
        match std::mem::take(&mut self.headings) {
            true => self.table.with_heading(lines),
            false => self.table.rows(lines),
        }
    }
}
