//! A store whose ledger is lost: the Dataflow was made anew, or somebody emptied its status. While
//! a gang runs its template tells; else the volumes are asked. What they hold is taken whole or
//! not at all.

use std::collections::BTreeMap;

use agent::report::{InspectedPartition, InspectionReport, Record};
use dataflow::placement;
use dataflow::status::StoreChangeKind;

use super::super::{Decision, Standing, Step, StoreStep, Which};
use super::action::digits;
use super::change::{Change, LOOK_AGAIN};
use super::{changing, refused};
use crate::observed::{
    Claim, HeldClaim, Observed, Pending, Slot, StoreLedger, StoreProgress, StoreRecord, StoreWish,
};

/// Notes the store of a gang that runs, where status knows nothing of it. The gang runs on.
pub(in super::super) fn from_gang(o: &Observed) -> Option<Decision> {
    let Slot::Ours(gang) = &o.gang else {
        return None;
    };
    let lost = o.ledger.store == StoreRecord::Unknown && gang.replicas > 0;
    let ledger = gang.store.clone().filter(|_| lost)?;
    let step = StoreStep::WriteLedger {
        dataflow: o.dataflow.clone(),
        ledger,
        start: gang.stamp.as_ref().map(|stamp| stamp.start),
    };
    Some(Decision::act(
        Step::Store(Which::Running, step),
        changing("notes which recovery store runs"),
    ))
}

/// Why the volumes there are cannot be what an earlier ledger spoke of.
pub(super) fn strangers(o: &Observed) -> Option<Standing> {
    let (mut ours, mut others) = (BTreeMap::<&str, Vec<&str>>::new(), Vec::new());
    for (claim, held) in held(o) {
        match &held.made_for {
            Some((store, _)) => ours.entry(store).or_default().push(&claim.name),
            None => others.push(claim.name.as_str()),
        }
    }
    if !others.is_empty() {
        return Some(refused(format!(
            "there are claims that were not made for a store of this Dataflow ({names}); remove \
             them if nobody needs them: kubectl delete pvc {names}",
            names = others.join(" ")
        )));
    }
    let several: Vec<String> = ours
        .iter()
        .map(|(store, claims)| format!("{store} on {}", claims.join(", ")))
        .collect();
    (several.len() > 1).then(|| {
        refused(format!(
            "there are volumes of several stores, and status knows of none: {}; delete the claims \
             of those that are not needed",
            several.join("; ")
        ))
    })
}

fn held(o: &Observed) -> impl Iterator<Item = (&Claim, &HeldClaim)> {
    let claims = o.store.claims.values();
    claims.filter_map(|claim| Some((claim, claim.held.as_ref()?)))
}

