//! Which timelines the restored one comes from, and up to where each of them counts.

use std::collections::BTreeMap;

use super::copy::{Copy, Known};
use crate::identity::Timeline;

/// What of each timeline still belongs to the one that is restored.
pub(crate) struct Lineage<'a> {
    limits: BTreeMap<&'a Timeline, Limit>,
}

/// Where a timeline was left.
#[derive(Clone, Copy)]
struct Limit {
    /// The first epoch that no longer belongs.
    epoch: u64,
    /// The first execution that no longer belongs.
    execution: u64,
}

impl<'a> Lineage<'a> {
    /// Follows the branches that anyone tells of, from the timeline back.
    pub(crate) fn new(copies: &'a [Copy], known: &'a Known, timeline: &'a Timeline) -> Self {
        let passports = copies.iter().map(|copy| &copy.facts.passport);
        let told = known.branches.iter().map(|(of, branch)| (of, branch));
        let branches: BTreeMap<_, _> = passports
            .filter_map(|passport| Some((&passport.timeline, passport.branch.as_ref()?)))
            .chain(told)
            .collect();
        let mut limit = Limit {
            epoch: u64::MAX,
            execution: u64::MAX,
        };
        let mut limits = BTreeMap::from([(timeline, limit)]);
        let mut at = timeline;
        while let Some(branch) = branches.get(at) {
            limit.epoch = limit.epoch.min(branch.epoch);
            limit.execution = limit.execution.min(branch.execution);
            if limits.contains_key(&branch.parent) {
                break;
            }
            limits.insert(&branch.parent, limit);
            at = &branch.parent;
        }
        Self { limits }
    }

    /// Whether a timeline is the restored one or an ancestor.
    pub(crate) fn has(&self, timeline: &Timeline) -> bool {
        self.limits.contains_key(timeline)
    }

    /// Whether an execution of a timeline belongs.
    pub(crate) fn includes(&self, timeline: &Timeline, execution: u64) -> bool {
        let limit = self.limits.get(timeline);
        limit.is_some_and(|limit| execution < limit.execution)
    }

    /// The first epoch of a copy that no longer belongs; none for a copy that does not belong.
    pub(super) fn limit(&self, copy: &Copy) -> Option<u64> {
        let passport = &copy.facts.passport;
        let limit = self.limits.get(&passport.timeline)?;
        let execution = passport.last_start.as_ref().map(|start| start.execution);
        execution
            .is_none_or(|execution| execution < limit.execution)
            .then_some(limit.epoch)
    }
}
