use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher, RandomState},
};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng},
};

use super::*;

/// Walks through every world that few events lead to; gives their number, or the way to a mixture.
fn explore(world: World, faults: u32, events: usize) -> Result<usize, Vec<Event>> {
    let hasher = RandomState::new();
    let mut known = HashSet::new();
    let mut front = vec![(world, Vec::new())];
    for _ in 0..events {
        let mut next_front = Vec::new();
        for (world, way) in front {
            for event in world.events(faults) {
                let mut next = world.clone();
                next.apply(event);
                if !known.insert(hasher.hash_one(&next)) {
                    continue;
                }
                let way = [&way[..], &[event]].concat();
                if next.mixture().is_some() {
                    return Err(way);
                }
                next_front.push((next, way));
            }
        }
        front = next_front;
    }
    Ok(known.len())
}

/// Takes one way of many events.
fn wander(mut world: World, faults: u32, choices: &[u16]) -> Result<World, Vec<Event>> {
    let mut way = Vec::new();
    for choice in choices {
        let mut events = world.events(faults);
        // Trouble is rare, so that there is something to trouble.
        if choice % 8 != 0 {
            events.retain(|event| !event.is_trouble());
        }
        let event = events[usize::from(*choice / 8) % events.len()];
        way.push(event);
        world.apply(event);
        if world.mixture().is_some() {
            return Err(way);
        }
    }
    Ok(world)
}

/// Takes a way as far as it can still be gone.
fn follow(mut world: World, faults: u32, way: &[Event]) -> World {
    for event in way {
        if world.mixture().is_none() && world.events(faults).contains(event) {
            world.apply(*event);
        }
    }
    world
}

/// Leaves out of a way whatever does not matter for its end.
fn shortened(world: &World, faults: u32, mut way: Vec<Event>) -> Vec<Event> {
    let mut index = 0;
    while index < way.len() {
        let mut shorter = way.clone();
        shorter.remove(index);
        if follow(world.clone(), faults, &shorter).mixture().is_some() {
            (way, index) = (shorter, 0);
        } else {
            index += 1;
        }
    }
    way
}

/// Lets the world be kind: nothing is lost and nobody dies. Tells whether all come to run together.
fn settles(mut world: World) -> bool {
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
fn no_few_events_mix_rounds() {
    let world = World::new(2, [SHORT, SHORT]);
    let worlds = explore(world, 2, depth("WAX_MODEL_EVENTS", 8));
    let worlds = worlds.unwrap_or_else(|way| panic!("{way:?}"));
    assert!(worlds > 10_000, "{worlds}");
}

/// Process 0 has two pods that both host; each gives a round with an attempt that process 1 left.
#[test]
fn a_host_whose_members_have_all_moved_may_still_give_a_round() {
    use Event::{Deliver, Forget, Lose, Receive, Send, StartEngine};
    #[rustfmt::skip]
    let way = [
        Send(0, 0), Forget(0), Send(0, 0), Deliver(2), Receive(2), Deliver(0), Send(2, 0), Deliver(2),
        Receive(2), Send(1, 2), Deliver(1), Receive(0), Send(0, 0), Send(2, 2), Deliver(0), Deliver(2),
        Receive(0), Send(0, 2), Receive(1), Send(1, 0), Deliver(1), Receive(2), Deliver(0), Receive(0),
        Receive(1), Send(2, 2), Send(0, 0), Send(1, 0), Deliver(0), Deliver(1), Lose(1), Receive(0),
        Send(1, 2), Send(0, 0), Deliver(2), Deliver(1), Receive(1), Send(1, 2), Deliver(0), Receive(0),
        Deliver(1), StartEngine(0), Receive(1), StartEngine(1),
    ];
    let world = follow(World::new(2, [SHORT, SHORT]), 4, &way);
    assert!(world.mixture().is_none(), "{world:?}");
    assert!(settles(world));
}

/// Process 1 has two pods; one starts its engine, and the other comes when process 0 has died.
#[test]
fn a_host_knows_the_round_that_the_one_before_it_gave() {
    use Event::{Crash, Deliver, Forget, Receive, Send, StartEngine};
    let asks = |index| [Send(index, 0), Deliver(index), Receive(index)];
    let (new, old) = (1, 2);
    let way = [
        &[Forget(1)][..],
        &[asks(0), asks(old), asks(new), asks(0), asks(old)].concat(),
        &[StartEngine(old), Crash(0)],
        &[asks(0), asks(new), asks(0), asks(new), asks(0), asks(new)].concat(),
        &[StartEngine(0), StartEngine(new)],
    ];
    let world = follow(World::new(2, [SHORT, SHORT]), 4, &way.concat());
    assert!(world.launches[old].engine.is_some(), "{world:?}");
    assert!(world.mixture().is_none(), "{world:?}");
    assert!(settles(world));
}

/// The model can fail: members that do not mind silence get mixed.
#[test]
fn an_engine_that_outlives_its_lease_mixes_rounds() {
    let endless = Patience {
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

fn depth(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(depth("WAX_MODEL_WALKS", 300) as u32) })]
    #[test]
    fn no_many_events_mix_rounds_and_all_settles(size in 2u32..4, choices in prop::collection::vec(any::<u16>(), 150)) {
        let world = World::new(size, [SHORT, SHORT]);
        match wander(world.clone(), 4, &choices) {
            Err(way) => prop_assert!(false, "{size} {:?}", shortened(&world, 4, way)),
            Ok(world) => prop_assert!(settles(world)),
        }
    }
}
