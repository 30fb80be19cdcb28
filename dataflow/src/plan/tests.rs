use super::*;
use crate::code::Code;
use crate::label;
use crate::revision::revision;
use crate::spec::DataflowSpec;
use crate::status::StoreChangeKind;
use crate::validate::validate;
use crate::yaml;

mod agent;
mod reserved;
mod security;
mod steps;
mod store_pods;

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
  extraVolumeMounts:
  - {name: models, mountPath: /models, existingClaim: models, subPath: v1, readOnly: true}
  - {name: node, mountPath: /node, hostPath: /etc}
  - {name: cache, mountPath: /cache}
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
        agent: Agent::current("example/waxrun:1"),
        start: 7,
        restarted_at: None,
        store: None,
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
fn children_of_minimal_dataflow() {
    insta::assert_snapshot!(written(&planned(MINIMAL, &context())));
}

#[test]
fn children_of_dataflow_with_every_field() {
    let context = PlanContext {
        restarted_at: Some("2026-01-02T03:04:05Z".into()),
        ..context()
    };
    insta::assert_snapshot!(written(&planned(EVERYTHING, &context)));
}

const KEEPS_STATE: &str = "
image: {tag: 0.21.1-python3.11}
pythonFileName: simple.py
configMapName: orders-source
processesCount: 2
recovery:
  enabled: true
  partsCount: 3
  snapshotInterval: 10
  backupInterval: 60
  persistence: {size: 1Gi, storageClassName: fast}
chartValues: |
  resources: {requests: {memory: 1Gi}}
";

fn store() -> StoreLayout {
    StoreLayout {
        id: "0b7c4a52-7a52-4d0f-9d44-000000000001".into(),
        timeline: "1-5f0c9a1e".into(),
        change_number: 3,
        places: vec![0, 1, 0],
        claims: [(0, "uid-0".to_owned()), (1, "uid-1".to_owned())].into(),
    }
}

/// Returns the objects that concern the recovery store, in the order of their creation.
fn written_with_store(spec: &str) -> String {
    let spec: DataflowSpec = yaml::from_str(spec).unwrap();
    let valid = validate(&spec, "orders").unwrap();
    let recovery = valid.recovery.as_ref().unwrap();
    let context = PlanContext {
        store: Some(store()),
        ..context()
    };
    let change = StoreChangeSpec {
        kind: StoreChangeKind::Move,
        part: 0,
        store: store(),
        before: vec![0, 1, 2],
        parent: Some(store().timeline),
        volumes: vec![0, 2],
        point: None,
        steps: Vec::new(),
    };
    let code = Code::new().hash();
    let plan = plan(&valid, &revision(&spec, &code), &code, &context);
    let objects: [String; 3] = [
        yaml::to_string(&claim(&valid, recovery, &context, 1, &store())).unwrap(),
        yaml::to_string(&store_pod(&valid, &context, &change)).unwrap(),
        yaml::to_string(&plan.stateful_set).unwrap(),
    ];
    objects.join("---\n")
}

#[test]
fn children_of_dataflow_with_recovery() {
    insta::assert_snapshot!(written_with_store(KEEPS_STATE));
}

#[test]
fn processes_with_shared_volume_run_on_one_node() {
    let shared = KEEPS_STATE.replace("partsCount: 3", "singleVolume: true");
    let written = written_with_store(&shared);
    assert!(written.contains("claimName: orders-recovery"), "{written}");
    assert!(written.contains("topologyKey: kubernetes.io/hostname"));
    assert!(written.contains("WAXRUN_SHARED_VOLUME"));
    assert!(!written.contains("volumeClaimTemplates"));
}

#[test]
fn children_without_uid_have_no_owner() {
    let context = PlanContext {
        uid: None,
        ..context()
    };
    assert!(!written(&planned(MINIMAL, &context)).contains("ownerReferences"));
}

#[test]
fn size_changes_template_labels_but_not_the_revision() {
    let suspended = format!("{MINIMAL}processesCount: 2\nsuspend: true\n");
    let plan = planned(&suspended, &context());
    let spec = plan.stateful_set.spec.unwrap();
    assert_eq!(
        spec.replicas,
        Some(2),
        "the operator decides what a suspension does"
    );
    let labels = spec.template.metadata.unwrap().labels.unwrap();
    assert_eq!(labels[label::PROCESSES], "2");
    let minimal = planned(MINIMAL, &context())
        .stateful_set
        .spec
        .unwrap()
        .template
        .metadata;
    assert_eq!(
        labels[label::REVISION],
        minimal.unwrap().labels.unwrap()[label::REVISION]
    );
}

