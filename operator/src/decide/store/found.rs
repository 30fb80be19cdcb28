//! What an inspection has found on the recovery volumes.

use std::collections::BTreeMap;

use agent::report::{InspectedPartition, InspectionReport, VolumeHeader};

use crate::observed::{Claim, Observed};

/// What all volumes together say.
#[derive(Default)]
pub(super) struct Found {
    pub(super) store: Option<String>,
    pub(super) step: i64,
    pub(super) start: i64,
    count: u32,
    timelines: Vec<String>,
    /// The volume of each partition.
    places: BTreeMap<u32, u32>,
}

impl Found {
    pub(super) fn read(report: &InspectionReport, o: &Observed) -> Result<Self, String> {
        let mut found = Self::default();
        for volume in &report.volumes {
            if let Some(why) = volume.unreadable.first() {
                return Err(format!("a recovery volume cannot be read: {why}"));
            }
            let Some(header) = &volume.header else {
                if volume.partitions.is_empty() {
                    continue;
                }
                return Err("a recovery volume holds partitions but no record of ours".to_owned());
            };
            let uid = header.claim.as_str();
            let of_claim = |claim: &Claim| claim.held.as_ref().is_some_and(|it| it.uid == uid);
            let Some((number, claim)) = o.store.claims.iter().find(|(_, it)| of_claim(it)) else {
                return Err(format!(
                    "a recovery volume was written under the claim with UID {uid}, which is gone: \
                     it is a copy, or has been bound anew"
                ));
            };
            found.add(header, &claim.name)?;
            for partition in &volume.partitions {
                found.add_partition(partition, *number)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, header: &VolumeHeader, claim: &str) -> Result<(), String> {
        let store = header.store.to_string();
        if self.store.get_or_insert_with(|| store.clone()) != &store {
            return Err(format!("the volume of {claim} belongs to store {store}"));
        }
        self.step = self.step.max(number(header.change_number));
        self.start = self.start.max(number(header.start));
        Ok(())
    }

    fn add_partition(&mut self, partition: &InspectedPartition, volume: u32) -> Result<(), String> {
        let index = partition.index;
        if self.store.as_deref() != Some(partition.store.as_str()) {
            return Err(format!("partition {index} is of store {}", partition.store));
        }
        if self.places.insert(index, volume).is_some() {
            return Err(format!("partition {index} is there twice"));
        }
        self.count = self.count.max(partition.count);
        self.step = self.step.max(number(partition.change_number));
        let timeline = partition.timeline.to_string();
        if !self.timelines.contains(&timeline) {
            self.timelines.push(timeline);
        }
        Ok(())
    }

    /// The timeline and the places of a whole set.
    pub(super) fn set(&self) -> Result<(String, Vec<u32>), String> {
        let [timeline] = self.timelines.as_slice() else {
            let all = self.timelines.join(", ");
            return Err(format!(
                "the volumes hold partitions of several timelines, or none ({all}): a change of \
                 the store has not come to its end; restore from a backup"
            ));
        };
        let places: Option<Vec<u32>> = (0..self.count)
            .map(|index| self.places.get(&index).copied())
            .collect();
        match places.filter(|places| places.len() == self.places.len()) {
            Some(places) => Ok((timeline.clone(), places)),
            None => Err(format!(
                "of {} partitions only {:?} are there; bring the volumes of the others back, or \
                 restore from a backup",
                self.count,
                self.places.keys().collect::<Vec<_>>()
            )),
        }
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
