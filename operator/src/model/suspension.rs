//! Suspensions that end by themselves: the annotation, its end, and the invariants while it holds.
//!
//! Time passes to the nearest end that the Dataflow or a cache shows. So an operator may believe that a suspension has
//! ended which was prolonged.

use super::cache::Pending;
use super::cluster::Until;
use super::operator::Decide;
use super::world::World;

/// The ticks of a suspension: more than any wait before the flow rests.
const LENGTH: u8 = 4;

impl World {
    /// Returns the changes of the annotation, and the passing of an end.
    pub(super) fn suspensions(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        if let Some(end) = self.nearest_end() {
            next.push(self.then("time passes the end of a suspension", |world| {
                world.tick = end;
            }));
        }
        if self.budget.timed_suspensions == 0 {
            return next;
        }
        let begun = Some(Until::Tick(self.tick + LENGTH));
        let changes = match self.suspension_end() {
            None => vec![("a suspension begins", begun)],
            Some(end) => vec![
                ("is prolonged", Some(Until::Tick(end + LENGTH))),
                ("is ended early", Some(Until::Tick(self.tick))),
                ("is deleted", None),
            ],
        };
        let unreadable = ("becomes unreadable", Some(Until::Unreadable));
        for (what, until) in changes.into_iter().chain([unreadable]) {
            if until == self.flow.until {
                continue;
            }
            next.push(self.then(format!("the annotation: {what}"), |world| {
                world.budget.timed_suspensions -= 1;
                world.flow.until = until;
                world.flow.version += 1;
            }));
        }
        next
    }

    /// Returns the first later tick at which a suspension ends, for the Dataflow itself or for a cache.
    fn nearest_end(&self) -> Option<u8> {
        let caches = self.operators.iter().filter_map(|seen| seen.flow.as_ref());
        caches
            .chain([&self.flow])
            .filter_map(|flow| match flow.until {
                Some(Until::Tick(until)) if self.tick < until => Some(until),
                Some(_) | None => None,
            })
            .min()
    }

    /// Returns the tick at which the present suspension ends; `None` without a suspension that has an end.
    pub(super) fn suspension_end(&self) -> Option<u8> {
        match self.flow.until {
            Some(Until::Tick(until)) if !self.flow.suspend && self.tick < until => Some(until),
            Some(_) | None => None,
        }
    }

    /// Whether no process shall run now.
    pub(super) fn is_suspended(&self) -> bool {
        self.flow.suspend || self.suspension_end().is_some()
    }

    /// Lets a tick pass in a fair run. A suspension lasts until the flow rests, and ends then.
    pub(super) fn pass_time(&mut self) {
        match self.suspension_end() {
            Some(end) if self.rests() => self.tick = end,
            Some(end) if self.tick + 1 == end => {}
            Some(_) | None => self.tick += 1,
        }
    }

    /// Whether nothing runs or will start, and status says so.
    fn rests(&self) -> bool {
        let idle = self
            .operators
            .iter()
            .all(|one| one.pending == Pending::Nothing);
        let no_gang = self.set.as_ref().is_none_or(|set| set.replicas == 0);
        let no_pods = self.pods.is_empty() && self.probes.is_empty();
        idle && no_gang && no_pods && self.objects.store_pods.is_empty() && self.flow.resting
    }

    /// Returns the invariant of suspensions that a state violates.
    pub(super) fn suspension_violation(&self, decide: Decide) -> Option<&'static str> {
        if self.started_suspended {
            return Some("a start number was allocated in a suspension");
        }
        let writes = |index: usize| {
            let mut before = self.clone();
            before.refresh_all(index);
            let mut after = before.clone();
            after.proceed(index, decide);
            after != before
        };
        let writing = self.suspension_end().is_some() && self.rests() && (0..2).any(writes);
        writing.then_some("an operator writes while a suspended flow rests")
    }
}
