//! A simulated API server with objects in memory. It implements only what influences the output of waxctl.
//! `tests/tests/verbs` runs the same verbs against a real API server.

mod answer;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use serde_json::{Value, json};

use self::answer::{failure, patched};

/// Last segments of the paths of lists.
const COLLECTIONS: [&str; 8] = [
    "configmaps",
    "controllerrevisions",
    "dataflows",
    "events",
    "persistentvolumeclaims",
    "pods",
    "secrets",
    "statefulsets",
];

/// The objects by path, the denied permissions, the changes by other clients, and what was requested.
#[derive(Default)]
struct Objects {
    at: BTreeMap<String, Value>,
    denied: Vec<(&'static str, &'static str)>,
    after_reading: Option<fn(&mut Value)>,
    /// All watch events so far, with the paths of their collections.
    events: Vec<(String, Value)>,
    /// Number of watches that have begun.
    watches: usize,
    changed: Arc<Condvar>,
    /// The response to each watch, if none shall begin.
    refused_watches: Option<(u16, Value)>,
    /// Ends of the paths whose requests get no response.
    silent: Vec<&'static str>,
    warning: Option<String>,
    manager: Option<&'static str>,
    requests: Vec<String>,
}

/// A server on a free port of this machine; it ends with the process of the test.
pub(crate) struct Api {
    address: String,
    objects: Arc<Mutex<Objects>>,
}

impl Api {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            objects: Arc::default(),
        };
        let objects = Arc::clone(&api.objects);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let objects = Arc::clone(&objects);
                std::thread::spawn(move || serve(&connection.unwrap(), &objects));
            }
        });
        api
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Stores an object, or any other response, at a path.
    pub(crate) fn put(&self, path: &str, object: Value) {
        self.objects
            .lock()
            .unwrap()
            .at
            .insert(path.to_owned(), object);
    }

    /// Denies a verb on a resource of the core group.
    pub(crate) fn deny(&self, verb: &'static str, resource: &'static str) {
        self.objects.lock().unwrap().denied.push((verb, resource));
    }

    /// Changes an object each time after it was read.
    pub(crate) fn after_reading(&self, change: fn(&mut Value)) {
        self.objects.lock().unwrap().after_reading = Some(change);
    }

    /// Changes an object, or creates it, and reports it to the watches.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut objects = self.objects.lock().unwrap();
        let known = objects.at.contains_key(path);
        let object = objects.at.entry(path.to_owned()).or_default();
        change(object);
        let object = object.clone();
        objects.report(path, if known { "MODIFIED" } else { "ADDED" }, &object);
    }

    /// Removes an object, and reports its last state to the watches.
    pub(crate) fn remove(&self, path: &str) {
        let mut objects = self.objects.lock().unwrap();
        let object = objects.at.remove(path).unwrap();
        objects.report(path, "DELETED", &object);
    }

    /// Sends an event to the watches of a collection, such as an error.
    pub(crate) fn send(&self, collection: &str, event: Value) {
        let mut objects = self.objects.lock().unwrap();
        objects.events.push((collection.to_owned(), event));
        objects.changed.notify_all();
    }

    /// Refuses every watch.
    pub(crate) fn refuse_watches(&self, code: u16, reason: &str, message: &str) {
        let status = failure(code, reason, message, "");
        self.objects.lock().unwrap().refused_watches = Some((code, status));
    }

    /// Never responds to a request whose path ends so.
    pub(crate) fn ignore(&self, end: &'static str) {
        self.objects.lock().unwrap().silent.push(end);
    }

    /// Waits until this many watches have begun.
    pub(crate) fn wait_for_watches(&self, count: usize) {
        let mut objects = self.objects.lock().unwrap();
        while objects.watches < count {
            objects = wait(objects);
        }
    }

    /// Warns in each response, in the syntax of the header.
    pub(crate) fn warn(&self, value: &str) {
        self.objects.lock().unwrap().warning = Some(value.to_owned());
    }

    /// Lets another field manager own what is applied.
    pub(crate) fn own_fields(&self, manager: &'static str) {
        self.objects.lock().unwrap().manager = Some(manager);
    }

    /// Returns the requests so far, each with its headers: the first line, then `name: value`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.objects.lock().unwrap().requests.clone()
    }

    /// Returns the paths of all objects.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.objects.lock().unwrap().at.keys().cloned().collect()
    }

    pub(crate) fn at(&self, path: &str) -> Value {
        self.objects.lock().unwrap().at[path].clone()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.objects.lock().unwrap().at.contains_key(path)
    }
}

