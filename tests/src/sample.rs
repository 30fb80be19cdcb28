//! The part of a long enumeration that one run takes, and random numbers that a seed repeats.
//!
//! Some enumerations start real pods for each case. An ordinary run takes one share of their cases. The
//! seed chooses the share, and the day is the seed, so that as many days in a row as there are shares take
//! every case. A campaign takes all cases at once: `WAX_CAMPAIGN=1`. `WAX_SEED=NUMBER` repeats a run.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// How much of every long enumeration this run takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// Every case.
    All,
    /// One share of the cases.
    Share,
}

/// What this run takes, and the seed of everything in it that is chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// How much of an enumeration is taken.
    pub extent: Extent,
    /// The seed, the same for all tests of a run.
    seed: u64,
}

impl Sample {
    /// Reads the environment of this run and prints what repeats it: a failed test's output holds the line.
    #[expect(
        clippy::print_stdout,
        reason = "the output of a failed test says how to repeat it"
    )]
    pub fn of_this_run() -> Result<Self> {
        let seed = match std::env::var("WAX_SEED") {
            Ok(seed) => seed.parse().context("WAX_SEED is a number")?,
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / DAY_SECONDS,
        };
        let all = std::env::var("WAX_CAMPAIGN").is_ok_and(|value| value == "1");
        let extent = if all { Extent::All } else { Extent::Share };
        println!("WAX_SEED={seed} WAX_CAMPAIGN={}", u8::from(all));
        Ok(Self { extent, seed })
    }

    /// Returns the cases of `name` to take, of `count` cases in as many shares.
    pub fn cases(self, name: &str, count: usize, shares: usize) -> BTreeSet<usize> {
        match self.extent {
            Extent::All => (0..count).collect(),
            Extent::Share => share(self.seed, name, count, shares),
        }
    }

    /// Returns `all` in a campaign, and `some` in another run.
    pub fn choose<T>(self, all: T, some: T) -> T {
        match self.extent {
            Extent::All => all,
            Extent::Share => some,
        }
    }

    /// Returns the random numbers of `name`.
    pub fn random(self, name: &str) -> Random {
        Random(hash(self.seed, name))
    }
}

/// Returns the cases that `seed` takes: consecutive seeds take each case once in `shares` seeds. The name
/// shuffles the cases, so that neighbours, which often fail together, are not taken together.
fn share(seed: u64, name: &str, count: usize, shares: usize) -> BTreeSet<usize> {
    let mut cases: Vec<usize> = (0..count).collect();
    let mut random = Random(hash(0, name));
    for end in (1..count).rev() {
        cases.swap(end, random.index(end + 1));
    }
    let taken = usize::try_from(seed % shares.max(1) as u64).unwrap_or_default();
    cases
        .into_iter()
        .skip(taken)
        .step_by(shares.max(1))
        .collect()
}

/// Random numbers that are the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Returns a number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % end
    }

    /// Returns one of `all`, if there are any.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.index(all.len())])
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or_default()
    }
}

fn hash(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_days_take_every_case_exactly_once() {
        for (count, shares) in [(1, 1), (5, 5), (48, 4), (48, 7), (3, 5), (0, 2)] {
            for first in [0, 20_787, u64::MAX - 20] {
                let mut taken: Vec<usize> = (0..shares as u64)
                    .flat_map(|day| share(first + day, "kills", count, shares))
                    .collect();
                taken.sort_unstable();
                assert_eq!(taken, (0..count).collect::<Vec<_>>(), "{count} in {shares}");
            }
        }
    }

    #[test]
    fn shares_are_of_equal_size_and_the_same_for_the_same_seed() {
        let sizes = (0..5).map(|seed| share(seed, "kills", 48, 5).len());
        assert!(
            sizes.clone().all(|size| size == 9 || size == 10),
            "{sizes:?}"
        );
        assert_eq!(share(7, "kills", 48, 4), share(7, "kills", 48, 4));
        assert_ne!(share(7, "kills", 48, 4), share(7, "moves", 48, 4));
    }

    #[test]
    fn a_campaign_takes_all_and_another_run_a_share() {
        let sample = |extent| Sample { extent, seed: 3 };
        assert_eq!(sample(Extent::All).cases("kills", 9, 3).len(), 9);
        assert_eq!(sample(Extent::Share).cases("kills", 9, 3).len(), 3);
        assert_eq!(sample(Extent::Share).choose(20, 6), 6);
    }

    #[test]
    fn random_numbers_stay_below_their_end_and_repeat() {
        let numbers = |seed| {
            let mut random = Sample {
                extent: Extent::Share,
                seed,
            }
            .random("losses");
            (0..100).map(|_| random.below(7)).collect::<Vec<_>>()
        };
        assert!(numbers(1).iter().all(|number| *number < 7));
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        assert_eq!(Random(1).one_of::<u8>(&[]), None);
    }
}
