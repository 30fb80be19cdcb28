//! The environment variables of store pods.

use std::collections::BTreeMap;

use super::*;
use crate::placement::SHARED_VOLUME;

fn variables(change: &StoreChangeSpec) -> BTreeMap<String, String> {
    let spec: DataflowSpec = yaml::from_str(KEEPS_STATE).unwrap();
    let valid = validate(&spec, "orders").unwrap();
    let pod = store_pod(&valid, &context(), change).spec.unwrap();
    let env = pod.containers[0].env.clone().unwrap();
    env.into_iter()
        .map(|env| (env.name, env.value.unwrap()))
        .collect()
}

#[test]
fn shared_volume_has_the_last_ordinal() {
    let mut after = store();
    after.places = vec![SHARED_VOLUME; 3];
    after.claims.insert(SHARED_VOLUME, "uid-shared".to_owned());
    let variables = variables(&StoreChangeSpec {
        kind: StoreChangeKind::Move,
        part: 0,
        parent: Some(after.timeline.clone()),
        store: after,
        before: vec![0, 1, 0],
        volumes: vec![0, 1, SHARED_VOLUME],
        point: None,
        steps: Vec::new(),
    });
    assert_eq!(variables["WAXRUN_VOLUMES"], "0,1,2");
    assert_eq!(variables["WAXRUN_PARTITIONS"], "2,2,2");
    assert_eq!(variables["WAXRUN_PARTITIONS_BEFORE"], "0,1,0");
    assert_eq!(variables["WAXRUN_CLAIMS"], "uid-0,uid-1,uid-shared");
}

#[test]
fn drop_steps_are_passed_as_json() {
    let variables = variables(&StoreChangeSpec {
        kind: StoreChangeKind::DropSteps,
        part: 0,
        store: store(),
        before: vec![0, 1, 0],
        parent: Some("1-00000000".to_owned()),
        volumes: vec![0, 1],
        point: None,
        steps: vec!["flow.a,b \"c\"".to_owned()],
    });
    assert_eq!(variables["WAXRUN_STORE_JOB"], "drop-steps");
    assert_eq!(variables["WAXRUN_STORE_PARENT"], "1-00000000");
    assert_eq!(variables["WAXRUN_DROP_STEPS"], r#"["flow.a,b \"c\""]"#);
}
