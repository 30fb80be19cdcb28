use super::*;
use crate::code::Code;
use crate::revision::revision;
use crate::spec::DataflowSpec;
use crate::validate::validate;
use crate::yaml;

const MINIMAL: &str = "
image: {tag: 0.21.1-python3.11}
pythonFileName: simple.py
configMapName: orders-source
";

const EVERYTHING: &str = r#"
image:
  repository: registry.example/team/bytewax
  tag: 0.21.1-python3.11
  pullPolicy: IfNotPresent
  pullSecret: team
pythonFileName: flows/orders.py:get_flow(5)
configMapName: orders-source
tarName: code.tar
processesCount: 3
workersPerProcess: 2
keepAlive: true
env:
- name: LEVEL
  value: debug
- name: GREETING
  value: hello $(USER_NAME)
chartValues: |
  extraLabels: {team: streams, bytewax.io/dataflow-info: theirs}
  podLabels: {tier: "1"}
  podAnnotations: {example.com/note: yes}
  podSecurityContext: {fsGroup: 1000}
  securityContext: {readOnlyRootFilesystem: false}
  containerName: engine
  customOtlpUrl: http://collector:4317
  service: {port: 9000}
  api: {port: 3000}
  resources:
    limits: {memory: 1Gi}
    requests: {cpu: 1}
  nodeSelector: {disk: ssd}
  tolerations: [{key: spot, operator: Exists}]
  affinity: {nodeAffinity: {}}
  env: {USER_NAME: "0123", LEVEL: info}
  envValueFrom:
    NODE: {fieldRef: {fieldPath: spec.nodeName}}
  envFromSecret: kafka
  envFromSecrets: [{name: more, optional: true}]
  imagePullSecrets: [{name: team}, {name: other}]
"#;

fn planned(spec: &str, context: &PlanContext) -> Plan {
    let spec: DataflowSpec = yaml::from_str(spec).unwrap();
    let code = Code::new().hash();
    let revision = revision(&spec, &code);
    plan(
        &validate(&spec, "orders").unwrap(),
        &revision,
        &code,
        context,
    )
}

fn context() -> PlanContext {
    PlanContext {
        namespace: "default".into(),
        uid: Some("7f0d6a1e-0000-4000-8000-000000000001".into()),
        agent_image: "example/waxrun:1".into(),
        start: 7,
        restarted_at: None,
    }
}

fn written(plan: &Plan) -> String {
    let objects: [String; 4] = [
        yaml::to_string(&plan.headless_service).unwrap(),
        yaml::to_string(&plan.api_service).unwrap(),
        yaml::to_string(&plan.stateful_set).unwrap(),
        yaml::to_string(&plan.probe_pod).unwrap(),
    ];
    objects.join("---\n")
}

#[test]
fn the_children_of_a_minimal_dataflow() {
    insta::assert_snapshot!(written(&planned(MINIMAL, &context())));
}

#[test]
fn the_children_of_a_dataflow_that_says_everything() {
    let context = PlanContext {
        restarted_at: Some("2026-01-02T03:04:05Z".into()),
        ..context()
    };
    insta::assert_snapshot!(written(&planned(EVERYTHING, &context)));
}
