//! The store pod that inspects the volumes of a lost ledger.

use agent::report::InspectionReport;
use dataflow::plan::StoreLayout;
use serde_json::{Value, json};

use super::view;
use super::volumes::{StorePod, Volume};
use super::world::World;

impl World {
    /// Creates the store pod, unless one exists.
    pub(super) fn create_inspection(&mut self, volumes: &[u32]) {
        if self
            .objects
            .store_pods
            .iter()
            .any(|store_pod| store_pod.kind.is_none())
        {
            return;
        }
        self.next_uid += 1;
        self.objects.store_pods.push(StorePod {
            uid: self.next_uid,
            part: 0,
            kind: None,
            volumes: volumes.to_vec(),
            before: Vec::new(),
            after: StoreLayout {
                id: String::new(),
                timeline: String::new(),
                change_number: 0,
                places: Vec::new(),
                claims: [].into(),
            },
            start: 0,
            done: false,
            report: String::new(),
        });
    }

    /// Returns the report about some volumes, as the agent prints it.
    pub(super) fn inspect(&self, volumes: &[u32]) -> String {
        let report = |ordinal: &u32| {
            let claim = self.objects.claims.get(ordinal)?;
            let volume = self.volumes.by_claim.get(&claim.uid)?;
            Some(volume_report(
                *ordinal,
                claim.uid,
                &claim.made_for.0,
                volume,
            ))
        };
        let volumes: Vec<Value> = volumes.iter().filter_map(report).collect();
        json!({"v": 1, "volumes": volumes}).to_string()
    }

    /// Returns the report that the store pod of this name has printed.
    pub(super) fn read_inspection(&self, pod: &str) -> Result<InspectionReport, String> {
        let named = |store_pod: &&StorePod| {
            format!("store-{}-{}", store_pod.change_number(), store_pod.part) == pod
        };
        let store_pod = self.objects.store_pods.iter().find(named);
        let report = store_pod.map(|store_pod| serde_json::from_str(&store_pod.report));
        report
            .and_then(Result::ok)
            .ok_or_else(|| "the pod has printed nothing".to_owned())
    }
}

/// Returns the report about one volume.
fn volume_report(ordinal: u32, claim: u8, store: &str, volume: &Volume) -> Value {
    let partition = |index: &usize| {
        json!({
            "index": index,
            "count": volume.count,
            "store": store,
            "timeline": volume.timeline,
            "step": volume.put,
        })
    };
    let mut found = json!({
        "ordinal": ordinal,
        "partitions": volume.parts.iter().map(partition).collect::<Vec<_>>(),
    });
    if volume.change_number > 0 {
        found["record"] = json!({
            "v": 1,
            "store": store,
            "claim": view::uid(claim),
            "step": volume.change_number,
            "start": volume.start,
        });
    }
    found
}
