//! Hides secrets in objects and texts of a cluster, by the one list of `secret`.
//!
//! In an object the names of its fields help to find them; the values of variables are always hidden. A secret that was
//! found in one object is hidden wherever it occurs.

use serde_json::{Map, Value};

use crate::mask::{HIDDEN, Masks, redact};
use crate::secret::hides;

/// Annotation with a copy of an object, which kubectl writes.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Beginnings of the variables that the platform and the engine set.
const PLATFORM: [&str; 3] = ["BYTEWAX_", "WAXRUN_", "WAX_"];

/// The secrets that are known, and the rules for those that are not.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    masks: Masks,
}

impl Redaction {
    /// Remembers the secrets in objects.
    pub fn learn<'a>(&mut self, objects: impl IntoIterator<Item = &'a Value>) {
        for object in objects {
            self.learn_below(object);
        }
    }

    fn learn_below(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                for pair in items.windows(2) {
                    if let (Some(flag), Some(value)) = (flag(&pair[0]), pair[1].as_str()) {
                        self.masks.learn_variable(flag, value);
                    }
                }
                items.iter().for_each(|item| self.learn_below(item));
            }
            Value::Object(fields) => {
                if let Some((name, value)) = variable(fields) {
                    self.masks.learn_variable(name, value);
                }
                if let Some(Value::String(entry)) = fields.get("pythonFileName") {
                    self.masks.learn_call(entry);
                }
                fields.values().for_each(|field| self.learn_below(field));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Returns an object, or any other document, without secrets and without what only repeats it.
    #[must_use]
    pub fn object(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            metadata.remove("managedFields");
            if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
                annotations.remove(LAST_APPLIED);
            }
        }
        self.hide(&mut object, "");
        object
    }

    fn hide(&self, value: &mut Value, path: &str) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let shown = number.to_string();
                let hidden = self.hidden(path, &shown);
                if hidden != shown {
                    *value = hidden.into();
                }
            }
            Value::String(text) => *text = self.hidden(path, text),
            Value::Array(items) => {
                let mut follows_flag = false;
                for item in items {
                    let tells = flag(item).is_some_and(hides);
                    match (follows_flag, item.is_string()) {
                        (true, true) => *item = HIDDEN.into(),
                        _ => self.hide(item, path),
                    }
                    follows_flag = tells;
                }
            }
            Value::Object(fields) => {
                if let Some((name, text)) = variable(fields) {
                    let platform = PLATFORM.iter().any(|prefix| name.starts_with(prefix));
                    let shown = match platform {
                        true => self.hidden(&format!("spec.env[{name}]"), text),
                        false => HIDDEN.to_owned(),
                    };
                    fields.insert("value".to_owned(), shown.into());
                }
                for (key, field) in fields {
                    self.hide(field, &format!("{path}.{key}"));
                }
            }
        }
    }

    fn hidden(&self, path: &str, text: &str) -> String {
        let mut shown = Some(text.to_owned());
        self.masks.field(path, &mut None, &mut shown);
        redact(&shown.unwrap_or_default()).into_owned()
    }

    /// Returns a text of lines without secrets. The end of the path says what kind of text it is.
    #[must_use]
    pub fn text(&self, path: &str, text: &str) -> String {
        // Zero bytes would make it binary, and colours would hide where a secret begins.
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut shown = Some(headless_key_hidden(&plain.replace('\0', "\u{fffd}")));
        self.masks.file(path, &mut None, &mut shown);
        redact(&shown.unwrap_or_default()).into_owned()
    }
}

/// Hides the lines before the end of a private key whose beginning is cut off.
fn headless_key_hidden(text: &str) -> String {
    let is_end = |line: &str| line.contains("-----END ") && line.contains("PRIVATE KEY");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let Some(end) = lines.iter().position(|line| is_end(line)) else {
        return text.to_owned();
    };
    if lines[..end].iter().any(|line| line.contains("-----BEGIN ")) {
        return text.to_owned();
    }
    // A log has the time of each line before it.
    let is_body = |line: &&str| {
        let last = line.split_whitespace().last().unwrap_or_default();
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        last.len() >= 16 && last.bytes().all(base64)
    };
    let body = lines[..end].iter().rev().take_while(|line| is_body(line));
    let begin = end - body.count();
    lines[begin..=end].fill(HIDDEN);
    lines.join("\n")
}

