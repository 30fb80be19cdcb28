//! Finds files that use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Fault;
use crate::uses::{Crate, Use};

/// The files that each file uses.
type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Returns one fault for each group of files in which each file reaches each other one.
pub(crate) fn circles(checked: &Crate) -> Vec<Fault> {
    let between_files = || {
        checked
            .uses
            .iter()
            .filter(|each| each.from.file != each.to.file)
    };
    let groups = groups(&graph(between_files()));
    let faults = groups.into_iter().map(|group| {
        let inside = |each: &&Use| {
            group.contains(each.from.file.as_str()) && group.contains(each.to.file.as_str())
        };
        let uses: Vec<Use> = between_files().filter(inside).cloned().collect();
        let others = uses
            .iter()
            .filter(|each| !is_around(&each.to.file, &each.from.file));
        Fault::Circle {
            package: checked.name.clone(),
            files: group.len(),
            family: self::groups(&graph(others)).is_empty(),
            uses,
        }
    });
    faults.collect()
}

fn graph<'a>(uses: impl Iterator<Item = &'a Use>) -> Graph<'a> {
    let mut graph = Graph::new();
    for each in uses {
        graph
            .entry(&each.from.file)
            .or_default()
            .insert(&each.to.file);
    }
    graph
}

/// Returns the groups of files that reach each other (strongly connected components of two or more).
fn groups<'a>(graph: &Graph<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: Graph<'a> = graph
        .keys()
        .map(|file| (*file, reach(graph, file)))
        .collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    for file in graph.keys().copied().filter(|file| reaches(file, file)) {
        let group = reached[file]
            .iter()
            .copied()
            .filter(|other| reaches(other, file))
            .collect();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// Returns the files that can be reached from `start` by at least one use.
fn reach<'a>(graph: &Graph<'a>, start: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = graph.get(start).into_iter().flatten().copied().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(graph.get(file).into_iter().flatten());
        }
    }
    found
}

/// Whether the module of file `outer` contains the module of file `inner`.
fn is_around(outer: &str, inner: &str) -> bool {
    let folder = outer.trim_end_matches(".rs").trim_end_matches("/mod");
    inner
        .strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}
