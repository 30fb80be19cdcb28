//! Hides secrets in objects and texts of a cluster, by the one list of `secret`.
//!
//! In an object the names of its fields help to find them; the values of variables are always hidden. A secret that was
//! found in one place is hidden wherever it occurs, in every form in which programs write it.

use serde_json::{Map, Value};

use super::found::{Found, command_line, flag_name, in_arguments, json, variable};
use super::known::Finder;
use crate::mask::{HIDDEN, Masks, redact};
use crate::secret::hides;

/// Annotation with a copy of an object, which kubectl writes.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Beginnings of variables that a Dataflow may not have, so that only the platform sets them.
const RESERVED: [&str; 3] = ["BYTEWAX_DATAFLOW_API_", "BYTEWAX_RECOVERY_", "WAXRUN_"];

/// Further variables that the platform sets for pods and for the operator.
const PLATFORM: [&str; 25] = [
    "BYTEWAX_HOSTFILE_PATH",
    "BYTEWAX_KEEP_CONTAINER_ALIVE",
    "BYTEWAX_POD_NAME",
    "BYTEWAX_PROCESS_ID",
    "BYTEWAX_PYTHON_FILE_PATH",
    "BYTEWAX_SNAPSHOT_INTERVAL",
    "BYTEWAX_STATEFULSET_NAME",
    "BYTEWAX_WORKERS_PER_PROCESS",
    "WAX_AGENTS",
    "WAX_AGENT_IMAGE",
    "WAX_ALL_NAMESPACES",
    "WAX_BURST",
    "WAX_CONCURRENCY",
    "WAX_IDENTITY",
    "WAX_LEASE_NAME",
    "WAX_LEASE_NAMESPACE",
    "WAX_LEASE_SECONDS",
    "WAX_LISTEN",
    "WAX_LOG",
    "WAX_LOG_FORMAT",
    "WAX_NAMESPACE",
    "WAX_NO_LEASE",
    "WAX_PROBE_DEADLINE",
    "WAX_REQUESTS_PER_SECOND",
    "WAX_CONTEXT",
];

/// The secrets that are known, and the rules for those that are not.
#[derive(Debug)]
pub(super) struct Redaction {
    found: Found,
    finder: Finder,
    masks: Masks,
}

impl Redaction {
    /// Prepares to hide what was found.
    pub(super) fn of(found: Found) -> Self {
        Self {
            finder: Finder::of(&found.known),
            found,
            masks: Masks::default(),
        }
    }

    /// Returns an object, or any other document, without secrets and without what only repeats it.
    #[must_use]
    pub(super) fn object(&self, object: &Value) -> Value {
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
            Value::String(text) => *text = self.text_of_field(path, text),
            Value::Array(items) => self.hide_items(items, path),
            Value::Object(fields) => {
                if let Some((name, text)) = variable(fields) {
                    let shown = match self.is_of_platform(name) {
                        true => self.hidden(&format!("spec.env[{name}]"), text),
                        false => HIDDEN.to_owned(),
                    };
                    fields.insert("value".to_owned(), shown.into());
                }
                hide_in_command_line(fields);
                for (key, field) in fields {
                    self.hide(field, &format!("{path}.{key}"));
                }
            }
        }
    }

    fn hide_items(&self, items: &mut [Value], path: &str) {
        let words: Vec<_> = items.iter().filter_map(Value::as_str).collect();
        let secrets = in_arguments(&words);
        let mut follows_flag = false;
        for item in items {
            let tells = item.as_str().and_then(flag_name).is_some_and(hides);
            match (follows_flag, item.is_string()) {
                (true, true) => *item = HIDDEN.into(),
                _ => {
                    without(item, &secrets);
                    self.hide(item, path);
                }
            }
            follows_flag = tells;
        }
    }

    /// Whether the value of a variable is the platform's and not the user's.
    fn is_of_platform(&self, name: &str) -> bool {
        let reserved = RESERVED.iter().any(|prefix| name.starts_with(prefix));
        (reserved || PLATFORM.contains(&name)) && !self.found.variables.contains(name)
    }

    /// Returns a text of a field. JSON in it is searched like the object around it.
    fn text_of_field(&self, path: &str, text: &str) -> String {
        if let Some(document) = json(text) {
            let mut shown = document.clone();
            self.hide(&mut shown, "");
            if shown != document {
                return self.hidden(path, &shown.to_string());
            }
        }
        self.hidden(path, text)
    }

    fn hidden(&self, path: &str, text: &str) -> String {
        let mut shown = Some(self.finder.hide(text).into_owned());
        self.masks.field(path, &mut None, &mut shown);
        redact(&shown.unwrap_or_default()).into_owned()
    }

    /// Returns a text of lines without secrets. The end of the path says what kind of text it is.
    #[must_use]
    pub(super) fn text(&self, path: &str, text: &str) -> String {
        let known = self.finder.hide(text);
        let mut shown = Some(headless_key_hidden(&known));
        self.masks.file(path, &mut None, &mut shown);
        redact(&shown.unwrap_or_default()).into_owned()
    }
}

