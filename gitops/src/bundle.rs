//! A support bundle: what a cluster says about flows and their operator, without secrets, and with a manifest.
//!
//! Invariant: every text passes through `Redaction` when the files are made, after everything was searched for secrets.
//! Begin reading at [`Bundle`], then at [`Bundle::finish`].

mod escape;
mod found;
mod known;
mod plain;
mod redaction;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use found::Found;
use redaction::Redaction;

/// Name of the manifest in the bundle's folder.
pub const MANIFEST: &str = "manifest.yaml";

/// What no bundle contains, whatever the cluster permits.
const NEVER: [&str; 6] = [
    "Secrets, and values that look like secrets: they are shown as (hidden)",
    "the values of the variables of flows; those that the platform sets are shown",
    "the code of flows (ConfigMaps)",
    "the state of flows (volumes and buckets)",
    "the kubeconfig, credentials and the address of the API server",
    "metadata.managedFields and kubectl's copy of what was last applied",
];

/// One file as the cluster has it.
#[derive(Debug, Clone)]
struct Part {
    path: String,
    what: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Objects(Vec<Value>),
    Text(String),
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Entry {
    path: String,
    what: String,
    #[serde(skip)]
    text: String,
}

/// A part that the bundle does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The part.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// What was read for a bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    about: String,
    created: String,
    parts: Vec<Part>,
    left_out: Vec<LeftOut>,
    secrets: Vec<String>,
    searched: Vec<Value>,
}

/// The files of a bundle, without secrets.
#[derive(Debug, Clone)]
pub struct Finished {
    /// All files by their path below the folder of the bundle, the manifest first.
    pub files: Vec<(String, String)>,
    /// The parts that are missing.
    pub left_out: Vec<LeftOut>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    about: &'a str,
    created: &'a str,
    files: &'a [Entry],
    left_out: &'a [LeftOut],
    never_included: [&'a str; NEVER.len()],
}

impl Bundle {
    /// Creates an empty bundle. `about` names what it is about, `created` is the time.
    #[must_use]
    pub fn new(about: &str, created: &str) -> Self {
        Self {
            about: about.to_owned(),
            created: created.to_owned(),
            parts: Vec::new(),
            left_out: Vec::new(),
            secrets: Vec::new(),
            searched: Vec::new(),
        }
    }

    /// Hides a text in all files, such as a token or the address of the API server.
    pub fn hide(&mut self, text: &str) {
        self.secrets.push(text.to_owned());
    }

    /// Searches an object that is no part of the bundle. Its secrets are hidden in all files.
    pub fn search(&mut self, object: Value) {
        self.searched.push(object);
    }

    /// Adds a document of one or several objects.
    pub fn add_objects(&mut self, path: &str, what: &str, objects: &[Value]) {
        let objects = objects.iter().map(plain::object).collect();
        self.add(path, what, Content::Objects(objects));
    }

    /// Adds a text of lines, such as a log.
    pub fn add_text(&mut self, path: &str, what: &str, text: &str) {
        self.add(path, what, Content::Text(plain::text(text)));
    }

    fn add(&mut self, path: &str, what: &str, content: Content) {
        self.parts.push(Part {
            path: path.to_owned(),
            what: plain::text(what),
            content,
        });
    }

    /// Says that a part is missing.
    pub fn leave_out(&mut self, what: &str, why: &str) {
        let [what, why] = [what, why].map(plain::text);
        self.left_out.push(LeftOut { what, why });
    }

    /// Returns all files without secrets. What is a secret in one of them is hidden in all.
    #[must_use]
    pub fn finish(self) -> Finished {
        let redaction = Redaction::of(self.found());
        let line = |text: &str| redaction.text("line.txt", text);
        let mut paths = BTreeSet::new();
        let entries = self.parts.iter().map(|part| {
            let path = free_path(&line(&part.path), &mut paths);
            let text = match &part.content {
                Content::Objects(objects) => documents(objects, &redaction),
                Content::Text(text) => text.clone(),
            };
            Entry {
                text: redaction.text(&path, &text),
                what: line(&part.what),
                path,
            }
        });
        let entries: Vec<_> = entries.collect();
        let left_out = self.left_out.iter().map(|part| LeftOut {
            what: line(&part.what),
            why: line(&part.why),
        });
        let left_out: Vec<_> = left_out.collect();
        let manifest = Manifest {
            about: &self.about,
            created: &self.created,
            files: &entries,
            left_out: &left_out,
            never_included: NEVER,
        };
        let manifest = dataflow::yaml::to_string(&manifest).expect("a manifest has text keys");
        let manifest = (MANIFEST.to_owned(), redaction.text(MANIFEST, &manifest));
        let files = entries.into_iter().map(|entry| (entry.path, entry.text));
        Finished {
            files: std::iter::once(manifest).chain(files).collect(),
            left_out,
        }
    }

    /// Searches everything for secrets.
    fn found(&self) -> Found {
        let mut found = Found::default();
        for secret in &self.secrets {
            found.learn_value(secret);
        }
        self.searched.iter().for_each(|object| found.learn(object));
        for part in &self.parts {
            match &part.content {
                Content::Objects(objects) => objects.iter().for_each(|one| found.learn(one)),
                Content::Text(text) => found.learn_text(&part.path, text),
            }
        }
        found
    }
}

fn documents(objects: &[Value], redaction: &Redaction) -> String {
    let texts = objects.iter().map(|object| {
        let shown = redaction.object(object);
        dataflow::yaml::to_string(&shown).expect("an object has text keys")
    });
    texts.collect::<Vec<_>>().join("---\n")
}

/// Returns the path without anything that could leave the folder, and different from all others.
fn free_path(path: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    let segments = path.split('/').map(|segment| {
        let segment = segment.trim_start_matches('.');
        segment.replace(|char: char| !allowed(char), "_")
    });
    let segments: Vec<_> = segments.filter(|segment| !segment.is_empty()).collect();
    let mut free = segments.join("/");
    while free == MANIFEST || !taken.insert(free.clone()) {
        free.insert_str(0, "other-");
    }
    free
}

#[cfg(test)]
mod tests;