/// Returns the name of a flag of a command line whose value is the next item.
fn flag(item: &Value) -> Option<&str> {
    let name = item.as_str()?.strip_prefix('-')?.trim_start_matches('-');
    Some(name).filter(|name| !name.contains('='))
}

/// Returns name and value of an environment variable of a container or a Dataflow.
fn variable(fields: &Map<String, Value>) -> Option<(&str, &str)> {
    let text = |key: &str| fields.get(key)?.as_str();
    Some((text("name")?, text("value")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "cAn4rY7xQ2w9Zk";

    /// Returns a secret with the shape of a token of a forge.
    fn token() -> String {
        ["ghp", "_0123456789abcdefghij", SECRET, "1"].concat()
    }

    #[test]
    fn object_loses_secrets_and_repetitions() {
        let pod = json!({
            "metadata": {
                "name": "orders-0", "managedFields": [{"manager": "x"}],
                "annotations": {LAST_APPLIED: SECRET, "team": "a"},
            },
            "spec": {"containers": [{
                "args": ["--token", token(), "run", "--api-key", "plain", format!("--password={SECRET}")],
                "env": [
                    {"name": "MODE", "value": "fast"},
                    {"name": "API_KEY", "value": SECRET},
                    {"name": "WAXRUN_PROCESSES", "value": "2"},
                    {"name": "WAXRUN_RENDEZVOUS_SECRET", "value": SECRET},
                    {"name": "KEY_ID", "valueFrom": {"secretKeyRef": {"name": "bucket", "key": "id"}}},
                ],
            }]},
            "status": {"message": format!("cannot log in with password={SECRET}"), "restarts": 3},
        });
        let mut redaction = Redaction::default();
        redaction.learn([&pod]);
        let shown = redaction.object(&pod).to_string();
        assert!(
            !shown.contains("cAn4rY") && !shown.contains("plain"),
            "{shown}"
        );
        for kept in [
            "\"team\":\"a\"",
            "\"value\":\"2\"",
            "\"bucket\"",
            "\"restarts\":3",
            "\"run\"",
        ] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        assert!(
            !shown.contains("fast") && !shown.contains("managedFields"),
            "{shown}"
        );
    }

    #[test]
    fn colours_hide_no_secret_in_log() {
        let log = format!("a \u{1b}[35m{}\u{1b}[0m\n", token());
        let shown = Redaction::default().text("flow.log", &log);
        assert!(!shown.contains(SECRET), "{shown}");
    }

    #[test]
    fn private_key_without_beginning_is_hidden() {
        let log = "10:00 started\n10:01 Kd9fMIIEowIBAAKCAQEAx8\n10:02 -----END RSA PRIVATE KEY-----\n10:03 ready\n";
        let shown = Redaction::default().text("flow.log", log);
        assert!(!shown.contains("MIIE") && !shown.contains("END"), "{shown}");
        assert!(
            shown.contains("10:00 started") && shown.contains("10:03 ready"),
            "{shown}"
        );
    }

    #[test]
    fn known_secret_is_hidden_in_log() {
        let mut redaction = Redaction::default();
        let flow = json!({"spec": {"env": [{"name": "DB_PASSWORD", "value": SECRET}]}});
        redaction.learn([&flow]);
        let log = format!(
            "start\n\0 connected as {SECRET}\nAuthorization: Bearer {}\nend\n",
            token()
        );
        let shown = redaction.text("a.log", &log);
        assert!(!shown.contains("cAn4rY"), "{shown}");
        assert!(
            shown.starts_with("start\n") && shown.ends_with("\nend\n"),
            "{shown}"
        );
    }
}
