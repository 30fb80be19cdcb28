//! The pod that looks what lies on volumes whose ledger is lost.

use agent::report::InspectionReport;
use dataflow::plan::Store;
use serde_json::{Value, json};

use super::view;
use super::volumes::{Job, Volume};
use super::world::World;

impl World {
    pub(super) fn create_inspection(&mut self, volumes: &[u32]) {
        if self.objects.jobs.iter().any(|job| job.kind.is_none()) {
            return;
        }
        self.next_uid += 1;
        self.objects.jobs.push(Job {
            uid: self.next_uid,
            part: 0,
            kind: None,
            volumes: volumes.to_vec(),
            before: Vec::new(),
            after: Store {
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

    /// What lies on some volumes, as the agent prints it.
    pub(super) fn inspect(&self, volumes: &[u32]) -> String {
        let look = |ordinal: &u32| {
            let claim = self.objects.claims.get(ordinal)?;
            let volume = self.volumes.by_claim.get(&claim.uid)?;
            Some(found(*ordinal, claim.uid, &claim.made_for.0, volume))
        };
        let volumes: Vec<Value> = volumes.iter().filter_map(look).collect();
        json!({"v": 1, "volumes": volumes}).to_string()
    }

    /// What the pod of this name has printed.
    pub(super) fn read_inspection(&self, pod: &str) -> Result<InspectionReport, String> {
        let named = |job: &&Job| format!("job-{}-{}", job.step(), job.part) == pod;
        let job = self.objects.jobs.iter().find(named);
        let report = job.map(|job| serde_json::from_str(&job.report));
        report
            .and_then(Result::ok)
            .ok_or_else(|| "the pod has printed nothing".to_owned())
    }
}

fn found(ordinal: u32, claim: u8, store: &str, volume: &Volume) -> Value {
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
    if volume.step > 0 {
        found["record"] = json!({
            "v": 1,
            "store": store,
            "claim": view::uid(claim),
            "step": volume.step,
            "start": volume.start,
        });
    }
    found
}
