//! A support bundle: what a cluster says about flows and their operator, without secrets, and with a manifest.
//!
//! Invariant: every text passes through [`Redaction`] before it is in the bundle. Begin reading at [`Bundle`].

mod redaction;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

pub use redaction::Redaction;

/// Name of the manifest in the bundle's folder.
pub const MANIFEST: &str = "manifest.yaml";

/// What no bundle contains, whatever the cluster permits.
const NEVER: [&str; 6] = [
    "Secrets, and values that look like secrets: they are shown as (hidden)",
    "the values of the variables of flows; those that the platform sets are shown",
    "the code of flows (ConfigMaps)",
    "the state of flows (volumes and buckets)",
    "the kubeconfig and credentials",
    "metadata.managedFields and kubectl's copy of what was last applied",
];

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Path below the folder of the bundle.
    pub path: String,
    /// What the file contains.
    pub what: String,
    /// Its text, without secrets.
    #[serde(skip)]
    pub text: String,
}

/// A part that the bundle does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The part.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// The files of a bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    redaction: Redaction,
    about: String,
    created: String,
    entries: Vec<Entry>,
    left_out: Vec<LeftOut>,
    paths: BTreeSet<String>,
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
            redaction: Redaction::default(),
            about: about.to_owned(),
            created: created.to_owned(),
            entries: Vec::new(),
            left_out: Vec::new(),
            paths: BTreeSet::new(),
        }
    }

    /// Remembers the secrets in objects. They are hidden in everything that is added from then on, also in logs.
    pub fn learn<'a>(&mut self, objects: impl IntoIterator<Item = &'a Value>) {
        self.redaction.learn(objects);
    }

    /// Adds a document of one or several objects.
    pub fn add_objects(&mut self, path: &str, what: &str, objects: &[Value]) {
        let masked: Vec<_> = objects
            .iter()
            .map(|one| self.redaction.object(one))
            .collect();
        let texts: Vec<_> = masked.iter().map(yaml).collect();
        self.add_text(path, what, &texts.join("---\n"));
    }

    /// Adds a text of lines, such as a log.
    pub fn add_text(&mut self, path: &str, what: &str, text: &str) {
        let path = self.free_path(path);
        let text = self.redaction.text(&path, text);
        let what = self.redaction.text("what.txt", what);
        self.entries.push(Entry { path, what, text });
    }

    /// Says that a part is missing.
    pub fn leave_out(&mut self, what: &str, why: &str) {
        let [what, why] = [what, why].map(|text| self.redaction.text("why.txt", text));
        self.left_out.push(LeftOut { what, why });
    }

    /// Returns the parts that are missing.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Returns all files, the manifest first.
    #[must_use]
    pub fn files(&self) -> Vec<(&str, String)> {
        let manifest = Manifest {
            about: &self.about,
            created: &self.created,
            files: &self.entries,
            left_out: &self.left_out,
            never_included: NEVER,
        };
        let text = dataflow::yaml::to_string(&manifest).expect("a manifest has text keys");
        let entries = self.entries.iter();
        let files = entries.map(|entry| (entry.path.as_str(), entry.text.clone()));
        std::iter::once((MANIFEST, text)).chain(files).collect()
    }

    /// Returns the path without anything that could leave the folder, and different from all others.
    fn free_path(&mut self, path: &str) -> String {
        let allowed = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
        let segments = path.split('/').map(|segment| {
            let segment = segment.trim_start_matches('.');
            segment.replace(|char: char| !allowed(char), "_")
        });
        let segments: Vec<_> = segments.filter(|segment| !segment.is_empty()).collect();
        let mut free = segments.join("/");
        while free == MANIFEST || !self.paths.insert(free.clone()) {
            free.insert_str(0, "other-");
        }
        free
    }
}

fn yaml(value: &Value) -> String {
    dataflow::yaml::to_string(value).expect("an object has text keys")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn manifest_names_files_and_missing_parts() {
        let mut bundle = Bundle::new("dataflow orders", "2026-05-01T14:00:00Z");
        bundle.add_objects(
            "flows/orders/dataflow.yaml",
            "the Dataflow",
            &[json!({"kind": "Dataflow", "metadata": {"name": "orders", "managedFields": []}})],
        );
        bundle.add_text("flows/orders/logs/a.log", "log of pod a", "started\n");
        bundle.leave_out("pods", "user `ann` is not allowed to list `pods`");
        let files = bundle.files();
        let paths: Vec<_> = files.iter().map(|(path, _)| *path).collect();
        let flow = "flows/orders/dataflow.yaml";
        assert_eq!(paths, [MANIFEST, flow, "flows/orders/logs/a.log"]);
        assert_eq!(files[1].1, "kind: Dataflow\nmetadata:\n  name: orders\n");
        insta::assert_snapshot!(files[0].1);
    }

    #[test]
    fn path_stays_in_folder_and_is_unique() {
        let mut bundle = Bundle::new("x", "now");
        for path in ["../../etc/passwd", "/etc/passwd", "a b\u{1b}", MANIFEST] {
            bundle.add_text(path, "a file", "");
        }
        let paths: Vec<_> = bundle
            .entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        let manifest = format!("other-{MANIFEST}");
        assert_eq!(paths, ["etc/passwd", "other-etc/passwd", "a_b_", &manifest]);
    }
}
