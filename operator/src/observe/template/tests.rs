//! Recovery store settings survive the pruning of a cached template.

use dataflow::code::Code;
use dataflow::plan::Agent;
use dataflow::spec::DataflowSpec;
use rstest::rstest;

use super::*;
use crate::observe::cache;
use crate::observe::prepared::Prepared;

fn separate() -> StoreLedger {
    StoreLedger {
        id: "one".to_owned(),
        timeline: "1-00000001".to_owned(),
        change_number: 4,
        places: vec![0, 2, 1],
        claims: [(0, "a".to_owned()), (2, "c".to_owned())].into(),
        pending: None,
        detached: false,
        last_action: None,
    }
}

#[rstest]
#[case::of_their_own(false, "", vec![0, 1, 0], [(0, "a".to_owned()), (1, "b".to_owned())].into())]
#[case::shared(true, "", vec![SHARED_VOLUME; 3], [(SHARED_VOLUME, "a".to_owned())].into())]
#[case::named_container(
    false,
    "containerName: engine",
    vec![0, 1, 0],
    [(0, "a".to_owned()), (1, "b".to_owned())].into()
)]
fn cached_template_contains_the_ledger(
    #[case] single: bool,
    #[case] chart_values: &str,
    #[case] places: Vec<u32>,
    #[case] claims: BTreeMap<u32, String>,
) {
    let spec: DataflowSpec = serde_json::from_value(serde_json::json!({
        "image": {"tag": "0.21.1"},
        "pythonFileName": "flow.py",
        "configMapName": "orders-source",
        "processesCount": 2,
        "recovery": {"enabled": true, "partsCount": 3, "singleVolume": single},
        "chartValues": chart_values,
    }))
    .unwrap();
    let ledger = StoreLedger {
        places,
        claims,
        ..separate()
    };
    let hash = Code::new().hash();
    let prepared = Prepared::new("orders", &spec, hash, Agent::current("agent"), None).unwrap();
    let mut set = prepared
        .plan("shop", "uid", 7, Some(ledger.layout(None)))
        .stateful_set;
    cache::prune_set(&mut set);
    let pod = set.spec.unwrap().template.spec.unwrap();
    assert_eq!(self::ledger(&pod), Some(ledger));
}

#[test]
fn raised_retention_of_status_reaches_the_template() {
    let retention_with = |backups: bool, raised| {
        let spec = serde_json::from_value(serde_json::json!({
            "image": {"tag": "0.21.1"},
            "pythonFileName": "flow.py",
            "configMapName": "orders-source",
            "recovery": {
                "enabled": true,
                "cloudBackup": {"enabled": backups, "s3": {"url": "s3://bucket"}},
            },
        }))
        .unwrap();
        let hash = Code::new().hash();
        let prepared = Prepared::new("orders", &spec, hash, Agent::current("agent"), None).unwrap();
        let store = Some(separate().layout(None));
        let plan = prepared.keeping(raised).plan("shop", "uid", 7, store);
        let mut set = plan.stateful_set;
        cache::prune_set(&mut set);
        retention(&set.spec.unwrap().template.spec.unwrap())
    };
    assert_eq!(retention_with(true, None), Some(120));
    assert_eq!(retention_with(true, Some(720)), Some(720));
    assert_eq!(retention_with(true, Some(60)), Some(120));
    assert_eq!(
        retention_with(false, Some(720)),
        Some(1),
        "the retention is not raised without backups"
    );
}
