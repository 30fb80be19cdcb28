//! What the pod of a change to a store is told.

use std::collections::BTreeMap;

use super::*;
use crate::placement::SHARED_VOLUME;

fn orders(job: &StoreJob) -> BTreeMap<String, String> {
    let spec: DataflowSpec = yaml::from_str(KEEPS_STATE).unwrap();
    let valid = validate(&spec, "orders").unwrap();
    let pod = store_pod(&valid, &context(), job).spec.unwrap();
    let env = pod.containers[0].env.clone().unwrap();
    env.into_iter()
        .map(|env| (env.name, env.value.unwrap()))
        .collect()
}

/// The change that creates a store.
pub(super) fn initialise() -> StoreJob {
    StoreJob {
        kind: StoreChangeKind::Initialise,
        part: 0,
        store: store(),
        before: Vec::new(),
        parent: None,
        volumes: vec![0, 1],
        point: None,
        steps: Vec::new(),
    }
}

#[test]
fn beside_others_the_shared_volume_has_the_ordinal_after_theirs() {
    let mut after = store();
    after.places = vec![SHARED_VOLUME; 3];
    after.claims.insert(SHARED_VOLUME, "uid-shared".to_owned());
    let told = orders(&StoreJob {
        kind: StoreChangeKind::Move,
        part: 0,
        parent: Some(after.timeline.clone()),
        store: after,
        before: vec![0, 1, 0],
        volumes: vec![0, 1, SHARED_VOLUME],
        point: None,
        steps: Vec::new(),
    });
    assert_eq!(told["WAXRUN_VOLUMES"], "0,1,2");
    assert_eq!(told["WAXRUN_PARTITIONS"], "2,2,2");
    assert_eq!(told["WAXRUN_PARTITIONS_BEFORE"], "0,1,0");
    assert_eq!(told["WAXRUN_CLAIMS"], "uid-0,uid-1,uid-shared");
}

#[test]
fn steps_to_drop_are_told_as_they_are() {
    let told = orders(&StoreJob {
        kind: StoreChangeKind::DropSteps,
        part: 0,
        store: store(),
        before: vec![0, 1, 0],
        parent: Some("1-00000000".to_owned()),
        volumes: vec![0, 1],
        point: None,
        steps: vec!["flow.a,b \"c\"".to_owned()],
    });
    assert_eq!(told["WAXRUN_STORE_CHANGE"], "drop-steps");
    assert_eq!(told["WAXRUN_STORE_PARENT"], "1-00000000");
    assert_eq!(told["WAXRUN_DROP_STEPS"], r#"["flow.a,b \"c\""]"#);
}
