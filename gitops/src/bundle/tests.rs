//! Tests the files of a bundle as a whole: nothing in them contains a planted secret, in whatever form it is planted.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;

/// Each planted form of a secret contains a part of this text, unless it is encoded.
const SECRET: &str = "cAn4rY&7xQ2/w9\"Zk?";

#[test]
fn manifest_names_files_and_missing_parts() {
    let mut bundle = Bundle::new("dataflow orders", "2026-05-01T14:00:00Z");
    bundle.add_objects(
        "flows/orders/dataflow.yaml",
        "the Dataflow",
        &[json!({"kind": "Dataflow", "metadata": {"name": "orders", "managedFields": []}})],
    );
    bundle.add_text("flows/orders/logs/a.log", "log of pod a", "started\n");
    bundle.leave_out("pods", "user `ann` is not allowed to list `pods`");
    let files = bundle.finish().files;
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    let flow = "flows/orders/dataflow.yaml";
    assert_eq!(paths, [MANIFEST, flow, "flows/orders/logs/a.log"]);
    assert_eq!(files[1].1, "kind: Dataflow\nmetadata:\n  name: orders\n");
    insta::assert_snapshot!(files[0].1);
}

#[test]
fn path_stays_in_folder_and_is_unique() {
    let mut bundle = Bundle::new("x", "now");
    for path in ["../../etc/passwd", "/etc/passwd", "a b\u{1b}", MANIFEST] {
        bundle.add_text(path, "a file", "");
    }
    let files = bundle.finish().files;
    let paths: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    let manifest = format!("other-{MANIFEST}");
    let expected = ["etc/passwd", "other-etc/passwd", "a_b_", &manifest];
    assert_eq!(paths[1..], expected);
}

/// Returns the forms in which programs write a secret.
fn forms() -> Vec<String> {
    let of_char = |form: fn(char) -> String| SECRET.chars().map(form).collect::<String>();
    let mut forms = vec![
        SECRET.to_owned(),
        serde_json::to_string(SECRET).unwrap(),
        serde_json::to_string(&json!({"a": json!({"b": SECRET}).to_string()})).unwrap(),
        of_char(|char| format!("\\u{:04x}", u32::from(char))),
        of_char(|char| format!("%{:02X}", u32::from(char))),
        of_char(|char| format!("&#{};", u32::from(char))),
        SECRET.replace('&', "&amp;").replace('"', "&quot;"),
        SECRET
            .replace('&', "%26")
            .replace('/', "%2f")
            .replace('"', "%22"),
    ];
    for before in ["", "a", "ab"] {
        let text = format!("{before}{SECRET}\n");
        forms.push(BASE64_STANDARD.encode(&text));
        forms.push(BASE64_URL_SAFE_NO_PAD.encode(&text));
    }
    forms
}

#[test]
fn no_form_of_secret_is_in_files() {
    let forms = forms();
    let flow = json!({
        "kind": "Dataflow",
        "metadata": {"name": "orders", "annotations": {"example.com/note": forms.join(" ")}},
        "spec": {"env": [{"name": "DB_PASSWORD", "value": SECRET}]},
        "status": {"conditions": [{"message": forms.join("\n")}]},
    });
    let mut bundle = Bundle::new("dataflow orders", "now");
    bundle.add_objects("flows/orders/dataflow.yaml", "the Dataflow", &[flow]);
    bundle.add_text("flows/orders/a.log", "a log", &forms.join("\nseen: "));
    for form in &forms {
        bundle.leave_out(&format!("log {form}"), form);
        bundle.add_text(&format!("logs/{form}.log"), &format!("log {form}"), form);
    }
    let finished = bundle.finish();
    let files = finished.files.iter();
    let mut texts: Vec<&str> = files.flat_map(|(path, text)| [&**path, &**text]).collect();
    texts.extend(
        finished
            .left_out
            .iter()
            .flat_map(|part| [&*part.what, &*part.why]),
    );
    for text in texts {
        for form in forms.iter().map(String::as_str).chain(["cAn4rY"]) {
            assert!(!text.contains(form), "{form}: {text}");
        }
    }
}

#[test]
fn secret_of_log_is_hidden_in_object() {
    let mut bundle = Bundle::new("dataflow orders", "now");
    let flow = json!({"status": {"message": "cannot open session cAn4rY7xQ2w9Zk"}});
    bundle.add_objects("flow.yaml", "the Dataflow", &[flow]);
    bundle.add_text("a.log", "a log", "started\npassword=cAn4rY7xQ2w9Zk\n");
    let files = bundle.finish().files;
    assert!(
        files[1].1.contains("cannot open session (hidden)"),
        "{files:?}"
    );
}

#[test]
fn address_of_server_is_hidden_in_reasons() {
    let mut bundle = Bundle::new("dataflow orders", "now");
    bundle.hide("api.shop.example:6443");
    bundle.leave_out("pods", "cannot reach https://api.shop.example:6443/api");
    let finished = bundle.finish();
    assert_eq!(
        finished.left_out[0].why,
        "cannot reach https://(hidden)/api"
    );
    assert!(!finished.files[0].1.contains("shop.example"));
}
