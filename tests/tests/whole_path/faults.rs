//! Tests flows that cannot run: status gives the reason, at the first start and for a change. A change that cannot run
//! does not affect the running flow.

use futures::future::join_all;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use wax_tests::gang::GangWatch;
use wax_tests::namespace::condition;
use wax_tests::{TestNamespace, wait};

use super::{flow, hello};

/// A mistake in code or spec.
struct Fault {
    name: &'static str,
    code: String,
    spec: Value,
    /// Reason of the condition Stalled at the first start, and for a change of a running flow.
    reasons: [&'static str; 2],
    /// Text that the message must contain.
    says: &'static str,
}

fn faults() -> Vec<Fault> {
    let fault = |name, code, spec, reasons, says| Fault {
        name,
        code,
        spec,
        reasons,
        says,
    };
    vec![
        fault(
            "import",
            "import no_such_module\n".to_owned(),
            json!({}),
            ["CrashLoop", "ProbeFailed"],
            "no_such_module",
        ),
        fault(
            "nodataflow",
            "flow = 'not one'\n".to_owned(),
            json!({}),
            ["CrashLoop", "ProbeFailed"],
            "flow",
        ),
        fault(
            "missing",
            hello(),
            json!({"configMapName": "nowhere"}),
            ["MissingReference"; 2],
            "nowhere",
        ),
        fault(
            "image",
            hello(),
            json!({"image": {"tag": "no-such-tag"}}),
            ["ImagePull"; 2],
            "no-such-tag",
        ),
        fault(
            "invalid",
            hello(),
            json!({"env": [{"name": "BYTEWAX_PROCESS_ID", "value": "7"}]}),
            ["InvalidSpec"; 2],
            "BYTEWAX_PROCESS_ID",
        ),
    ]
}

/// Each fault is tested at the first start, is then corrected, and is tested again as a change of the running flow.
#[tokio::test(flavor = "multi_thread")]
async fn fault_is_named_and_running_flow_is_unaffected() {
    let ns = TestNamespace::new("faults").await.unwrap();
    join_all(faults().iter().map(|fault| async {
        ns.start_flow(fault.name, &fault.code, &fault.spec).unwrap();
        let sentence = ns.stalled(fault.name, fault.reasons[0]).await.unwrap();
        assert!(sentence.contains(fault.says), "{}: {sentence}", fault.name);
        ns.start_flow(fault.name, &hello(), &json!({})).unwrap();
        let before = ns.ready(fault.name).await.unwrap();
        let gang = identities(&ns.gang(fault.name).await.unwrap());

        ns.start_flow(fault.name, &fault.code, &fault.spec).unwrap();
        let sentence = ns.stalled(fault.name, fault.reasons[1]).await.unwrap();
        assert!(sentence.contains(fault.says), "{}: {sentence}", fault.name);
        assert_eq!(
            identities(&ns.gang(fault.name).await.unwrap()),
            gang,
            "{}: the gang was touched",
            fault.name
        );

        ns.start_flow(fault.name, &hello(), &json!({})).unwrap();
        let after = ns.ready(fault.name).await.unwrap();
        assert_eq!(
            after["start"], before["start"],
            "{}: going back to what runs is no start",
            fault.name
        );
        assert_eq!(
            identities(&ns.gang(fault.name).await.unwrap()),
            gang,
            "{}: the gang was touched",
            fault.name
        );
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_after_change_names_the_previous_revision() {
    let ns = TestNamespace::new("raises").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({"processesCount": 2}))
        .unwrap();
    let good = ns.ready("orders").await.unwrap();
    ns.source("orders", &flow("raises")).unwrap();
    let sentence = ns.stalled("orders", "CrashLoop").await.unwrap();
    assert!(
        sentence.contains("three"),
        "the user's own exception: {sentence}"
    );
    assert!(
        sentence.contains(good["revision"].as_str().unwrap()),
        "the revision to go back to: {sentence}"
    );
    let status = ns
        .status("orders", "a last failure", |status| {
            status["lastFailure"].is_object()
        })
        .await
        .unwrap();
    let failure = &status["lastFailure"];
    assert_eq!(failure["step"], "raises.parse_row", "{failure}");
    assert_ne!(condition(&status, "Ready")["status"], "True");

    ns.source("orders", &hello()).unwrap();
    let healed = ns.ready("orders").await.unwrap();
    assert_eq!(healed["revision"], good["revision"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_revision_stays_refused_after_completion() {
    let mut ns = TestNamespace::new("refused").await.unwrap();
    ns.start_flow("orders", &flow("until_file_exists"), &json!({}))
        .unwrap();
    let watch = GangWatch::start(&ns, "orders");
    let ran = ns.ready("orders").await.unwrap();
    ns.source("orders", "import no_such_module\n").unwrap();
    ns.stalled("orders", "ProbeFailed").await.unwrap();
    let end = [
        "exec", "orders-0", "-c", "process", "--", "touch", "/tmp/end",
    ];
    ns.kubectl(&end).unwrap().ok().unwrap();
    wait::gone(&ns.pods(), "orders-0").await.unwrap();

    // A restarted operator reports the same reason.
    ns.take_operator().unwrap().stop().unwrap();
    ns.start_operator(&[]).unwrap();
    ns.operator().unwrap().has_reconciled(1).await.unwrap();
    let sentence = ns.stalled("orders", "ProbeFailed").await.unwrap();
    assert!(sentence.contains("no_such_module"), "{sentence}");

    ns.source("orders", &hello()).unwrap();
    let good = ns
        .status("orders", "the good revision Running", |status| {
            condition(status, "Ready")["reason"] == "Running"
                && status["revision"] != ran["revision"]
        })
        .await
        .unwrap();
    let started: Vec<_> = watch
        .finish()
        .unwrap()
        .starts
        .into_iter()
        .map(|start| start.revision)
        .collect();
    assert_eq!(
        started,
        [ran, good].map(|status| status["revision"].as_str().unwrap().to_owned())
    );
}

/// Returns UID and number of container restarts of each pod, which differ after a pod or container was replaced.
fn identities(gang: &[Pod]) -> Vec<(String, i32)> {
    gang.iter()
        .map(|pod| {
            let containers = pod
                .status
                .iter()
                .flat_map(|status| status.container_statuses.iter().flatten());
            (
                pod.metadata.uid.clone().unwrap_or_default(),
                containers.map(|container| container.restart_count).sum(),
            )
        })
        .collect()
}
