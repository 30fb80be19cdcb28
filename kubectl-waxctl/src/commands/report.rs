//! Prints the results of verbs that change something: for people, or for programs as objects and documents.

use gitops::object::dataflow_name;
use gitops::stat;
use kube::api::DynamicObject;
use serde::Serialize;
use serde_json::Value;

use crate::args::format::OutputFormat;
use crate::documents::Documents;
use crate::dry_run::DryRun;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::publish::{Preview, Published};
use crate::work::recovery_action::{InGit, Outcome};

/// The group and version of documents about what happened. It changes if a field changes its meaning.
const VERSION: &str = "waxctl.bytewax.io/v1alpha1";

/// What a commit contains, as a document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CommitDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    /// The id; `None` if nothing was committed.
    commit: Option<String>,
    branch: Option<&'a str>,
    pushed_to: Option<&'a str>,
    subject: Option<&'a str>,
    dry_run: bool,
    files: Vec<FileDocument<'a>>,
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct FileDocument<'a> {
    path: &'a str,
    change: &'static str,
}

/// What a backup made, as a document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BackupDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    dataflow: &'a str,
    point: &'a str,
}

/// Keeps standard output for the documents of `-o`.
pub(super) fn begin(format: Option<OutputFormat>, ui: &mut Ui) {
    if format.is_some() {
        ui.keep_output_for_documents();
    }
}

/// Prints the objects that a verb created, changed or deleted, if `-o` asks for them. Several of them are one list.
pub(super) fn objects(
    format: Option<OutputFormat>,
    objects: &[DynamicObject],
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Some(format) = format else { return Ok(()) };
    let mut documents = Documents::new(format.into(), false);
    let value = |object| serde_json::to_value(object).expect("a Kubernetes object is JSON");
    let text = match objects {
        [one] => documents.object(value(one))?,
        several => documents.list(several.iter().map(value).collect())?,
    };
    ui.data(&text)
}

/// Prints the commit and where it was pushed to.
pub(super) fn published(
    published: &Published,
    format: Option<OutputFormat>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    begin(format, ui);
    let warnings = published.warnings.iter();
    warnings.for_each(|warning| ui.warn(warning));
    match &published.commit {
        None => ui.say("Nothing to commit."),
        Some(commit) => {
            ui.tell(&format!(
                "[{} {}] {}",
                published.branch,
                commit.short(),
                published.subject
            ))?;
            for line in stat::stat(&published.changes).lines() {
                ui.tell(line)?;
            }
            if let Some(place) = &published.pushed_to {
                ui.say(&format!("Pushed to {place}."));
            }
        }
    }
    for line in &published.said {
        ui.say(&format!("remote: {line}"));
    }
    let id = published.commit.as_ref().map(ToString::to_string);
    let document = CommitDocument {
        api_version: VERSION,
        kind: "Commit",
        branch: Some(&published.branch),
        pushed_to: published.pushed_to.as_deref().filter(|_| id.is_some()),
        subject: id.is_some().then_some(&published.subject),
        dry_run: false,
        files: files(&published.changes),
        warnings: &published.warnings,
        commit: id,
    };
    let id = document.commit.clone().unwrap_or_default();
    self::document(format, &document, &id, ui)?;
    published.unfinished.as_deref().cloned().map_or(Ok(()), Err)
}

/// Prints the commit that was made, or would be.
pub(super) fn in_git(
    in_git: &InGit,
    format: Option<OutputFormat>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    match in_git {
        InGit::Committed(commit) => published(commit, format, ui),
        InGit::Previewed(commit) => preview(commit, format, ui),
    }
}

/// Prints the commit that would be made.
pub(super) fn preview(
    preview: &Preview,
    format: Option<OutputFormat>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    begin(format, ui);
    preview.warnings.iter().for_each(|warning| ui.warn(warning));
    if preview.changes.is_empty() {
        ui.say("Nothing to commit.");
    } else {
        ui.say(&format!(
            "Would commit to {}; nothing is written.",
            preview.place
        ));
        let stat = stat::stat(&preview.changes);
        for line in [preview.message.trim_end(), "", stat.trim_end()] {
            ui.tell(line)?;
        }
    }
    let document = CommitDocument {
        api_version: VERSION,
        kind: "Commit",
        commit: None,
        branch: Some(&preview.place),
        pushed_to: None,
        subject: preview.message.lines().next(),
        dry_run: true,
        files: files(&preview.changes),
        warnings: &preview.warnings,
    };
    self::document(format, &document, "", ui)
}

fn files(changes: &[gitops::file_change::FileChange]) -> Vec<FileDocument<'_>> {
    let file = |change: &'_ gitops::file_change::FileChange| match (&change.old, &change.new) {
        (None, _) => "added",
        (_, None) => "deleted",
        _ => "modified",
    };
    changes
        .iter()
        .map(|change| FileDocument {
            path: &change.path,
            change: file(change),
        })
        .collect()
}

/// Prints the newest restore point of a backup that was made.
pub(super) fn backed_up(
    name: &str,
    point: &str,
    format: Option<OutputFormat>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    begin(format, ui);
    ui.tell(&format!("{} backed up {point}", dataflow_name(name)))?;
    let document = BackupDocument {
        api_version: VERSION,
        kind: "Backup",
        dataflow: name,
        point,
    };
    self::document(format, &document, point, ui)
}

/// Prints how a recovery action was applied.
pub(super) fn outcome(
    outcome: &Outcome,
    name: &str,
    dry_run: DryRun,
    format: Option<OutputFormat>,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    match outcome {
        Outcome::InGit(commit) => in_git(commit, format, ui),
        Outcome::Applied { namespace, object } => {
            begin(format, ui);
            ui.tell(&dry_run.mark(&format!("{} changed", dataflow_name(name))))?;
            if !dry_run.is_on() {
                ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
            }
            objects(format, std::slice::from_ref(object), ui)
        }
    }
}

/// Prints a document, or with `-o name` the name of what it is about, if there is one.
fn document(
    format: Option<OutputFormat>,
    document: &impl Serialize,
    name: &str,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    match format {
        None => Ok(()),
        Some(OutputFormat::Name) if name.is_empty() => Ok(()),
        Some(OutputFormat::Name) => ui.line(name),
        Some(format) => {
            let value: Value = serde_json::to_value(document).expect("texts are JSON");
            ui.document(&Documents::new(format.into(), true).object(value)?)
        }
    }
}
