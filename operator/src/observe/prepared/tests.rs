//! Revisions whose record an older operator wrote.

use dataflow::code::Code;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::json;

use super::*;
use crate::observe::object;
use crate::observed::Stamp;

fn spec() -> DataflowSpec {
    serde_json::from_value(json!({
        "image": {"tag": "0.21.1"},
        "pythonFileName": "flow.py",
        "configMapName": "orders-source",
        "processesCount": 2,
    }))
    .unwrap()
}

/// Returns a record of the first release, which knew one interface of agents.
fn old_record(spec: &DataflowSpec) -> RevisionRecord {
    let hash = Code::new().hash();
    serde_json::from_value(json!({
        "formatVersion": 1, "spec": spec, "codeHash": hash, "agentImage": "agent:old",
    }))
    .unwrap()
}

fn template(prepared: &Prepared) -> (Stamp, PodTemplateSpec) {
    let set = prepared.plan("shop", "uid", 7, None).stateful_set;
    let template = set.spec.unwrap().template;
    let meta = template.metadata.clone().unwrap();
    let (labels, annotations) = (meta.labels.unwrap(), meta.annotations.unwrap());
    (object::stamp(&labels, &annotations).unwrap(), template)
}

/// Neither the revision nor the stamp of the pods says how the sidecar is called. So an operator that
/// calls it otherwise finds the gang of its predecessor unchanged, and restarts nothing.
#[test]
fn old_record_keeps_its_stamp_and_its_sidecar() {
    let (spec, hash) = (spec(), Code::new().hash());
    let record = old_record(&spec);
    let running = Prepared::from_record("orders", &record, 2, None).unwrap();
    let fresh = Prepared::new("orders", &spec, hash, Agent::current("agent:new"), None).unwrap();
    assert_eq!(running.revision, fresh.revision);
    let ((old_stamp, old), (new_stamp, new)) = (template(&running), template(&fresh));
    assert_eq!(old_stamp, new_stamp);
    let sidecar = |template: PodTemplateSpec| {
        let all = template.spec.unwrap().init_containers.unwrap();
        let last = all.into_iter().next_back().unwrap();
        (last.name, last.args.unwrap(), last.image.unwrap())
    };
    let name = |name: &str, image: &str| (name.to_owned(), vec![name.to_owned()], image.to_owned());
    assert_eq!(sidecar(old), name("keep", "agent:old"));
    assert_eq!(sidecar(new), name("sidecar", "agent:new"));
}

/// The first release did not reserve the name `sidecar`. Its pods have a container `keep` beside such a process.
#[test]
fn running_container_named_sidecar_stays_supervised() {
    let spec = DataflowSpec {
        chart_values: Some("containerName: sidecar".to_owned()),
        ..spec()
    };
    let record = old_record(&spec);
    let running = Prepared::from_record("orders", &record, 2, None).unwrap();
    let pod = template(&running).1.spec.unwrap();
    let beside = pod.init_containers.unwrap();
    assert_eq!(pod.containers[0].name, "sidecar");
    assert_eq!(beside.last().map(|last| last.name.as_str()), Some("keep"));
    let agent = Agent::current("agent:new");
    let hash = Code::new().hash();
    assert!(Prepared::new("orders", &spec, hash.clone(), agent.clone(), None).is_err());
    let recorded = RevisionRecord::new(spec, hash, agent);
    assert!(Prepared::from_record("orders", &recorded, 2, None).is_err());
}
