//! The log of one request, as kubectl writes it with `-v=6` to `-v=9`.
//!
//! | level | is logged |
//! |---|---|
//! | 6 | method, address, status and duration |
//! | 7 | also the headers of the request |
//! | 8 | also the headers of the response, and bodies of up to 1,024 characters |
//! | 9 | a curl command, and bodies of up to 10,240 characters |
//!
//! Credentials are masked: `Authorization`, tokens, the values of Secrets and of variables.

use std::time::Duration;

use http::{HeaderMap, HeaderName, Request, StatusCode, Uri};
use kube::client::Body;
use serde_json::Value;

use crate::ui::trace::{Fields, log};

/// The level from which requests are logged.
pub(super) const FIRST_LEVEL: i32 = 6;

/// The level from which bodies are logged.
pub(super) const BODY_LEVEL: i32 = 8;

const MASKED: &str = "<masked>";

/// Names of fields with credentials.
const CREDENTIALS: [&str; 8] = [
    "accesskey",
    "client-key-data",
    "clientkeydata",
    "password",
    "refresh-token",
    "secretaccesskey",
    "secretkey",
    "token",
];

/// A request that is logged.
pub(super) struct Event {
    level: i32,
    verb: String,
    url: String,
    streams: bool,
}

impl Event {
    /// Reads what both of its lines say.
    pub(super) fn of(request: &Request<Body>, level: i32) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let streams = |name: &str| query.split('&').any(|part| part == name);
        Self {
            level,
            verb: request.method().to_string(),
            url: without_user(request.uri()),
            streams: streams("watch=true") || streams("watch=1") || streams("follow=true"),
        }
    }

    /// Whether the body of the response is logged. A stream has no end.
    pub(super) fn logs_body(&self) -> bool {
        self.level >= BODY_LEVEL && !self.streams
    }

    /// Logs the head of the request.
    pub(super) fn request(&self, given: &HeaderMap) {
        if self.level < 7 {
            return;
        }
        let fields = Fields::new("Request");
        let fields = if self.level >= 9 {
            fields.text("curlCommand", &self.curl(given))
        } else {
            let fields = fields.text("verb", &self.verb).text("url", &self.url);
            fields.text("headers", &headers(given))
        };
        fields.log("round_trippers.go:527");
    }

    /// Logs the head of the response; `None` if there was none.
    pub(super) fn response(&self, head: Option<(StatusCode, &HeaderMap)>, elapsed: Duration) {
        let mut fields = Fields::new("Response");
        if self.level == 6 || self.level >= 9 {
            fields = fields.text("verb", &self.verb).text("url", &self.url);
        }
        let status = head.map_or_else(String::new, |(status, _)| status.to_string());
        fields = fields.text("status", &status);
        if self.level >= 8
            && let Some((_, given)) = head
        {
            fields = fields.text("headers", &headers(given));
        }
        fields
            .number("milliseconds", elapsed.as_millis())
            .log("round_trippers.go:632");
    }

    /// Logs a body, without credentials.
    pub(super) fn body(&self, what: &str, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let limit = if self.level >= 10 {
            usize::MAX
        } else if self.level == 9 {
            10_240
        } else {
            1_024
        };
        let text = match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                mask(&mut value);
                value.to_string()
            }
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        let text = match text.char_indices().nth(limit) {
            Some((end, _)) => {
                let left = text[end..].chars().count();
                format!("{} [truncated {left} chars]", &text[..end])
            }
            None => text,
        };
        Fields::new(what).text("body", &text).log("request.go:1303");
    }

    fn curl(&self, given: &HeaderMap) -> String {
        let headers: String = given
            .iter()
            .map(|(name, value)| {
                format!(" -H \"{}: {}\"", title(name), shown(name, value.as_bytes()))
            })
            .collect();
        format!("curl -v -X{} {headers} '{}'\n", self.verb, self.url)
    }
}

