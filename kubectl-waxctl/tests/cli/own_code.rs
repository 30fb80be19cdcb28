//! Tests that no verb runs code of the cluster, and which word a change needs without a record of steps.
//!
//! The Python on the PATH is a script. It notes the code that it is to load, and reports the steps that comments in the
//! code name. `tests/tests/laptop` does the same with real Bytewax and git.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use dataflow::code::Code;
use dataflow::plan::{Agent, RevisionRecord, revision_record};
use dataflow::spec::DataflowSpec;
use dataflow::step_record;
use dataflow::steps::Shape;
use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::{Environment, Finished, executable};

const SHOP: &str = "/api/v1/namespaces/shop";
const FLOW: &str = "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows/orders";
const REVISIONS: &str = "/apis/apps/v1/namespaces/shop/controllerrevisions";
const REVISION: &str = "orders-";

/// The user's own code, that of the flow in the cluster, and that of its earlier revision.
const OWN: &str = "# step sum\nwhere = 'own'\n";
const LIVE: &str = "# step sum\nwhere = 'live'\n";
const EARLIER: &str = "# step sum\nwhere = 'earlier'\n";

const PYTHON: &str = r#"#!/bin/sh
case $1 in -c) exit 0 ;; esac
cat orders.py >>LOADS
env >LOADS.env
steps=$(sed -n 's/^# step \(.*\)/"orders.\1"/p' orders.py | paste -sd, -)
printf '{"outcome":"probed","v":1,"flow":"orders","stateful":[%s],"engine":"0.21.1"}' "$steps" >"$3"
"#;

struct Lab {
    environment: Environment,
    api: Api,
}

fn code(text: &str) -> Code {
    let mut code = Code::new();
    code.insert("orders.py", text).unwrap();
    code
}

fn spec(config_map: &str) -> DataflowSpec {
    let spec = json!({
        "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11", "pullPolicy": "IfNotPresent", "pullSecret": ""},
        "pythonFileName": "orders.py", "configMapName": config_map,
        "recovery": {"enabled": true},
    });
    serde_json::from_value(spec).unwrap()
}

fn record(text: &str, steps: &[&str]) -> Option<String> {
    let shape = Shape {
        flow: "orders".to_owned(),
        stateful: steps.iter().map(|step| format!("orders.{step}")).collect(),
        ..Shape::default()
    };
    step_record::write(&shape, &spec("any"), &code(text).hash())
}

impl Lab {
    /// Creates a cluster with a flow and an earlier revision of it, with records of steps or without.
    fn new(live: Option<&str>, earlier: Option<&[&str]>) -> Self {
        let lab = Self {
            environment: Environment::new(),
            api: Api::start(),
        };
        let folder = lab.environment.work();
        let python = folder.join("bin/python");
        let loads = folder.join("loads").display().to_string();
        lab.environment
            .write("bin/python", &PYTHON.replace("LOADS", &loads));
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        lab.environment.write("orders.py", OWN);
        lab.put_flow(live);
        lab.put_revision(earlier);
        lab
    }

    fn put_flow(&self, steps: Option<&str>) {
        let mut flow = json!({
            "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
            "metadata": {"name": "orders", "namespace": "shop", "uid": "f1", "generation": 1},
            "spec": spec("orders-source-live"),
            "status": {"recovery": {
                "formatVersion": 1, "storeId": "0b7c4a52-7a52-4d0f-9d44-000000000001",
                "timeline": "1-0b7c4a52", "step": 1,
            }},
        });
        if let Some(step) = steps {
            flow["metadata"]["annotations"]["bytewax.io/steps"] = record(LIVE, &[step]).into();
        }
        self.api.put(FLOW, flow);
        self.put_code("orders-source-live", LIVE);
    }

