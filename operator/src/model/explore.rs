//! Searches all states breadth first. Checks the invariants in each, and that a run without faults from each converges.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;

use super::cluster::{Pod, Process};
use super::fair::arrived;
use super::operator::Decide;
use super::world::World;

/// The properties to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The invariants.
    Safety,
    /// The invariants, and that every state converges to the spec without further faults.
    SafetyAndProgress,
}

/// The result of an exploration.
pub(super) struct Report {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) depth: usize,
    pub(super) violation: Option<String>,
}

impl Report {
    /// Prints the size of the exploration.
    pub(super) fn print(&self, name: &str) {
        println!(
            "{name}: {} states, {} transitions, depth {}, {} violations",
            self.states,
            self.transitions,
            self.depth,
            u32::from(self.violation.is_some())
        );
    }
}

/// The number of rounds without faults after which a state must have converged.
const FAIR_ROUNDS: usize = 60;

/// Explores every state that is reachable within `depth` transitions.
pub(super) fn explore(start: World, depth: usize, decide: Decide, check: Check) -> Report {
    let hasher = FixedState::default();
    // Hashes are kept instead of states. A collision could hide a state, with a probability of 2^-64 for each pair.
    let mut from: HashMap<u64, (u64, String), FixedState> = HashMap::default();
    let mut settles: HashSet<u64, FixedState> = HashSet::default();
    let mut report = Report {
        states: 1,
        transitions: 0,
        depth: 0,
        violation: None,
    };
    let first = hasher.hash_one(&start);
    from.insert(first, (first, "start".to_owned()));
    let mut queue = VecDeque::from([(start, first, 0)]);
    while let Some((world, id, at)) = queue.pop_front() {
        report.depth = report.depth.max(at);
        let wrong = violation(&world, decide).or_else(|| match check {
            Check::Safety => None,
            Check::SafetyAndProgress => never_converges(&world, decide, &mut settles, &hasher),
        });
        if let Some(wrong) = wrong {
            report.violation = Some(format!("{wrong}\n{}\n{world:#?}", path(&from, id)));
            return report;
        }
        if at == depth {
            continue;
        }
        let mut next = world.events();
        next.extend(world.operator(0, decide));
        next.extend(world.operator(1, decide));
        for (mut what, mut world) in next {
            world.canonical();
            if order_operators(&mut world, &hasher) {
                what.push_str("; from here on the operators have each other's number");
            }
            report.transitions += 1;
            let new = hasher.hash_one(&world);
            if let std::collections::hash_map::Entry::Vacant(entry) = from.entry(new) {
                entry.insert((id, what));
                report.states += 1;
                queue.push_back((world, new, at + 1));
            }
        }
    }
    report
}

/// Swaps the operators if their caches are not in the order of their hashes. Returns true if it did.
///
/// Without state the operators differ only in their numbers, so two states that mirror each other are explored once.
/// With state one of them cannot make backups, and they give a new store different identities.
fn order_operators(world: &mut World, hasher: &FixedState) -> bool {
    let [one, other] = &world.operators;
    let swap = !world.flow.keeps && hasher.hash_one(one) > hasher.hash_one(other);
    if swap {
        world.operators.swap(0, 1);
    }
    swap
}

/// Returns the events that lead to a state, one per line.
fn path(from: &HashMap<u64, (u64, String), FixedState>, mut id: u64) -> String {
    let mut events = Vec::new();
    while let Some((before, what)) = from.get(&id).filter(|(before, _)| *before != id) {
        events.push(format!("  {what}"));
        id = *before;
    }
    events.reverse();
    events.join("\n")
}

/// Returns the invariant that a state violates.
fn violation(world: &World, decide: Decide) -> Option<String> {
    let mut marks = world.pods.iter().map(|pod| pod.mark);
    let first = marks.next();
    if marks.any(|mark| Some(mark) != first) {
        return Some("two gangs at once".to_owned());
    }
    if world.flow.completed.is_some() && world.flow.completed != world.ended {
        return Some("completed without the end of input".to_owned());
    }
    let runs_again = |pod: &Pod| {
        matches!(pod.process, Process::Running | Process::Ready)
            && Some(pod.mark.revision) == world.flow.completed
    };
    if world.pods.iter().any(runs_again) {
        return Some("what had ended runs again".to_owned());
    }
    let refused = |pod: &Pod| world.loads.get(&pod.mark.revision) == Some(&false);
    if world.pods.iter().any(refused) {
        return Some("a refused revision was started".to_owned());
    }
    let code = |pod: &Pod| world.children.code_config_maps & (1 << pod.mark.revision) != 0;
    if !world.lost && !world.pods.iter().all(code) {
        return Some("a gang was started without its code".to_owned());
    }
    let store = world.store_violation();
    store
        .or_else(|| world.suspension_violation(decide))
        .map(str::to_owned)
}

/// Returns a violation if the state does not converge, in whichever order the operators get their turns.
fn never_converges(
    world: &World,
    decide: Decide,
    settles: &mut HashSet<u64, FixedState>,
    hasher: &FixedState,
) -> Option<String> {
    if let Some(wrong) = diverges(world, decide, settles, hasher) {
        return Some(wrong);
    }
    let [one, other] = &world.operators;
    // With state the other order is another state.
    if world.flow.keeps || one.pending == other.pending {
        return None;
    }
    let mut mirrored = world.clone();
    mirrored.operators.swap(0, 1);
    diverges(&mirrored, decide, settles, hasher)
}

/// Returns a violation if the state does not converge to the spec within [`FAIR_ROUNDS`] rounds without faults.
///
/// `settles` has the hashes of the states that converge, without what a round does not read. Most states differ only in
/// that, so most of them need no round of their own.
fn diverges(
    world: &World,
    decide: Decide,
    settles: &mut HashSet<u64, FixedState>,
    hasher: &FixedState,
) -> Option<String> {
    if arrived(world) {
        return None;
    }
    let mut world = world.clone();
    let mut seen = Vec::new();
    for _ in 0..FAIR_ROUNDS {
        world.forget();
        world.canonical();
        let id = hasher.hash_one(&world);
        if settles.contains(&id) {
            settles.extend(seen);
            return None;
        }
        seen.push(id);
        world.fair_round(decide);
        if let Some(wrong) = violation(&world, decide) {
            return Some(wrong);
        }
        if arrived(&world) {
            settles.extend(seen);
            return None;
        }
    }
    Some(format!("does not converge\n{world:#?}"))
}
