use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::layout;

/// Returns the default values of the chart, as far as they matter here.
fn defaults() -> Value {
    json!({
        "image": {"repository": "bytewax/bytewax", "pullPolicy": "Always", "tag": ""},
        "serviceAccount": {"create": true, "annotations": {}, "name": ""},
        "podSecurityContext": {"fsGroup": 2000, "runAsGroup": 3000, "runAsNonRoot": true, "runAsUser": 65532},
        "containerName": "process", "service": {"port": 9999},
        "api": {"enabled": true, "port": 3030, "cacheport": 3033},
        "resources": {}, "tolerations": [], "env": {}, "envFromSecret": "",
        "configuration": {
            "pythonFileName": "simple.py", "processesCount": 1, "workersPerProcess": 1, "keepAlive": false,
            "jobMode": false, "configMap": {"create": true, "customName": null, "files": {"pattern": "examples/*"}},
            "recovery": {
                "enabled": false, "partsCount": 1, "snapshotInterval": 30, "backupInterval": 30,
                "persistence": {"size": "10Gi", "accessModes": ["ReadWriteOnce"], "hostPath": {"enabled": false, "path": ""}},
            },
        },
        "customOtlpUrl": "", "jaeger": {"enabled": false}, "opentelemetry-collector": {"enabled": false, "mode": "deployment"},
    })
}

fn encoded(release: &Value) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(release.to_string().as_bytes()).unwrap();
    STANDARD.encode(gzip.finish().unwrap()).into_bytes()
}

fn stored(config: &Value) -> Value {
    let metadata =
        json!({"name": "bytewax", "version": "0.8.1", "appVersion": "0.21.1-python3.11"});
    json!({
        "name": "orders", "namespace": "shop", "version": 3, "info": {"status": "deployed"},
        "chart": {"metadata": metadata, "values": defaults()}, "config": config, "manifest": "",
    })
}

fn release(config: &Value) -> Release {
    Release::read(&encoded(&stored(config))).unwrap()
}

fn code() -> Code {
    let mut code = Code::new();
    code.insert("orders.py", "flow = None\n").unwrap();
    code
}

/// Returns values of a user that use most of the chart.
fn config() -> Value {
    json!({
        "configuration": {
            "pythonFileName": "orders.py:flow", "processesCount": "2", "workersPerProcess": 3, "keepAlive": "true",
            "configMap": {"create": false, "customName": "orders-code"},
            "recovery": {"enabled": true, "partsCount": 4, "persistence": {"storageClassName": "fast", "hostPath": {"enabled": true, "path": "/mnt"}}},
        },
        "resources": {"limits": {"memory": "1Gi"}}, "containerName": null,
        "env": {"LEVEL": "info", "RETRIES": 3, "DB_PASSWORD": "pJx7wQ2vLk91", "OWN": "{{ .Release.Name }}"},
        "envRenderSecret": {"A": "pJx7wQ2vLk91"}, "api": {"port": 4040},
        "serviceAccount": {"name": "orders"}, "jaeger": {"enabled": true},
    })
}

#[test]
fn release_becomes_folder_with_notes() {
    let found = release(&config());
    assert_eq!((found.source().as_str(), found.version), ("orders-code", 3));
    let ReleaseFlow { flow, notes, .. } = found.flow(Some(code())).unwrap();
    let files = layout::write(&flow);
    let dataflow = String::from_utf8_lossy(&files["dataflow.yaml"]);
    let text = format!("{dataflow}\n{}", notes.join("\n"));
    assert!(!text.contains("pJx7wQ2"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn default_values_need_no_chart_values() {
    let found = release(&json!({"configuration": {"pythonFileName": "orders.py"}}));
    let ReleaseFlow { flow, notes, .. } = found.flow(Some(code())).unwrap();
    assert_eq!(notes, Vec::<String>::new());
    assert_eq!(flow.dataflow.spec.chart_values, None);
    assert_eq!(
        flow.dataflow.spec.image_reference(),
        "bytewax/bytewax:0.21.1-python3.11"
    );
}

#[rstest]
#[case::job(json!({"configuration": {"jobMode": true}}), "it runs as a Job")]
#[case::number(json!({"configuration": {"processesCount": "many"}}), "its value configuration.processesCount")]
#[case::flag(json!({"configuration": {"keepAlive": 7}}), "its value configuration.keepAlive")]
#[case::file(json!({"configuration": {"pythonFileName": "other.py"}}), "does not contain other.py")]
fn unusable_release_is_refused(#[case] config: Value, #[case] expected: &str) {
    let error = release(&config).flow(Some(code())).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn other_or_damaged_secret_is_refused() {
    let mut other = stored(&json!({}));
    other["chart"]["metadata"]["name"] = "nginx".into();
    let bomb = json!({"name": "x".repeat(usize::try_from(MAX_BYTES).unwrap())});
    for (secret, expected) in [
        (encoded(&other), "of the chart `nginx`"),
        (encoded(&bomb), "larger than 16 MiB"),
        (b"not base64!".to_vec(), "cannot be read"),
        (encoded(&json!({})), "cannot be read"),
    ] {
        let error = Release::read(&secret).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = release(&json!({})).flow(None).unwrap_err();
    assert!(matches!(error, ReleaseError::NoCode(name) if name == "orders"));
}

/// Returns the StatefulSet that the chart makes of [`config`].
fn stateful_set() -> StatefulSet {
    let env = json!([
        {"name": "RUST_LOG", "value": "librdkafka=debug"}, {"name": "BYTEWAX_PYTHON_FILE_PATH", "value": "/var/bytewax/orders.py:flow"},
        {"name": "BYTEWAX_WORKERS_PER_PROCESS", "value": "3"}, {"name": "BYTEWAX_KEEP_CONTAINER_ALIVE", "value": "true"},
        {"name": "LEVEL", "value": "info"}, {"name": "RETRIES", "value": "3"}, {"name": "DB_PASSWORD", "value": "pJx7wQ2vLk91"},
        {"name": "OWN", "value": "orders"},
    ]);
    let engine = json!({
        "name": "process", "image": "bytewax/bytewax:0.21.1-python3.11", "env": env,
        "resources": {"limits": {"memory": "1Gi"}},
    });
    serde_json::from_value(json!({
        "metadata": {"name": "orders"},
        "spec": {
            "replicas": 2, "serviceName": "orders", "selector": {},
            "template": {"spec": {"containers": [{"name": "api-cache"}, engine], "affinity": {}, "tolerations": []}},
        },
    }))
    .unwrap()
}

#[test]
fn flow_matches_stateful_set_of_release() {
    let flow = release(&config()).flow(Some(code())).unwrap();
    assert_eq!(flow.differences(&stateful_set()), Vec::<String>::new());
    let mut scaled = stateful_set();
    let spec = scaled.spec.as_mut().unwrap();
    spec.replicas = Some(5);
    let containers = &mut spec.template.spec.as_mut().unwrap().containers;
    containers[1].resources = None;
    containers[1].env.as_mut().unwrap()[4].value = Some("debug".to_owned());
    insta::assert_snapshot!(flow.differences(&scaled).join("\n"), @"
    processes: 5 runs, the files have 2
    variable LEVEL: another value runs than the files have
    resources: another value runs than the files have
    ");
}
