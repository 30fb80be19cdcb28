//! Settings of the recovery store: what a gang must find there, or how a store pod changes it.

use std::{collections::BTreeSet, path::PathBuf, str::FromStr};

use store::{
    cut::ManifestFacts,
    identity::ClaimUid,
    spec::{Change, ChangeSpec, Intervals, Placement, StoreSpec},
};

use super::{identity::ProcessIdentity, reader::Reader};

/// The longest interval, in seconds.
const LONGEST: u64 = 1 << 31;

/// A whole number whose faults have a readable text.
struct Ordinal(u32);

impl FromStr for Ordinal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().map(Self);
        number.map_err(|_| format!("{text:?} is not a whole number"))
    }
}

impl Reader<'_> {
    /// Reads the specification of the store; `None` without recovery or if there is a fault.
    pub(super) fn store_spec(&mut self, identity: &ProcessIdentity) -> Option<StoreSpec> {
        let folder = self.optional("WAXRUN_STORE_DIR")?;
        let store = self.parsed("WAXRUN_STORE_ID");
        let timeline = self.parsed("WAXRUN_STORE_TIMELINE");
        let change_number = self.number("WAXRUN_STORE_STEP", None, 0..=u64::MAX);
        let placement = self.placement("WAXRUN_PARTITIONS");
        let claims = self.listed::<ClaimUid>("WAXRUN_CLAIMS");
        let shared = self.flag("WAXRUN_SHARED_VOLUME");
        let snapshot = self.number("WAXRUN_SNAPSHOT_INTERVAL", None, 1..=LONGEST);
        let backup = self.number("WAXRUN_BACKUP_INTERVAL", None, 0..=LONGEST);
        Some(StoreSpec {
            folder: PathBuf::from(folder),
            store: store?,
            timeline: timeline?,
            change_number,
            start: u64::try_from(identity.start).ok()?,
            ordinal: identity.process,
            processes: identity.processes,
            placement: placement?,
            claims: claims?,
            shared,
            intervals: Intervals::new(snapshot, backup).ok()?,
        })
    }

    /// Reads the specification of a store change; `None` if there is a fault.
    pub(super) fn change_spec(&mut self) -> Option<ChangeSpec> {
        let volumes = self.ordinals("WAXRUN_VOLUMES");
        let claims = self.claims();
        let store = self.parsed("WAXRUN_STORE_ID");
        let change_number = self.number("WAXRUN_STORE_STEP", None, 0..=u64::MAX);
        let start = self.number("WAXRUN_START", None, 0..=u64::MAX);
        let timeline = self.parsed("WAXRUN_STORE_TIMELINE");
        let placement = self.placement("WAXRUN_PARTITIONS");
        let change = self.change();
        Some(ChangeSpec {
            root: self.path("WAXRUN_STORE_ROOT", "/stores"),
            volumes: BTreeSet::from_iter(volumes?),
            claims: claims?,
            store: store?,
            change_number,
            start,
            timeline: timeline?,
            placement: placement?,
            change: change?,
        })
    }

    fn change(&mut self) -> Option<Change> {
        // The operator of the previous release uses this name.
        const OLD_NAME: &str = "WAXRUN_STORE_JOB";
        let (name, kind) = match self.optional(OLD_NAME) {
            Some(kind) => (OLD_NAME, kind),
            None => ("WAXRUN_STORE_CHANGE", self.text("WAXRUN_STORE_CHANGE")),
        };
        match kind.as_str() {
            "" => None,
            "initialise" => Some(Change::Initialise),
            "reset" => {
                let from = self.optional("WAXRUN_STORE_PARENT");
                let from = from.map(|from| self.noted("WAXRUN_STORE_PARENT", from.parse()));
                Some(Change::Reset {
                    from: from.flatten(),
                })
            }
            "move" | "repartition" | "drop-steps" => {
                let before = self.placement("WAXRUN_PARTITIONS_BEFORE");
                let parent = self.parsed("WAXRUN_STORE_PARENT");
                let steps = match kind.as_str() {
                    "drop-steps" => self.steps(),
                    _ => Some(Vec::new()),
                };
                let (before, parent, steps) = (before?, parent?, steps?);
                Some(match kind.as_str() {
                    "move" => Change::Move { before, parent },
                    "repartition" => Change::Repartition { before, parent },
                    _ => Change::DropSteps {
                        before,
                        parent,
                        steps,
                    },
                })
            }
            "restore" => {
                let from = self.parsed("WAXRUN_STORE_PARENT")?;
                Some(Change::Restore {
                    sources: Vec::new(),
                    manifest_facts: ManifestFacts::default(),
                    from,
                })
            }
            _ => {
                self.faults.push(format!(
                    "{name} is {kind:?}; write initialise, move, repartition, drop-steps, \
                     reset or restore"
                ));
                None
            }
        }
    }

    /// Reads the steps to drop, a JSON list, since an id may contain any character.
    fn steps(&mut self) -> Option<Vec<String>> {
        let text = self.text("WAXRUN_DROP_STEPS");
        let steps = serde_json::from_str(&text);
        let wrong = |_| "write a JSON list of strings";
        self.noted("WAXRUN_DROP_STEPS", steps.map_err(wrong))
    }

    fn placement(&mut self, name: &str) -> Option<Placement> {
        let ordinals = self.ordinals(name)?;
        self.noted(name, Placement::new(ordinals))
    }

    /// Reads a list of ordinals; `None` if there is a fault.
    pub(super) fn ordinals(&mut self, name: &str) -> Option<Vec<u32>> {
        let ordinals = self.listed::<Ordinal>(name)?;
        Some(ordinals.into_iter().map(|Ordinal(number)| number).collect())
    }

    /// Reads the UIDs of the PVCs by ordinal; an empty one is not known.
    fn claims(&mut self) -> Option<Vec<Option<ClaimUid>>> {
        let text = self.text("WAXRUN_CLAIMS");
        let claims: Vec<Option<Option<ClaimUid>>> = text
            .split(',')
            .map(|uid| match uid.trim() {
                "" => Some(None),
                uid => self.noted("WAXRUN_CLAIMS", uid.parse()).map(Some),
            })
            .collect();
        claims.into_iter().collect()
    }

    fn listed<T: FromStr<Err: ToString>>(&mut self, name: &str) -> Option<Vec<T>> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let values: Vec<Option<T>> = text
            .split(',')
            .map(|word| self.noted(name, word.trim().parse()))
            .collect();
        values.into_iter().collect()
    }

    fn parsed<T: FromStr<Err: ToString>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        self.noted(name, text.parse())
    }
}

#[cfg(test)]
mod tests;
