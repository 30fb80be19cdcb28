//! The result of an inspection of the recovery volumes, combined over all volumes.

use std::collections::BTreeMap;

use agent::report::{InspectedPartition, InspectionReport, VolumeHeader};

use crate::observed::{Claim, Observed};

/// The store, the placement and the newest numbers that all volumes agree on.
#[derive(Default)]
pub(super) struct VolumeScan {
    /// The identity of the store in the volume headers.
    pub(super) store: Option<String>,
    /// The highest change number of a volume or partition.
    pub(super) change_number: i64,
    /// The highest start number of a volume.
    pub(super) start: i64,
    /// The number of partitions of the store.
    count: u32,
    /// The different timelines of the partitions.
    timelines: Vec<String>,
    /// The volume of each partition.
    places: BTreeMap<u32, u32>,
}

impl VolumeScan {
    /// Combines the report of an inspection.
    ///
    /// # Errors
    ///
    /// Fails if a volume cannot be read, if it belongs to another PVC or store, or if a partition exists twice.
    pub(super) fn read(report: &InspectionReport, observed: &Observed) -> Result<Self, String> {
        let mut scan = Self::default();
        for volume in &report.volumes {
            if let Some(why) = volume.unreadable.first() {
                return Err(format!("a recovery volume cannot be read: {why}"));
            }
            let Some(header) = &volume.header else {
                if volume.partitions.is_empty() {
                    continue;
                }
                return Err("a recovery volume holds partitions but no volume header".to_owned());
            };
            let uid = header.claim.as_str();
            let of_claim = |claim: &Claim| claim.held.as_ref().is_some_and(|held| held.uid == uid);
            let Some((number, claim)) = observed
                .store
                .claims
                .iter()
                .find(|(_, claim)| of_claim(claim))
            else {
                return Err(format!(
                    "a recovery volume was written under the PVC with UID {uid}, which no longer exists: \
                     the volume is a copy, or was bound to another PVC"
                ));
            };
            scan.add(header, &claim.name)?;
            for partition in &volume.partitions {
                scan.add_partition(partition, *number)?;
            }
        }
        Ok(scan)
    }

    fn add(&mut self, header: &VolumeHeader, claim: &str) -> Result<(), String> {
        let store = header.store.to_string();
        if self.store.get_or_insert_with(|| store.clone()) != &store {
            return Err(format!(
                "the volume of PVC {claim} belongs to store {store}"
            ));
        }
        self.change_number = self.change_number.max(number(header.change_number));
        self.start = self.start.max(number(header.start));
        Ok(())
    }

    fn add_partition(&mut self, partition: &InspectedPartition, volume: u32) -> Result<(), String> {
        let index = partition.index;
        if self.store.as_deref() != Some(partition.store.as_str()) {
            return Err(format!(
                "partition {index} belongs to store {}",
                partition.store
            ));
        }
        if self.places.insert(index, volume).is_some() {
            return Err(format!("partition {index} exists twice"));
        }
        self.count = self.count.max(partition.count);
        self.change_number = self.change_number.max(number(partition.change_number));
        let timeline = partition.timeline.to_string();
        if !self.timelines.contains(&timeline) {
            self.timelines.push(timeline);
        }
        Ok(())
    }

    /// Returns the timeline and the placement of a complete set of partitions.
    ///
    /// # Errors
    ///
    /// Fails if partitions are missing, or belong to several timelines.
    pub(super) fn set(&self) -> Result<(String, Vec<u32>), String> {
        let [timeline] = self.timelines.as_slice() else {
            let all = self.timelines.join(", ");
            return Err(format!(
                "the volumes hold partitions of several timelines, or none ({all}): a store change \
                 was not completed; restore a backup"
            ));
        };
        let places: Option<Vec<u32>> = (0..self.count)
            .map(|index| self.places.get(&index).copied())
            .collect();
        match places.filter(|places| places.len() == self.places.len()) {
            Some(places) => Ok((timeline.clone(), places)),
            None => Err(format!(
                "of {} partitions only {:?} exist; bring the volumes of the others back, or restore \
                 a backup",
                self.count,
                self.places.keys().collect::<Vec<_>>()
            )),
        }
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