/// Hides the secrets of a command line whose program and arguments are in two fields.
fn hide_in_command_line(fields: &mut Map<String, Value>) {
    let secrets = in_arguments(&command_line(fields));
    for key in ["command", "args"] {
        let items = fields.get_mut(key).and_then(Value::as_array_mut);
        items
            .into_iter()
            .flatten()
            .for_each(|item| without(item, &secrets));
    }
}

/// Removes secrets from a text.
fn without(item: &mut Value, secrets: &[String]) {
    if let Value::String(text) = item {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), HIDDEN);
            }
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "cAn4rY7xQ2w9Zk";

    /// Returns a secret with the shape of a token of a forge.
    fn token() -> String {
        ["ghp", "_0123456789abcdefghij", SECRET, "1"].concat()
    }

    /// Returns what hides the secrets of an object.
    fn of(object: &Value) -> Redaction {
        let mut found = Found::default();
        found.learn(object);
        Redaction::of(found)
    }

    fn shown(object: &Value) -> String {
        of(object).object(object).to_string()
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
        let shown = shown(&pod);
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

    #[rstest::rstest]
    #[case::one_list(json!({"command": ["redis-cli", "-a", SECRET, "ping"]}))]
    #[case::two_lists(json!({"command": ["redis-cli"], "args": ["-a", SECRET, "ping"]}))]
    #[case::flag(json!({"args": ["--password", SECRET, "ping"]}))]
    #[case::glued(json!({"args": ["mysql", format!("-p{SECRET}"), "ping"]}))]
    #[case::shell(json!({"command": ["sh", "-c", format!("mysql -p{SECRET}")], "args": ["ping"]}))]
    #[case::short(json!({"command": ["redis-cli", "-a", "cAn4", "ping"]}))]
    fn argument_of_program_is_hidden(#[case] container: Value) {
        let shown = shown(&container);
        assert!(!shown.contains("cAn4") && shown.contains("ping"), "{shown}");
    }

    #[test]
    fn variable_of_user_is_hidden_under_any_name() {
        let flow = json!({"spec": {"env": [
            {"name": "WAX_MODE", "value": "unremarkable"}, {"name": "WAX_LOG", "value": "unremarkable"},
        ]}});
        let pod = json!({"spec": {"containers": [{"env": [
            {"name": "WAX_MODE", "value": "unremarkable"}, {"name": "WAX_LOG", "value": "unremarkable"},
            {"name": "WAX_AGENT_IMAGE", "value": "agent:1"},
        ]}]}});
        let redaction = of(&flow);
        for object in [&flow, &pod] {
            let shown = redaction.object(object).to_string();
            assert!(!shown.contains("unremarkable"), "{shown}");
        }
        assert!(redaction.object(&pod).to_string().contains("agent:1"));
    }

    #[test]
    fn document_inside_of_text_is_searched() {
        let pair = json!({"name": "password", "value": SECRET, "team": "a"});
        let inner = json!({"spec": {"env": [pair]}}).to_string();
        let outer = json!({"note": inner}).to_string();
        let object = json!({"metadata": {"annotations": {"example.com/applied": outer}}});
        let shown = shown(&object);
        assert!(!shown.contains("cAn4rY"), "{shown}");
    }

    #[test]
    fn private_key_without_beginning_is_hidden() {
        let log = "10:00 started\n10:01 Kd9fMIIEowIBAAKCAQEAx8\n10:02 -----END RSA PRIVATE KEY-----\n10:03 ready\n";
        let shown = Redaction::of(Found::default()).text("flow.log", log);
        assert!(!shown.contains("MIIE") && !shown.contains("END"), "{shown}");
        assert!(
            shown.contains("10:00 started") && shown.contains("10:03 ready"),
            "{shown}"
        );
    }

    #[test]
    fn known_secret_is_hidden_in_log() {
        let flow = json!({"spec": {"env": [{"name": "DB_PASSWORD", "value": SECRET}]}});
        let redaction = of(&flow);
        let log = format!(
            "start\nconnected as {SECRET}\nAuthorization: Bearer {}\nend\n",
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