#[test]
fn code_config_map_is_immutable_with_code() {
    let mut code = Code::new();
    code.insert("simple.py", "flow = 1\n").unwrap();
    code.insert("model.bin", vec![0xff, 0x00]).unwrap();
    let config_map = code_config_map(&"orders".parse().unwrap(), &code, "default", Some("u-1"));
    assert_eq!(Code::from_config_map(&config_map), code);
    insta::assert_snapshot!(yaml::to_string(&config_map).unwrap());
}

#[test]
fn revision_record_reads_back_unchanged() {
    let spec: DataflowSpec = yaml::from_str(EVERYTHING).unwrap();
    let record = RevisionRecord::new(spec, Code::new().hash(), Agent::current("example/waxrun:1"));
    let object = revision_record(
        &"orders".parse().unwrap(),
        &record,
        3,
        None,
        "default",
        Some("u-1"),
    );
    let sent = serde_json::to_string(&object).unwrap();
    let back = RevisionRecord::read(&serde_json::from_str(&sent).unwrap()).unwrap();
    assert_eq!(back, record);
    assert_eq!(
        object.metadata.name.as_deref(),
        Some(&*format!("orders-{}", back.revision()))
    );
    insta::assert_snapshot!(yaml::to_string(&object).unwrap());
}

#[test]
fn record_with_unknown_format_is_refused() {
    let record = RevisionRecord::new(
        DataflowSpec::default(),
        Code::new().hash(),
        Agent::current("a"),
    );
    let good = revision_record(
        &"orders".parse().unwrap(),
        &record,
        1,
        None,
        "default",
        None,
    );
    let with = |change: fn(&mut serde_json::Value)| {
        let mut object = good.clone();
        change(&mut object.data.as_mut().unwrap().0);
        RevisionRecord::read(&object).unwrap_err().to_string()
    };
    assert_eq!(
        with(|data| data["formatVersion"] = 2.into()),
        "the record has format 2, but this release reads formats up to 1"
    );
    assert_eq!(
        with(|data| data["codeHash"] = "x".into()),
        "cannot read the record"
    );
    assert_eq!(
        with(|data| *data = serde_json::json!({"spec": {}})),
        "cannot read the record"
    );
    let empty = k8s_openapi::api::apps::v1::ControllerRevision::default();
    assert_eq!(
        RevisionRecord::read(&empty).unwrap_err().to_string(),
        "the record is empty"
    );
}

#[test]
fn service_differs_only_in_owned_fields() {
    let desired = planned(MINIMAL, &context()).headless_service;
    let live = |change: fn(&mut Service)| {
        let mut live = desired.clone();
        // Fields that the API server and other controllers set.
        let spec = live.spec.as_mut().unwrap();
        spec.session_affinity = Some("None".into());
        spec.type_ = Some("ClusterIP".into());
        spec.cluster_ips = Some(vec!["None".into()]);
        live.metadata
            .labels
            .as_mut()
            .unwrap()
            .insert("theirs".into(), "x".into());
        change(&mut live);
        service_differs(&desired, &live)
    };
    assert!(!live(|_| {}));
    assert!(live(|service| service.metadata.labels = None));
    assert!(live(|service| service
        .spec
        .as_mut()
        .unwrap()
        .ports
        .as_mut()
        .unwrap()[0]
        .port = 1));
    assert!(live(
        |service| service.spec.as_mut().unwrap().selector = None
    ));
    assert!(live(|service| service
        .spec
        .as_mut()
        .unwrap()
        .publish_not_ready_addresses = None));
    assert!(live(
        |service| service.spec.as_mut().unwrap().cluster_ip = Some("10.0.0.1".into())
    ));
}

#[test]
fn pods_of_code_in_the_image_fetch_nothing() {
    let text = "{image: {tag: '1'}, pythonFileName: shop.orders, codeInImage: true}";
    let spec: DataflowSpec = yaml::from_str(text).unwrap();
    let valid = validate(&spec, "orders").unwrap();
    let hash = Code::new().hash();
    let context = PlanContext {
        namespace: "shop".to_owned(),
        uid: None,
        agent: Agent::current("agent:1"),
        start: 1,
        restarted_at: None,
        store: None,
    };
    let plan = plan(&valid, &revision(&spec, &hash), &hash, &context);
    let template = plan.stateful_set.spec.unwrap().template.spec.unwrap();
    for pod in [template, plan.probe_pod.spec.unwrap()] {
        let text = serde_json::to_string(&pod).unwrap();
        assert!(
            !text.contains("snapshot") && !text.contains("\"fetch\""),
            "{text}"
        );
        assert!(text.contains("\"install\""), "{text}");
    }
}
