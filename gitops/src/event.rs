//! Kubernetes events about one Dataflow and its children, as rows of a table.

use dataflow::DataflowName;
use jiff::Timestamp;
use kube::core::DynamicObject;
use serde_json::Value;

use crate::age::age;

/// Headings of the table, as in `kubectl events`.
pub const COLUMNS: &[&str] = &["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];

/// Whether an event is about the Dataflow, its StatefulSet, or one of its pods or PVCs.
///
/// It compares names, because most of these objects no longer exist when somebody reads their events.
#[must_use]
pub fn is_about(event: &DynamicObject, flow: &DataflowName) -> bool {
    let object = &event.data["involvedObject"];
    let (kind, name) = (text(&object["kind"]), text(&object["name"]));
    match kind {
        "Dataflow" | "StatefulSet" => name == flow.as_str(),
        "Pod" => flow.pod_index(name).is_some() || is_helper_pod(name, flow),
        "PersistentVolumeClaim" => {
            let ordinal = name
                .rsplit('-')
                .next()
                .and_then(|digits| digits.parse().ok());
            name == flow.shared_recovery_claim()
                || ordinal.is_some_and(|ordinal| name == flow.recovery_claim(ordinal))
        }
        _ => false,
    }
}

/// Whether a pod is a probe pod or a store pod of the Dataflow.
fn is_helper_pod(name: &str, flow: &DataflowName) -> bool {
    let rest = name
        .strip_prefix(flow.as_str())
        .and_then(|rest| rest.strip_prefix('-'));
    let Some((role, rest)) = rest.and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match role {
        "probe" => rest.len() == 10 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "store" => rest
            .split_once('-')
            .is_some_and(|(change, part)| number(change) && number(part)),
        _ => false,
    }
}

/// Returns the time at which the event was last seen.
#[must_use]
pub fn last_seen(event: &DynamicObject) -> Option<Timestamp> {
    [
        &event.data["series"]["lastObservedTime"],
        &event.data["lastTimestamp"],
        &event.data["eventTime"],
        &event.data["firstTimestamp"],
    ]
    .into_iter()
    .find_map(time)
    .or_else(|| {
        event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0)
    })
}

/// Returns the cells of an event at the time `now`.
#[must_use]
pub fn cells(event: &DynamicObject, now: Timestamp) -> Vec<String> {
    let data = &event.data;
    let since = |time: Option<Timestamp>| match time {
        Some(time) => age(now.as_second() - time.as_second()),
        None => "<unknown>".to_owned(),
    };
    let count = [&data["series"]["count"], &data["count"]];
    let count = count.into_iter().find_map(Value::as_i64).unwrap_or(1);
    let first = [&data["firstTimestamp"], &data["eventTime"]];
    let first = first.into_iter().find_map(time);
    let seen = since(last_seen(event));
    let seen = match count {
        ..=1 => seen,
        count => format!("{seen} (x{count} over {})", since(first)),
    };
    let object = &data["involvedObject"];
    let object = format!("{}/{}", text(&object["kind"]), text(&object["name"]));
    let message = text(&data["message"]).trim();
    let plain = [text(&data["type"]), text(&data["reason"]), &object, message];
    let plain = plain.into_iter().map(str::to_owned);
    std::iter::once(seen).chain(plain).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::table::Table;

    fn event(kind: &str, name: &str, more: &Value) -> DynamicObject {
        let mut event = json!({
            "metadata": {"name": "x"}, "involvedObject": {"kind": kind, "name": name},
            "type": "Normal", "reason": "Started", "message": "it started\n",
        });
        let fields = more.as_object().unwrap().clone();
        event.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(event).unwrap()
    }

    #[rstest]
    #[case("Dataflow", "orders", true)]
    #[case("Dataflow", "orders-2", false)]
    #[case("StatefulSet", "orders", true)]
    #[case("Pod", "orders-0", true)]
    #[case("Pod", "orders-12", true)]
    #[case("Pod", "orders-api-0", false)]
    #[case("Pod", "orders-probe-3f2a90bc11", true)]
    #[case("Pod", "orders-probe-0", false)]
    #[case("Pod", "orders-store-3-0", true)]
    #[case("Pod", "orders-store-0", false)]
    #[case("Pod", "ordersx-0", false)]
    #[case("PersistentVolumeClaim", "recovery-orders-1", true)]
    #[case("PersistentVolumeClaim", "recovery-orders-x", false)]
    #[case("PersistentVolumeClaim", "orders-recovery", true)]
    #[case("Node", "orders", false)]
    fn event_belongs_to_flow_by_name(
        #[case] kind: &str,
        #[case] name: &str,
        #[case] expected: bool,
    ) {
        let flow = DataflowName::try_from("orders").unwrap();
        assert_eq!(is_about(&event(kind, name, &json!({})), &flow), expected);
    }

    #[test]
    fn rows_show_age_and_repetitions() {
        let now = "2026-01-01T01:00:00Z".parse().unwrap();
        let events = [
            json!({"lastTimestamp": "2026-01-01T00:59:48Z", "firstTimestamp": "2026-01-01T00:30:00Z", "count": 7}),
            json!({"eventTime": "2026-01-01T00:50:00.000000Z"}),
            json!({
                "eventTime": "2026-01-01T00:50:00.000000Z", "type": "Warning",
                "series": {"count": 3, "lastObservedTime": "2026-01-01T00:59:59.000000Z"},
            }),
            json!({}),
        ];
        let rows: Vec<_> = events
            .iter()
            .map(|more| cells(&event("Pod", "orders-0", more), now))
            .collect();
        insta::assert_snapshot!(Table::new(COLUMNS).with_heading(&rows));
    }
}