/// Logs which kubeconfig files were read, as kubectl does.
pub(in crate::cluster) fn files_loaded(files: &[std::path::PathBuf]) {
    for file in files
        .iter()
        .filter(|_| crate::ui::trace::level() >= FIRST_LEVEL)
    {
        log(
            "loader.go:405",
            &format!("Config loaded from file:  {}", file.display()),
        );
    }
}

/// Returns an address without user and password.
pub(in crate::cluster) fn without_user(uri: &Uri) -> String {
    let text = uri.to_string();
    let Some((scheme, rest)) = text.split_once("://") else {
        return text;
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text,
    }
}

/// Returns headers in the order of their names, one in each line.
fn headers(given: &HeaderMap) -> String {
    let mut lines: Vec<String> = given
        .iter()
        .map(|(name, value)| format!("{}: {}\n", title(name), shown(name, value.as_bytes())))
        .collect();
    lines.sort();
    lines.concat()
}

/// Writes a name as Go does: `User-Agent`.
fn title(name: &HeaderName) -> String {
    let parts = name.as_str().split('-').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Returns the value of a header; of credentials only their kind.
fn shown(name: &HeaderName, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value).into_owned();
    match name.as_str() {
        "authorization" | "proxy-authorization" => match text.split_once(' ') {
            Some((kind @ ("Bearer" | "Basic" | "Negotiate"), _)) => format!("{kind} {MASKED}"),
            _ => MASKED.to_owned(),
        },
        "cookie" | "set-cookie" => MASKED.to_owned(),
        _ => text,
    }
}

/// Masks the values of Secrets, of variables, and of fields whose name says that they are credentials.
fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => {
            let secret = fields.get("kind").is_some_and(|kind| kind == "Secret");
            let variable = fields.contains_key("name") && fields.len() == 2;
            for (name, value) in fields.iter_mut() {
                let of_secret = secret && (name == "data" || name == "stringData");
                let of_variable = variable && name == "value";
                let tells = CREDENTIALS.contains(&name.to_ascii_lowercase().as_str());
                if of_secret || ((of_variable || tells) && value.is_string()) {
                    hide(value);
                } else {
                    mask(value);
                }
            }
        }
        // An annotation may contain a whole object.
        Value::String(text) if text.starts_with('{') => {
            if let Ok(mut inner) = serde_json::from_str::<Value>(text) {
                mask(&mut inner);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(hide),
        other => *other = MASKED.into(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_are_masked() {
        let mut body = json!({"items": [
            {"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "aGk="}},
            {"kind": "Dataflow", "spec": {"env": [{"name": "DB", "value": "hunter2"}], "image": {"tag": "1"}},
             "metadata": {"annotations": {"last": "{\"spec\":{\"env\":[{\"name\":\"DB\",\"value\":\"hunter2\"}]}}"}}},
            {"status": {"token": "hunter2"}},
        ]});
        mask(&mut body);
        let text = body.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("aGk="),
            "{text}"
        );
        assert!(
            text.contains("\"tag\":\"1\"") && text.contains("\"name\":\"s\""),
            "{text}"
        );
    }

    #[test]
    fn headers_are_sorted_and_masked() {
        let mut given = HeaderMap::new();
        given.insert("user-agent", HeaderValue::from_static("x"));
        given.insert("authorization", HeaderValue::from_static("Bearer hunter2"));
        assert_eq!(
            headers(&given),
            "Authorization: Bearer <masked>\nUser-Agent: x\n"
        );
        given.insert("authorization", HeaderValue::from_static("hunter2"));
        assert_eq!(headers(&given), "Authorization: <masked>\nUser-Agent: x\n");
    }

    #[test]
    fn user_in_address_is_left_out() {
        let uri: Uri = "https://ann:hunter2@near:6443/api?x=a@b".parse().unwrap();
        assert_eq!(without_user(&uri), "https://near:6443/api?x=a@b");
    }
}