impl Change<'_> {
    /// Finds the store that the volumes hold, or begins one where there are none.
    pub(super) fn find(&self, wish: StoreWish) -> Decision {
        let o = self.o;
        if held(o).next().is_none() {
            return self.open(wish);
        }
        if let Some((claim, _)) = held(o).find(|(_, held)| held.leaving) {
            return self.wait_until_gone("claim", &claim.name);
        }
        // A change that was under way ends here; what it has done lies on the volumes.
        if let Some(pod) = o.store.pods.iter().find(|it| it.step != 0 && !it.deleting) {
            return self.delete(pod);
        }
        if let Some(pod) = o.store.pods.iter().find(|it| it.deleting) {
            return self.wait_until_gone("pod", &pod.name);
        }
        let told = "looks what the recovery volumes hold";
        let Some(pod) = o.store.pods.first() else {
            let volumes = o.store.claims.iter().filter(|(_, it)| it.held.is_some());
            let volumes = volumes.map(|(volume, _)| *volume).collect();
            return self.act(StoreStep::Inspect(volumes), told);
        };
        if pod.progress != StoreProgress::Done {
            return self.wait_for(pod, told);
        }
        let found = match &o.store.report {
            None => {
                return Decision::act(Step::ReadInspection(pod.name.clone()), changing(told));
            }
            Some(report) => report
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|report| self.adopted(report, wish)),
        };
        match found {
            Ok((ledger, start)) => {
                let step = StoreStep::WriteLedger {
                    dataflow: o.dataflow.clone(),
                    ledger,
                    start: Some(start),
                };
                self.act(step, "takes the store on the recovery volumes into use")
            }
            Err(why) => {
                let sentence = format!("{why}; to have it looked at again delete pod {}", pod.name);
                Decision::rest(refused(sentence)).again(o, 30)
            }
        }
    }

    /// The ledger by what lies on the volumes, and the highest start number there.
    fn adopted(
        &self,
        report: &InspectionReport,
        wish: StoreWish,
    ) -> Result<(StoreLedger, i64), String> {
        let found = Found::read(report, self.o)?;
        let store = held(self.o).find_map(|(_, held)| held.made_for.clone());
        let (id, _) = store.unwrap_or_default();
        let made = held(self.o).filter_map(|(_, held)| Some(held.made_for.as_ref()?.1));
        let step = made.max().unwrap_or(0).max(found.step);
        if let Some(other) = found.store.as_ref().filter(|store| **store != id) {
            return Err(format!(
                "the volumes hold store {other}, and their claims were made for store {id}; bring \
                 the right volumes back"
            ));
        }
        let ledger = StoreLedger {
            timeline: format!("1-{}", digits(&id)),
            id,
            step,
            places: Vec::new(),
            claims: self.uids(),
            pending: None,
            detached: false,
            last_action: None,
        };
        // Nothing ever ran on it: it was being made.
        if found.start == 0 && step <= 1 {
            let volumes = placement::volumes(wish.single_volume, self.goal.size);
            let pending = Pending {
                kind: StoreChangeKind::Initialise,
                places: placement::initial(wish.partitions, &volumes),
                timeline: None,
                action: None,
            };
            let making = StoreLedger {
                pending: Some(pending),
                ..ledger
            };
            return Ok((making, 0));
        }
        let (timeline, places) = found.set()?;
        let whole = StoreLedger {
            timeline,
            places,
            ..ledger
        };
        Ok((whole, found.start))
    }

    fn uids(&self) -> BTreeMap<u32, String> {
        let claims = self.o.store.claims.iter();
        claims
            .filter_map(|(volume, claim)| Some((*volume, claim.held.as_ref()?.uid.clone())))
            .collect()
    }

    fn wait_until_gone(&self, what: &str, name: &str) -> Decision {
        let standing = changing(format!("waits until the {what} {name} is gone"));
        Decision::rest(standing).again(self.o, LOOK_AGAIN)
    }
}

/// What all volumes together say.
#[derive(Default)]
struct Found {
    store: Option<String>,
    step: i64,
    start: i64,
    count: u32,
    timelines: Vec<String>,
    /// The volume of each partition.
    places: BTreeMap<u32, u32>,
}

impl Found {
    fn read(report: &InspectionReport, o: &Observed) -> Result<Self, String> {
        let mut found = Self::default();
        for volume in &report.volumes {
            if let Some(why) = volume.unreadable.first() {
                return Err(format!("a recovery volume cannot be read: {why}"));
            }
            let Some(record) = &volume.record else {
                if volume.partitions.is_empty() {
                    continue;
                }
                return Err("a recovery volume holds partitions but no record of ours".to_owned());
            };
            let uid = record.claim.as_str();
            let of_claim = |claim: &Claim| claim.held.as_ref().is_some_and(|it| it.uid == uid);
            let Some((number, claim)) = o.store.claims.iter().find(|(_, it)| of_claim(it)) else {
                return Err(format!(
                    "a recovery volume was written under the claim with UID {uid}, which is gone: \
                     it is a copy, or has been bound anew"
                ));
            };
            found.add(record, &claim.name)?;
            for partition in &volume.partitions {
                found.add_partition(partition, *number)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, record: &Record, claim: &str) -> Result<(), String> {
        let store = record.store.to_string();
        if self.store.get_or_insert_with(|| store.clone()) != &store {
            return Err(format!("the volume of {claim} belongs to store {store}"));
        }
        self.step = self.step.max(number(record.step));
        self.start = self.start.max(number(record.start));
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
        self.step = self.step.max(number(partition.step));
        let timeline = partition.timeline.to_string();
        if !self.timelines.contains(&timeline) {
            self.timelines.push(timeline);
        }
        Ok(())
    }

    /// The timeline and the places of a whole set.
    fn set(&self) -> Result<(String, Vec<u32>), String> {
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
