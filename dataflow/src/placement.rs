//! The placement of recovery partitions: the volume that holds each of them.
//!
//! The engine uses a partition in any process that has it, so every placement works. Two rules matter: each partition
//! is on exactly one volume, and it moves only when that volume is no longer used.

use std::collections::BTreeMap;

/// Number of the volume that all processes share. Volumes of single processes are numbered from 0.
pub const SHARED_VOLUME: u32 = u32::MAX;

/// Returns the volumes of a gang: one shared volume, or one volume for each process.
#[must_use]
pub fn volumes(single_volume: bool, processes: i32) -> Vec<u32> {
    if single_volume {
        return vec![SHARED_VOLUME];
    }
    (0..u32::try_from(processes).unwrap_or(1).max(1)).collect()
}

/// Returns the placement of new partitions, spread evenly over the volumes.
#[must_use]
pub fn initial(partitions: u32, volumes: &[u32]) -> Vec<u32> {
    let all = volumes.iter().copied().cycle();
    (0..partitions).zip(all).map(|(_, volume)| volume).collect()
}

/// Returns a placement on the given volumes only. A partition on any other volume moves to the volume with the fewest
/// partitions; all others stay.
#[must_use]
pub fn within(places: &[u32], volumes: &[u32]) -> Vec<u32> {
    let count = |volume: u32| places.iter().filter(|place| **place == volume).count();
    let mut held: BTreeMap<u32, usize> = volumes
        .iter()
        .map(|volume| (*volume, count(*volume)))
        .collect();
    places
        .iter()
        .map(|place| {
            if held.contains_key(place) {
                return *place;
            }
            // If several volumes have the fewest partitions, `min_by_key` returns the first.
            let Some((emptiest, count)) = held.iter_mut().min_by_key(|(_, count)| **count) else {
                return *place;
            };
            *count += 1;
            *emptiest
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const OWN: [u32; 3] = [0, 1, 2];

    #[rstest]
    #[case(4, &OWN[..2], &[0, 1, 0, 1])]
    #[case(1, &OWN, &[0])]
    #[case(3, &OWN[..1], &[0, 0, 0])]
    #[case(2, &[SHARED_VOLUME], &[SHARED_VOLUME; 2])]
    fn initial_placement_spreads_partitions_evenly(
        #[case] partitions: u32,
        #[case] volumes: &[u32],
        #[case] places: &[u32],
    ) {
        assert_eq!(initial(partitions, volumes), places);
    }

    #[rstest]
    #[case(&[0, 1, 2, 0, 2], &OWN[..2], &[0, 1, 1, 0, 0])]
    #[case::to_one_volume(&[0, 1], &[SHARED_VOLUME], &[SHARED_VOLUME; 2])]
    #[case::from_one_volume(&[SHARED_VOLUME; 4], &OWN, &[0, 1, 2, 0])]
    fn displaced_partition_moves_to_volume_with_fewest(
        #[case] before: &[u32],
        #[case] volumes: &[u32],
        #[case] after: &[u32],
    ) {
        assert_eq!(within(before, volumes), after);
    }

    proptest! {
        #[test]
        fn partition_moves_only_if_its_volume_is_unused(
            places in proptest::collection::vec(0_u32..8, 1..40),
            processes in 1..8,
        ) {
            let volumes = volumes(false, processes);
            let after = within(&places, &volumes);
            prop_assert_eq!(after.len(), places.len());
            for (before, after) in places.iter().zip(&after) {
                prop_assert!(volumes.contains(after));
                prop_assert!(!volumes.contains(before) || before == after);
            }
        }
    }
}