    fn put_code(&self, name: &str, text: &str) {
        let config_map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"},
            "data": {"orders.py": text},
        });
        self.api
            .put(&format!("{SHOP}/configmaps/{name}"), config_map);
    }

    fn put_revision(&self, steps: Option<&[&str]>) {
        let hash = code(EARLIER).hash();
        let name = "orders".parse().unwrap();
        let revision = RevisionRecord::new(spec("any"), hash.clone(), Agent::current("waxrun:1"));
        let steps = steps.and_then(|steps| record(EARLIER, steps));
        let object = revision_record(&name, &revision, 1, steps.as_ref(), "shop", None);
        let path = format!("{REVISIONS}/{REVISION}{}", revision.revision());
        self.api.put(&path, serde_json::to_value(&object).unwrap());
        self.put_code(&name.code_config_map(&hash), EARLIER);
    }

    fn run(&self, args: &[&str]) -> Finished {
        let bin = self.environment.work().join("bin").display().to_string();
        let path = format!("PATH={bin}:{}", std::env::var("PATH").unwrap());
        let place = ["-n", "shop", "--server", self.api.address()];
        let mut command = Command::new("env");
        command.arg(path).arg(executable()).args(args).args(place);
        self.environment.finish(&mut command)
    }

    /// Returns the code that was loaded.
    fn loads(&self) -> String {
        fs::read_to_string(self.environment.work().join("loads")).unwrap_or_default()
    }

    fn source(&self, steps: &str) {
        self.environment
            .write("orders.py", &OWN.replace("sum", steps));
    }

    fn annotation(&self) -> Value {
        self.api.at(FLOW)["metadata"]["annotations"]["bytewax.io/steps"].clone()
    }
}

const DIFF: [&str; 6] = ["df", "diff", "orders.py", "-N", "orders", "--live"];
const DEPLOY: [&str; 7] = [
    "df",
    "deploy",
    "orders.py",
    "-N",
    "orders",
    "--recovery",
    "--yes",
];
const ROLLBACK: [&str; 4] = ["df", "rollback", "orders", "--yes"];
const UNCHECKED: &str = "--accept-unchecked-steps";

#[test]
fn code_of_the_cluster_is_never_loaded() {
    let with = Lab::new(Some("sum"), Some(&["sum"]));
    assert_eq!(with.run(&DIFF).code, 1);
    assert_eq!(with.run(&DEPLOY).code, 0);
    let without = Lab::new(None, None);
    for verb in [&DIFF[..], &DEPLOY, &ROLLBACK] {
        let refused = without.run(verb);
        assert_eq!(refused.code, 5, "{refused}");
        assert!(
            refused.stderr.contains("has no record of its steps"),
            "{refused}"
        );
        let accepted = without.run(&[verb, &[UNCHECKED]].concat());
        assert_eq!(accepted.code, i32::from(verb == DIFF), "{accepted}");
    }
    for lab in [with, without] {
        let loads = lab.loads();
        assert!(loads.contains("'own'"), "{loads}");
        assert!(
            !loads.contains("'live'") && !loads.contains("'earlier'"),
            "{loads}"
        );
    }
}

#[test]
fn renamed_step_is_found_without_cluster_code() {
    let lab = Lab::new(Some("sum"), None);
    lab.source("total");
    for verb in [&DIFF[..], &DEPLOY] {
        let refused = lab.run(verb);
        assert_eq!(refused.code, 5, "{refused}");
        assert!(refused.to_string().contains("orders.sum"), "{refused}");
    }
    let accepted = lab.run(&[&DEPLOY[..], &["--accept-state-loss"]].concat());
    assert_eq!(accepted.code, 0, "{accepted}");
    let action = lab.api.at(FLOW)["spec"]["recovery"]["action"].clone();
    assert_eq!(
        (&action["type"], &action["steps"]),
        (&"DropSteps".into(), &json!(["orders.sum"]))
    );
    assert!(lab.annotation().as_str().unwrap().contains("orders.total"));
}