/// Serves one connection until the client closes it.
fn serve(connection: &TcpStream, objects: &Mutex<Objects>) {
    let mut lines = BufReader::new(connection);
    loop {
        let mut first = String::new();
        if lines.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        let mut request = first.clone();
        loop {
            let mut header = String::new();
            lines.read_line(&mut header).unwrap();
            request.push_str(&header);
            match header.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().unwrap();
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).unwrap();
        let mut words = first.split(' ');
        let (verb, target) = (words.next().unwrap(), words.next().unwrap());
        let is_watch = target.contains("watch=true");
        let (refused, is_silent) = {
            let mut objects = objects.lock().unwrap();
            objects.requests.push(request.replace('\r', ""));
            let path = target.split('?').next().unwrap();
            let is_silent = objects.silent.iter().any(|end| path.ends_with(end));
            let refused = objects.refused_watches.clone();
            (refused.filter(|_| is_watch), is_silent)
        };
        if is_silent {
            loop {
                std::thread::park();
            }
        }
        if is_watch && refused.is_none() {
            stream(connection, objects, target);
            return;
        }
        let mut objects = objects.lock().unwrap();
        let (code, answer) = match refused {
            Some(refused) => refused,
            None => objects.answer(verb, target, &body),
        };
        let answer = answer.to_string();
        let mut head = format!("HTTP/1.1 {code} .\r\nContent-Type: application/json\r\n");
        if let Some(warning) = &objects.warning {
            head.push_str(&format!("Warning: {warning}\r\n"));
        }
        drop(objects);
        let length = answer.len();
        let mut connection = connection;
        write!(connection, "{head}Content-Length: {length}\r\n\r\n{answer}").unwrap();
    }
}

