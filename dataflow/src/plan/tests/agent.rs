//! Pods of revisions whose agent image was pinned by an older release.

use k8s_openapi::api::core::v1::Container;
use serde_json::json;

use super::*;

/// The agent of a record that has no interface, as the first release wrote it.
fn first() -> Agent {
    serde_json::from_value(json!({ "agentImage": "example/waxrun:1" })).unwrap()
}

fn with(agent: Agent) -> PlanContext {
    PlanContext { agent, ..context() }
}

/// Every interface, and the first version of this project whose agent has it.
///
/// The tag of the agent's image is that version. A node may still have the image of an older version, which does not know
/// the names of a newer interface. So a new interface needs a new version, and a row here.
const FIRST_VERSIONS: [(u32, &str); 2] = [(1, "0.1.0"), (2, "0.2.0")];

#[test]
fn each_agent_interface_has_its_own_version() {
    let numbers = |version: &str| -> Vec<u32> {
        let parts = version.split('.').map(|part| part.parse().unwrap());
        parts.collect()
    };
    let rises = |one: &(u32, &str), other: &(u32, &str)| {
        one.0 < other.0 && numbers(one.1) < numbers(other.1)
    };
    assert!(FIRST_VERSIONS.is_sorted_by(rises));
    let (interface, version) = FIRST_VERSIONS.last().unwrap();
    let current = serde_json::to_value(AgentInterface::CURRENT).unwrap();
    assert_eq!(current, json!(interface));
    let this = env!("CARGO_PKG_VERSION");
    assert!(numbers(this) >= numbers(version), "{this} is too old");
}

#[test]
fn pods_of_old_record_differ_in_sidecar_name() {
    let now = written(&planned(MINIMAL, &context()));
    let before = written(&planned(MINIMAL, &with(first())));
    assert_ne!(before, now);
    let renamed = now
        .replace("- sidecar\n", "- keep\n")
        .replace("name: sidecar\n", "name: keep\n");
    assert_eq!(before, renamed);
}

#[test]
fn store_pod_of_old_record_gets_old_variable() {
    let spec: DataflowSpec = yaml::from_str(KEEPS_STATE).unwrap();
    let valid = validate(&spec, "orders").unwrap();
    let change = store_pods::initialise();
    let variable = |agent| {
        let pod = store_pod(&valid, &with(agent), &change).spec.unwrap();
        let Container { env, .. } = pod.containers.into_iter().next().unwrap();
        let mut names = env.unwrap().into_iter().map(|env| env.name);
        names.find(|name| name.ends_with("_JOB") || name.ends_with("_CHANGE"))
    };
    assert_eq!(variable(first()).as_deref(), Some("WAXRUN_STORE_JOB"));
    let current = variable(Agent::current("example/waxrun:2"));
    assert_eq!(current.as_deref(), Some("WAXRUN_STORE_CHANGE"));
}

#[test]
fn record_without_interface_is_read_as_the_first() {
    let code = Code::new().hash();
    let record = RevisionRecord::new(DataflowSpec::default(), code, Agent::current("a"));
    let object = revision_record(
        &"orders".parse().unwrap(),
        &record,
        1,
        None,
        "default",
        None,
    );
    let mut old = object.clone();
    let data = old.data.as_mut().unwrap().0.as_object_mut().unwrap();
    data.remove("agentInterface").unwrap();
    let old = RevisionRecord::read(&old).unwrap();
    assert_eq!(old.revision(), record.revision());
    assert_eq!(old.agent.image, "a");
    assert_eq!(old.agent.interface, AgentInterface::default());
    assert_ne!(old.agent.interface, AgentInterface::CURRENT);
}