#[test]
fn rollback_compares_records_of_both_revisions() {
    let same = Lab::new(Some("sum"), Some(&["sum", "more"]));
    let done = same.run(&ROLLBACK);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(same.annotation(), json!(record(EARLIER, &["sum", "more"])));
    let renamed = Lab::new(Some("sum"), Some(&["total"]));
    let refused = renamed.run(&ROLLBACK);
    assert_eq!(refused.code, 5, "{refused}");
    assert!(
        refused.stderr.contains("step orders.sum was removed"),
        "{refused}"
    );
    assert_eq!(same.loads() + &renamed.loads(), "");
}

#[test]
fn dry_run_of_rollback_stores_nothing() {
    let lab = Lab::new(Some("sum"), Some(&["sum"]));
    let before = (lab.api.at(FLOW), lab.api.paths());
    for (mode, mark) in [
        ("--dry-run=client", "(dry run)"),
        ("--dry-run=server", "(server dry run)"),
    ] {
        let verb: Vec<_> = ROLLBACK
            .into_iter()
            .filter(|word| *word != "--yes")
            .collect();
        let done = lab.run(&[&verb[..], &[mode]].concat());
        assert_eq!(done.code, 0, "{done}");
        assert!(done.stdout.ends_with(&format!("{mark}\n")), "{done}");
        assert_eq!((lab.api.at(FLOW), lab.api.paths()), before);
    }
}

#[test]
fn loaded_code_gets_no_variables_of_loaders() {
    let lab = Lab::new(Some("sum"), None);
    let loaders = [
        "BASH_ENV",
        "DYLD_INSERT_LIBRARIES",
        "GCONV_PATH",
        "GIT_SSH_COMMAND",
        "GLIBC_TUNABLES",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "LD_AUDIT",
        "NODE_OPTIONS",
        "OPENSSL_CONF",
        "PERL5OPT",
        "PYTHONSTARTUP",
        "RUBYOPT",
        "XDG_CONFIG_HOME",
        "_JAVA_OPTIONS",
    ];
    let variables: Vec<String> = loaders.iter().map(|name| format!("{name}=evil")).collect();
    let mut args = DIFF.to_vec();
    for variable in variables.iter().map(String::as_str).chain(["LEVEL=info"]) {
        args.extend(["-e", variable]);
    }
    let shown = lab.run(&args);
    assert_eq!(shown.code, 1, "{shown}");
    let loads = lab.environment.work().join("loads.env");
    let seen = fs::read_to_string(loads).unwrap();
    assert!(seen.lines().any(|line| line == "LEVEL=info"), "{seen}");
    let evil: Vec<&str> = seen
        .lines()
        .filter(|line| line.ends_with("=evil"))
        .collect();
    assert_eq!(evil, Vec::<&str>::new());
}

#[test]
fn edited_code_in_the_cluster_has_no_record() {
    let lab = Lab::new(Some("sum"), Some(&["sum"]));
    lab.put_code("orders-source-live", "hotfix = 1\n");
    for verb in [&DIFF[..], &DEPLOY, &ROLLBACK] {
        let refused = lab.run(verb);
        assert_eq!(refused.code, 5, "{refused}");
        assert!(
            refused.stderr.contains("belongs to other code"),
            "{refused}"
        );
    }
    assert!(!lab.loads().contains("hotfix"));
}

#[test]
fn first_deployment_records_steps_without_a_word() {
    let lab = Lab::new(None, None);
    lab.api.put(
        "/api/v1/namespaces/shop",
        json!({"metadata": {"name": "shop"}}),
    );
    let mut flow = DEPLOY;
    flow[4] = "second";
    let done = lab.run(&flow);
    assert_eq!(done.code, 0, "{done}");
    let created = lab.api.at(&FLOW.replace("orders", "second"));
    let steps = created["metadata"]["annotations"]["bytewax.io/steps"].as_str();
    assert!(steps.unwrap().contains("orders.sum"), "{created}");
}

#[test]
fn refusals_say_what_to_type() {
    let lab = Lab::new(None, None);
    let texts = [&DIFF[..], &DEPLOY, &ROLLBACK].map(|verb| lab.run(verb).stderr);
    insta::assert_snapshot!(texts.join("\n"));
}
