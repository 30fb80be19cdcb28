//! Measures gangs in which one engine is killed and restarted while the others wait for their peers.

use std::time::{Duration, Instant};

use anyhow::Result;
use wax_tests::engine::{Bed, Gang, Input, Shape};

use crate::print;

const SHAPE: Shape = Shape {
    workers: 1,
    processes: 3,
    partitions: 3,
};
/// Forming takes one to two seconds. A gang that has not formed after this time waits forever.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Counts how many gangs form after one of their engines was replaced early.
pub(crate) fn measure(times: usize) -> Result<()> {
    print(
        "| killed and started again while the last of three was missing | formed | one ended, others wait | all wait |\n|---|---|---|---|",
    )?;
    for replaced in [0, 1] {
        let (mut formed, mut waiting, mut ended) = (0, 0, 0);
        for _ in 0..times {
            match replaced_early(replaced)? {
                Outcome::Formed => formed += 1,
                Outcome::Waiting => waiting += 1,
                Outcome::OneEnded => ended += 1,
            }
        }
        print(&format!(
            "| process {replaced} | {formed} | {ended} | {waiting} |"
        ))?;
    }
    Ok(())
}

enum Outcome {
    Formed,
    Waiting,
    OneEnded,
}

fn replaced_early(replaced: u32) -> Result<Outcome> {
    let mut bed = Bed::new(SHAPE, Duration::from_millis(50), 3)?;
    bed.begin()?;
    let input = Input::endless(3, 0.01);
    let mut gang = Gang::gathering(&bed)?;
    gang.join(&bed, &input, 0)?;
    gang.wants_peers(0)?;
    gang.join(&bed, &input, 1)?;
    gang.wants_peers(1)?;
    // Long enough for the two engines to connect to each other.
    std::thread::sleep(Duration::from_millis(500));
    gang.engine(replaced).kill()?;
    gang.join(&bed, &input, replaced)?;
    gang.join(&bed, &input, 2)?;
    let started = Instant::now();
    while started.elapsed() < TIMEOUT {
        if gang.alive().is_err() {
            return Ok(Outcome::OneEnded);
        }
        if bed.resume()?.epoch > 3 {
            return Ok(Outcome::Formed);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Outcome::Waiting)
}