fn wait(objects: MutexGuard<'_, Objects>) -> MutexGuard<'_, Objects> {
    let changed = Arc::clone(&objects.changed);
    changed.wait(objects).unwrap()
}

/// Serves a watch: every event after the version that the client names, until it closes the connection.
fn stream(mut connection: &TcpStream, objects: &Mutex<Objects>, target: &str) {
    let (path, query) = target.split_once('?').unwrap();
    let version = query
        .split('&')
        .find_map(|part| part.strip_prefix("resourceVersion="));
    let mut next: usize = version.unwrap().parse().unwrap();
    let name = named(query);
    let head = "HTTP/1.1 200 .\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    write!(connection, "{head}").unwrap();
    let mut locked = objects.lock().unwrap();
    locked.watches += 1;
    locked.changed.notify_all();
    loop {
        let events = locked.events[next..].iter();
        let lines = events.filter(|(collection, event)| {
            let object = &event["object"]["metadata"]["name"];
            collection == path && name.is_none_or(|name| object.is_null() || object == name)
        });
        let lines: String = lines.map(|(_, event)| format!("{event}\n")).collect();
        next = locked.events.len();
        if connection.write_all(lines.as_bytes()).is_err() {
            return;
        }
        while locked.events.len() == next {
            locked = wait(locked);
        }
    }
}

/// Returns the name that a field selector asks for.
fn named(query: &str) -> Option<&str> {
    let mut parts = query.split('&');
    parts.find_map(|part| part.strip_prefix("fieldSelector=metadata.name%3D"))
}

impl Objects {
    fn report(&mut self, path: &str, kind: &str, object: &Value) {
        let (collection, _) = path.rsplit_once('/').unwrap();
        let event = json!({"type": kind, "object": object});
        self.events.push((collection.to_owned(), event));
        self.changed.notify_all();
    }

    fn answer(&mut self, verb: &str, target: &str, body: &[u8]) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if verb == "POST" && path.ends_with("/selfsubjectreviews") {
            let status = json!({"userInfo": {"username": "ann"}});
            return (201, json!({"metadata": {}, "status": status}));
        }
        let collection = COLLECTIONS.contains(&path.rsplit('/').next().unwrap());
        let verb = match verb {
            "GET" if collection => "list",
            "GET" => "get",
            "DELETE" => "delete",
            "PATCH" => "patch",
            other => panic!("{other} {path}"),
        };
        let denied = self.denied.iter().find(|(denied, resource)| {
            let kind = resource.rsplit('/').next().unwrap();
            *denied == verb && path.split('/').any(|part| part == kind)
        });
        if let Some((verb, resource)) = denied {
            let message = format!(
                "{resource} is forbidden: User \"ann\" cannot {verb} resource \"{resource}\" in API group \"\" in the namespace \"shop\""
            );
            return (403, failure(403, "Forbidden", &message, ""));
        }
        if collection {
            let items: Vec<&Value> = self.listed(path, query).collect();
            let metadata = json!({"resourceVersion": self.events.len().to_string()});
            return (
                200,
                json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}),
            );
        }
        let name = path.rsplit('/').next().unwrap();
        if let ("patch", Ok(object @ Value::Object(_))) = (verb, serde_json::from_slice(body)) {
            let refused = self.conflict(path, query);
            return refused.unwrap_or_else(|| self.applied(path, query, object));
        }
        let Some(object) = self.at.get_mut(path) else {
            return (
                404,
                failure(404, "NotFound", &format!("`{name}` not found"), name),
            );
        };
        let before = object.clone();
        let dry_run = String::from_utf8_lossy(body).contains("dryRun");
        match (verb, self.after_reading) {
            ("delete", _) if !dry_run => drop(self.at.remove(path)),
            ("get", Some(change)) => change(object),
            ("patch", _) if query.contains("dryRun") => {
                return patched(&mut object.clone(), body, name);
            }
            ("patch", _) => return patched(object, body, name),
            _ => {}
        }
        (200, before)
    }

    /// Applies an object as server-side apply does, as far as its preconditions and field managers matter.
    fn applied(&mut self, path: &str, query: &str, mut wanted: Value) -> (u16, Value) {
        let name = path.rsplit('/').next().unwrap().to_owned();
        let known = self.at.get(path).cloned();
        let Some(known) = known else {
            wanted["metadata"]["uid"] = "applied".into();
            if !query.contains("dryRun") {
                self.at.insert(path.to_owned(), wanted.clone());
            }
            return (201, wanted);
        };
        for field in ["uid", "resourceVersion"] {
            let expected = &wanted["metadata"][field];
            if !expected.is_null() && *expected != known["metadata"][field] {
                let message = format!("the object {name} has been modified");
                return (409, failure(409, "Conflict", &message, &name));
            }
        }
        let annotations = wanted["metadata"]["annotations"].take();
        wanted["metadata"] = known["metadata"].clone();
        if let Value::Object(annotations) = annotations {
            for (name, value) in annotations {
                wanted["metadata"]["annotations"][name] = value;
            }
        }
        if !query.contains("dryRun") {
            self.at.insert(path.to_owned(), wanted.clone());
        }
        (200, wanted)
    }

    /// Returns the refusal of another field manager, if there is one.
    fn conflict(&self, path: &str, query: &str) -> Option<(u16, Value)> {
        let manager = self.manager.filter(|_| !query.contains("force=true"))?;
        let name = path.rsplit('/').next().unwrap();
        let mut conflict = failure(409, "Conflict", "Apply failed with 1 conflict", name);
        let message = format!("conflict with {manager:?}");
        conflict["details"]["causes"] = json!([
            {"reason": "FieldManagerConflict", "field": ".spec", "message": message},
        ]);
        Some((409, conflict))
    }

    fn listed(&self, path: &str, query: &str) -> impl Iterator<Item = &Value> {
        let folder = format!("{path}/");
        let selector = query
            .split('&')
            .find_map(|part| part.strip_prefix("labelSelector="));
        let selector = selector.unwrap_or_default();
        let selector = [("%2F", "/"), ("%3D", "="), ("%2C", ",")]
            .into_iter()
            .fold(selector.to_owned(), |text, (from, to)| {
                text.replace(from, to)
            });
        let below = self.at.iter().filter(move |(path, _)| {
            path.strip_prefix(&folder)
                .is_some_and(|rest| !rest.contains('/'))
        });
        let name = named(query);
        below.map(|(_, object)| object).filter(move |object| {
            if name.is_some_and(|name| object["metadata"]["name"] != name) {
                return false;
            }
            let labels = &object["metadata"]["labels"];
            let wanted = selector.split(',').filter_map(|part| part.split_once('='));
            wanted.into_iter().all(|(key, value)| labels[key] == value)
        })
    }
}
