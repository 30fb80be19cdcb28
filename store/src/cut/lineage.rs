//! Follows a timeline back to its ancestors, and computes up to where each ancestor counts.
//!
//! A timeline contains its parent only up to the branch point: epochs and executions below the limits
//! of the [`Branch`](crate::partition::Branch). Over several generations the smallest limits count.

use std::collections::BTreeMap;

use super::copy::{ManifestFacts, PartitionCopy};
use crate::identity::Timeline;

/// The timelines that belong to the restored one, each with its limit.
pub(crate) struct Lineage<'a> {
    limits: BTreeMap<&'a Timeline, Limit>,
}

/// The end of the part of a timeline that belongs to the restored one.
#[derive(Clone, Copy)]
struct Limit {
    /// The first epoch that no longer belongs to it.
    epoch: u64,
    /// The first execution that no longer belongs to it.
    execution: u64,
}

impl<'a> Lineage<'a> {
    /// Follows the branch points in copies and manifests, from `timeline` back to its first ancestor.
    pub(crate) fn new(
        copies: &'a [PartitionCopy],
        manifest_facts: &'a ManifestFacts,
        timeline: &'a Timeline,
    ) -> Self {
        let passports = copies.iter().map(|copy| &copy.facts.passport);
        let reported = manifest_facts
            .branches
            .iter()
            .map(|(timeline, branch)| (timeline, branch));
        let branches: BTreeMap<_, _> = passports
            .filter_map(|passport| Some((&passport.timeline, passport.branch.as_ref()?)))
            .chain(reported)
            .collect();
        let mut limit = Limit {
            epoch: u64::MAX,
            execution: u64::MAX,
        };
        let mut limits = BTreeMap::from([(timeline, limit)]);
        let mut current = timeline;
        while let Some(branch) = branches.get(current) {
            limit.epoch = limit.epoch.min(branch.epoch);
            limit.execution = limit.execution.min(branch.execution);
            if limits.contains_key(&branch.parent) {
                break;
            }
            limits.insert(&branch.parent, limit);
            current = &branch.parent;
        }
        Self { limits }
    }

    /// Whether a timeline is the restored one or an ancestor.
    pub(crate) fn has(&self, timeline: &Timeline) -> bool {
        self.limits.contains_key(timeline)
    }

    /// Whether an execution of a timeline belongs to the restored timeline.
    pub(crate) fn includes(&self, timeline: &Timeline, execution: u64) -> bool {
        let limit = self.limits.get(timeline);
        limit.is_some_and(|limit| execution < limit.execution)
    }

    /// Returns the first epoch of a copy that no longer belongs to the restored timeline; `None` if the
    /// whole copy does not belong to it.
    pub(super) fn limit(&self, copy: &PartitionCopy) -> Option<u64> {
        let passport = &copy.facts.passport;
        let limit = self.limits.get(&passport.timeline)?;
        let execution = passport.last_start.as_ref().map(|start| start.execution);
        execution
            .is_none_or(|execution| execution < limit.execution)
            .then_some(limit.epoch)
    }
}
