//! Explores the model: all short walks, long random walks, and walks that once found a mixture.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher, RandomState},
};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng},
};

use super::*;

/// Visits every world that at most `events` events lead to. Returns their number, or the walk to a mixture.
fn explore(world: World, faults: u32, events: usize) -> Result<usize, Vec<Event>> {
    let hasher = RandomState::new();
    let mut known = HashSet::new();
    let mut front = vec![(world, Vec::new())];
    for _ in 0..events {
        let mut next_front = Vec::new();
        for (world, walk) in front {
            for event in world.events(faults) {
                let mut next = world.clone();
                next.apply(event);
                if !known.insert(hasher.hash_one(&next)) {
                    continue;
                }
                let walk = [&walk[..], &[event]].concat();
                if next.mixture().is_some() {
                    return Err(walk);
                }
                next_front.push((next, walk));
            }
        }
        front = next_front;
    }
    Ok(known.len())
}

/// Follows one walk of many events that `choices` selects.
fn wander(mut world: World, faults: u32, choices: &[u16]) -> Result<World, Vec<Event>> {
    let mut walk = Vec::new();
    for choice in choices {
        let mut events = world.events(faults);
        // Faults are rare, so that engines run when one happens.
        if choice % 8 != 0 {
            events.retain(|event| !event.is_fault());
        }
        let event = events[usize::from(*choice / 8) % events.len()];
        walk.push(event);
        world.apply(event);
        if world.mixture().is_some() {
            return Err(walk);
        }
    }
    Ok(world)
}

/// Applies those events of a walk that are still possible, until there is a mixture.
fn follow(mut world: World, faults: u32, walk: &[Event]) -> World {
    for event in walk {
        if world.mixture().is_none() && world.events(faults).contains(event) {
            world.apply(*event);
        }
    }
    world
}

/// Removes every event from a walk that its mixture does not need.
fn shortened(world: &World, faults: u32, mut walk: Vec<Event>) -> Vec<Event> {
    let mut index = 0;
    while index < walk.len() {
        let mut shorter = walk.clone();
        shorter.remove(index);
        if follow(world.clone(), faults, &shorter).mixture().is_some() {
            (walk, index) = (shorter, 0);
        } else {
            index += 1;
        }
    }
    walk
}

/// Returns true if all engines come to run in one round once there are no more faults.
fn forms(mut world: World) -> bool {
    world.launches.retain(|launch| !launch.forgotten);
    for launch in &mut world.launches {
        launch.talk = None;
    }
    let host = world
        .launches
        .iter()
        .position(|launch| launch.slot == 0)
        .unwrap();
    for step in 0..120 {
        for index in 0..world.launches.len() {
            for event in [
                Event::Send(index, host),
                Event::Deliver(index),
                Event::Receive(index),
            ] {
                world.apply(event);
            }
            for event in [
                Event::StartEngine(index),
                Event::Connect(host),
                Event::Notice(index),
            ] {
                if world.events(0).contains(&event) {
                    world.apply(event);
                }
            }
        }
        if step % 3 == 2 {
            world.apply(Event::Tick);
        }
    }
    let rounds: BTreeSet<_> = world.launches.iter().map(|launch| &launch.engine).collect();
    rounds.len() == 1
        && world
            .launches
            .iter()
            .all(|launch| world.is_connected(launch))
}

#[test]
fn short_walks_never_mix_rounds() {
    let world = World::new(2, [SHORT, SHORT]);
    let worlds = explore(world, 2, setting("WAX_MODEL_EVENTS", 8));
    let worlds = worlds.unwrap_or_else(|walk| panic!("{walk:?}"));
    assert!(worlds > 10_000, "{worlds}");
}

/// Process 0 has two pods that both host. Each opens a round with an attempt that process 1 has abandoned.
#[test]
fn round_of_abandoned_attempts_mixes_no_engines() {
    use Event::{Deliver, Forget, Lose, Receive, Send, StartEngine};
    #[rustfmt::skip]
    let walk = [
        Send(0, 0), Forget(0), Send(0, 0), Deliver(2), Receive(2), Deliver(0), Send(2, 0), Deliver(2),
        Receive(2), Send(1, 2), Deliver(1), Receive(0), Send(0, 0), Send(2, 2), Deliver(0), Deliver(2),
        Receive(0), Send(0, 2), Receive(1), Send(1, 0), Deliver(1), Receive(2), Deliver(0), Receive(0),
        Receive(1), Send(2, 2), Send(0, 0), Send(1, 0), Deliver(0), Deliver(1), Lose(1), Receive(0),
        Send(1, 2), Send(0, 0), Deliver(2), Deliver(1), Receive(1), Send(1, 2), Deliver(0), Receive(0),
        Deliver(1), StartEngine(0), Receive(1), StartEngine(1),
    ];
    let world = follow(World::new(2, [SHORT, SHORT]), 4, &walk);
    assert!(world.mixture().is_none(), "{world:?}");
    assert!(forms(world));
}

/// Process 1 has two pods. One starts its engine; the other offers after process 0 has died.
#[test]
fn restarted_host_knows_the_last_round() {
    use Event::{Crash, Deliver, Forget, Receive, Send, StartEngine};
    let asks = |index| [Send(index, 0), Deliver(index), Receive(index)];
    let (new, old) = (1, 2);
    let walk = [
        &[Forget(1)][..],
        &[asks(0), asks(old), asks(new), asks(0), asks(old)].concat(),
        &[StartEngine(old), Crash(0)],
        &[asks(0), asks(new), asks(0), asks(new), asks(0), asks(new)].concat(),
        &[StartEngine(0), StartEngine(new)],
    ];
    let world = follow(World::new(2, [SHORT, SHORT]), 4, &walk.concat());
    assert!(world.launches[old].engine.is_some(), "{world:?}");
    assert!(world.mixture().is_none(), "{world:?}");
    assert!(forms(world));
}

/// Control run, which must fail: members that ignore their lease get mixed.
#[test]
fn engines_without_a_lease_get_mixed() {
    let endless = Timeouts {
        lease: 1000 * SECOND,
        ..SHORT
    };
    let mut chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mixed = (0..2000).any(|_| {
        let choices: Vec<u16> = (0..150).map(|_| chance.next_u32() as u16).collect();
        wander(World::new(2, [endless, SHORT]), 2, &choices).is_err()
    });
    assert!(mixed);
}

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(setting("WAX_MODEL_WALKS", 300) as u32) })]
    #[test]
    fn long_walks_never_mix_rounds_and_always_form(size in 2u32..4, choices in prop::collection::vec(any::<u16>(), 150)) {
        let world = World::new(size, [SHORT, SHORT]);
        match wander(world.clone(), 4, &choices) {
            Err(walk) => prop_assert!(false, "{size} {:?}", shortened(&world, 4, walk)),
            Ok(world) => prop_assert!(forms(world)),
        }
    }
}
